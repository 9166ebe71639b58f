"""The state of one release: what its events add up to. Plain frozen dataclasses: nothing here is checked twice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

from .facts import Finding
from .plan import Plan, Stage
from .resolution import Resolution, Slot
from .state_parts import (
    CheckRound,
    Claim,
    ExceptionState,
    FeatureState,
    FlagState,
    Go,
    Heard,
    Hold,
    ItemState,
    Opening,
    Override,
    Rollback,
    Rollout,
    Round,
    Said,
    Waiver,
    WriteBatch,
    _empty,
)
from .terms import (
    HoldReason,
    Phase,
)
from .twins import copier
from .values import Actor, Candidate

MOST_ENTRIES = 20_000
"""Entries after which a release records no more than it must: all of them travel into every next run."""

_T = TypeVar("_T")
_copies: dict[type, Callable[[Any], Any]] = {}


def replace(given: _T, /, **changes: Any) -> _T:
    """`dataclasses.replace` for a state and its parts, ten times as quick: nothing of them is computed when made."""
    cls = type(given)
    if cls is State:
        state = object.__new__(cls)
        object.__setattr__(state, "__dict__", {**given.__dict__, **changes})
        return state
    copy = _copies.get(cls)
    if copy is None:
        copy = _copies[cls] = copier(cls)
    made = copy(given)
    for name, part in changes.items():
        setattr(made, name, part)
    made.__class__ = cls
    return cast("_T", made)


def numbered(made: "State", seq: int, at: datetime) -> "State":
    """A state that was just made, and that nobody else has, with its place and time: not worth another copy."""
    parts = made.__dict__
    parts["seq"], parts["at"] = seq, at
    return made


@dataclass(frozen=True)
class State:
    """A release. Without slots: there is one for each release, and a `__dict__` is copied ten times faster."""

    plan: Plan
    plan_digest: str
    people: Mapping[str, tuple[str, ...]]
    launcher: Actor
    trust_local: bool
    launched_at: datetime
    phase: Phase
    phase_since: datetime
    seq: int
    at: datetime
    revision: int = 0
    features: Mapping[str, FeatureState] = field(default_factory=_empty)
    frozen_at: datetime | None = None
    freeze_refused: tuple[str, ...] = ()
    churn: int = 0
    exceptions: Mapping[str, ExceptionState] = field(default_factory=_empty)
    findings: Mapping[str, Finding] = field(default_factory=_empty)
    asked_at: Mapping[str, datetime] = field(default_factory=_empty)
    """Check -> when it was last asked for."""
    told: Mapping[str, datetime] = field(default_factory=_empty)
    """Check -> when somebody was last told that it keeps the shipped release from being completed."""
    heard: Mapping[str, Heard] = field(default_factory=_empty)
    """Check -> what its people last heard of it before the rollout."""
    found_for: Mapping[str, datetime] = field(default_factory=_empty)
    """Check -> when the round that found it was asked for (pushed: when it came), by the workflow's clock."""
    check_rounds: Mapping[str, CheckRound] = field(default_factory=_empty)
    items: Mapping[str, ItemState] = field(default_factory=_empty)
    waivers: Mapping[str, Waiver] = field(default_factory=_empty)
    candidate: Candidate | None = None
    candidate_at: datetime | None = None
    """When the candidate was accepted; None: it is the one that the plan named at launch, or there is none."""
    rolled_back: tuple[str, ...] = ()
    resolution: Resolution | None = None
    slots_ask: str | None = None
    slots_after: datetime | None = None
    """From when on the calendar was last asked for a slot; None: from the instant at which it was asked."""
    dated: datetime | None = None
    slot: Slot | None = None
    not_before: datetime | None = None
    retry_at: datetime | None = None
    given_up: int = 0
    round: Round | None = None
    rounds: int = 0
    superseded: bool = False
    """True: the last round was superseded; the next opens at once."""
    go: Go | None = None
    override: Override | None = None
    """The override in force; it stands as long as the GO that it gives."""
    proposed: Override | None = None
    """An override that waits for a second person, beside the one in force."""
    ballots_seen: Mapping[tuple[str, str], tuple[Said, ...]] = field(default_factory=_empty)
    """(person, ballot id) -> what was said under it, counted or refused, in every round so far."""
    refusals: Mapping[str, int] = field(default_factory=_empty)
    """Person -> refused answers in this round."""
    holds: tuple[Hold, ...] = ()
    opening: Opening | None = None
    claim: Claim | None = None
    rollout: Rollout | None = None
    writes: WriteBatch | None = None
    rollback: Rollback | None = None
    flags: Mapping[str, FlagState] = field(default_factory=_empty)
    exposed_ever: bool = False
    epoch: int = 0
    """The newest epoch under which this release writes flags; 0: it never did."""
    released_at: datetime | None = None
    outcome: str = ""
    closed_by: Actor | None = None
    """Who closed it; None: it is open."""
    ended_because: str = ""
    """Why it was closed, and what is to be known of that end."""

    @property
    def release_id(self) -> str:
        """`<product>/<version>`."""
        return self.plan.release_id

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The rollout's stages; without flags nothing can be widened step by step, so only the last one bakes."""
        return self.plan.stages if self.flags else self.plan.stages[-1:]

    def said(self, person: str, ballot_id: str) -> tuple[Said, ...]:
        """What `person` said under a ballot id: the same again is the same ballot, anything else is no ballot."""
        return self.ballots_seen.get((person, ballot_id), ())

    @property
    def full(self) -> bool:
        """True: checks are not measured again by `every`, pushed results and what cannot be read are not taken."""
        return self.seq >= MOST_ENTRIES

    def held(self, *reasons: HoldReason) -> tuple[Hold, ...]:
        """The holds that stand, all or those for `reasons`."""
        return tuple([h for h in self.holds if not reasons or h.reason in reasons]) if self.holds else ()

    def waived(self, subject: str, now: datetime) -> bool:
        """True when a waiver of `subject` stands."""
        found = self.waivers.get(subject)
        return found is not None and found.stands(now)

    def in_role(self, person: str, role: str) -> bool:
        """True when `person` fills `role`."""
        return person in self.people.get(role, ())

    def roles_of(self, person: str) -> tuple[str, ...]:
        """The roles that `person` fills, in plan order."""
        return tuple(role for role, people in self.people.items() if person in people)

    def is_owner(self, person: str, owner: str) -> bool:
        """True when `owner` is `person`, or a role that they fill."""
        return person == owner or self.in_role(person, owner)

    def people_of(self, owner: str) -> tuple[str, ...]:
        """The people behind an owner: those of a role, or the person."""
        return self.people.get(owner, (owner,))
