"""What people, releases and systems ask of a flag's own workflow. Imperative; `decide_flag` answers or refuses."""

from typing import Literal

from .facts import Finding, WriteResult
from .flag_notes import FlagNote
from .values import Exposure, Instant, Text, Words, value


@value
class ClaimFlag:
    """A release asks for the right to change the flag."""

    type: Literal["claim"] = "claim"
    release_id: Text
    """`<product>/<version>`."""
    at: Instant
    """When the release asked, by its own clock."""


@value
class TakeNote:
    """A release tells something."""

    type: Literal["note"] = "note"
    note: FlagNote
    """What it tells."""


@value
class KillFlag:
    """`flags kill`: back to who saw it before the release, at once, whatever else is going on."""

    type: Literal["kill"] = "kill"
    reason: Words
    """Why."""


@value
class SetFlag:
    """`flags set`: changes who sees a flag whose code is out, without a release."""

    type: Literal["set"] = "set"
    wanted: Exposure
    """Who shall see it."""
    reason: Words
    """Why."""


@value
class TakeSwitch:
    """The provider answered to a change."""

    type: Literal["switch"] = "switch"
    ask: Text
    """Id of the write."""
    result: WriteResult
    """Before and after."""


@value
class TakeProof:
    """It was asked whether the flag is gone."""

    type: Literal["proof"] = "proof"
    finding: Finding
    """The answer."""
