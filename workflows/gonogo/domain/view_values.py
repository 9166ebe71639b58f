"""What a release shows of itself, as values; their JSON is stable.

A name here never changes once released: a view grows by optional fields only. Texts are not cut: a view is derived from
a state whose texts are bounded already.
"""

from .bypasses import OverrideView, WaiverView
from .values import Actor, Duration, Instant, value
from .view_values_rollout import FlagView, RolloutView
from .why_values import Next, Waiting


@value
class ScopeView:
    """How much is in scope."""

    included: int
    """Features that are in."""
    out: int
    """Features that were dropped or deferred."""
    churn: int
    """Changes of scope since work began."""
    frozen_at: Instant | None = None
    """When the scope froze; absent: it has not."""


@value
class FeatureView:
    """One feature, in scope or out."""

    id: str
    """Its id."""
    title: str
    """What it is."""
    status: str
    """proposed, in_progress, merged, delayed, deferred or dropped."""
    owner: str = ""
    """Who answers for it; empty: nobody."""
    flags: tuple[str, ...] = ()
    """Flags that expose it."""
    until: str = ""
    """Delayed: until when; deferred: to which release."""
    reason: str = ""
    """Why it is delayed or out."""


@value
class CheckView:
    """One check, as it counts now."""

    name: str
    """Its id."""
    status: str
    """pass, fail or unclear."""
    moment: str
    """What it gates: freeze, go or completion."""
    waived: bool
    """True: it counts as passed."""
    detail: str
    """One line for a person."""
    owner: str
    """Who answers for it."""
    age: Duration | None = None
    """How long ago it was observed; absent: never."""
    evidence: str = ""
    """A link."""
    running: bool = False
    """True: it is being measured now."""


@value
class ItemView:
    """One checklist item."""

    id: str
    """Its id."""
    title: str
    """What must be true."""
    owner: str
    """Who answers for it: a person or a role."""
    status: str
    """open, in_progress, done, blocked or waived."""
    gates: str
    """What it gates: freeze, go or completion."""
    required: bool
    """False: shown and reminded of, gates nothing."""
    overdue: bool
    """True: it is due, and not done."""
    due: Instant | None = None
    """When it is due; absent: not known yet."""
    note: str = ""
    """A remark."""
    evidence: str = ""
    """A link."""


@value
class AnswerView:
    """One person's standing answer."""

    person: str
    """Who."""
    choice: str
    """GO, NO_GO or ABSTAIN."""
    reason: str = ""
    """Why."""
    at: Instant
    """When."""


@value
class RoleView:
    """A role of the poll."""

    role: str
    """Its id."""
    people: tuple[str, ...]
    """Who can answer for it."""
    quorum: int
    """How many must stand at GO."""
    go: int
    """How many do."""
    answered: tuple[AnswerView, ...] = ()
    """The answers of the open round."""


@value
class RoundView:
    """The open round of the poll."""

    number: int
    """Its number, from 1."""
    request_id: str
    """Id of the open question: a ballot names it."""
    digest: str
    """SHA-256 of what is voted on."""
    opened: Instant
    """When it opened."""
    closes: Instant
    """When it closes without GO."""


@value
class HoldView:
    """A hold that stands."""

    id: str
    """Its id."""
    reason: str
    """manual, no_go, readiness, guard, schedule or rolled_back."""
    text: str
    """For a person."""
    since: Instant
    """Since when."""
    by: str
    """Who raised it; gonogo: by itself."""
    lifted_by: str
    """What lifts it."""
    subject: str = ""
    """What it is about."""
    measurement: str = ""
    """guard: what `resume --measurement` names."""


@value
class ExceptionView:
    """A request for a late change."""

    id: str
    """Its id."""
    kind: str
    """scope or late."""
    status: str
    """open, approved, rejected or withdrawn."""
    requester: str
    """Who asked."""
    about: str
    """The feature that it is about."""
    why: str
    """Why."""
    approved_by: tuple[str, ...] = ()
    """Roles that have approved."""


@value
class StatusView:
    """Where a release stands."""

    mode: str
    """First line of every picture, such as `train, next slot Thu 2026-03-05 10:00 Europe/Berlin`."""
    release_id: str
    """`<product>/<version>`."""
    product: str
    """The product."""
    version: str
    """Its version."""
    kind: str
    """major, minor, patch or hotfix."""
    environment: str
    """Where it reaches users."""
    title: str = ""
    """What the release is about."""
    phase: str
    """Where it stands in its life."""
    phase_since: Instant
    """Since when."""
    outcome: str = ""
    """completed, cancelled or rolled_back; empty while it is open."""
    outcome_reason: str = ""
    """Why it was closed, and what is to be known of that end, such as a flag that was killed; empty: nothing."""
    ending: str = ""
    """How it ended, in one line: what became of it, when, by whom and why; empty while it is open."""
    launched_at: Instant
    """When it was launched."""
    launched_by: Actor
    """Who launched it."""
    released_at: Instant | None = None
    """When it shipped."""
    slot: Instant | None = None
    """The slot that it aims at."""
    slot_ends: Instant | None = None
    """Where that opening ends."""
    postponements: int
    """Slots given up since the count began."""
    max_postponements: int
    """How many may be given up."""
    commit: str = ""
    """The candidate's commit; empty: there is none."""
    revision: int
    """Revision of the plan, from 0."""
    scope: ScopeView
    """How much is in scope."""
    features: tuple[FeatureView, ...] = ()
    """Every feature, in or out."""
    checks: tuple[CheckView, ...] = ()
    """Every check."""
    items: tuple[ItemView, ...] = ()
    """Every checklist item."""
    roles: tuple[RoleView, ...] = ()
    """The roles of the poll."""
    round: RoundView | None = None
    """The open round."""
    verdict: str
    """GO, NO_GO or UNCLEAR, as facts and votes stand now."""
    reasons: tuple[str, ...] = ()
    """What stands between the release and GO, one sentence each; empty once it has shipped or closed."""
    holds: tuple[HoldView, ...] = ()
    """Holds that stand."""
    overrides: tuple[OverrideView, ...] = ()
    """The override in force, and one that waits for a second person."""
    waivers: tuple[WaiverView, ...] = ()
    """Facts that count as passed by somebody's word."""
    exposure_percent: int
    """The widest exposure of its flags, 0 to 100; without flags 100 from the start of the rollout on."""
    rollout: RolloutView | None = None
    """The rollout that is under way."""
    flags: tuple[FlagView, ...] = ()
    """Its flags."""
    exceptions: tuple[ExceptionView, ...] = ()
    """Requests for late changes."""
    waits: Waiting | None = None
    """The first thing that it waits for, as `gonogo why` lists them; absent: it is closed, or moves on by itself."""
    next: Next | None = None
    """The next thing that happens by itself, housekeeping left out."""
    at: Instant
    """The instant that this view is of."""
    seq: int
    """Place of the last entry in the ledger."""
    head: str = ""
    """Hash of that entry; empty: not asked for."""
