"""Windows: when deny and allow rules let an environment be open, and why.

A rule is active in half-open intervals [start, end). The windows are open if and only if no deny rule is active and
there is no allow rule, or one is active.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from .plan import Schedule, Window, WindowAction
from .recurrence import occurrences
from .values import Instant, Text, value

LOOKAHEAD: Final = timedelta(days=400)
"""How far ahead a change of the windows, or an open departure, is looked for: any yearly rule comes round in it."""

Span = tuple[datetime, datetime]
"""A half-open interval, plain: these are made by the thousand."""

INSTANT = timedelta(microseconds=1)


@value
class WindowState:
    """Whether the windows are open at an instant, and what comes next."""

    open: bool
    """True when opening and widening are allowed."""
    reason: Text
    """Which rules make it so."""
    next_open: Instant | None = None
    """When they open next after the instant; None when that is not known within 400 days."""
    next_close: Instant | None = None
    """When they close next after the instant; None when that is not known within 400 days."""


# --- sets of instants ----------------------------------------------------------------------------------------------


def merged(spans: Iterable[Span]) -> list[Span]:
    """The union, in order and disjoint; what touches becomes one."""
    union: list[Span] = []
    for start, end in sorted(spans):
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(end, union[-1][1]))
        else:
            union.append((start, end))
    return union


def _without(spans: list[Span], holes: list[Span]) -> list[Span]:
    """What of `spans` lies in no hole; both in order and disjoint."""
    left = []
    for start, end in spans:
        for hole_start, hole_end in holes[max(0, bisect_right(holes, (start, start)) - 1) :]:
            if hole_start >= end:
                break
            if hole_start > start:
                left.append((start, hole_start))
            start = max(start, hole_end)
        if start < end:
            left.append((start, end))
    return left


# --- windows -------------------------------------------------------------------------------------------------------


def rules(schedule: Schedule, environment: str, action: WindowAction) -> list[Window]:
    """The windows with `action` that are about `environment`."""
    about = (w for w in schedule.windows if not w.environments or environment in w.environments)
    return [w for w in about if w.action is action]


def _denies(schedule: Schedule, environment: str, segments: tuple[str, ...]) -> list[Window]:
    """The deny rules that concern a step which names `segments`."""
    denying = rules(schedule, environment, WindowAction.DENY)
    return [w for w in denying if not w.segments or set(w.segments) & set(segments)]


def active_spans(schedule: Schedule, window: Window, start: datetime, end: datetime) -> list[Span]:
    """When `window` is active, merged: the spans that intersect [start, end), whole."""
    return merged((i.start, i.end) for i in occurrences(window, zone=schedule.zone, start=start, end=end))


def open_spans(
    schedule: Schedule, environment: str, start: datetime, end: datetime, segments: tuple[str, ...] = ()
) -> list[Span]:
    """When the windows are open in [start, end), in order, disjoint, cut at both ends."""
    allows = rules(schedule, environment, WindowAction.ALLOW)
    allowed = merged(chain.from_iterable(active_spans(schedule, w, start, end) for w in allows))
    denies = _denies(schedule, environment, segments)
    denied = merged(chain.from_iterable(active_spans(schedule, w, start, end) for w in denies))
    inside = [(max(s, start), min(e, end)) for s, e in allowed] if allows else [(start, end)]
    return _without(inside, denied)


def _reason(schedule: Schedule, environment: str, at: datetime, segments: tuple[str, ...]) -> str:
    def active(among: list[Window]) -> list[str]:
        return [w.reason or w.id for w in among if active_spans(schedule, w, at, at + INSTANT)]

    denied = active(_denies(schedule, environment, segments))
    if denied:
        return ("denied by " + "; ".join(denied))[:2_000]
    allows = rules(schedule, environment, WindowAction.ALLOW)
    if not allows:
        return "no deny rule is active, and no allow rule exists"
    allowed = active(allows)
    if allowed:
        return ("allowed by " + "; ".join(allowed))[:2_000]
    return ("no allow rule is active: " + "; ".join(w.id for w in allows))[:2_000]


def window_state(schedule: Schedule, environment: str, at: datetime, segments: tuple[str, ...] = ()) -> WindowState:
    """Whether the windows of `environment` are open at `at`, for a step that names `segments`.

    Rules for other environments are left out, and so are deny rules for other segments.

    Raises:
        CalendarError: The schedule cannot be read; `problems` says all of it.
    """
    spans: list[Span] = []
    changes: list[datetime] = []
    # Most schedules change within two weeks: look there before going over a year.
    for ahead in (timedelta(days=14), LOOKAHEAD):
        spans = open_spans(schedule, environment, at, at + ahead, segments)
        changes = [edge for span in spans for edge in span if at < edge < at + ahead]
        if len(changes) > 1:
            break
    is_open = bool(spans) and spans[0][0] <= at
    first, second = ([*changes, None, None])[:2]
    return WindowState(
        open=is_open,
        reason=_reason(schedule, environment, at, segments),
        next_open=second if is_open else first,
        next_close=first if is_open else second,
    )
