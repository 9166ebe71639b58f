"""What happened: flags settled, the end."""

from typing import Literal

from .facts import FlagReading
from .terms import (
    Settled,
)
from .values import FlagKey, Text, value


@value
class FlagChangedElsewhere:
    """The flag's own workflow, or its provider, says that somebody else changed it."""

    type: Literal["FlagChangedElsewhere"] = "FlagChangedElsewhere"
    reading: FlagReading
    """What stands now."""
    by: Text
    """Who, as far as is known."""


@value
class FlagSettled:
    """A flag of this release is settled."""

    type: Literal["FlagSettled"] = "FlagSettled"
    flag: FlagKey
    """The flag."""
    how: Settled
    """gone, waived or carried."""
    proof: Text = ""
    """The proof, the reason, or who carries it."""


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
