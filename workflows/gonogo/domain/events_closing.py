"""What happened: flags settled, the end."""

from typing import Literal

from .facts import FlagChange, FlagReading
from .terms import (
    Settled,
)
from .values import FlagKey, Text, value

TAKEN_OVER = "carried to "
"""How the proof begins when a later release took the flag over; its id follows. Ledgers say it so: it stays."""


@value
class FlagChangedElsewhere:
    """The flag's own workflow, or its provider, says that somebody else changed it."""

    type: Literal["FlagChangedElsewhere"] = "FlagChangedElsewhere"
    reading: FlagReading
    """What stands now."""
    by: Text
    """Who, as far as is known."""
    change: FlagChange | None = None
    """By `flags kill`, or another change through the flag's own workflow: who, when and why. Absent: by another way."""


@value
class FlagSettled:
    """A flag of this release is settled."""

    type: Literal["FlagSettled"] = "FlagSettled"
    flag: FlagKey
    """The flag."""
    how: Settled
    """gone, waived or carried."""
    proof: Text = ""
    """The proof, the reason, or who carries it: `carried to RELEASE` when a later release took it over."""

    @property
    def taken_by(self) -> str:
        """The later release that took it over; empty: none did."""
        return self.proof.removeprefix(TAKEN_OVER) if self.proof.startswith(TAKEN_OVER) else ""


@value
class ReleaseClosed:
    """The release is over."""

    type: Literal["ReleaseClosed"] = "ReleaseClosed"
    outcome: Literal["completed", "cancelled", "rolled_back"]
    """How it ended."""
    reason: Text = ""
    """Why."""
    carried: tuple[FlagKey, ...] = ()
    """Flags that were unsettled and live on in their own workflows."""


@value
class HandlerFaulted:
    """A message that could not be handled; it changed nothing."""

    type: Literal["HandlerFaulted"] = "HandlerFaulted"
    handler: Text
    """The handler."""
    message: Text
    """What went wrong, without the payload."""
