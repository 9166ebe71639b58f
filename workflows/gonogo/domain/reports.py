"""What long-running work reports back: claims of flags, watches over guards."""

from typing import Annotated

from pydantic import Field

from .facts import FlagReading
from .resolution import Interval
from .values import NOBODY, Exposure, FlagKey, Id, Instant, Number, Text, value


@value
class ClaimAnswer:
    """What a flag's own workflow answered to a release that wants to roll it out."""

    flag: FlagKey
    """The flag."""
    granted: bool
    """True: this release may change it."""
    held_by: Text = ""
    """The release in rolling_out that holds it."""
    last_epoch: int = 0
    """The newest epoch that the flag has seen."""
    reading: FlagReading | None = None
    """What the provider said of it; None: it could not be asked."""
    detail: Text = ""
    """What went wrong, for a person."""

    @property
    def shown(self) -> Exposure | None:
        """Who sees the flag that was granted; None: it was not, or its provider says nothing that could be put back."""
        if not self.granted or self.reading is None:
            return None
        return self.reading.exposure if self.reading.exists else NOBODY


@value
class GuardCount:
    """What one guard has counted in a stage, carried from watch to watch."""

    good: Annotated[int, Field(ge=0)] = 0
    """Good samples in this stage."""
    bad_in_row: Annotated[int, Field(ge=0)] = 0
    """Bad samples since the last good one."""
    missing_in_row: Annotated[int, Field(ge=0)] = 0
    """Samples without data or with an error since the last one with a value."""
    errors: Annotated[int, Field(ge=0)] = 0
    """Samples that could not be taken, in all; counted apart from bad ones."""
    last: Number | None = None
    """The last value."""
    last_at: Instant | None = None
    """When it was taken."""
    last_error: Text = ""
    """Why the last one could not be taken."""


@value
class WatchReport:
    """What a watch saw, from `since` to `at`."""

    since: Instant
    """When the watch began to count."""
    at: Instant
    """When it reported: its end, or the moment that something was noteworthy."""
    counts: dict[Id, GuardCount]
    """Guard -> what was counted, the counts that it began with included."""
    unmeasured: tuple[Interval, ...] = ()
    """When no guard could measure, in order, disjoint: nothing of it counts as baked."""
    tripped: Id | None = None
    """The guard that tripped; None: the watch reached its end or was called off."""
    no_data: bool = False
    """True: it tripped because it had no data."""
