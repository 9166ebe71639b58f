"""Time zones of the pinned `tzdata` wheel, and the one rule that turns a local time into an instant.

The system's zone files are never read: they differ between machines, and a plan must mean the same on all of them.
"""

from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped]  # it has no stubs; one constant is read

TZDATA_VERSION: Final[str] = tzdata.IANA_VERSION
"""Version of the zone data that every resolution is made with, such as 2026f."""

FIRST_YEAR, LAST_YEAR = 1970, 2200
"""Years that a local time in a plan may have: anything else is a slip of the hand."""


class CalendarError(ValueError):
    """Something in a schedule cannot be read or evaluated.

    Attributes:
        code: Stable name of the error, such as `calendar.unknown_zone`.
        field: The field of the window, train, working hours or schedule that is wrong.
        message: What is wrong and what to do, without the field.
    """

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.code = code
        self.field = field
        self.message = message


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Every zone name by its lower-case form, in the order of the wheel's list."""
    listed = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return {name.lower(): name for name in listed}


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone called `name` in the pinned wheel.

    It is read from the wheel as a resource (`ZoneInfo.from_file`) and not through `ZoneInfo(name)`, which looks at the
    system's files first; changing the search path instead would change it for the whole process.

    Raises:
        CalendarError: `calendar.unknown_zone`; the message names the closest zone.
    """
    known = _names()
    if known.get(name.lower()) != name:
        # "Berlin" is as common a slip as "europe/berlin": look at whole names, then at cities.
        cities = {lower.rpartition("/")[2]: lower for lower in reversed(known)}
        close = get_close_matches(name.lower(), known, n=1, cutoff=0.75)
        close = close or [cities[c] for c in get_close_matches(name.lower(), cities, n=1, cutoff=0.75)]
        hint = f"did you mean {known[close[0]]!r}?" if close else "write an IANA name such as 'Europe/Berlin'"
        raise CalendarError("calendar.unknown_zone", "zone", f"{name!r} is no time zone: {hint}")
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def local_time(text: str, field: str) -> datetime:
    """Reads a local date and time without offset, such as 2026-12-19T18:00.

    Raises:
        CalendarError: `calendar.local_time`: no such date or time, an offset, or a year outside 1970 to 2200.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        read = None
    if read is None or read.tzinfo is not None or not FIRST_YEAR <= read.year <= LAST_YEAR:
        wanted = f"write a date from {FIRST_YEAR} to {LAST_YEAR} without offset, such as 2026-12-19T18:00"
        raise CalendarError("calendar.local_time", field, f"{text!r} is no local date and time: {wanted}")
    return read


def instant(local: datetime, tz: ZoneInfo) -> datetime:
    """The instant at which clocks in `tz` show `local` (naive, whole seconds).

    A local time that a clock change skips becomes the first instant after the gap, whatever its place in the gap; one
    that comes twice is its first occurrence.
    """
    first = local.replace(tzinfo=tz, fold=0).astimezone(UTC)
    if first.astimezone(tz).replace(tzinfo=None) == local:
        return first
    # In a gap: fold=0 reads `local` with the offset before the change, which lands after it, fold=1 the reverse.
    # The change lies between the two; all changes are at whole seconds.
    low, high = local.replace(tzinfo=tz, fold=1).astimezone(UTC), first
    after = high.astimezone(tz).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (low, middle) if middle.astimezone(tz).utcoffset() == after else (middle, high)
    return high


def to_utc(local: datetime, zone_name: str) -> datetime:
    """The instant at which clocks in the zone show `local`; see `instant` for skipped and repeated times.

    Raises:
        CalendarError: `calendar.unknown_zone`, or `calendar.local_time` when `local` already has an offset.
    """
    if local.tzinfo is not None:
        raise CalendarError("calendar.local_time", "local", f"{local.isoformat()!r} has an offset: give local time")
    return instant(local, zone(zone_name))


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def local_text(at: datetime, tz: ZoneInfo) -> str:
    """`at` as people in the zone write it: `Thu 2026-03-05 10:00 Europe/Berlin`."""
    local = at.astimezone(tz).replace(tzinfo=None)
    # strftime would name the day in the language of the process.
    shown = local.isoformat(sep=" ", timespec="seconds" if local.second else "minutes")
    return f"{_DAYS[local.weekday()]} {shown} {tz.key}"
