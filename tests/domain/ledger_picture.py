"""What a ledger says of a release: a plain, mutable picture made of its entries alone, for the independent checker."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from gonogo.domain import events as e
from gonogo.domain.facts import Finding, WriteStatus
from gonogo.domain.plan import Feature, Item, ItemScope, Plan, Stage
from gonogo.domain.reports import GuardCount
from gonogo.domain.resolution import Resolution, Slot
from gonogo.domain.terms import HoldReason
from gonogo.domain.values import NOBODY, Candidate, Exposure

_OUT = ("deferred", "dropped")


@dataclass
class Listed:
    """A checklist item."""

    gates: str
    required: bool
    planned: bool
    status: str = "open"


@dataclass
class Standing:
    """A hold."""

    id: str
    reason: HoldReason
    subject: str
    measurement: str
    by: str


@dataclass
class Picture:
    """The release as its ledger tells it."""

    seq: int = 0
    before: int = 0
    """The last entry of an earlier instant: what came after it came now."""
    at: datetime = datetime.min.replace(tzinfo=UTC)
    phase: str = "scoping"
    closed: str | None = None
    plan: Plan = None  # type: ignore[assignment]  # the first entry brings it
    people: dict[str, tuple[str, ...]] = field(default_factory=dict)
    launcher: str = ""
    features: dict[str, tuple[Feature, bool]] = field(default_factory=dict)
    items: dict[str, Listed] = field(default_factory=dict)
    candidate: Candidate | None = None
    candidate_at: datetime | None = None
    """When a candidate was accepted; that of the launch was there before."""
    findings: dict[str, tuple[Finding, int]] = field(default_factory=dict)
    asks: dict[str, int] = field(default_factory=dict)
    waivers: dict[str, datetime | None] = field(default_factory=dict)
    holds: dict[str, Standing] = field(default_factory=dict)
    slot: Slot | None = None
    resolution: Resolution | None = None
    round: e.PollOpened | None = None
    requests: dict[str, tuple[int, str]] = field(default_factory=dict)
    ballots: dict[tuple[str, str], str] = field(default_factory=dict)
    override: tuple[str, ...] = ()
    override_by: tuple[str, ...] = ()
    go: str | None = None
    opening: tuple[Slot, int] | None = None
    epochs: list[int] = field(default_factory=list)
    sequences: dict[int, int] = field(default_factory=dict)
    original: dict[str, Exposure] = field(default_factory=dict)
    current: dict[str, Exposure] = field(default_factory=dict)
    granted: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    """Flags that this release changed, or may have, and has not put back."""
    gone: set[str] = field(default_factory=set)
    """Flags that are gone with proof."""
    absent: set[str] = field(default_factory=set)
    """Flags that the provider did not have when they were to be put back."""
    accepted: set[str] = field(default_factory=set)
    settled: set[str] = field(default_factory=set)
    rolled_back: set[str] = field(default_factory=set)
    exposed_ever: bool = False
    rollback: bool = False
    stage: int = -1
    stage_seq: int = 0
    """After which entry the `deployed` check of the next stage must have been asked for."""
    written: int | None = None
    """The stage whose writes have landed."""
    batch: e.WritesRequested | None = None
    baked: bool = False
    baked_time: timedelta = timedelta(0)
    counts: dict[str, GuardCount] = field(default_factory=dict)
    question: str | None = None
    yes: bool = False
    ran: timedelta = timedelta(0)
    running: datetime | None = None

    # --- what is asked of it ---

    def waived(self, subject: str, now: datetime) -> bool:
        """True when a waiver of `subject` stands."""
        until = self.waivers.get(subject, now)
        return until is None or now < until

    def in_scope(self) -> list[Feature]:
        """The features that are in."""
        return [f for f, inside in self.features.values() if inside]

    def named_flags(self) -> set[str]:
        """The flags that features in scope name."""
        return {k for f in self.in_scope() for k in f.flags}

    def stage_plan(self) -> Stage:
        """The stage that stands, as the plan describes it."""
        return self.plan.stages[self.stage] if self.named_flags() else self.plan.stages[-1]

    def open_at(self, at: datetime, segments: tuple[str, ...] = ()) -> bool:
        """True when the calendar, as it answered last, is open."""
        known = self.resolution
        if known is None:
            return False
        shut = any(c.start <= at < c.end and set(c.segments) & set(segments) for c in known.closures)
        return any(i.start <= at < i.end for i in known.openings) and not shut

    def unheld(self, at: datetime) -> timedelta:
        """How long the stage has stood without a hold."""
        return self.ran + (at - self.running if self.running is not None else timedelta(0))

    # --- what happens to it ---

    def take(self, entry: e.Entry) -> None:
        """Adds an entry."""
        if entry.at > self.at:
            self.before = self.seq
        self.seq, self.at = entry.seq, entry.at
        if self.closed == "now" and entry.event.type == "PhaseChanged":
            self.closed = "since"
        take = getattr(self, f"_{entry.event.type}", None)
        if take is not None:
            take(entry, entry.event)

    def _ReleaseLaunched(self, entry: e.Entry, event: e.ReleaseLaunched) -> None:
        self.plan, self.people, self.launcher = event.plan, event.people, entry.actor.id
        self.candidate = event.plan.candidate
        self.features = {f.id: (f, True) for f in event.plan.features}
        self._list()

    def _list(self) -> None:
        """The plan's items anew; what was said of them stays."""
        old = self.items
        self.items = {i: x for i, x in old.items() if not x.planned}
        for listed in self.plan.checklists.values():
            for item in listed.items:
                for name in self._names(item):
                    status = old[name].status if name in old else "open"
                    self.items[name] = Listed(listed.moment.gates.value, item.required, True, status)

    def _names(self, item: Item) -> list[str]:
        if item.kinds and self.plan.kind not in item.kinds:
            return []
        if item.per is ItemScope.RELEASE:
            return [item.id]
        return [f"{item.id}.{f.id}" for f in self.in_scope() if f.announce or not item.announce_only]

    def _PhaseChanged(self, entry: e.Entry, event: e.PhaseChanged) -> None:
        self.phase = event.after.value

    def _SlotsResolved(self, entry: e.Entry, event: e.SlotsResolved) -> None:
        self.resolution = event.resolution

    def _SlotTaken(self, entry: e.Entry, event: e.SlotTaken) -> None:
        self.slot = event.slot

    def _SlotGivenUp(self, entry: e.Entry, event: e.SlotGivenUp) -> None:
        self.slot = self.opening = None

    def _FeatureProposed(self, entry: e.Entry, event: e.FeatureProposed) -> None:
        self.features[event.feature.id] = (event.feature, True)
        self.plan = replace(self.plan, flags={**self.plan.flags, **event.flags})
        self._list()

    def _FeatureChanged(self, entry: e.Entry, event: e.FeatureChanged) -> None:
        self.features[event.feature] = (self.features[event.feature][0], event.status.value not in _OUT)
        self._list()

    def _PlanAmended(self, entry: e.Entry, event: e.PlanAmended) -> None:
        was = {f.id for f in self.plan.features}
        later = {k: x for k, x in self.features.items() if k not in was}
        planned = {f.id: (f, self.features.get(f.id, (f, True))[1]) for f in event.plan.features}
        self.features = {**planned, **{k: x for k, x in later.items() if k not in planned}}
        self.plan, self.people = event.plan, event.people
        self.findings = {n: x for n, x in self.findings.items() if n in event.plan.checks}
        self._list()

    def _CandidateAccepted(self, entry: e.Entry, event: e.CandidateAccepted) -> None:
        self.candidate, self.candidate_at, self.findings = event.candidate, entry.at, {}
        again = ("before_merge", "before_go_no_go")
        for listed in self.plan.checklists.values():
            for item in listed.items if listed.moment.value in again else ():
                for name in self._names(item):
                    self.items[name].status = "open"

    def _ChecksRequested(self, entry: e.Entry, event: e.ChecksRequested) -> None:
        self.asks[event.ask] = entry.seq

    def _ChecksMeasured(self, entry: e.Entry, event: e.ChecksMeasured) -> None:
        asked = self.asks[event.ask] if event.ask else entry.seq
        self.findings.update({n: (f, asked) for n, f in event.findings.items()})

    def _ItemOpened(self, entry: e.Entry, event: e.ItemOpened) -> None:
        self.items[event.item] = Listed(event.gates, True, False)

    def _ItemChanged(self, entry: e.Entry, event: e.ItemChanged) -> None:
        self.items[event.item].status = event.status.value

    def _Waived(self, entry: e.Entry, event: e.Waived) -> None:
        self.waivers[event.subject] = event.until

    def _Held(self, entry: e.Entry, event: e.Held) -> None:
        self.holds[event.hold] = Standing(event.hold, event.reason, event.subject, event.measurement, entry.actor.id)
        if self.running is not None:
            self.ran, self.running = self.unheld(entry.at), None
        if event.reason.value in ("schedule", "rolled_back"):
            self.slot = None
        if event.reason is not HoldReason.READINESS and self.batch is not None and self.batch.stage >= 0:
            # Called off; nobody knows whether it landed.
            self.changed |= set(self.batch.writes)
            self.batch, self.exposed_ever = None, True

    def _Lifted(self, entry: e.Entry, event: e.Lifted) -> None:
        lifted = self.holds.pop(event.hold)
        if lifted.reason is HoldReason.GUARD and event.measurement and lifted.subject in self.counts:
            # Somebody continued against this one measurement: it is counted afresh.
            count = self.counts[lifted.subject]
            self.counts[lifted.subject] = replace(count, bad_in_row=0, missing_in_row=0)
        if not self.holds and self.stage >= 0 and not self.rollback and self.phase == "rolling_out":
            self.running = entry.at

    def _PollOpened(self, entry: e.Entry, event: e.PollOpened) -> None:
        self.round, self.ballots, self.override, self.override_by, self.go = event, {}, (), (), None
        self.requests[event.request_id] = (event.round, event.digest)

    def _VoteCast(self, entry: e.Entry, event: e.VoteCast) -> None:
        self.ballots[event.role, entry.actor.id] = event.choice.value

    def _VoteWithdrawn(self, entry: e.Entry, event: e.VoteWithdrawn) -> None:
        self.ballots.pop((event.role, entry.actor.id))

    def _Overridden(self, entry: e.Entry, event: e.Overridden) -> None:
        self.override, self.override_by = event.codes, (event.proposed_by, entry.actor.id)

    def _GoGiven(self, entry: e.Entry, event: e.GoGiven) -> None:
        self.go = event.digest

    def _RoundEnded(self, entry: e.Entry, event: e.RoundEnded) -> None:
        self.round = None

    def _GoEnded(self, entry: e.Entry, event: e.GoEnded) -> None:
        self.go, self.opening = None, None

    def _OpeningReached(self, entry: e.Entry, event: e.OpeningReached) -> None:
        self.opening = (event.slot, self.before)

    def _FlagsAnswered(self, entry: e.Entry, event: e.FlagsAnswered) -> None:
        for x in event.answers:
            shown = None
            if x.granted and x.reading is not None:
                shown = x.reading.exposure if x.reading.exists else NOBODY
            (self.granted.discard if shown is None else self.granted.add)(x.flag)
            if shown is not None and x.flag not in self.changed:
                self.original[x.flag] = self.current[x.flag] = shown

    def _RolloutStarted(self, entry: e.Entry, event: e.RolloutStarted) -> None:
        self.epochs.append(event.epoch)
        self.stage, self.stage_seq = -1, self.opening[1] if self.opening else entry.seq
        self._stage_anew(None)

    def _stage_anew(self, at: datetime | None) -> None:
        self.baked, self.baked_time, self.counts, self.question, self.yes = False, timedelta(0), {}, None, False
        self.ran, self.running, self.written, self.batch = timedelta(0), at, None, None

    def _WritesRequested(self, entry: e.Entry, event: e.WritesRequested) -> None:
        self.batch = event
        self.epochs.append(event.epoch)
        self.sequences[event.epoch] = event.first_sequence + len(event.writes)

    def _FlagsWritten(self, entry: e.Entry, event: e.FlagsWritten) -> None:
        batch = self.batch
        assert batch is not None
        unheard = set(batch.writes)
        for x in event.results:
            if x.status is WriteStatus.WRITTEN and x.after is not None:
                unheard.discard(x.key)
                if x.after != self.current[x.key]:
                    self.changed.add(x.key)
                self.current[x.key] = x.after
                self.exposed_ever = self.exposed_ever or (not self.rollback and x.after != self.original.get(x.key))
            elif x.status is WriteStatus.STALE:
                unheard.discard(x.key)
                if self.rollback and x.after is not None:
                    self.current[x.key] = x.after
            elif x.status is WriteStatus.GONE and self.rollback:
                self.absent.add(x.key)
        if batch.stage >= 0:
            self.written = batch.stage
            self.changed |= unheard
        else:
            back = {k for k, wanted in batch.writes.items() if k in self.absent or self.current[k] == wanted}
            self.changed -= back
        self.batch = None

    def _FlagChangedElsewhere(self, entry: e.Entry, event: e.FlagChangedElsewhere) -> None:
        if event.reading.exposure is not None:
            self.current[event.reading.key] = event.reading.exposure

    def _StageExposed(self, entry: e.Entry, event: e.StageExposed) -> None:
        self.stage, self.stage_seq = event.stage, entry.seq
        self._stage_anew(None if self.holds else entry.at)

    def _GuardsMeasured(self, entry: e.Entry, event: e.GuardsMeasured) -> None:
        self.counts.update(event.counts)
        self.baked_time += event.baked

    def _BakeCompleted(self, entry: e.Entry, event: e.BakeCompleted) -> None:
        self.baked = True

    def _QuestionAsked(self, entry: e.Entry, event: e.QuestionAsked) -> None:
        self.question = event.question

    def _QuestionExpired(self, entry: e.Entry, event: e.QuestionExpired) -> None:
        self.question = None

    def _QuestionAnswered(self, entry: e.Entry, event: e.QuestionAnswered) -> None:
        self.question, self.yes = None, event.yes

    def _ReleaseShipped(self, entry: e.Entry, event: e.ReleaseShipped) -> None:
        self.stage, self.running = -1, None

    def _RollbackStarted(self, entry: e.Entry, event: e.RollbackStarted) -> None:
        self.epochs.append(event.epoch)
        self.rollback, self.accepted, self.question, self.running = True, set(), None, None
        self.absent, self.batch = set(), None
        if self.phase in ("rolling_out", "cleaning_up") and self.candidate:
            self.rolled_back.add(self.candidate.commit)

    def _UnrestorableAccepted(self, entry: e.Entry, event: e.UnrestorableAccepted) -> None:
        self.accepted.add(event.flag)

    def _RollbackConfirmed(self, entry: e.Entry, event: e.RollbackConfirmed) -> None:
        self.rollback = False
        if self.phase not in ("rolling_out", "cleaning_up"):
            return
        self.go, self.stage, self.slot, self.opening = None, -1, None, None
        self.settled &= self.gone
        self.granted.clear()
        for item in self.items.values():
            if item.gates == "completion" and item.planned:
                item.status = "open"

    def _FlagSettled(self, entry: e.Entry, event: e.FlagSettled) -> None:
        self.settled.add(event.flag)
        if event.how.value == "gone":
            self.gone.add(event.flag)

    def _ReleaseClosed(self, entry: e.Entry, event: e.ReleaseClosed) -> None:
        self.closed = "now"
