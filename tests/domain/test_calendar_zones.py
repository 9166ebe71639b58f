"""One local time, one zone, one instant: gaps, overlaps and moved date lines. No fixture, only a table."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.domain.calendar import CalendarError, to_utc, zone
from gonogo.domain.zones import TZDATA_VERSION, local_text, local_time

CASES = [
    # Berlin: forward at 02:00, back at 03:00
    ("Europe/Berlin", "2026-03-29T01:59", "2026-03-29T00:59", "the minute before a gap"),
    ("Europe/Berlin", "2026-03-29T02:00", "2026-03-29T01:00", "the first time in a gap"),
    ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00", "the middle of a gap"),
    ("Europe/Berlin", "2026-03-29T02:59:59", "2026-03-29T01:00", "the last time in a gap"),
    ("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00", "the first time after a gap"),
    ("Europe/Berlin", "2026-10-25T01:59", "2026-10-24T23:59", "the minute before an overlap"),
    ("Europe/Berlin", "2026-10-25T02:00", "2026-10-25T00:00", "the first time of an overlap"),
    ("Europe/Berlin", "2026-10-25T02:59", "2026-10-25T00:59", "the last time of an overlap"),
    ("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00", "the first time after an overlap"),
    ("Europe/Berlin", "2045-03-26T02:30", "2045-03-26T01:00", "a gap beyond the table of 2037"),
    ("Europe/London", "2026-03-29T01:30", "2026-03-29T01:00", "London's gap"),
    ("America/New_York", "2026-03-08T01:59", "2026-03-08T06:59", "before New York's gap"),
    ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:00", "New York's gap"),
    ("America/New_York", "2026-03-08T03:00", "2026-03-08T07:00", "after New York's gap"),
    ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30", "New York's overlap"),
    ("America/New_York", "2026-11-01T02:00", "2026-11-01T07:00", "after New York's overlap"),
    ("America/St_Johns", "2026-03-08T02:30", "2026-03-08T05:30", "a gap at a half-hour offset"),
    ("America/Adak", "2026-03-08T02:30", "2026-03-08T12:00", "far west"),
    ("America/Havana", "2026-03-08T00:30", "2026-03-08T05:00", "a day that starts at 01:00"),
    ("America/Nuuk", "2026-03-28T23:30", "2026-03-29T01:00", "a gap that ends with the day"),
    ("Africa/Cairo", "2026-04-24T00:30", "2026-04-23T22:00", "a Friday that starts at 01:00"),
    ("Africa/Cairo", "2026-10-29T23:30", "2026-10-29T20:30", "an overlap before midnight"),
    ("Asia/Beirut", "2026-03-29T00:30", "2026-03-28T22:00", "a gap at midnight"),
    # Lord Howe moves by half an hour
    ("Australia/Lord_Howe", "2026-10-04T01:59", "2026-10-03T15:29", "before the half-hour gap"),
    ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30", "in the half-hour gap"),
    ("Australia/Lord_Howe", "2026-10-04T02:30", "2026-10-03T15:30", "after the half-hour gap"),
    ("Australia/Lord_Howe", "2026-04-05T01:29", "2026-04-04T14:29", "before the half-hour overlap"),
    ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45", "in the half-hour overlap"),
    ("Australia/Lord_Howe", "2026-04-05T02:00", "2026-04-04T15:30", "after the half-hour overlap"),
    ("Australia/Sydney", "2026-10-04T02:30", "2026-10-03T16:00", "Sydney's gap, the same night"),
    ("Pacific/Auckland", "2026-09-27T02:30", "2026-09-26T14:00", "Auckland's gap"),
    ("Pacific/Chatham", "2026-09-27T03:00", "2026-09-26T14:00", "a gap at +12:45"),
    ("Antarctica/Troll", "2026-03-29T02:59", "2026-03-29T01:00", "a gap of two hours"),
    ("Antarctica/Troll", "2026-10-25T01:30", "2026-10-24T23:30", "an overlap of two hours"),
    # the date line moved: whole days are missing
    ("Pacific/Apia", "2011-12-29T23:59", "2011-12-30T09:59", "before Apia's lost day"),
    ("Pacific/Apia", "2011-12-30T00:00", "2011-12-30T10:00", "Apia's lost day begins"),
    ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00", "noon of Apia's lost day"),
    ("Pacific/Apia", "2011-12-30T23:59", "2011-12-30T10:00", "Apia's lost day ends"),
    ("Pacific/Apia", "2011-12-31T00:00", "2011-12-30T10:00", "after Apia's lost day"),
    ("Pacific/Fakaofo", "2011-12-30T08:00", "2011-12-30T11:00", "Tokelau lost the same day"),
    ("Pacific/Kiritimati", "1994-12-31T12:00", "1994-12-31T10:00", "Kiritimati's lost day"),
    ("Pacific/Kwajalein", "1993-08-21T12:00", "1993-08-21T12:00", "Kwajalein's lost day"),
    ("Pacific/Kiritimati", "2026-01-01T00:00", "2025-12-31T10:00", "the first place of the new year, +14"),
    ("Pacific/Pago_Pago", "2026-01-01T00:00", "2026-01-01T11:00", "the last inhabited one, -11"),
    # Dublin's standard time is summer's; winter is the exception, with a negative saving
    ("Europe/Dublin", "2026-01-01T12:00", "2026-01-01T12:00", "Dublin in winter"),
    ("Europe/Dublin", "2026-07-01T12:00", "2026-07-01T11:00", "Dublin in summer"),
    ("Europe/Dublin", "2026-03-29T01:30", "2026-03-29T01:00", "Dublin's gap"),
    ("Europe/Dublin", "2026-10-25T01:30", "2026-10-25T00:30", "Dublin's overlap"),
    ("Europe/Dublin", "2026-10-25T02:00", "2026-10-25T02:00", "after Dublin's overlap"),
    # rules that follow no pattern, or that changed
    ("Africa/Casablanca", "2024-03-10T02:30", "2024-03-10T01:30", "back for Ramadan: an overlap"),
    ("Africa/Casablanca", "2024-04-14T02:30", "2024-04-14T02:00", "forward after Ramadan: a gap"),
    ("Asia/Gaza", "2024-04-20T02:30", "2024-04-20T00:00", "Gaza's gap, set by decree"),
    ("America/Santiago", "2026-04-04T23:30", "2026-04-05T02:30", "Chile's overlap, on the evening before"),
    ("America/Santiago", "2026-04-05T00:00", "2026-04-05T04:00", "after Chile's overlap"),
    ("America/Santiago", "2022-09-11T00:30", "2022-09-11T04:00", "Chile's gap, a week late in 2022"),
    ("America/Santiago", "2026-09-06T00:30", "2026-09-06T04:00", "Chile's gap at midnight"),
    ("Asia/Tehran", "2026-03-22T00:30", "2026-03-21T21:00", "Iran keeps one time since 2022"),
    ("Asia/Kathmandu", "2026-01-01T00:00", "2025-12-31T18:15", "+05:45"),
    ("Asia/Kathmandu", "1986-01-01T00:10", "1985-12-31T18:30", "the quarter of an hour that Nepal skipped"),
    ("Asia/Kolkata", "2026-06-01T09:00", "2026-06-01T03:30", "+05:30"),
    ("Asia/Pyongyang", "2018-05-04T23:45", "2018-05-04T15:00", "a new standard time, by half an hour"),
    ("America/Caracas", "2016-05-01T02:45", "2016-05-01T07:00", "a new standard time at night"),
    ("UTC", "2026-03-29T02:30", "2026-03-29T02:30", "no rule at all"),
]


@pytest.mark.parametrize(("name", "local", "utc", "why"), CASES, ids=[f"{n} {w}" for n, _, _, w in CASES])
def test_a_skipped_time_moves_past_the_gap_and_a_repeated_one_is_its_first(
    name: str, local: str, utc: str, why: str
) -> None:
    assert to_utc(datetime.fromisoformat(local), name) == datetime.fromisoformat(utc).replace(tzinfo=UTC), why


def test_the_table_has_at_least_forty_cases() -> None:
    assert len(CASES) >= 40


ZONES = st.sampled_from(sorted({name for name, *_ in CASES}))
LOCALS = st.datetimes(datetime.fromisoformat("1980-01-01"), datetime.fromisoformat("2060-01-01")).map(
    lambda at: at.replace(microsecond=0)
)


@settings(max_examples=200, deadline=None)
@given(ZONES, LOCALS)
def test_a_time_that_exists_comes_back_and_no_earlier_instant_shows_it(name: str, local: datetime) -> None:
    at = to_utc(local, name)
    shown = at.astimezone(zone(name)).replace(tzinfo=None)
    assert shown >= local  # later only after a gap
    before = (at - timedelta(seconds=1)).astimezone(zone(name)).replace(tzinfo=None)
    assert shown == local or before < local


@settings(max_examples=200, deadline=None)
@given(ZONES, LOCALS, st.timedeltas(timedelta(0), timedelta(days=2)))
def test_a_later_local_time_is_never_an_earlier_instant(name: str, local: datetime, later: timedelta) -> None:
    assert to_utc(local, name) <= to_utc(local + later - timedelta(microseconds=later.microseconds), name)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Europe/Berln", "did you mean 'Europe/Berlin'?"),
        ("europe/berlin", "did you mean 'Europe/Berlin'?"),
        ("Berlin", "did you mean 'Europe/Berlin'?"),
        ("../../etc/passwd", "write an IANA name"),
        ("", "write an IANA name"),
        ("CEST+2 or so", "write an IANA name"),
    ],
)
def test_an_unknown_zone_is_refused_with_the_closest_one(name: str, hint: str) -> None:
    with pytest.raises(CalendarError, match="zone: ") as refused:
        zone(name)
    assert (refused.value.code, refused.value.field) == ("calendar.unknown_zone", "zone")
    assert repr(name) in str(refused.value)
    assert hint in str(refused.value)


def test_an_instant_is_not_taken_for_a_local_time() -> None:
    with pytest.raises(CalendarError, match="has an offset"):
        to_utc(datetime(2026, 1, 1, tzinfo=UTC), "UTC")


@pytest.mark.parametrize("text", ["2026-02-30T10:00", "2026-01-01T25:00", "0226-01-01T10:00", "2026-01-01T10:00Z", ""])
def test_a_local_time_that_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(CalendarError, match="is no local date and time") as refused:
        local_time(text, "start")
    assert (refused.value.code, refused.value.field) == ("calendar.local_time", "start")


def test_the_zone_data_is_the_wheel_s() -> None:
    assert TZDATA_VERSION >= "2026f"
    assert zone("Europe/Berlin") is zone("Europe/Berlin")
    assert zone("Europe/Berlin").key == "Europe/Berlin"


def test_local_text_is_english_and_shows_seconds_only_when_there_are_some() -> None:
    at = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
    assert local_text(at, zone("Europe/Berlin")) == "Thu 2026-03-05 10:00 Europe/Berlin"
    assert local_text(at.replace(second=7), zone("UTC")) == "Thu 2026-03-05 09:00:07 UTC"
