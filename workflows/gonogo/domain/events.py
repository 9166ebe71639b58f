"""What happened: the facts that an auditor reads, in the past tense, one tagged union.

A serialized name never changes once released: an event grows by optional fields only. Who, when and why (the cause)
stand in the `Entry` around it. The events themselves stand in `events_*.py`, by area.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from .events_closing import FlagChangedElsewhere, FlagSettled, HandlerFaulted, ReleaseClosed
from .events_deciding import (
    BallotRefused,
    CandidateAccepted,
    GoEnded,
    GoGiven,
    Held,
    Lifted,
    Overridden,
    OverrideProposed,
    PlanAmended,
    PollOpened,
    RoundEnded,
    VoteCast,
    VoteWithdrawn,
)
from .events_readiness import (
    ChecksMeasured,
    ChecksRequested,
    Escalated,
    ExceptionApproved,
    ExceptionRejected,
    ExceptionRequested,
    ExceptionWithdrawn,
    FeatureChanged,
    FeatureEstimated,
    FeatureProposed,
    FreezeRefused,
    ItemChanged,
    ItemOpened,
    ReminderSent,
    ScopeFrozen,
    Waived,
)
from .events_rollout import (
    BakeCompleted,
    FlagsAnswered,
    FlagsRequested,
    FlagsWritten,
    GuardsMeasured,
    GuardTripped,
    OpeningReached,
    QuestionAnswered,
    QuestionAsked,
    QuestionDeadlineMoved,
    QuestionExpired,
    ReleaseShipped,
    RollbackClosing,
    RollbackConfirmed,
    RollbackStarted,
    RolloutStarted,
    StageExposed,
    UnrestorableAccepted,
    WritesRequested,
)
from .events_schedule import (
    PhaseChanged,
    Postponed,
    ReleaseLaunched,
    SlotGivenUp,
    SlotMissed,
    SlotsRequested,
    SlotsResolved,
    SlotTaken,
)
from .values import VALUE_CONFIG, Actor, Instant, Text

__all__ = [
    "BakeCompleted",
    "BallotRefused",
    "CandidateAccepted",
    "ChecksMeasured",
    "ChecksRequested",
    "Entry",
    "Escalated",
    "Event",
    "ExceptionApproved",
    "ExceptionRejected",
    "ExceptionRequested",
    "ExceptionWithdrawn",
    "FeatureChanged",
    "FeatureEstimated",
    "FeatureProposed",
    "FlagChangedElsewhere",
    "FlagSettled",
    "FlagsAnswered",
    "FlagsRequested",
    "FlagsWritten",
    "FreezeRefused",
    "GoEnded",
    "GoGiven",
    "GuardTripped",
    "GuardsMeasured",
    "HandlerFaulted",
    "Held",
    "ItemChanged",
    "ItemOpened",
    "Lifted",
    "OpeningReached",
    "Overridden",
    "OverrideProposed",
    "PhaseChanged",
    "PlanAmended",
    "PollOpened",
    "Postponed",
    "QuestionAnswered",
    "QuestionAsked",
    "QuestionDeadlineMoved",
    "QuestionExpired",
    "ReleaseClosed",
    "ReleaseLaunched",
    "ReleaseShipped",
    "ReminderSent",
    "RollbackClosing",
    "RollbackConfirmed",
    "RollbackStarted",
    "RolloutStarted",
    "RoundEnded",
    "ScopeFrozen",
    "SlotGivenUp",
    "SlotMissed",
    "SlotTaken",
    "SlotsRequested",
    "SlotsResolved",
    "StageExposed",
    "UnrestorableAccepted",
    "VoteCast",
    "VoteWithdrawn",
    "Waived",
    "WritesRequested",
]


Event = Annotated[
    ReleaseLaunched
    | PhaseChanged
    | SlotsRequested
    | SlotsResolved
    | SlotTaken
    | SlotGivenUp
    | SlotMissed
    | Postponed
    | FeatureProposed
    | FeatureChanged
    | FeatureEstimated
    | ScopeFrozen
    | FreezeRefused
    | ExceptionRequested
    | ExceptionApproved
    | ExceptionRejected
    | ExceptionWithdrawn
    | ChecksRequested
    | ChecksMeasured
    | ItemOpened
    | ItemChanged
    | Waived
    | ReminderSent
    | Escalated
    | CandidateAccepted
    | PlanAmended
    | PollOpened
    | VoteCast
    | VoteWithdrawn
    | BallotRefused
    | OverrideProposed
    | Overridden
    | GoGiven
    | RoundEnded
    | GoEnded
    | Held
    | Lifted
    | OpeningReached
    | FlagsRequested
    | FlagsAnswered
    | RolloutStarted
    | WritesRequested
    | FlagsWritten
    | StageExposed
    | GuardsMeasured
    | GuardTripped
    | BakeCompleted
    | QuestionAsked
    | QuestionAnswered
    | QuestionExpired
    | QuestionDeadlineMoved
    | ReleaseShipped
    | RollbackStarted
    | UnrestorableAccepted
    | RollbackClosing
    | RollbackConfirmed
    | FlagChangedElsewhere
    | FlagSettled
    | ReleaseClosed
    | HandlerFaulted,
    Field(discriminator="type"),
]
"""Everything that can happen to a release."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the ledger: an event with its place, time, actor and cause.

    Checked when it is read; the core, which makes it of values that were checked, does not check them twice.
    """

    __pydantic_config__ = VALUE_CONFIG

    seq: int
    """Place in the ledger, from 1."""
    at: Instant
    """When, by the workflow's clock."""
    actor: Actor
    """Who."""
    cause: Text
    """The command, timer or result that it followed from."""
    event: Event
    """What happened."""
