"""Everything that can be wrong with a schedule, with its path and its code."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gonogo.domain.calendar import problems
from gonogo.domain.plan import Schedule, Train, Window, WindowAction, WorkingHours

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


def test_a_sound_schedule_has_no_problem() -> None:
    schedule = Schedule(
        zone="Europe/Berlin", train=train(), windows=(WEEK, FREEZE), working_hours=WorkingHours(holidays="DE-BE")
    )
    assert problems(schedule, PROD) == ()
    assert problems(Schedule()) == ()


@pytest.mark.parametrize(
    ("schedule", "path", "code"),
    [
        (Schedule(zone="Europe/Berln"), ("zone",), "calendar.unknown_zone"),
        (Schedule(open_for=timedelta(0)), ("open_for",), "calendar.open_for"),
        (Schedule(train=train(), slot=utc("2026-03-05T10:00")), ("slot",), "calendar.slot_and_train"),
        (
            Schedule(slot=utc("2026-03-05T10:00"), not_before=utc("2026-03-06T10:00")),
            ("slot",),
            "calendar.slot_too_early",
        ),
        (Schedule(train=train("often")), ("train", "rrule"), "calendar.rrule"),
        (Schedule(train=train("FREQ=MINUTELY")), ("train", "rrule"), "calendar.too_frequent"),
        (Schedule(train=train(start="2026-02-30T10:00")), ("train", "start"), "calendar.local_time"),
        (
            Schedule(train=train("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")),
            ("train", "rrule"),
            "calendar.no_departure",
        ),
        (
            Schedule(train=train("FREQ=DAILY;UNTIL=20260201"), not_before=utc("2026-02-02T00:00")),
            ("train", "rrule"),
            "calendar.no_departure",
        ),
        (Schedule(windows=(deny("w", "2026-01-01T10:00"),)), ("windows", 0, "end"), "calendar.window_end"),
        (
            Schedule(windows=(FREEZE, deny("w", "2026-01-01T10:00", "2026-01-01T10:00"))),
            ("windows", 1, "end"),
            "calendar.window_end",
        ),
        (
            Schedule(windows=(deny("w", "2026-01-01T10:00", "2026-01-02T10:00", zone="Mars"),)),
            ("windows", 0, "zone"),
            "calendar.unknown_zone",
        ),
        (
            Schedule(windows=(deny("w", "2026-01-01T10:00", "2026-01-02T10:00", rrule="FREQ=SECONDLY"),)),
            ("windows", 0, "rrule"),
            "calendar.too_frequent",
        ),
        (
            Schedule(windows=(allow("w", "2026-01-01T10:00", "2026-01-02T10:00", segments=("eu",)),)),
            ("windows", 0, "segments"),
            "calendar.allow_segments",
        ),
        (Schedule(windows=(FREEZE, WEEK, FREEZE)), ("windows", 2, "id"), "calendar.window_twice"),
        (
            Schedule(zone="Europe/Berlin", windows=(deny("w", "2026-03-29T02:10", "2026-03-29T02:50"),)),
            ("windows", 0, "start"),
            "calendar.never_active",
        ),
        (
            Schedule(windows=(deny("w", "2026-03-29T02:10", "2026-03-29T02:50", rrule="FREQ=DAILY;UNTIL=2025123"),)),
            ("windows", 0, "rrule"),
            "calendar.rrule",
        ),
        (
            Schedule(windows=(deny("w", "2026-03-29T02:10", "2026-03-29T02:50", rrule="FREQ=DAILY;UNTIL=20251231"),)),
            ("windows", 0, "rrule"),
            "calendar.never_active",
        ),
        (
            Schedule(working_hours=WorkingHours(start="17:00", end="09:00")),
            ("working_hours", "end"),
            "calendar.working_hours",
        ),
        (Schedule(working_hours=WorkingHours(start="25:00")), ("working_hours", "start"), "calendar.time_of_day"),
        (Schedule(working_hours=WorkingHours(end="24:01")), ("working_hours", "end"), "calendar.time_of_day"),
        (
            Schedule(working_hours=WorkingHours(holidays="XX")),
            ("working_hours", "holidays"),
            "calendar.unknown_holidays",
        ),
        (
            Schedule(working_hours=WorkingHours(holidays="FR-GES")),  # the library is giving this one up
            ("working_hours", "holidays"),
            "calendar.unknown_holidays",
        ),
        (
            Schedule(working_hours=WorkingHours(holidays="DE-ZZ")),
            ("working_hours", "holidays"),
            "calendar.unknown_holidays",
        ),
        (
            Schedule(windows=(deny("w", "2026-01-01T10:00", "2026-01-02T10:00", environments=("staging",)),)),
            ("windows",),
            "calendar.environment_left_out",
        ),
        (Schedule(slot=utc("2026-03-04T10:00"), windows=(FREEZE,)), ("slot",), "calendar.slot_closed"),
    ],
)
def test_a_schedule_that_cannot_mean_what_it_says_is_told(
    schedule: Schedule, path: tuple[str | int, ...], code: str
) -> None:
    assert [(p, c) for p, c, _ in problems(schedule, PROD)] == [(path, code)]


def test_everything_wrong_is_told_at_once_and_each_thing_once() -> None:
    bad = deny("w", "2026-13-01T10:00", "2026-01-01T10:00", rrule="often", zone="Mars")
    schedule = Schedule(zone="Moon", train=train("often", "2026-13-01T10:00"), windows=(bad,))
    assert [p for p, _, _ in problems(schedule, PROD)] == [
        ("zone",),
        ("train", "rrule"),
        ("train", "start"),
        ("windows", 0, "zone"),
        ("windows", 0, "start"),
        ("windows", 0, "rrule"),
    ]


def test_what_depends_on_the_environment_is_only_looked_for_with_one() -> None:
    assert problems(Schedule(slot=utc("2026-03-04T10:00"), windows=(FREEZE,))) == ()
