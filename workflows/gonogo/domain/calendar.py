"""The one evaluator of windows, trains and working hours: open or closed, why, until when, and which slots there are.

Pure: plan values and instants go in, UTC instants come out. Activities, the client and the CLI call it; `decide` never
does, it reads the `Resolution` that was made here. Time zones stand in `zones`, recurrence in `recurrence`, the rules
that open and close in `windows`; this module is the door to all of them.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, partial
from typing import Final

from .plan import Day, Schedule, Train, Window, WindowAction, WorkingHours
from .recurrence import occurrences, read_rule, recurs, window_times
from .resolution import Closure, Interval, Resolution, Slot
from .values import format_duration, format_instant
from .windows import INSTANT, LOOKAHEAD, Span, WindowState, active_spans, merged, open_spans, rules, window_state
from .zones import LAST_YEAR, TZDATA_VERSION, CalendarError, instant, local_text, local_time, to_utc, zone

__all__ = [
    "CalendarError",
    "Problem",
    "WindowState",
    "first_slot",
    "occurrences",
    "problems",
    "resolve",
    "slots",
    "to_utc",
    "window_state",
    "zone",
]

HORIZON: Final = timedelta(days=60)
"""How far past the first slot a resolution speaks."""

MOST: Final = 1_000
"""Largest number of slots, of openings and of closures in one resolution."""
MOST_WORKING: Final = 5_000
"""Largest number of working days in one resolution: nineteen years."""

Problem = tuple[tuple[str | int, ...], str, str]
"""What is wrong with a schedule: the path of the field in the schedule, a stable code, and a message."""

_DAY = timedelta(days=1)


# --- slots ---------------------------------------------------------------------------------------------------------


def _departures(train: Train, zone_name: str, after: datetime, until: datetime) -> Iterator[datetime]:
    """The instants in [after, until) at which the train leaves, each once."""
    tz = zone(zone_name)
    first = local_time(train.start, "start")
    low, high = (at.astimezone(tz).replace(tzinfo=None) for at in (after - 2 * _DAY, until + 2 * _DAY))
    left = None
    for _, at in recurs(read_rule(train.rrule), first, zone_name, low, high):
        # Two local times in one gap are the same instant.
        if after <= at < until and at != left:
            yield at
        left = at


def slots(schedule: Schedule, environment: str, *, after: datetime, until: datetime) -> tuple[Slot, ...]:
    """The slots in [after, until): the train's departures, or the dated slot; on demand none.

    A slot at which the windows are closed is skipped. An opening lasts `open_for`, or until the windows close.

    Raises:
        CalendarError: The schedule cannot be read.
    """
    if schedule.train:
        starts = list(_departures(schedule.train, schedule.zone, after, until))
    else:
        starts = [schedule.slot] if schedule.slot and after <= schedule.slot < until else []
    if not starts:
        return ()
    tz = zone(schedule.zone)
    spans = open_spans(schedule, environment, starts[0], starts[-1] + schedule.open_for)
    found = []
    for at in starts:
        place = bisect_right(spans, at, key=lambda span: span[0]) - 1
        if place >= 0 and at < spans[place][1]:
            ends = min(at + schedule.open_for, spans[place][1])
            found.append(Slot(starts=at, ends=ends, local=local_text(at, tz)))
    return tuple(found)


def first_slot(schedule: Schedule, environment: str, earliest: datetime) -> Slot | None:
    """The first slot from `earliest` on; None when there is none within 400 days of it, or of the train's start.

    Raises:
        CalendarError: The schedule cannot be read.
    """
    if schedule.slot:
        looks = [schedule.slot + INSTANT]
    elif schedule.train:
        # A train may start years from now.
        start = max(earliest, to_utc(local_time(schedule.train.start, "start"), schedule.zone))
        looks = [start + 30 * _DAY, start + LOOKAHEAD]
    else:
        looks = []
    for until in looks:
        found = slots(schedule, environment, after=earliest, until=until)
        if found:
            return found[0]
    return None


# --- working hours -------------------------------------------------------------------------------------------------


def _time_of_day(text: str, field: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise CalendarError(
            "calendar.time_of_day", field, f"{text!r} is no time of day: write one from 00:00 to 23:59"
        ) from None


@lru_cache(maxsize=256)
def _public_holidays(code: str, year: int) -> frozenset[date]:
    import holidays  # here, because it takes 0.15 s and most plans name none

    country, _, subdivision = code.partition("-")
    known = holidays.list_supported_countries(include_aliases=True)
    if country not in known:
        raise CalendarError(
            "calendar.unknown_holidays", "holidays", f"{code!r}: no country {country!r}; write one such as DE or US-CA"
        )
    if subdivision and subdivision not in known[country]:
        choices = ", ".join(known[country]) or "none"
        raise CalendarError(
            "calendar.unknown_holidays", "holidays", f"{code!r}: {country} has no {subdivision!r}; it has: {choices}"
        )
    # The next year too: its New Year's Day may be observed in this one.
    found = holidays.country_holidays(country, subdiv=subdivision or None, years=(year, year + 1), expand=False)
    return frozenset(day for day in found if day.year == year)


def _holidays(code: str | None, year: int) -> frozenset[date]:
    return _public_holidays(code, year) if code else frozenset()


def _day(hours: WorkingHours) -> tuple[time, time]:
    """When a working day starts and ends."""
    opens, closes = _time_of_day(hours.start, "start"), _time_of_day(hours.end, "end")
    if closes <= opens:
        text = f"{hours.end!r} is not after start {hours.start!r}: a working day ends on the day on which it starts"
        raise CalendarError("calendar.working_hours", "end", text)
    return opens, closes


def _working(schedule: Schedule, start: datetime, end: datetime) -> list[Span]:
    """Working hours in [start, end), in order, disjoint, cut at both ends."""
    hours, tz = schedule.working_hours, zone(schedule.zone)
    opens, closes = _day(hours)
    weekdays = {tuple(Day).index(day) for day in hours.days}
    day, last = start.astimezone(tz).date() - _DAY, end.astimezone(tz).date()
    spans = []
    while day <= last:
        if day.weekday() in weekdays and day not in _holidays(hours.holidays, day.year):
            begun = max(start, instant(datetime.combine(day, opens), tz))
            done = min(end, instant(datetime.combine(day, closes), tz))
            if begun < done:
                spans.append((begun, done))
        day += _DAY
    return merged(spans)


# --- the resolved form ---------------------------------------------------------------------------------------------


def resolve(
    schedule: Schedule,
    environment: str,
    *,
    now: datetime,
    horizon: timedelta = HORIZON,
) -> Resolution:
    """Slots, openings, closures and working hours as UTC instants from `now` on.

    It speaks to `horizon` past the first slot at or after `not_before` (without a slot: past `not_before` itself).
    Openings and working hours are cut at `now` and at its end; a closure keeps its own start and end, which tell people
    how long it lasts.

    Raises:
        CalendarError: The schedule cannot be read, or `calendar.too_many`: it has over 1,000 slots, openings or
            closures, or over 5,000 working days, in that time.
    """
    earliest = max(now, schedule.not_before or now)
    first = first_slot(schedule, environment, earliest)
    until = (first.starts if first else earliest) + horizon
    closures = [
        Closure(window=w.id, start=start, end=end, segments=w.segments, reason=w.reason or w.id)
        for w in rules(schedule, environment, WindowAction.DENY)
        for start, end in active_spans(schedule, w, now, until)
    ]
    made = Resolution(
        at=now,
        until=until,
        zone=schedule.zone,
        tzdata=TZDATA_VERSION,
        slots=slots(schedule, environment, after=now, until=until),
        openings=_intervals(open_spans(schedule, environment, now, until)),
        closures=tuple(sorted(closures, key=lambda c: (c.start, c.end, c.window))),
        working=_intervals(_working(schedule, now, until)),
    )
    for field, name, count, most, what in (
        ("train", "slots", len(made.slots), MOST, "use rarer rules"),
        ("windows", "openings", len(made.openings), MOST, "use rarer rules"),
        ("windows", "closures", len(made.closures), MOST, "use rarer rules"),
        ("working_hours", "working days", len(made.working), MOST_WORKING, "release earlier"),
    ):
        if count > most:
            text = f"{count} {name} to {local_text(until, zone(schedule.zone))} are more than {most:,}: {what}"
            raise CalendarError("calendar.too_many", field, text)
    return made


def _intervals(spans: list[Span]) -> tuple[Interval, ...]:
    return tuple(Interval(start=start, end=end) for start, end in spans)


# --- what is wrong with a schedule ---------------------------------------------------------------------------------

_FAR = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)


def problems(schedule: Schedule, environment: str | None = None) -> tuple[Problem, ...]:
    """Everything that is wrong with the schedule itself; empty when it can be evaluated.

    Args:
        schedule: The plan's schedule.
        environment: The release's environment; with it, windows that all leave it out, and a dated slot at which its
            windows are closed, are found too. Default (None): not looked for.
    """
    found: dict[Problem, None] = {}

    def check(path: tuple[str | int, ...], *reads: Callable[[], object]) -> None:
        # Several reads of one thing find the same problem: it is told once.
        for read in reads:
            try:
                read()
            except CalendarError as error:
                found[((*path, error.field), error.code, error.message)] = None

    check((), partial(zone, schedule.zone))
    # With an unknown zone the rest is read as if in UTC, so that one run finds everything.
    known = "UTC" if found else schedule.zone
    check((), partial(_check_slot, schedule), partial(_check_open_for, schedule))
    if schedule.train:
        train = schedule.train
        check(("train",), partial(read_rule, train.rrule), partial(local_time, train.start, "start"))
        check(("train",), partial(_check_train, train, known, schedule.not_before))
    for place, window in enumerate(schedule.windows):
        names = tuple(w.id for w in schedule.windows[:place])
        reads = (partial(zone, window.zone or known), partial(window_times, window), partial(read_rule, window.rrule))
        check(("windows", place), *reads, partial(_check_window, window, known, names))
    hours = schedule.working_hours
    check(("working_hours",), partial(_day, hours), partial(_holidays, hours.holidays, _FAR.year - 1))
    if environment is not None and not found:
        check((), partial(_check_environment, schedule, environment))
    return tuple(found)


def _check_slot(schedule: Schedule) -> None:
    if schedule.slot and schedule.train:
        text = "a slot and a train are given: give one, or neither for a release on demand"
        raise CalendarError("calendar.slot_and_train", "slot", text)
    if schedule.slot and schedule.not_before and schedule.slot < schedule.not_before:
        text = f"{format_instant(schedule.slot)} is before not_before {format_instant(schedule.not_before)}: change one"
        raise CalendarError("calendar.slot_too_early", "slot", text)


def _check_open_for(schedule: Schedule) -> None:
    if schedule.open_for <= timedelta(0):
        text = f"{format_duration(schedule.open_for)!r} is no length: write one such as 4h"
        raise CalendarError("calendar.open_for", "open_for", text)


def _check_train(train: Train, zone_name: str, not_before: datetime | None) -> None:
    first = to_utc(local_time(train.start, "start"), zone_name)
    after = max(first, not_before or first)
    if next(_departures(train, zone_name, after, _FAR), None) is None:
        text = f"{train.rrule!r} yields no departure from {local_text(after, zone(zone_name))} on"
        raise CalendarError("calendar.no_departure", "rrule", text)


def _check_window(window: Window, zone_name: str, others: tuple[str, ...]) -> None:
    if window.id in others:
        raise CalendarError("calendar.window_twice", "id", f"{window.id!r} is the id of two windows: rename one")
    if window.segments and window.action is WindowAction.ALLOW:
        text = "an allow rule cannot name segments: deny the others instead"
        raise CalendarError("calendar.allow_segments", "segments", text)
    start = to_utc(local_time(window.start, "start"), window.zone or zone_name)
    if next(occurrences(window, zone=zone_name, start=start, end=_FAR), None) is None:
        text = f"the window {window.id!r} is never active: correct its start, its length or its rrule"
        raise CalendarError("calendar.never_active", "rrule" if window.rrule else "start", text)


def _check_environment(schedule: Schedule, environment: str) -> None:
    if schedule.windows and not any(rules(schedule, environment, action) for action in WindowAction):
        text = f"no rule is about {environment!r}, which would leave it open: name it in one, or drop the windows"
        raise CalendarError("calendar.environment_left_out", "windows", text)
    if schedule.slot and not slots(schedule, environment, after=schedule.slot, until=schedule.slot + INSTANT):
        state = window_state(schedule, environment, schedule.slot)
        text = f"the windows are closed at {local_text(schedule.slot, zone(schedule.zone))}: {state.reason}"
        raise CalendarError("calendar.slot_closed", "slot", text)
