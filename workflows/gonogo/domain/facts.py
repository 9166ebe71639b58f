"""What the world answered: measurements of checks, samples of guards, readings of flags. Three-valued throughout."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from .values import Actor, Exposure, FlagKey, Id, Instant, Number, Text, Words, value


class Status(StrEnum):
    """Pass, fail or unclear; missing, stale, late, malformed and unreachable are all unclear."""

    PASS = "pass"
    FAIL = "fail"
    UNCLEAR = "unclear"


@value
class Finding:
    """One measurement of one check."""

    status: Status
    """pass, fail or unclear; an error while measuring is unclear, and `finding` says so."""
    at: Instant
    """When it was observed."""
    finding: Text = ""
    """One line that a person can act on."""
    evidence: Text = ""
    """A link to the evidence. Default: none."""


@value
class Sample:
    """One measurement of a guard's metric."""

    at: Instant
    """When it was taken."""
    value: Number | None = None
    """The number; None when the source answered without one (no data)."""
    error: Text = ""
    """Why it could not be measured; counted apart from bad samples. Default: it could."""


@value
class Fence:
    """Orders the writes of one flag: an older pair is refused by the flag's side."""

    epoch: Annotated[int, Field(ge=0)]
    """Workflow time in ms at which this rollout, rollback or kill began, or the flag's last epoch + 1."""
    sequence: Annotated[int, Field(ge=0)]
    """Order within the epoch."""

    @property
    def order(self) -> tuple[int, int]:
        """What two fences are compared by."""
        return (self.epoch, self.sequence)


class Fencing(StrEnum):
    """How well a flag provider keeps an old write from landing late."""

    FENCED = "fenced"
    """It refuses a write whose fence is older than the last one."""
    READ_BACK = "read_back"
    """It takes every write, and what is in force can be read back."""
    UNFENCED = "unfenced"
    """Neither."""


@value
class FlagReading:
    """What a provider says of one flag in one environment."""

    key: FlagKey
    """The flag."""
    exists: bool
    """False: the provider has no such flag (archived, deleted, never made)."""
    exposure: Exposure | None = None
    """Who sees it now; None when it does not exist, or when what the provider holds is no exposure."""
    fence: Fence | None = None
    """Fence of the last write that carried one."""
    at: Instant
    """When it was read."""


@value
class FlagChange:
    """A change that a person asked the flag's own workflow for, outside the stages of a release."""

    how: Literal["kill", "set"]
    """kill: back to who saw it before the release; set: to a named exposure."""
    wanted: Exposure
    """Who shall see it."""
    by: Actor
    """Who asked for it."""
    reason: Words
    """Why."""
    at: Instant
    """When it was asked for; the provider confirms it later."""


class WriteStatus(StrEnum):
    """How a flag write ended."""

    WRITTEN = "written"
    """The read-back agrees with what was wanted."""
    STALE = "stale"
    """Refused: the flag has a newer fence. Somebody else acted since."""
    GONE = "gone"
    """The provider has no such flag."""
    FAILED = "failed"
    """It could not be written or read back within the time allowed."""


@value
class WriteResult:
    """What one flag write led to."""

    key: FlagKey
    """The flag."""
    status: WriteStatus
    """written, stale, gone or failed."""
    before: Exposure | None = None
    """Who saw it before, as read just before the write."""
    after: Exposure | None = None
    """Who sees it now, as read back after the write."""
    fence: Fence
    """The write's fence."""
    at: Instant
    """When it was read back, or given up."""
    detail: Text = ""
    """What went wrong, for a person. Default: nothing."""


@value
class FlagTarget:
    """One flag in one environment at one provider."""

    key: FlagKey
    """The flag."""
    environment: Id
    """The environment."""
    provider: Id
    """Name of the flag adapter."""
