"""Recurrence: RFC 5545 rules on naive local times, and the intervals that they make in UTC.

dateutil expands the rules. What it accepts without a word (values out of range, intervals of 0, dates that it completes
from today's) is refused here first.
"""

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from dateutil.rrule import rrulestr

from .plan import Window
from .resolution import Interval
from .values import format_duration
from .zones import CalendarError, instant, local_time
from .zones import zone as zone_called

_UNITS: Final = {
    "HOURLY": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(weeks=1),
    "MONTHLY": None,
    "YEARLY": None,
}
"""Frequencies, with the length of those whose length never varies."""

_NUMBERS: Final = {
    "INTERVAL": (1, 1_000),
    "COUNT": (1, 10_000),
    "BYMONTH": (1, 12),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
    "BYSECOND": (0, 59),
    "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366),
    "BYWEEKNO": (-53, 53),
    "BYSETPOS": (-366, 366),
}
"""Parts that hold numbers, with the least and the largest; where the least is negative, 0 is refused."""

_WEEKDAY = re.compile(r"([+-]?[1-9]\d?)?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"\d{8}(T\d{6}Z?)?", re.ASCII)

# The calendar repeats every 400 years to the weekday. dateutil looks for the next date up to the year 9999, which takes
# seconds when there is none, so rules are expanded as late as the years of `local_time` and 199 more allow.
_SHIFT = timedelta(days=146_097 * 19)

_SLACK = timedelta(days=2)
"""More than any zone's clock was ever moved at once (one day, where the date line moved)."""


class Rule(NamedTuple):
    """A recurrence rule that was read."""

    text: str
    """What dateutil expands: the rule without UNTIL. Empty: it happens once."""
    step: timedelta | None
    """Distance of its periods, when that never varies and nothing is counted from the first."""
    last: datetime | None
    """UNTIL: the last time that counts, local when naive."""


ONCE = Rule("", None, None)


def _refuse(text: str, why: str, code: str = "calendar.rrule") -> CalendarError:
    return CalendarError(code, "rrule", f"{text!r}: {why}")


def _numbers(text: str, name: str, given: str) -> list[int]:
    least, largest = _NUMBERS[name]
    many = name not in ("INTERVAL", "COUNT")
    found = []
    for part in given.split(",") if many else [given]:
        number = int(part) if re.fullmatch(r"[+-]?\d{1,5}", part, re.ASCII) else None
        if number is None or not least <= number <= largest or (least < 0 and number == 0):
            wanted = f"{least} to {largest}" + (", without 0" if least < 0 else "")
            raise _refuse(text, f"{name}={part} is not a number from {wanted}")
        found.append(number)
    return found


def _until(text: str, given: str) -> datetime:
    try:
        if not _UNTIL.fullmatch(given):
            raise ValueError(given)
        at = datetime.fromisoformat(given)
    except ValueError:
        wanted = "write 20261231, 20261231T180000 (local) or 20261231T170000Z"
        raise _refuse(text, f"UNTIL={given} is no date: {wanted}") from None
    # A bare date includes its whole day; dateutil would stop at its midnight.
    return at if "T" in given else datetime.combine(at, time.max)


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    body = text.strip().upper().removeprefix("RRULE:")
    for pair in body.removesuffix(";").split(";"):
        name, equals, given = pair.partition("=")
        if name.startswith("DTSTART"):
            raise _refuse(text, "give the first time as `start`, not as DTSTART in the rule")
        if not equals or not given:
            raise _refuse(text, f"{pair!r} is not NAME=VALUE; write a rule such as FREQ=WEEKLY;BYDAY=FR")
        if name in parts:
            raise _refuse(text, f"{name} stands there twice")
        if name not in {*_NUMBERS, "FREQ", "UNTIL", "BYDAY", "WKST"}:
            raise _refuse(text, f"{name!r} is no part of a rule; write a rule such as FREQ=WEEKLY;BYDAY=FR")
        parts[name] = given
    return parts


@lru_cache(maxsize=1024)
def read_rule(text: str) -> Rule:
    """Reads an RFC 5545 RRULE, with or without the leading `RRULE:`; an empty one happens once.

    UNTIL is inclusive: a bare date includes that day, a time is local, one with Z is an instant.

    Raises:
        CalendarError: `calendar.rrule` when it cannot be read, `calendar.too_frequent` when it can recur more often
            than hourly.
    """
    if not text.strip():
        return ONCE
    parts = _parts(text)
    frequency = parts.get("FREQ", "")
    if frequency in ("MINUTELY", "SECONDLY"):
        raise _refuse(text, "it recurs more often than hourly; use FREQ=HOURLY at most", "calendar.too_frequent")
    if frequency not in _UNITS:
        raise _refuse(text, f"FREQ is one of {', '.join(_UNITS)}")
    if "COUNT" in parts and "UNTIL" in parts:
        raise _refuse(text, "give COUNT or UNTIL, not both")
    numbers = {name: _numbers(text, name, parts[name]) for name in _NUMBERS if name in parts}
    if len(set(numbers.get("BYMINUTE", [0]))) * len(set(numbers.get("BYSECOND", [0]))) > 1:
        raise _refuse(text, "it recurs more often than hourly; give one minute", "calendar.too_frequent")
    for day in parts["BYDAY"].split(",") if "BYDAY" in parts else []:
        found = _WEEKDAY.fullmatch(day)
        if not found:
            raise _refuse(text, f"BYDAY={day} is no weekday; write MO or, the last Friday of the month, -1FR")
        if found[1] and frequency not in ("MONTHLY", "YEARLY"):
            raise _refuse(text, f"BYDAY={day}: a numbered weekday needs FREQ=MONTHLY or FREQ=YEARLY")
    if not re.fullmatch("MO|TU|WE|TH|FR|SA|SU", parts.get("WKST", "MO")):
        raise _refuse(text, f"WKST={parts['WKST']} is no weekday; write MO")
    last = _until(text, parts.pop("UNTIL")) if "UNTIL" in parts else None
    unit = _UNITS[frequency]
    step = unit * numbers.get("INTERVAL", [1])[0] if unit and "COUNT" not in parts else None
    return Rule(";".join(f"{name}={given}" for name, given in parts.items()), step, last)


def local_times(rule: Rule, first: datetime, low: datetime, high: datetime) -> Iterator[datetime]:
    """The local times in [low, high) at which `rule` recurs, counted from `first`, without regard to its UNTIL.

    As dateutil has it, `first` itself is one only when it fits the rule.
    """
    if not rule.text:
        yield from [first] if low <= first < high else []
        return
    if rule.step and low > first:
        # Start near `low`, whole periods later, one early: dateutil's first week is cut at its start.
        first += rule.step * max(0, (low - first) // rule.step - 1)
    for shifted in rrulestr(rule.text, dtstart=first + _SHIFT):
        at = shifted - _SHIFT
        if at >= high:
            return
        if at >= low:
            yield at


def recurs(
    rule: Rule, first: datetime, tz_name: str, low: datetime, high: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Local time and instant of every recurrence whose local time is in [low, high), up to UNTIL, in order."""
    tz = zone_called(tz_name)
    for local in local_times(rule, first, low, high):
        at = instant(local, tz)
        if rule.last and rule.last < (at if rule.last.tzinfo else local):
            return
        yield local, at


def window_times(window: Window) -> tuple[datetime, timedelta]:
    """First local start of a window, and how long each occurrence lasts on the local clock.

    Raises:
        CalendarError: `calendar.local_time`, or `calendar.window_end`: not exactly one of `end` and `lasts`, or
            nothing between start and end.
    """
    first = local_time(window.start, "start")
    if (window.end is None) == (window.lasts is None):
        have = "neither" if window.end is None else "both"
        raise CalendarError("calendar.window_end", "end", f"{have} of end and lasts is given: give exactly one")
    if window.end is not None:
        lasts = local_time(window.end, "end") - first
        if lasts <= timedelta(0):
            raise CalendarError("calendar.window_end", "end", f"{window.end!r} is not after start {window.start!r}")
        return first, lasts
    lasts = window.lasts or timedelta(0)
    if lasts <= timedelta(0):
        raise CalendarError(
            "calendar.window_end", "lasts", f"{format_duration(lasts)!r} is no length: write one such as 4h"
        )
    return first, lasts


def occurrences(window: Window, *, zone: str, start: datetime, end: datetime) -> Iterator[Interval]:
    """The intervals [start, end) in which `window` is active and which intersect [start, end), whole and in order.

    Start and end of an occurrence are local times, each turned into an instant by itself: "18:00 for 12 h" ends at
    06:00 on the night of a clock change too, when that is 11 or 13 hours later. An occurrence of which a clock change
    leaves nothing is no occurrence.

    Args:
        window: The rule.
        zone: The schedule's zone, for a window that names none.
        start: First instant of interest.
        end: First instant of no interest.

    Raises:
        CalendarError: The window cannot be read.
    """
    name = window.zone or zone
    tz = zone_called(name)
    first, lasts = window_times(window)
    low = start.astimezone(tz).replace(tzinfo=None) - lasts - _SLACK
    high = end.astimezone(tz).replace(tzinfo=None) + _SLACK
    for local, opens in recurs(read_rule(window.rrule), first, name, low, high):
        closes = instant(local + lasts, tz)
        if opens < closes and opens < end and closes > start:
            yield Interval(start=opens, end=closes)
