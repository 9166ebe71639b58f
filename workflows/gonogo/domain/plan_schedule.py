"""When: slots, trains, windows, working hours."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from .plan_terms import _hours
from .values import (
    Duration,
    Id,
    Instant,
    Text,
    Words,
    value,
)


class WindowAction(StrEnum):
    """What a window rule does while it is active."""

    ALLOW = "allow"
    DENY = "deny"


LocalTime = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$")]
"""A local date and time without offset, such as 2026-12-19T18:00, read in the rule's zone."""


@value
class Window:
    """A rule that allows or denies opening and widening.

    Open: no deny is active, and an allow is active or none exists.
    """

    id: Id
    """Short name, shown as the reason."""
    action: WindowAction
    """allow or deny."""
    start: LocalTime
    """When it is first active, in local time."""
    end: LocalTime | None = None
    """When a single occurrence ends (exclusive). Exactly one of `end` and `lasts`."""
    lasts: Duration | None = None
    """How long each occurrence lasts."""
    rrule: Text = ""
    """RFC 5545 recurrence, such as FREQ=WEEKLY;BYDAY=FR. Default: it happens once."""
    zone: Text = ""
    """IANA time zone. Default: the schedule's."""
    segments: tuple[Id, ...] = ()
    """Deny only: segments that it blocks. Default: everybody."""
    environments: tuple[Id, ...] = ()
    """Environments that it is about. Default: all."""
    reason: Text = ""
    """Why, shown to whoever waits. Default: the id."""


@value
class Train:
    """A recurring slot."""

    rrule: Words
    """RFC 5545 recurrence, such as FREQ=WEEKLY;INTERVAL=2;BYDAY=TH."""
    start: LocalTime
    """First departure, in local time: the rule's first fitting time from there on; its time of day is every one's."""


class Day(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


@value
class WorkingHours:
    """When people work: the clock of the on-demand poll's deadline."""

    days: Annotated[tuple[Day, ...], Field(min_length=1)] = (Day.MON, Day.TUE, Day.WED, Day.THU, Day.FRI)
    """Working days. Default: Monday to Friday."""
    start: Annotated[str, Field(pattern=r"^\d{2}:\d{2}$")] = "09:00"
    """Start of the day, local time. Default: 09:00."""
    end: Annotated[str, Field(pattern=r"^\d{2}:\d{2}$")] = "17:00"
    """End of the day, local time, exclusive. Default: 17:00."""
    holidays: Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,4})?$")] | None = None
    """Country, or country-subdivision, whose public holidays are free: `DE`, `US-CA`. Default: none."""


@value
class Schedule:
    """When the release may reach users: by a train, at a date, or on demand (neither given)."""

    starts: Instant | None = None
    """When scoping begins; what `gonogo simulate` starts at. Default: at launch."""
    zone: Text = "UTC"
    """IANA time zone of everything local in the plan. Default: UTC."""
    slot: Instant | None = None
    """A dated slot. It has no successor: missed, the release is held until `postpone --to`. Default: none."""
    train: Train | None = None
    """A recurring slot. Default: none."""
    not_before: Instant | None = None
    """Earliest slot. Default: the freeze."""
    open_for: Duration = _hours(4)
    """How long an opening lasts from the slot on. Default: 4h."""
    windows: tuple[Window, ...] = ()
    """Rules that allow or deny. Default: none (always open)."""
    max_postponements: Annotated[int, Field(ge=0, le=100)] = 3
    """Slots that may be given up before the release is held. Default: 3."""
    working_hours: WorkingHours = Field(default_factory=WorkingHours)
    """When people work. Default: Monday to Friday, 09:00 to 17:00 in the schedule's zone."""

    @property
    def mode(self) -> Literal["train", "dated", "on_demand"]:
        """How slots come about."""
        return "train" if self.train else "dated" if self.slot else "on_demand"
