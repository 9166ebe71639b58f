"""What happened: the facts that an auditor reads, in the past tense, one tagged union.

A serialized name never changes once released: an event grows by optional fields only. Who, when and why (the cause)
stand in the `Entry` around it.
"""

from typing import Annotated, Literal

from pydantic import Field

from .facts import Finding, FlagReading, WriteResult
from .plan import Feature, Plan
from .reports import ClaimAnswer, GuardCount
from .resolution import Resolution, Slot
from .terms import (
    AskedFor,
    Choice,
    Ended,
    ExceptionKind,
    FeatureStatus,
    HoldReason,
    ItemStatus,
    Phase,
    Settled,
)
from .values import Actor, Candidate, Duration, Exposure, FlagKey, Id, Instant, Number, Text, Words, value

# --- launch, phases, schedule --------------------------------------------------------------------------------------


@value
class ReleaseLaunched:
    """A release began its life."""

    type: Literal["ReleaseLaunched"] = "ReleaseLaunched"
    plan: Plan
    """The normalised plan."""
    plan_digest: str
    """SHA-256 of the normalised plan: the same plan again is the same release."""
    people: dict[Id, tuple[Id, ...]]
    """Role -> people, rotations resolved."""
    trust_local: bool
    """True: local names count as proof, which the worker's setting allows."""


@value
class PhaseChanged:
    """The release went from one phase to the next."""

    type: Literal["PhaseChanged"] = "PhaseChanged"
    before: Phase
    """The phase it left."""
    after: Phase
    """The phase it entered."""


@value
class SlotsRequested:
    """The calendar was asked for slots, openings and working hours."""

    type: Literal["SlotsRequested"] = "SlotsRequested"
    ask: str
    """Id of the question."""
    slot: Instant | None = None
    """The dated slot that is aimed at, when there is one."""


@value
class SlotsResolved:
    """The calendar answered."""

    type: Literal["SlotsResolved"] = "SlotsResolved"
    ask: str
    """Id of the question."""
    resolution: Resolution
    """Slots, openings and working hours in UTC."""


@value
class SlotTaken:
    """The release aims at a slot."""

    type: Literal["SlotTaken"] = "SlotTaken"
    slot: Slot
    """The slot and its opening's end."""
    on_demand: bool = False
    """True: taken by a GO on demand, not aimed at in advance."""


@value
class SlotGivenUp:
    """The release does not aim at its slot any more; each is counted."""

    type: Literal["SlotGivenUp"] = "SlotGivenUp"
    slot: Slot | None = None
    """The slot; absent on demand, where a round's end counts the same."""
    why: Words
    """no room for a poll, no_go, expired, postponed, missed: …"""
    count: int
    """How many were given up since the count began."""
    retry_at: Instant | None = None
    """On demand: when the next poll opens by itself."""
    not_before: Instant | None = None
    """Earliest next slot."""


@value
class SlotMissed:
    """A slot began, or ended, without the release; a GO that stood for it is over."""

    type: Literal["SlotMissed"] = "SlotMissed"
    slot: Slot
    """The slot."""
    why: Words
    """What stood in the way."""


@value
class Postponed:
    """A person postponed the release."""

    type: Literal["Postponed"] = "Postponed"
    to: Instant | None = None
    """Earliest next slot; absent: the next one with room."""
    reason: Text = ""
    """Why."""


# --- scope ---------------------------------------------------------------------------------------------------------


@value
class FeatureProposed:
    """A feature came into scope."""

    type: Literal["FeatureProposed"] = "FeatureProposed"
    feature: Feature
    """The feature."""
    split_from: Id | None = None
    """The feature that was split."""
    by_exception: Id | None = None
    """The exception that let it in after the freeze."""


@value
class FeatureChanged:
    """A feature's status changed."""

    type: Literal["FeatureChanged"] = "FeatureChanged"
    feature: Id
    """The feature."""
    status: FeatureStatus
    """Its new status."""
    until: Text = ""
    """Delayed: until when; deferred: to which release."""
    reason: Text = ""
    """Why."""


@value
class FeatureEstimated:
    """A feature's estimate changed."""

    type: Literal["FeatureEstimated"] = "FeatureEstimated"
    feature: Id
    """The feature."""
    days: Number
    """Person-days."""
    by: tuple[Id, ...]
    """Who gave it."""
    by_exception: Id | None = None
    """The exception that let it rise after the freeze."""


@value
class ScopeFrozen:
    """The scope is frozen."""

    type: Literal["ScopeFrozen"] = "ScopeFrozen"
    features: tuple[Id, ...]
    """What is in."""


@value
class FreezeRefused:
    """The freeze timer came, and something stood in the way."""

    type: Literal["FreezeRefused"] = "FreezeRefused"
    reasons: tuple[Text, ...]
    """`code: subject` of everything that stood in the way."""


@value
class ExceptionRequested:
    """Somebody asked for a late change."""

    type: Literal["ExceptionRequested"] = "ExceptionRequested"
    exception: Id
    """Its id."""
    kind: ExceptionKind
    """scope or late."""
    feature: Feature | None = None
    """scope: the feature to add."""
    subject: Id | None = None
    """late, or a raised estimate: the feature that it is about."""
    days: Number | None = None
    """scope: the estimate to raise `subject` to."""
    until: Text = ""
    """late: when it will be finished."""
    why: Words
    """Why."""


@value
class ExceptionApproved:
    """One of the two managers approved a late change; with both it is in force."""

    type: Literal["ExceptionApproved"] = "ExceptionApproved"
    exception: Id
    """Its id."""
    role: Id
    """product_manager or release_manager."""
    granted: bool
    """True: both have approved."""
    reason: Text = ""
    """Why."""


@value
class ExceptionRejected:
    """A late change was refused."""

    type: Literal["ExceptionRejected"] = "ExceptionRejected"
    exception: Id
    """Its id."""
    reason: Text = ""
    """Why; "the poll opened" when nobody answered in time."""


@value
class ExceptionWithdrawn:
    """The requester took the request back."""

    type: Literal["ExceptionWithdrawn"] = "ExceptionWithdrawn"
    exception: Id
    """Its id."""


# --- readiness -----------------------------------------------------------------------------------------------------


@value
class ChecksRequested:
    """A round of checks was asked for."""

    type: Literal["ChecksRequested"] = "ChecksRequested"
    ask: str
    """Id of the round."""
    checks: tuple[Id, ...]
    """The checks."""
    why: AskedFor
    """What asked for them."""


@value
class ChecksMeasured:
    """A round of checks came back, or a result was pushed."""

    type: Literal["ChecksMeasured"] = "ChecksMeasured"
    ask: str | None = None
    """Id of the round; absent: pushed."""
    findings: dict[Id, Finding]
    """Check -> finding."""


@value
class ItemOpened:
    """A checklist item stands from now on."""

    type: Literal["ItemOpened"] = "ItemOpened"
    item: Id
    """The item."""
    title: Words
    """What must be true."""
    owner: Id
    """Who answers for it: a person or a role."""
    gates: Literal["freeze", "go", "completion"]
    """What it gates."""
    due: Instant | None = None
    """When it is due, when it has a fixed date."""
    condition_of: Id | None = None
    """The role whose GO it is a condition of."""


@value
class ItemChanged:
    """An item's owner said where it stands, or a new candidate opened it again."""

    type: Literal["ItemChanged"] = "ItemChanged"
    item: Id
    """The item."""
    status: ItemStatus
    """open, in_progress, done or blocked."""
    evidence: Text = ""
    """A link."""
    note: Text = ""
    """A remark."""


@value
class Waived:
    """A named check, item or flag counts as passed, for this release."""

    type: Literal["Waived"] = "Waived"
    subject: Text
    """`check:ID`, `item:ID` or `flag:KEY`."""
    reason: Words
    """Why."""
    until: Instant | None = None
    """When it ends; absent: with the release."""


@value
class ReminderSent:
    """An owner was reminded of something due."""

    type: Literal["ReminderSent"] = "ReminderSent"
    subject: Text
    """`item:ID` or `poll:ROUND`."""
    to: tuple[Id, ...]
    """Whom."""
    due: Instant
    """When it is, or was, due."""
    step: int
    """Which step of the ladder, from 1."""


@value
class Escalated:
    """Something that waits too long was brought to whoever can decide it."""

    type: Literal["Escalated"] = "Escalated"
    subject: Text
    """`item:ID`, `hold:ID` or `question:ID`."""
    to: tuple[Id, ...]
    """Whom."""
    since: Instant
    """Since when it waits."""


# --- deciding ------------------------------------------------------------------------------------------------------


@value
class CandidateAccepted:
    """Another build is the candidate; what was found of the one before counts no more."""

    type: Literal["CandidateAccepted"] = "CandidateAccepted"
    candidate: Candidate
    """The build."""
    reopened: tuple[Id, ...] = ()
    """Items that are open again."""


@value
class PlanAmended:
    """A new revision of the plan is in force."""

    type: Literal["PlanAmended"] = "PlanAmended"
    plan: Plan
    """The normalised plan."""
    plan_digest: str
    """Its SHA-256."""
    revision: int
    """Revision, from 1."""
    material: tuple[Text, ...]
    """Material differences; any of them ends a round."""
    immaterial: tuple[Text, ...]
    """The others."""
    people: dict[Id, tuple[Id, ...]]
    """Role -> people."""


@value
class PollOpened:
    """A round of the poll opened."""

    type: Literal["PollOpened"] = "PollOpened"
    round: int
    """Number of the round, from 1."""
    request_id: str
    """Id of the open question: it fixes release, round and digest."""
    digest: str
    """SHA-256 of the material content that is voted on."""
    closes: Instant
    """When it closes without GO."""
    roles: tuple[Id, ...]
    """Roles that must be GO."""


@value
class VoteCast:
    """A ballot counts."""

    type: Literal["VoteCast"] = "VoteCast"
    round: int
    """The round."""
    role: Id
    """The role that the voter filled."""
    choice: Choice
    """GO, NO_GO or ABSTAIN."""
    ballot_id: str
    """The ballot's id: the same again is the same ballot."""
    digest: str
    """What was voted on."""
    shown: str = ""
    """SHA-256 of the facts that stood when it was cast; recorded as shown, voids nothing."""
    reason: Text = ""
    """Why."""
    conditions: tuple[Id, ...] = ()
    """Items that this GO is conditional on."""
    acting_for: Id | None = None
    """Whom the voter stands in for."""


@value
class VoteWithdrawn:
    """A voter took a ballot back."""

    type: Literal["VoteWithdrawn"] = "VoteWithdrawn"
    round: int
    """The round."""
    role: Id
    """The role."""
    reason: Text = ""
    """Why."""


@value
class BallotRefused:
    """A ballot, or another answer, that does not count."""

    type: Literal["BallotRefused"] = "BallotRefused"
    code: Text
    """Stable code."""
    message: Text
    """Why, for a person."""
    role: Text = ""
    """The role that was named."""
    choice: Text = ""
    """What it said."""
    ballot_id: Text = ""
    """Its id."""
    request_id: Text = ""
    """The question that it answered."""
    kind: Literal["ballot", "widen", "exception", "override", "malformed"] = "ballot"
    """What kind of answer it was."""


@value
class OverrideProposed:
    """The release manager overrides named reasons of the verdict; it waits for a second person."""

    type: Literal["OverrideProposed"] = "OverrideProposed"
    override: Id
    """Its id."""
    codes: tuple[Text, ...]
    """The verdict's reasons, `code:subject`, one by one."""
    reason: Words
    """Why."""


@value
class Overridden:
    """An override is in force; a review of it is due."""

    type: Literal["Overridden"] = "Overridden"
    override: Id
    """Its id."""
    codes: tuple[Text, ...]
    """What it names."""
    proposed_by: Id
    """Who overrides."""
    reason: Words
    """Why."""


@value
class GoGiven:
    """The verdict is GO."""

    type: Literal["GoGiven"] = "GoGiven"
    round: int
    """The round."""
    digest: str
    """The material content that it is for."""
    waived: tuple[Text, ...] = ()
    """Facts that passed by waiver."""
    overridden: tuple[Text, ...] = ()
    """Reasons that an override named."""


@value
class RoundEnded:
    """A round of the poll is over."""

    type: Literal["RoundEnded"] = "RoundEnded"
    round: int
    """The round."""
    how: Ended
    """voted, no_go, expired, postponed, superseded or overridden."""
    reason: Text = ""
    """Why, for a person."""


@value
class GoEnded:
    """A GO that stood is over before anything was exposed."""

    type: Literal["GoEnded"] = "GoEnded"
    why: Words
    """What ended it."""


# --- holds ---------------------------------------------------------------------------------------------------------


@value
class Held:
    """The release is held: no GO, no opening, no widening, and the bake clock stands."""

    type: Literal["Held"] = "Held"
    hold: Id
    """Its id."""
    reason: HoldReason
    """manual, no_go, readiness, guard, schedule or rolled_back."""
    text: Text = ""
    """For a person."""
    subject: Text = ""
    """What it is about: a check, a flag, a guard, a role."""
    measurement: Text = ""
    """guard: the measurement that `resume --measurement` names."""


@value
class Lifted:
    """A hold is over."""

    type: Literal["Lifted"] = "Lifted"
    hold: Id
    """Its id."""
    why: Text = ""
    """What lifted it."""
    measurement: Text = ""
    """guard: the measurement against which a person continued."""


# --- rollout -------------------------------------------------------------------------------------------------------


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


# --- flags and the end ---------------------------------------------------------------------------------------------


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


@value
class Entry:
    """One line of the ledger: an event with its place, time, actor and cause."""

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
