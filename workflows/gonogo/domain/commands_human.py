"""What people and systems ask for: imperative, one value each."""

from typing import Annotated, Literal

from pydantic import Field

from .facts import Finding
from .plan import Feature, Flag, Plan
from .terms import Choice, ExceptionKind, FeatureStatus
from .values import Candidate, FlagKey, Id, Instant, Number, Text, Words, value

BallotId = Annotated[str, Field(min_length=1, max_length=120)]


@value
class AddFeature:
    """`scope add`: proposes a feature."""

    type: Literal["scope.add"] = "scope.add"
    feature: Feature
    """The feature."""


@value
class SplitFeature:
    """`scope split`: replaces a feature by smaller ones."""

    type: Literal["scope.split"] = "scope.split"
    feature: Id
    """The feature that is too large."""
    into: Annotated[tuple[Feature, ...], Field(min_length=2)]
    """What it becomes."""


@value
class EstimateFeature:
    """`scope estimate`: says how much work a feature is."""

    type: Literal["scope.estimate"] = "scope.estimate"
    feature: Id
    """The feature."""
    days: Number
    """Person-days."""
    by: tuple[Id, ...] = ()
    """Who estimated together; default: the actor."""


@value
class ChangeFeature:
    """`scope drop`, `defer`, `delay`, `progress`: says where a feature stands."""

    type: Literal["scope.change"] = "scope.change"
    feature: Id
    """The feature."""
    status: FeatureStatus
    """Its new status."""
    until: Text = ""
    """Delayed: until when; deferred: to which release."""
    reason: Text = ""
    """Why."""


@value
class FreezeScope:
    """`scope freeze`."""

    type: Literal["scope.freeze"] = "scope.freeze"


@value
class RequestException:
    """`exception request`: asks for a late change."""

    type: Literal["exception.request"] = "exception.request"
    kind: ExceptionKind
    """scope or late."""
    feature: Feature | None = None
    """scope: the feature to add."""
    flags: dict[FlagKey, Flag] = Field(default_factory=dict)
    """scope: flags that the new feature names and the plan does not list yet; with it they join the plan."""
    subject: Id | None = None
    """late, or a raised estimate: the feature that it is about."""
    days: Number | None = None
    """scope: the estimate to raise `subject` to."""
    until: Text = ""
    """late: when it will be finished."""
    why: Words
    """Why."""


@value
class AnswerException:
    """`exception approve`, `reject`: the answer of one of the two managers."""

    type: Literal["exception.answer"] = "exception.answer"
    exception: Id
    """Its id."""
    approve: bool
    """True: approve."""
    role: Id | None = None
    """product_manager or release_manager; default: the one that the actor fills."""
    reason: Text = ""
    """Why."""


@value
class WithdrawException:
    """`exception withdraw`: the requester takes it back."""

    type: Literal["exception.withdraw"] = "exception.withdraw"
    exception: Id
    """Its id."""


@value
class RunChecks:
    """`check run`: measures checks again."""

    type: Literal["check.run"] = "check.run"
    checks: tuple[Id, ...] = ()
    """Which; empty: all."""


@value
class PushResult:
    """`check push`: gives the result of a check."""

    type: Literal["check.push"] = "check.push"
    check: Id
    """The check."""
    finding: Finding
    """The result."""


@value
class SignOff:
    """`sign-off`: an item's owner says where it stands."""

    type: Literal["item.sign_off"] = "item.sign_off"
    item: Id
    """The item."""
    status: Literal["done", "in_progress", "blocked"] = "done"
    """done, in_progress or blocked."""
    evidence: Text = ""
    """A link."""
    note: Text = ""
    """A remark."""


@value
class UnSign:
    """`un-sign`: takes a sign-off back."""

    type: Literal["item.un_sign"] = "item.un_sign"
    item: Id
    """The item."""
    note: Text = ""
    """Why."""


@value
class Waive:
    """`waive`: a named check, item or flag counts as passed, for this release."""

    type: Literal["waive"] = "waive"
    subject: Annotated[str, Field(pattern=r"^(check|item|flag):[A-Za-z0-9_.-]+$")]
    """`check:ID`, `item:ID` or `flag:KEY`."""
    reason: Words
    """Why."""
    until: Instant | None = None
    """When it ends; absent: with the release. A flag needs one."""


@value
class OpenPoll:
    """`poll open`."""

    type: Literal["poll.open"] = "poll.open"


@value
class CastVote:
    """`vote`: a ballot on the open question."""

    type: Literal["vote.cast"] = "vote.cast"
    request_id: Text
    """The open question that it answers."""
    role: Id
    """The role that the voter fills."""
    choice: Choice
    """GO, NO_GO or ABSTAIN."""
    ballot_id: BallotId
    """The ballot's id: the same again by the same person is the same ballot."""
    reason: Text = ""
    """Why; required for NO_GO and ABSTAIN."""
    conditions: tuple[Words, ...] = ()
    """GO only: what must also be true; each becomes a required item."""
    condition_owner: Id | None = None
    """Who answers for the conditions. Default: release_manager."""
    acting_for: Id | None = None
    """Whom the voter stands in for: somebody else of the role, who has not voted in this round."""


@value
class WithdrawVote:
    """`withdraw`: takes a ballot back."""

    type: Literal["vote.withdraw"] = "vote.withdraw"
    role: Id
    """The role."""
    reason: Text = ""
    """Why."""


@value
class Call:
    """`call`: the release manager ends the round, or completes its GO."""

    type: Literal["call"] = "call"
    choice: Literal["go", "no_go", "postpone"]
    """go, no_go or postpone."""
    ballot_id: BallotId
    """go: id of the release manager's own ballot."""
    reason: Text = ""
    """Why."""


@value
class ProposeOverride:
    """`override`: names reasons of the verdict, one by one."""

    type: Literal["override.propose"] = "override.propose"
    codes: Annotated[tuple[Text, ...], Field(min_length=1)]
    """The reasons, `code:subject` as the verdict lists them."""
    reason: Words
    """Why."""


@value
class ConfirmOverride:
    """`override --confirm`: a second person agrees."""

    type: Literal["override.confirm"] = "override.confirm"
    override: Id
    """Its id."""


@value
class PlaceHold:
    """`hold`, `pause`: holds the release."""

    type: Literal["hold"] = "hold"
    text: Words
    """Why."""


@value
class LiftHold:
    """`lift`, `resume`: ends a hold."""

    type: Literal["lift"] = "lift"
    hold: Id | None = None
    """Its id; default: the only one that the actor can lift."""
    measurement: Text = ""
    """guard: the measurement against which to continue."""
    note: Text = ""
    """Why."""


@value
class Postpone:
    """`postpone`: gives up the slot."""

    type: Literal["postpone"] = "postpone"
    to: Instant | None = None
    """Earliest next slot; default: the next one with room."""
    reason: Text = ""
    """Why."""


@value
class Amend:
    """`amend`: puts another revision of the plan in force."""

    type: Literal["amend"] = "amend"
    plan: Plan
    """The normalised plan."""


@value
class SetCandidate:
    """`candidate`: another build."""

    type: Literal["candidate"] = "candidate"
    candidate: Candidate
    """The build."""


@value
class Widen:
    """`widen`: answers "ready to go wider?"."""

    type: Literal["widen"] = "widen"
    question: Text
    """The question's id."""
    yes: bool = True
    """False: no, which holds the release."""
    reason: Text = ""
    """Why; required for no."""


@value
class RollBack:
    """`rollback`: puts every flag back to what it was before the release."""

    type: Literal["rollback"] = "rollback"
    reason: Words
    """Why."""


@value
class AcceptUnrestorable:
    """`rollback --accept FLAG`: accepts that a flag cannot be put back."""

    type: Literal["rollback.accept"] = "rollback.accept"
    flag: FlagKey
    """The flag."""
    reason: Words
    """Why."""


@value
class Cancel:
    """`cancel`: closes the release; during a rollout it is rolled back first."""

    type: Literal["cancel"] = "cancel"
    reason: Words
    """Why."""
