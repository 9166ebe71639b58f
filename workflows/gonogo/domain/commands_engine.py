"""What the engine tells the core: time, and what came back."""

from typing import Literal

from .commands_human import CastVote
from .facts import Finding, FlagChange, FlagReading, WriteResult
from .reports import ClaimAnswer, WatchReport
from .resolution import Resolution
from .values import FlagKey, Id, Text, value


@value
class Tick:
    """Time has passed."""

    type: Literal["tick"] = "tick"


@value
class TakeSlots:
    """The calendar's answer."""

    type: Literal["slots"] = "slots"
    ask: str
    """Id of the question."""
    resolution: Resolution
    """The answer."""


@value
class TakeFindings:
    """A round of checks came back."""

    type: Literal["findings"] = "findings"
    ask: str
    """Id of the round."""
    findings: dict[Id, Finding]
    """Check -> finding; a check that is missing is unclear."""


@value
class TakeClaims:
    """The flags' workflows answered."""

    type: Literal["claims"] = "claims"
    ask: str
    """Id of the question."""
    answers: tuple[ClaimAnswer, ...]
    """The answers; a flag that is missing is not granted."""


@value
class TakeWrites:
    """A batch of flag writes came back."""

    type: Literal["writes"] = "writes"
    ask: str
    """Id of the batch."""
    results: tuple[WriteResult, ...]
    """The results; a flag that is missing has failed."""


@value
class TakeWatch:
    """A watch over guards reported."""

    type: Literal["watch"] = "watch"
    ask: str
    """Id of the watch."""
    report: WatchReport
    """What it saw."""


@value
class TakeFlagNews:
    """A flag's own workflow says that something happened to it."""

    type: Literal["flag_news"] = "flag_news"
    flag: FlagKey
    """The flag."""
    gone: bool = False
    """True: it is gone, with `proof`."""
    proof: Text = ""
    """The proof, or who acted."""
    reading: FlagReading | None = None
    """It was changed elsewhere: what stands now."""
    change: FlagChange | None = None
    """With `reading`: which change by whom it was; None: not known."""
    carried_to: Text = ""
    """A later release took it over."""


@value
class RecordRefusal:
    """An answer that came by signal, which nobody can be told is refused: recorded, never counted, never fatal."""

    type: Literal["refusal"] = "refusal"
    code: Text
    """Stable code."""
    message: Text
    """Why."""
    ballot: CastVote
    """What it said."""


@value
class RecordMalformed:
    """A signal that could not be read."""

    type: Literal["malformed"] = "malformed"
    handler: Text
    """The handler."""
    message: Text
    """What was wrong, without the payload."""
