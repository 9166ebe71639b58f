"""What the state of a release is made of. Plain frozen dataclasses: nothing here is checked twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from .facts import FlagChange, Status
from .plan import Feature, Flag, Item, Moment
from .reports import GuardCount
from .resolution import Slot
from .terms import (
    OUT,
    AskedFor,
    Choice,
    ExceptionKind,
    ExceptionStatus,
    FeatureStatus,
    HoldReason,
    ItemOrigin,
    ItemStatus,
    Settled,
)
from .values import Actor, Exposure

EMPTY: Mapping[Any, Any] = MappingProxyType({})


def _empty() -> Mapping[Any, Any]:
    return EMPTY


@dataclass(frozen=True, slots=True)
class FeatureState:
    """A feature in scope, or that was."""

    feature: Feature
    status: FeatureStatus = FeatureStatus.PROPOSED
    until: str = ""
    reason: str = ""
    changed: int = 0
    proposed_by: str = ""
    """Who proposed it, or asked for it by exception; empty: it stood in a plan."""

    @property
    def is_in(self) -> bool:
        """True unless it was dropped or deferred."""
        return self.status not in OUT


@dataclass(frozen=True, slots=True)
class ExceptionState:
    """A request for a late change."""

    id: str
    kind: ExceptionKind
    requester: str
    why: str
    feature: Feature | None
    flags: Mapping[str, Flag]
    subject: str | None
    days: Decimal | None
    until: str
    status: ExceptionStatus = ExceptionStatus.OPEN
    approved_by: Mapping[str, str] = field(default_factory=_empty)
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ItemState:
    """A checklist item."""

    id: str
    title: str
    owner: str
    gates: Moment
    required: bool
    origin: ItemOrigin
    status: ItemStatus = ItemStatus.OPEN
    plan_item: Item | None = None
    reopens: bool = False
    due_at: datetime | None = None
    evidence: str = ""
    note: str = ""
    by: str = ""
    since: datetime | None = None
    reminded: int = 0
    escalated: bool = False
    condition_of: str | None = None


@dataclass(frozen=True, slots=True)
class Waiver:
    """A named fact that counts as passed."""

    subject: str
    by: str
    reason: str
    until: datetime | None

    def stands(self, now: datetime) -> bool:
        """True while it counts."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Said:
    """What was said under a ballot id."""

    answer: tuple[str, str, str, str]
    """The question that it answers, role, choice, and whom the voter stands in for."""
    counted: bool
    """False: it was refused, and no more of it is known."""
    reason: str = ""
    conditions: tuple[str, ...] = ()
    """The items that its conditions became."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """One person's standing answer, for one role."""

    voter: Actor
    role: str
    choice: Choice
    at: datetime
    reason: str
    ballot_id: str
    conditions: tuple[str, ...] = ()
    acting_for: str | None = None
    """Whom the voter stands in for; their own ballot replaces this one."""


@dataclass(frozen=True, slots=True)
class Round:
    """An open round of the poll."""

    number: int
    request_id: str
    digest: str
    opened: datetime
    closes: datetime
    roles: tuple[str, ...]
    ballots: Mapping[tuple[str, str], Ballot] = field(default_factory=_empty)
    """(role, person) -> ballot."""
    reminded: int = 0


@dataclass(frozen=True, slots=True)
class Go:
    """A GO that stands."""

    round: int
    digest: str
    at: datetime
    overridden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """An override, proposed or in force."""

    id: str
    codes: tuple[str, ...]
    proposed_by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """Something that holds the release."""

    id: str
    reason: HoldReason
    by: Actor
    since: datetime
    text: str = ""
    subject: str = ""
    measurement: str = ""
    escalated: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckRound:
    """A round of checks that is out."""

    ask: str
    checks: tuple[str, ...]
    why: AskedFor
    at: datetime
    commit: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What the people of a check last heard of it."""

    status: Status
    seq: int
    """The entry that told them."""
    to: tuple[str, ...]
    candidate_at: datetime | None
    """When the candidate was accepted that it is about; None: it is the one that the plan named at launch."""
    good_at: datetime | None = None
    """When they last heard that it passes again; None: never."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The slot has begun; facts are measured and flags are claimed before anything is exposed."""

    slot: Slot
    at: datetime
    retry_at: datetime | None = None
    """Held for readiness: when everything is measured again."""
    measured: bool = False
    """True: every required fact passed on a measurement taken after the opening."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Flags that are being asked for."""

    ask: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WriteBatch:
    """Flag writes that are out."""

    ask: str
    stage: int
    epoch: int
    first_sequence: int
    writes: Mapping[str, Exposure]


@dataclass(frozen=True, slots=True)
class Question:
    """An open "ready to go wider?"."""

    id: str
    text: str
    role: str
    asked: datetime
    left: timedelta
    """Time to answer that was left at `left_at`, counted while a window is open."""
    left_at: datetime
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class Rollback:
    """A rollback that is under way."""

    reason: str
    closing: bool
    at: datetime
    left: tuple[str, ...]
    """Flags that are not back yet, newest change first."""
    retry_at: datetime | None = None
    failed: Mapping[str, str] = field(default_factory=_empty)
    """Flag -> why it is not back."""
    accepted: tuple[str, ...] = ()
    attempts: int = 0
    refused: int = 0
    """Attempts in a row that met a newer fence."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """A rollout that is under way."""

    epoch: int
    stage: int = -1
    """The stage that stands; -1: nothing is exposed yet."""
    deployed_at: datetime | None = None
    """When the `deployed` checks were last measured for the writes that come next, whatever they found."""
    sequence: int = 0
    refused: int = 0
    """Batches of writes in a row that met a newer fence."""
    exposed_at: datetime | None = None
    baked: timedelta = timedelta(0)
    baking_since: datetime | None = None
    """Since when the bake clock runs; None while a hold stops it."""
    bake_done: bool = False
    counts: Mapping[str, GuardCount] = field(default_factory=_empty)
    ran: tuple[tuple[datetime, datetime], ...] = ()
    """When the bake clock ran since the watch over the guards began; its report says what of it counts."""
    watch_no: int = 0
    watch_since: datetime | None = None
    watch_until: datetime | None = None
    """When the watch reports at the latest; None: only when something is noteworthy."""
    blind_told: bool = False
    """True: somebody was told that no guard of this stage could measure, and that its bake does not go on."""
    answered: bool = False
    """True: the stage's question was answered with yes."""
    question: Question | None = None
    retry_at: datetime | None = None
    """Held for readiness: when it is tried again."""


@dataclass(frozen=True, slots=True)
class FlagState:
    """A flag of this release."""

    key: str
    original: Exposure | None = None
    """Who saw it before this release, as read at the last claim before it was changed; None: not known yet."""
    current: Exposure | None = None
    """Who sees it, by the last read-back; None: not known, or the provider did not have it any more."""
    changed_at: int = 0
    """Sequence number of the event that last changed it, or may have; 0: this release did not."""
    last_epoch: int = 0
    granted: bool = False
    gone: bool = False
    """True: its own workflow gave proof that it is archived, and that nothing refers to it."""
    settled: Settled | None = None
    proof: str = ""
    taken_by: str = ""
    """The later release that took it over while this one cleans up: it is that release's to change."""
    changed: FlagChange | None = None
    """What a person changed through the flag's own workflow since this release last wrote it."""
