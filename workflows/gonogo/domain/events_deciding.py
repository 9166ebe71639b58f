"""What happened: candidates, rounds, ballots, overrides, holds."""

from typing import Literal

from .plan import Plan
from .terms import (
    Choice,
    Ended,
    HoldReason,
)
from .values import Candidate, Id, Instant, Text, Words, value


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
    """The ballot's id: the same again by the same person is the same ballot."""
    digest: str
    """What was voted on."""
    shown: str = ""
    """SHA-256 of the required checks and items as they counted when it was cast; voids nothing."""
    reason: Text = ""
    """Why."""
    conditions: tuple[Id, ...] = ()
    """Items that this GO is conditional on."""
    acting_for: Id | None = None
    """Whom the voter stands in for; a ballot of that person's own replaces this one."""


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
    acting_for: Id | None = None
    """Ballot: whom the voter would have stood in for."""


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
