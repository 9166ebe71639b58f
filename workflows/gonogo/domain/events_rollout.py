"""What happened: the opening, stages, guards, questions, rollbacks."""

from typing import Literal

from .facts import WriteResult
from .reports import ClaimAnswer, GuardCount
from .resolution import Slot
from .values import Duration, Exposure, FlagKey, Id, Instant, Text, Words, value


@value
class OpeningReached:
    """The slot began and the GO stands; every required fact is measured once more."""

    type: Literal["OpeningReached"] = "OpeningReached"
    slot: Slot
    """The slot."""


@value
class FlagsRequested:
    """The flags' own workflows were asked to grant the flags to this release."""

    type: Literal["FlagsRequested"] = "FlagsRequested"
    ask: str
    """Id of the question."""
    flags: tuple[FlagKey, ...]
    """The flags."""


@value
class FlagsAnswered:
    """The flags' own workflows answered."""

    type: Literal["FlagsAnswered"] = "FlagsAnswered"
    ask: str
    """Id of the question."""
    answers: tuple[ClaimAnswer, ...]
    """One for every flag."""


@value
class RolloutStarted:
    """The rollout began."""

    type: Literal["RolloutStarted"] = "RolloutStarted"
    epoch: int
    """First half of every fence of this rollout."""


@value
class WritesRequested:
    """Flags are being changed."""

    type: Literal["WritesRequested"] = "WritesRequested"
    ask: str
    """Id of the batch."""
    stage: int
    """The stage, from 0; -1 for a rollback."""
    epoch: int
    """First half of the fences."""
    writes: dict[FlagKey, Exposure]
    """Flag -> who shall see it, in the order of writing."""
    first_sequence: int
    """Second half of the first fence; each next write has one more."""


@value
class FlagsWritten:
    """The provider answered to a batch of writes."""

    type: Literal["FlagsWritten"] = "FlagsWritten"
    ask: str
    """Id of the batch."""
    results: tuple[WriteResult, ...]
    """One for every flag, before and after."""


@value
class StageExposed:
    """A stage stands: every flag is where the stage takes it. The bake begins."""

    type: Literal["StageExposed"] = "StageExposed"
    stage: int
    """The stage, from 0."""
    exposure: Exposure
    """Whom the stage exposes."""


@value
class GuardsMeasured:
    """What the guards saw since the last report."""

    type: Literal["GuardsMeasured"] = "GuardsMeasured"
    ask: str
    """Id of the watch."""
    stage: int
    """The stage."""
    counts: dict[Id, GuardCount]
    """Guard -> what was counted."""
    baked: Duration
    """Time of this report that counts as baked."""


@value
class GuardTripped:
    """A guard saw too many bad samples in a row, or none at all."""

    type: Literal["GuardTripped"] = "GuardTripped"
    guard: Id
    """The guard."""
    mode: Literal["observe", "pause", "rollback"]
    """What it does."""
    no_data: bool
    """True: it had no data."""
    measurement: Text
    """Id of the measurement."""
    finding: Text
    """The samples, for a person."""


@value
class BakeCompleted:
    """A stage has baked: timer, minimum sample and guards are met."""

    type: Literal["BakeCompleted"] = "BakeCompleted"
    stage: int
    """The stage."""


@value
class QuestionAsked:
    """ "Ready to go wider?" was asked."""

    type: Literal["QuestionAsked"] = "QuestionAsked"
    question: Id
    """Its id; an answer names it."""
    stage: int
    """The stage that has baked."""
    text: Words
    """What is asked."""
    role: Id
    """Who answers."""
    deadline: Instant | None = None
    """When it expires; absent while no window is known to be open."""


@value
class QuestionAnswered:
    """Somebody answered."""

    type: Literal["QuestionAnswered"] = "QuestionAnswered"
    question: Id
    """Its id."""
    yes: bool
    """True: go wider."""
    reason: Text = ""
    """Why."""


@value
class QuestionExpired:
    """Nobody answered in time: exposure stays as it is, and it is asked again."""

    type: Literal["QuestionExpired"] = "QuestionExpired"
    question: Id
    """Its id."""


@value
class QuestionDeadlineMoved:
    """The calendar said anew when windows are open: the time to answer that is left ends at another instant."""

    type: Literal["QuestionDeadlineMoved"] = "QuestionDeadlineMoved"
    question: Id
    """Its id."""
    left: Duration
    """Time to answer that is left, counted while a window is open."""
    deadline: Instant | None = None
    """When it expires; absent while no window is known to be open for so long."""


@value
class ReleaseShipped:
    """The last stage has baked."""

    type: Literal["ReleaseShipped"] = "ReleaseShipped"


@value
class RollbackStarted:
    """Every flag goes back to what it was before the release, newest change first."""

    type: Literal["RollbackStarted"] = "RollbackStarted"
    epoch: int
    """First half of the fences of this rollback."""
    reason: Words
    """Why."""
    closing: bool = False
    """True: the release is closed when it is confirmed."""


@value
class RollbackClosing:
    """The release will be closed when the rollback that is under way is confirmed."""

    type: Literal["RollbackClosing"] = "RollbackClosing"
    reason: Words
    """Why."""


@value
class UnrestorableAccepted:
    """The release manager accepted, by name, that a flag cannot be put back."""

    type: Literal["UnrestorableAccepted"] = "UnrestorableAccepted"
    flag: FlagKey
    """The flag."""
    reason: Words
    """Why."""


@value
class RollbackConfirmed:
    """Every flag is back, or accepted by name as not restorable."""

    type: Literal["RollbackConfirmed"] = "RollbackConfirmed"
    unrestorable: tuple[FlagKey, ...] = ()
    """Flags that could not be put back."""
