"""What the calendar said when it was asked: slots, openings and working hours as UTC instants, read by `decide`.

Only this is ever read by the core: an old history never depends on today's time zone data.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Annotated

from pydantic import AfterValidator

from .values import Id, Instant, Text, value


@value
class Interval:
    """A half-open interval [start, end)."""

    start: Instant
    """First instant inside."""
    end: Instant
    """First instant outside."""


@lru_cache(maxsize=4096)
def _the_same(interval: Interval) -> Interval:
    return interval


Intervals = Annotated[tuple[Interval, ...], AfterValidator(lambda found: tuple(map(_the_same, found)))]
"""Intervals in order, disjoint. Releases of one place work at the same hours: equal intervals are one object."""


@value
class Slot:
    """The first instant of an opening, and where that opening ends."""

    starts: Instant
    """The slot: the first instant at which the release may reach users."""
    ends: Instant
    """The opening's end, exclusive."""
    local: Text = ""
    """The slot as people wrote it: local time and zone."""


@value
class Closure:
    """A time in which a deny rule is active."""

    window: Id
    """The rule."""
    start: Instant
    """First instant closed."""
    end: Instant
    """First instant no longer closed by this rule."""
    segments: tuple[Id, ...] = ()
    """Segments that it closes; empty: everybody."""
    reason: Text = ""
    """Why."""


@value
class Resolution:
    """Slots, openings and working hours, resolved to UTC up to `until`."""

    at: Instant
    """When it was resolved."""
    until: Instant
    """How far ahead it speaks; beyond it everything is unclear, which is closed."""
    zone: Text
    """The schedule's zone."""
    tzdata: Text
    """Version of the time zone data, such as 2026f."""
    slots: tuple[Slot, ...] = ()
    """Slots in order; empty on demand."""
    openings: Intervals = ()
    """When the rules that concern everybody let the environment be open, in order, disjoint."""
    closures: tuple[Closure, ...] = ()
    """Every time a deny rule is active, for its reason and for its segments, sorted by start."""
    working: Intervals = ()
    """Working hours, in order, disjoint."""


def _at(intervals: tuple[Interval, ...], at: datetime) -> Interval | None:
    found = bisect_right(intervals, at, key=lambda i: i.start) - 1
    return intervals[found] if found >= 0 and at < intervals[found].end else None


def _blocks(closure: Closure, segments: tuple[str, ...]) -> bool:
    return bool(set(closure.segments) & set(segments))


def open_until(known: Resolution, at: datetime, segments: tuple[str, ...] = ()) -> datetime | None:
    """When the opening in which `at` lies ends, for a step that names `segments`; None when it is closed at `at`."""
    inside = _at(known.openings, at)
    if inside is None or any(_blocks(c, segments) and c.start <= at < c.end for c in known.closures):
        return None
    return min([inside.end, *(c.start for c in known.closures if _blocks(c, segments) and c.start > at)])


def next_open(known: Resolution, at: datetime, segments: tuple[str, ...] = ()) -> datetime | None:
    """The first instant from `at` on that is open; None when none is known before `until`."""
    shut = sorted((c.start, c.end) for c in known.closures if c.end > at and _blocks(c, segments))
    for opening in known.openings:
        first = max(at, opening.start)
        # In order of start, one pass is enough: a closure passed before has ended, or moved `first` to its end.
        for start, end in shut:
            if start <= first < end:
                first = end
        if first < opening.end:
            return first
    return None


def _open_times(known: Resolution, at: datetime, segments: tuple[str, ...]) -> Iterator[tuple[datetime, datetime]]:
    starts = next_open(known, at, segments)
    while starts is not None:
        ends = open_until(known, starts, segments)
        assert ends is not None
        yield starts, ends
        starts = next_open(known, ends, segments)


def add_open(known: Resolution, at: datetime, length: timedelta, segments: tuple[str, ...] = ()) -> datetime | None:
    """The instant at which it has been open for `length` since `at`; None when that lies beyond `until`."""
    for starts, ends in _open_times(known, at, segments):
        if ends - starts >= length:
            return starts + length
        length -= ends - starts
    return None


def open_time(known: Resolution, at: datetime, until: datetime, segments: tuple[str, ...] = ()) -> timedelta:
    """How long it is open from `at` to `until`."""
    spans = takewhile(lambda span: span[0] < until, _open_times(known, at, segments))
    return sum((min(ends, until) - starts for starts, ends in spans), timedelta(0))


def closed_by(known: Resolution, at: datetime, segments: tuple[str, ...] = ()) -> tuple[Closure, ...]:
    """The deny rules that are active at `at` for everybody or for one of `segments`."""
    return tuple(c for c in known.closures if c.start <= at < c.end and (not c.segments or _blocks(c, segments)))


def slot_from(known: Resolution, at: datetime) -> Slot | None:
    """The first slot at or after `at`; None when none is known."""
    return next((s for s in known.slots if s.starts >= at), None)


def add_working(known: Resolution, at: datetime, length: timedelta) -> datetime | None:
    """The instant at which `length` of working time has passed since `at`; None when it lies beyond `until`."""
    if length <= timedelta(0):
        return at
    for span in known.working:
        if span.end <= at:
            continue
        start = max(at, span.start)
        if span.end - start >= length:
            return start + length
        length -= span.end - start
    return None
