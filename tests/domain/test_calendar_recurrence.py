"""Recurrence rules: what is read, what is refused, and what they give across clock changes."""

from datetime import UTC, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.domain.calendar import CalendarError, occurrences
from gonogo.domain.plan import Window, WindowAction
from gonogo.domain.recurrence import local_times, read_rule

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def window(
    start: str, *, lasts: timedelta | None = None, end: str | None = None, rrule: str = "", zone: str = ""
) -> Window:
    return Window(id="w", action=WindowAction.DENY, start=start, lasts=lasts, end=end, rrule=rrule, zone=zone)


def active(given: Window, zone: str, start: str, end: str) -> list[tuple[str, str]]:
    found = occurrences(given, zone=zone, start=utc(start), end=utc(end))
    return [(i.start.strftime("%Y-%m-%dT%H:%M"), i.end.strftime("%Y-%m-%dT%H:%M")) for i in found]


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


CASES = [
    (
        "18:00 for 12 h ends at 06:00 on the short night too",
        window("2026-03-27T18:00", lasts=hours(12), rrule="FREQ=DAILY"),
        BERLIN,
        ("2026-03-28T00:00", "2026-03-29T12:00"),
        [("2026-03-27T17:00", "2026-03-28T05:00"), ("2026-03-28T17:00", "2026-03-29T04:00")],
    ),
    (
        "18:00 for 12 h ends at 06:00 on the long night too",
        window("2026-10-23T18:00", lasts=hours(12), rrule="FREQ=DAILY"),
        BERLIN,
        ("2026-10-24T12:00", "2026-10-25T12:00"),
        [("2026-10-24T16:00", "2026-10-25T05:00")],
    ),
    (
        "an occurrence inside a gap is none",
        window("2026-03-28T02:10", lasts=hours(0.5), rrule="FREQ=DAILY"),
        BERLIN,
        ("2026-03-28T00:00", "2026-03-31T00:00"),
        [("2026-03-28T01:10", "2026-03-28T01:40"), ("2026-03-30T00:10", "2026-03-30T00:40")],
    ),
    (
        "a start in a gap moves, its end does not",
        window("2026-03-29T02:30", end="2026-03-29T04:00"),
        BERLIN,
        ("2026-03-29T00:00", "2026-03-30T00:00"),
        [("2026-03-29T01:00", "2026-03-29T02:00")],
    ),
    (
        "an end in an overlap is its first occurrence",
        window("2026-10-25T01:00", end="2026-10-25T02:30"),
        BERLIN,
        ("2026-10-24T00:00", "2026-10-26T00:00"),
        [("2026-10-24T23:00", "2026-10-25T00:30")],
    ),
    (
        "in the second pass of an overlap, what began later on the clock in the first is active",
        window("2026-10-25T02:50", lasts=hours(1)),
        BERLIN,
        ("2026-10-25T01:10", "2026-10-25T01:11"),
        [("2026-10-25T00:50", "2026-10-25T02:50")],
    ),
    (
        "a window over an overlap lasts an hour longer",
        window("2026-11-01T00:00", lasts=hours(3)),
        NEW_YORK,
        ("2026-11-01T00:00", "2026-11-02T00:00"),
        [("2026-11-01T04:00", "2026-11-01T08:00")],
    ),
    (
        "every second Thursday keeps its hour across both changes",
        window("2026-03-05T10:00", lasts=hours(1), rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=TH"),
        BERLIN,
        ("2026-03-15T00:00", "2026-04-20T00:00"),
        [
            ("2026-03-19T09:00", "2026-03-19T10:00"),
            ("2026-04-02T08:00", "2026-04-02T09:00"),
            ("2026-04-16T08:00", "2026-04-16T09:00"),
        ],
    ),
    (
        "years later it is still the same second Thursday",
        window("2010-01-07T10:00", lasts=hours(1), rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=TH"),
        NEW_YORK,
        ("2026-03-01T00:00", "2026-03-25T00:00"),
        [("2026-03-12T14:00", "2026-03-12T15:00")],
    ),
    (
        "the last weekday of the month",
        window("2026-01-30T22:00", lasts=hours(4), rrule="FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
        "UTC",
        ("2026-02-01T00:00", "2026-06-01T00:00"),
        [
            ("2026-02-27T22:00", "2026-02-28T02:00"),
            ("2026-03-31T22:00", "2026-04-01T02:00"),
            ("2026-04-30T22:00", "2026-05-01T02:00"),
            ("2026-05-29T22:00", "2026-05-30T02:00"),
        ],
    ),
    (
        "the last day of the month in a leap year",
        window("2027-01-31T00:00", lasts=hours(24), rrule="FREQ=MONTHLY;BYMONTHDAY=-1"),
        "UTC",
        ("2028-02-01T00:00", "2028-03-01T00:00"),
        [("2028-02-29T00:00", "2028-03-01T00:00")],
    ),
    (
        "the leap day comes every four years",
        window("2024-02-29T00:00", lasts=hours(24), rrule="FREQ=YEARLY"),
        "Asia/Kathmandu",
        ("2024-03-01T00:00", "2033-01-01T00:00"),
        [("2028-02-28T18:15", "2028-02-29T18:15"), ("2032-02-28T18:15", "2032-02-29T18:15")],
    ),
    (
        "the 31st skips shorter months",
        window("2026-01-31T12:00", lasts=hours(1), rrule="FREQ=MONTHLY"),
        "UTC",
        ("2026-02-01T00:00", "2026-06-01T00:00"),
        [("2026-03-31T12:00", "2026-03-31T13:00"), ("2026-05-31T12:00", "2026-05-31T13:00")],
    ),
    (
        "a day that Apia never had is never active",
        window("2011-12-29T00:00", lasts=hours(24), rrule="FREQ=DAILY;COUNT=3"),
        "Pacific/Apia",
        ("2011-12-01T00:00", "2012-01-31T00:00"),
        [("2011-12-29T10:00", "2011-12-30T10:00"), ("2011-12-30T10:00", "2011-12-31T10:00")],
    ),
    (
        "half an hour is gone on Lord Howe",
        window("2026-10-04T01:30", lasts=hours(1.5)),
        "Australia/Lord_Howe",
        ("2026-10-03T00:00", "2026-10-04T00:00"),
        [("2026-10-03T15:00", "2026-10-03T16:00")],
    ),
    (
        "a window's own zone goes before the schedule's",
        window("2026-07-01T00:00", lasts=hours(1), zone="Pacific/Kiritimati"),
        BERLIN,
        ("2026-06-30T00:00", "2026-07-02T00:00"),
        [("2026-06-30T10:00", "2026-06-30T11:00")],
    ),
    (
        "an end repeats with its rule",
        window("2026-07-03T18:00", end="2026-07-06T06:00", rrule="RRULE:FREQ=WEEKLY;COUNT=2"),
        "UTC",
        ("2026-07-01T00:00", "2026-08-01T00:00"),
        [("2026-07-03T18:00", "2026-07-06T06:00"), ("2026-07-10T18:00", "2026-07-13T06:00")],
    ),
    (
        "an UNTIL without a time includes its day",
        window("2026-07-01T18:00", lasts=hours(1), rrule="FREQ=DAILY;UNTIL=20260702"),
        BERLIN,
        ("2026-07-01T00:00", "2026-08-01T00:00"),
        [("2026-07-01T16:00", "2026-07-01T17:00"), ("2026-07-02T16:00", "2026-07-02T17:00")],
    ),
    (
        "an UNTIL with a time is local and inclusive",
        window("2026-07-01T18:00", lasts=hours(1), rrule="FREQ=DAILY;UNTIL=20260702T180000"),
        BERLIN,
        ("2026-07-02T00:00", "2026-08-01T00:00"),
        [("2026-07-02T16:00", "2026-07-02T17:00")],
    ),
    (
        "an UNTIL with Z is an instant",
        window("2026-07-01T18:00", lasts=hours(1), rrule="FREQ=DAILY;UNTIL=20260702T155959Z"),
        BERLIN,
        ("2026-07-01T00:00", "2026-08-01T00:00"),
        [("2026-07-01T16:00", "2026-07-01T17:00")],
    ),
    (
        "what ends where the question starts is not in it, nor what starts where it ends",
        window("2026-07-01T00:00", lasts=hours(1), rrule="FREQ=DAILY"),
        "UTC",
        ("2026-07-01T01:00", "2026-07-02T00:00"),
        [],
    ),
    (
        "a single window outside the question",
        window("2026-07-01T00:00", lasts=hours(1)),
        "UTC",
        ("2027-07-01T00:00", "2027-07-02T00:00"),
        [],
    ),
]


@pytest.mark.parametrize(("given", "zone", "asked", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_occurrences(given: Window, zone: str, asked: tuple[str, str], expected: list[tuple[str, str]]) -> None:
    assert active(given, zone, *asked) == expected


@pytest.mark.parametrize(
    ("rrule", "code", "says"),
    [
        ("weekly", "calendar.rrule", "NAME=VALUE"),
        ("FREQ=", "calendar.rrule", "NAME=VALUE"),
        ("INTERVAL=2", "calendar.rrule", "FREQ is one of"),
        ("FREQ=FORTNIGHTLY", "calendar.rrule", "FREQ is one of"),
        ("FREQ=DAILY;FREQ=WEEKLY", "calendar.rrule", "twice"),
        ("FREQ=DAILY;EVERY=2", "calendar.rrule", "'EVERY' is no part"),
        ("FREQ=DAILY;BYEASTER=0", "calendar.rrule", "'BYEASTER' is no part"),
        ("DTSTART:20260101T100000\nRRULE:FREQ=DAILY", "calendar.rrule", "DTSTART"),
        ("FREQ=DAILY;DTSTART=20260101T100000", "calendar.rrule", "DTSTART"),
        ("FREQ=DAILY\nEXDATE:20260101T100000", "calendar.rrule", "FREQ is one of"),
        ("FREQ=DAILY;INTERVAL=0", "calendar.rrule", "INTERVAL=0"),
        ("FREQ=DAILY;INTERVAL=-1", "calendar.rrule", "INTERVAL=-1"),
        ("FREQ=DAILY;INTERVAL=1,2", "calendar.rrule", "INTERVAL=1,2"),
        ("FREQ=DAILY;COUNT=0", "calendar.rrule", "COUNT=0"),
        ("FREQ=DAILY;COUNT=1000000", "calendar.rrule", "COUNT=1000000"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", "calendar.rrule", "not both"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,32", "calendar.rrule", "BYMONTHDAY=32"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "calendar.rrule", "without 0"),
        ("FREQ=MONTHLY;BYMONTH=13", "calendar.rrule", "BYMONTH=13"),
        ("FREQ=DAILY;BYHOUR=24", "calendar.rrule", "BYHOUR=24"),
        ("FREQ=WEEKLY;BYDAY=XX", "calendar.rrule", "BYDAY=XX"),
        ("FREQ=WEEKLY;BYDAY=", "calendar.rrule", "NAME=VALUE"),
        ("FREQ=WEEKLY;BYDAY=2TH", "calendar.rrule", "FREQ=MONTHLY"),
        ("FREQ=WEEKLY;WKST=8", "calendar.rrule", "WKST=8"),
        ("FREQ=DAILY;UNTIL=10", "calendar.rrule", "UNTIL=10"),
        ("FREQ=DAILY;UNTIL=20260230", "calendar.rrule", "UNTIL=20260230"),
        ("FREQ=MINUTELY;INTERVAL=90", "calendar.too_frequent", "hourly"),
        ("FREQ=SECONDLY", "calendar.too_frequent", "hourly"),
        ("FREQ=DAILY;BYMINUTE=0,30", "calendar.too_frequent", "one minute"),
        ("FREQ=HOURLY;BYSECOND=0,30", "calendar.too_frequent", "one minute"),
    ],
)
def test_a_rule_that_is_not_clear_is_refused(rrule: str, code: str, says: str) -> None:
    with pytest.raises(CalendarError, match="rrule: ") as refused:
        read_rule(rrule)
    assert (refused.value.code, refused.value.field) == (code, "rrule")
    assert says in str(refused.value)
    assert repr(rrule) in str(refused.value)


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        (window("2026-01-01T10:00"), "end", "neither"),
        (window("2026-01-01T10:00", end="2026-01-02T10:00", lasts=hours(1)), "end", "both"),
        (window("2026-01-01T10:00", end="2026-01-01T10:00"), "end", "not after start"),
        (window("2026-01-01T10:00", end="2026-01-32T10:00"), "end", "no local date"),
        (window("2026-01-01T10:00", lasts=hours(0)), "lasts", "'0s' is no length"),
        (window("2026-13-01T10:00", lasts=hours(1)), "start", "no local date"),
    ],
)
def test_a_window_without_a_clear_end_is_refused(given: Window, field: str, says: str) -> None:
    with pytest.raises(CalendarError, match=says) as refused:
        active(given, "UTC", "2026-01-01T00:00", "2026-02-01T00:00")
    assert refused.value.field == field


def test_a_date_that_never_comes_is_found_out_quickly() -> None:
    never = read_rule("FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30")
    assert list(local_times(never, local("1970-01-01"), local("2026-01-01"), local("2027-01-01"))) == []


DAYS = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=3, unique=True)
RULES = st.one_of(
    st.builds(lambda n, days: f"FREQ=WEEKLY;INTERVAL={n};BYDAY={','.join(days)}", st.integers(1, 5), DAYS),
    st.builds(lambda n: f"FREQ=WEEKLY;INTERVAL={n};WKST=SU", st.integers(1, 5)),
    st.builds(lambda n, m: f"FREQ=DAILY;INTERVAL={n};BYMONTH={m},12", st.integers(1, 9), st.integers(1, 11)),
    st.builds(lambda n: f"FREQ=HOURLY;INTERVAL={n}", st.integers(1, 50)),
    st.builds(lambda n, days: f"FREQ=HOURLY;INTERVAL={n};BYDAY={','.join(days)}", st.integers(1, 7), DAYS),
    st.builds(lambda n, h: f"FREQ=DAILY;INTERVAL={n};BYHOUR={h},23;COUNT=90", st.integers(1, 9), st.integers(0, 22)),
    st.builds(lambda n: f"FREQ=MONTHLY;INTERVAL={n};BYDAY=MO,FR;BYSETPOS=-1", st.integers(1, 5)),
)


@settings(max_examples=150, deadline=None)
@given(
    RULES, st.datetimes(local("2020-01-01"), local("2022-01-01")), st.integers(-30, 900), st.sampled_from([1, 30, 90])
)
def test_expanding_a_rule_near_the_question_gives_what_expanding_all_of_it_gives(
    text: str, first: datetime, ahead: int, length: int
) -> None:
    first = first.replace(microsecond=0)
    low = first + timedelta(days=ahead)
    high = low + timedelta(days=length)
    expected = rrulestr(text, dtstart=first).between(low, high - timedelta(seconds=1), inc=True)
    assert list(local_times(read_rule(text), first, low, high)) == expected
