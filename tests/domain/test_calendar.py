"""Windows, slots, working hours, and the resolution that holds them as instants."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gonogo.domain.calendar import CalendarError, resolve, slots, window_state
from gonogo.domain.plan import Day, Schedule, Train, Window, WindowAction, WorkingHours
from gonogo.domain.resolution import add_working, closed_by, next_open, open_until, slot_from
from gonogo.domain.zones import TZDATA_VERSION

PROD = "production"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def deny(id: str, start: str, end: str | None = None, **more: Any) -> Window:
    return Window(id=id, action=WindowAction.DENY, start=start, end=end, **more)


def allow(id: str, start: str, end: str | None = None, **more: Any) -> Window:
    return Window(id=id, action=WindowAction.ALLOW, start=start, end=end, **more)


def train(rrule: str = "FREQ=WEEKLY;BYDAY=TH", start: str = "2026-01-01T10:00") -> Train:
    return Train(rrule=rrule, start=start)


WEEK = allow("week", "2026-01-05T08:00", lasts=timedelta(hours=10), rrule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR")
FREEZE = deny("freeze", "2026-03-03T12:00", "2026-03-05T12:00", reason="year-end close")


def starts(schedule: Schedule, after: str, until: str) -> list[str]:
    return [s.starts.strftime("%Y-%m-%dT%H:%M") for s in slots(schedule, PROD, after=utc(after), until=utc(until))]


# --- windows -------------------------------------------------------------------------------------------------------


def test_without_rules_the_windows_are_always_open() -> None:
    state = window_state(Schedule(), PROD, utc("2026-03-03T12:00"))
    assert (state.open, state.next_open, state.next_close) == (True, None, None)
    assert state.reason == "no deny rule is active, and no allow rule exists"


@pytest.mark.parametrize(
    ("at", "is_open", "next_open", "next_close", "reason"),
    [
        ("2026-03-03T07:59:59", False, "2026-03-03T08:00", "2026-03-03T12:00", "no allow rule is active: week"),
        ("2026-03-03T08:00", True, "2026-03-05T12:00", "2026-03-03T12:00", "allowed by week"),
        ("2026-03-03T11:59:59", True, "2026-03-05T12:00", "2026-03-03T12:00", "allowed by week"),
        ("2026-03-03T12:00", False, "2026-03-05T12:00", "2026-03-05T18:00", "denied by year-end close"),
        ("2026-03-04T12:00", False, "2026-03-05T12:00", "2026-03-05T18:00", "denied by year-end close"),
        ("2026-03-05T11:59:59", False, "2026-03-05T12:00", "2026-03-05T18:00", "denied by year-end close"),
        ("2026-03-05T12:00", True, "2026-03-06T08:00", "2026-03-05T18:00", "allowed by week"),
        ("2026-03-05T18:00", False, "2026-03-06T08:00", "2026-03-06T18:00", "no allow rule is active: week"),
    ],
)
def test_deny_beats_allow_and_every_bound_is_half_open(
    at: str, is_open: bool, next_open: str, next_close: str, reason: str
) -> None:
    state = window_state(Schedule(windows=(WEEK, FREEZE)), PROD, utc(at))
    assert (state.open, state.reason) == (is_open, reason)
    assert (state.next_open, state.next_close) == (utc(next_open), utc(next_close))


def test_adjacent_windows_are_one_opening() -> None:
    schedule = Schedule(
        windows=(
            allow("late", "2026-03-03T12:00", "2026-03-03T15:00"),
            allow("early", "2026-03-03T08:00", "2026-03-03T12:00"),
            allow("inside", "2026-03-03T09:00", "2026-03-03T10:00"),
        )
    )
    assert window_state(schedule, PROD, utc("2026-03-03T09:30")).next_close == utc("2026-03-03T15:00")
    opening = resolve(schedule, PROD, now=utc("2026-03-01T00:00")).openings
    assert [(o.start, o.end) for o in opening] == [(utc("2026-03-03T08:00"), utc("2026-03-03T15:00"))]


def test_several_denies_cut_one_opening_into_pieces() -> None:
    schedule = Schedule(
        windows=(
            allow("day", "2026-03-03T08:00", "2026-03-03T18:00"),
            deny("before", "2026-03-02T08:00", "2026-03-02T09:00"),
            deny("start", "2026-03-03T07:00", "2026-03-03T09:00"),
            deny("lunch", "2026-03-03T12:00", "2026-03-03T13:00"),
            deny("end", "2026-03-03T17:00", "2026-03-03T19:00"),
            deny("after", "2026-03-04T17:00", "2026-03-04T19:00"),
        )
    )
    found = resolve(schedule, PROD, now=utc("2026-03-01T00:00")).openings
    assert [(o.start.hour, o.end.hour) for o in found] == [(9, 12), (13, 17)]


def test_a_rule_for_another_environment_counts_neither_way() -> None:
    other = allow("other", "2026-01-01T00:00", "2026-01-02T00:00", environments=("staging",))
    schedule = Schedule(windows=(other, deny("far", "2026-03-03T12:00", "2026-03-04T12:00", environments=("staging",))))
    assert window_state(schedule, PROD, utc("2026-03-03T13:00")).open
    assert not window_state(schedule, "staging", utc("2026-03-03T13:00")).open


def test_a_deny_for_a_segment_closes_only_that_segment() -> None:
    schedule = Schedule(windows=(deny("eu", "2026-03-03T12:00", "2026-03-04T12:00", segments=("eu", "uk")),))
    at = utc("2026-03-03T13:00")
    assert window_state(schedule, PROD, at).open
    assert window_state(schedule, PROD, at, ("us",)).open
    assert not window_state(schedule, PROD, at, ("us", "eu")).open
    known = resolve(schedule, PROD, now=utc("2026-03-01T00:00"))
    assert [c.window for c in closed_by(known, at, ("eu",))] == ["eu"]
    assert closed_by(known, at) == ()
    assert open_until(known, at, ("eu",)) is None
    assert open_until(known, utc("2026-03-02T00:00"), ("eu",)) == utc("2026-03-03T12:00")
    assert next_open(known, at, ("eu",)) == utc("2026-03-04T12:00")
    assert next_open(known, at) == at


def test_the_next_opening_for_a_segment_is_after_its_denies_and_inside_an_allow() -> None:
    schedule = Schedule(
        windows=(
            allow("one", "2026-03-03T08:00", "2026-03-03T18:00"),
            allow("two", "2026-03-04T08:00", "2026-03-04T18:00"),
            deny("eu", "2026-03-03T12:00", "2026-03-04T09:00", segments=("eu",)),
            deny("eu-too", "2026-03-04T07:00", "2026-03-04T10:00", segments=("eu",)),
        )
    )
    known = resolve(schedule, PROD, now=utc("2026-03-01T00:00"))
    assert next_open(known, utc("2026-03-02T00:00"), ("eu",)) == utc("2026-03-03T08:00")
    assert next_open(known, utc("2026-03-03T12:00"), ("eu",)) == utc("2026-03-04T10:00")
    assert next_open(known, utc("2026-03-04T18:00"), ("eu",)) is None
    assert open_until(known, utc("2026-03-04T10:00"), ("eu",)) == utc("2026-03-04T18:00")
    assert open_until(known, known.until) is None


def test_a_change_within_the_year_is_found_and_one_beyond_is_not_known() -> None:
    schedule = Schedule(windows=(deny("xmas", "2026-12-19T18:00", "2027-01-04T08:00"),))
    assert window_state(schedule, PROD, utc("2026-03-01T00:00")).next_close == utc("2026-12-19T18:00")
    assert window_state(schedule, PROD, utc("2025-03-01T00:00")).next_close is None


# --- slots ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "rrule", "start", "expected"),
    [
        (
            "Europe/Berlin",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH",
            "2026-03-12T10:00",
            ["2026-03-12T09:00", "2026-03-26T09:00", "2026-04-09T08:00"],
        ),
        (
            "America/New_York",
            "FREQ=WEEKLY;BYDAY=TU;COUNT=4",
            "2026-03-01T10:00",
            ["2026-03-03T15:00", "2026-03-10T14:00", "2026-03-17T14:00", "2026-03-24T14:00"],
        ),
        (
            "Europe/Berlin",
            "FREQ=WEEKLY;BYDAY=SU",
            "2026-03-22T02:30",
            ["2026-03-22T01:30", "2026-03-29T01:00", "2026-04-05T00:30"],
        ),
        ("UTC", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-01-01T10:00", ["2026-03-31T10:00"]),
        ("Pacific/Kiritimati", "FREQ=MONTHLY", "2026-03-01T09:00", ["2026-03-31T19:00"]),
    ],
)
def test_a_train_keeps_its_local_hour(zone: str, rrule: str, start: str, expected: list[str]) -> None:
    schedule = Schedule(zone=zone, train=train(rrule, start))
    assert starts(schedule, "2026-03-01T00:00", "2026-04-10T00:00") == expected


def test_two_departures_in_one_gap_are_one_slot() -> None:
    schedule = Schedule(zone="Europe/Berlin", train=train("FREQ=DAILY;BYHOUR=2,3", "2026-03-29T02:00"))
    assert starts(schedule, "2026-03-29T00:00", "2026-03-29T12:00") == ["2026-03-29T01:00"]


def test_slots_are_from_after_until_before_the_end() -> None:
    schedule = Schedule(train=train())
    assert starts(schedule, "2026-03-05T10:00", "2026-03-12T10:00") == ["2026-03-05T10:00"]


def test_a_slot_at_which_the_windows_are_closed_is_skipped() -> None:
    schedule = Schedule(train=train(), windows=(WEEK, FREEZE))
    assert starts(schedule, "2026-03-01T00:00", "2026-03-15T00:00") == ["2026-03-12T10:00"]


def test_an_opening_ends_with_the_windows_at_the_latest() -> None:
    schedule = Schedule(zone="Europe/Berlin", train=train(start="2026-01-01T16:00"), windows=(WEEK,))
    (slot,) = slots(schedule, PROD, after=utc("2026-03-01T00:00"), until=utc("2026-03-08T00:00"))
    assert (slot.starts, slot.ends) == (utc("2026-03-05T15:00"), utc("2026-03-05T17:00"))
    assert slot.local == "Thu 2026-03-05 16:00 Europe/Berlin"


def test_a_dated_slot_is_there_until_it_passed() -> None:
    schedule = Schedule(slot=utc("2026-03-05T10:00"))
    assert starts(schedule, "2026-03-05T10:00", "2026-04-01T00:00") == ["2026-03-05T10:00"]
    assert starts(schedule, "2026-03-05T10:00:01", "2026-04-01T00:00") == []


def test_on_demand_there_is_no_slot() -> None:
    assert starts(Schedule(), "2026-03-05T10:00", "2026-04-01T00:00") == []


# --- the resolved form ---------------------------------------------------------------------------------------------


def test_a_resolution_speaks_sixty_days_past_the_first_slot_after_not_before() -> None:
    now = utc("2026-03-01T00:00")
    schedule = Schedule(train=train(), not_before=utc("2026-05-01T00:00"))
    known = resolve(schedule, PROD, now=now)
    assert (known.at, known.zone, known.tzdata) == (now, "UTC", TZDATA_VERSION)
    assert known.until == utc("2026-05-07T10:00") + timedelta(days=60)
    assert known.slots[0].starts == utc("2026-03-05T10:00")
    assert slot_from(known, utc("2026-05-01T00:00")) == known.slots[9]
    assert slot_from(known, known.until) is None


@pytest.mark.parametrize(
    ("schedule", "first"),
    [
        (Schedule(), "2026-03-01T00:00"),
        (Schedule(not_before=utc("2026-06-01T00:00")), "2026-06-01T00:00"),
        (Schedule(slot=utc("2028-06-01T00:00")), "2028-06-01T00:00"),
        (Schedule(slot=utc("2026-02-01T00:00")), "2026-03-01T00:00"),
        (Schedule(train=train("FREQ=YEARLY", "2020-02-01T00:00")), "2027-02-01T00:00"),
        (Schedule(train=train("FREQ=YEARLY", "2029-02-01T00:00")), "2029-02-01T00:00"),
        (Schedule(train=train("FREQ=DAILY;COUNT=1")), "2026-03-01T00:00"),
    ],
)
def test_how_far_a_resolution_speaks(schedule: Schedule, first: str) -> None:
    known = resolve(schedule, PROD, now=utc("2026-03-01T00:00"))
    assert known.until == utc(first) + timedelta(days=60)


def test_closures_keep_their_own_bounds_and_are_sorted() -> None:
    late = deny("late", "2026-04-20T00:00", "2026-09-01T00:00", segments=("eu",))
    known = resolve(Schedule(windows=(late, FREEZE)), PROD, now=utc("2026-03-04T00:00"))
    assert [(c.window, c.reason) for c in known.closures] == [("freeze", "year-end close"), ("late", "late")]
    assert (known.closures[0].start, known.closures[1].end) == (utc("2026-03-03T12:00"), utc("2026-09-01T00:00"))
    assert known.openings[0].start == utc("2026-03-05T12:00")
    assert known.openings[-1].end == known.until


@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        (Schedule(train=train("FREQ=HOURLY")), "train"),
        (
            Schedule(windows=(allow("a", "2026-01-01T00:00", lasts=timedelta(minutes=5), rrule="FREQ=HOURLY"),)),
            "windows",
        ),
        (
            Schedule(
                windows=(
                    deny("d", "2026-01-01T00:00", lasts=timedelta(minutes=5), rrule="FREQ=HOURLY", segments=("eu",)),
                )
            ),
            "windows",
        ),
    ],
)
def test_a_resolution_that_would_grow_too_large_is_refused(schedule: Schedule, field: str) -> None:
    with pytest.raises(CalendarError, match="are more than 1,000") as refused:
        resolve(schedule, PROD, now=utc("2026-03-01T00:00"))
    assert (refused.value.code, refused.value.field) == ("calendar.too_many", field)


def test_a_release_that_is_too_far_ahead_for_its_working_days_is_refused() -> None:
    with pytest.raises(CalendarError, match=r"working days to .* are more than 5,000: release earlier") as refused:
        resolve(Schedule(slot=utc("2199-03-01T00:00")), PROD, now=utc("2026-03-01T00:00"))
    assert (refused.value.code, refused.value.field) == ("calendar.too_many", "working_hours")


# --- working hours -------------------------------------------------------------------------------------------------


def test_working_hours_leave_out_weekends_and_holidays_and_follow_the_zone() -> None:
    schedule = Schedule(zone="Europe/Berlin", working_hours=WorkingHours(holidays="DE"))
    known = resolve(schedule, PROD, now=utc("2026-03-27T12:00"))
    found = [(i.start.strftime("%m-%dT%H:%M"), i.end.strftime("%H:%M")) for i in known.working]
    # Friday from now on; after the change of Sunday an hour earlier in UTC; Good Friday and Easter Monday are free.
    assert found[:6] == [
        ("03-27T12:00", "16:00"),
        ("03-30T07:00", "15:00"),
        ("03-31T07:00", "15:00"),
        ("04-01T07:00", "15:00"),
        ("04-02T07:00", "15:00"),
        ("04-07T07:00", "15:00"),
    ]


def test_a_holiday_that_is_observed_in_the_year_before_is_free() -> None:
    schedule = Schedule(working_hours=WorkingHours(holidays="US-CA"))
    known = resolve(schedule, PROD, now=utc("2027-12-30T18:00"))
    assert known.working[0].start == utc("2028-01-03T09:00")  # 1 January 2028 is a Saturday


def test_a_working_day_that_the_zone_never_had_is_none() -> None:
    schedule = Schedule(zone="Pacific/Apia", working_hours=WorkingHours(days=(Day.FRI,)))
    known = resolve(schedule, PROD, now=utc("2011-12-27T00:00"))
    assert known.working[0].start == utc("2012-01-05T19:00")


def test_working_time_is_added_over_nights_and_weekends() -> None:
    known = resolve(Schedule(), PROD, now=utc("2026-03-06T08:00"))  # a Friday
    at = utc("2026-03-06T16:00")
    assert add_working(known, at, timedelta(hours=1)) == utc("2026-03-06T17:00")
    assert add_working(known, at, timedelta(hours=2)) == utc("2026-03-09T10:00")
    assert add_working(known, utc("2026-03-07T12:00"), timedelta(hours=9)) == utc("2026-03-10T10:00")
    assert add_working(known, utc("2026-03-07T12:00"), timedelta(0)) == utc("2026-03-07T12:00")
    assert add_working(known, at, timedelta(days=100)) is None
