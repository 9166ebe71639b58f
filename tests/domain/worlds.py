"""A release and the world around it, for tests of the core: no workflow, no clock, no I/O.

`World(...)` launches a release. `do` gives a command, and the world answers whatever the release then asks for: the
real calendar, checks, flags, guards. What it answers can be set at any time (`checks`, `claims`, `writes`, `guards`,
`silent`). `wait` lets time pass, through every wake-up and every report of a watch on the way.

    world = World(checks={"ci": {"kind": "http", "owner": "qa"}})
    world.sign_off()
    world.wait(phase=Phase.DECIDING)
    world.vote("qa", "cid")
    assert world.refused(c.OpenPoll(), "bob") == "command.not_in_phase"
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from gonogo.domain import commands as c
from gonogo.domain import release
from gonogo.domain.assessing import assess
from gonogo.domain.calendar import resolve
from gonogo.domain.effects import ClaimFlags, MeasureChecks, ResolveSlots, WatchGuards, WriteFlags, outstanding
from gonogo.domain.errors import Refused
from gonogo.domain.events import Entry
from gonogo.domain.evolve import fold
from gonogo.domain.facts import Fence, Finding, FlagReading, Status, WriteResult, WriteStatus
from gonogo.domain.plan import Moment
from gonogo.domain.reports import ClaimAnswer, WatchReport
from gonogo.domain.resolution import Resolution
from gonogo.domain.state import State
from gonogo.domain.terms import TERMINAL, Choice, ItemStatus, Phase
from gonogo.domain.values import NOBODY, Actor, ActorKind, Candidate, Exposure
from gonogo.domain.verdict import Verdict
from gonogo.domain.wakeups import next_wakeup, wakeups

from .samples import (
    CLOSES,
    DATED,
    DAY,
    GUARD,
    HOUR,
    MINUTE,
    MONDAY,
    ON_DEMAND,
    POLL,
    SAMPLE,
    SLOT,
    TRAIN,
    WEEK,
    make_plan,
    person,
)
from .watching import next_report

E = TypeVar("E")


@lru_cache(maxsize=2_000)
def _resolved(effect: ResolveSlots, at: datetime) -> Resolution:
    return resolve(effect.schedule, effect.environment, now=at)


class World:
    """A release, and a world that answers what it asks for.

    Attributes:
        at: The time.
        state: The release.
        entries: Its whole ledger.
        checks: Check -> what it measures: a status, a whole finding, or None for no answer. Default: pass.
        claims: Flag -> what its workflow answers to a claim. Default: granted, as the provider has it.
        writes: Flag -> how a write of it ends. Default: written.
        flags: The provider: flag -> who sees it; a flag that is missing does not exist.
        guards: Guard -> good, bad, none (no data) or error. Default: good.
        silent: Kinds of effects that nobody answers: slots, checks, claims, writes, watch.
    """

    def __init__(self, at: datetime = MONDAY, *, launcher: str = "dev", trust_local: bool = True, **changes: Any):
        self.plan = make_plan(**changes)
        self.at = at
        self.checks: dict[str, Status | Finding | None] = {}
        self.claims: dict[str, ClaimAnswer | None] = {}
        self.writes: dict[str, WriteStatus | None] = {}
        self.flags: dict[str, Exposure] = dict.fromkeys(self.plan.flags, NOBODY)
        self.guards: dict[str, str] = {}
        self.silent: set[str] = set()
        self.entries = list(release.launch(self.plan, person(launcher), at, trust_local=trust_local))
        self.state: State = fold(self.entries)
        self._ballots = 0
        self.answer()

    # --- commands --------------------------------------------------------------------------------------------------

    def do(self, command: Any, who: str | Actor | None = None, *, proof: int = 0) -> tuple[Entry, ...]:
        """Gives a command, lets the world answer what follows, and returns the entries that the command itself made."""
        made = self._decide(command, who, proof)
        self.answer()
        return made

    def _decide(self, command: Any, who: str | Actor | None, proof: int) -> tuple[Entry, ...]:
        if who is None:
            made = release.decide(self.state, command, self.at)
        else:
            actor = person(who, proof) if isinstance(who, str) else who
            made = release.decide(self.state, command, self.at, actor=actor)
        self.state = fold(made, self.state)
        self.entries += made
        return made

    def refused(self, command: Any, who: str | Actor, *, proof: int = 0) -> str:
        """The code with which a command is refused; raised, or recorded as the refused answer that it is."""
        before = self.state
        try:
            made = self._decide(command, who, proof)
        except Refused as error:
            code = error.code if str(error) else "a refusal that does not say why"
            return code if self.state is before else f"{code}, and something changed"
        codes = [e.event.code for e in made if e.event.type == "BallotRefused"]
        assert len(codes) == 1, f"{command} was not refused: {[e.event for e in made]}"
        return codes[0]

    def vote(self, role: str, who: str, choice: str = "GO", *, reason: str = "", **more: Any) -> tuple[Entry, ...]:
        """Casts a ballot on the open question."""
        return self.do(self.ballot(role, choice, reason=reason, **more), who)

    def ballot(self, role: str, choice: str = "GO", *, reason: str = "", **more: Any) -> c.CastVote:
        """A ballot on the open question, with an id of its own."""
        self._ballots += 1
        given = {"request_id": self.state.round.request_id if self.state.round else "", **more}
        given.setdefault("ballot_id", f"b{self._ballots}")
        if choice != "GO":
            reason = reason or "because"
        return c.CastVote(role=role, choice=Choice(choice), reason=reason, **given)

    def vote_go(self, *but: str) -> None:
        """Everybody who must votes GO, except for the roles `but`."""
        for role in self.state.round.roles if self.state.round else ():
            for who in self.state.people[role][: self.plan.roles[role].quorum]:
                if role not in but and self.state.phase is Phase.DECIDING:
                    self.vote(role, who)

    def sign_off(self, *items: str) -> None:
        """Their owners sign items off; none named: every one that is not done and can be signed off now."""
        for name, item in self.state.items.items():
            wanted = name in items or (not items and item.status is not ItemStatus.DONE)
            after = item.gates is Moment.COMPLETION
            if wanted and (items or after == (self.state.phase is Phase.CLEANING_UP)):
                self.do(c.SignOff(item=name), self.state.people_of(item.owner)[0])

    def candidate(self, commit: str, who: str = "bob") -> tuple[Entry, ...]:
        """Gives a new candidate."""
        return self.do(c.SetCandidate(candidate=Candidate(commit=commit, authors=("dev",))), who)

    def amend(self, who: str = "bob", **changes: Any) -> tuple[Entry, ...]:
        """Puts the sample plan with `changes` in force."""
        self.plan = make_plan(**changes)
        return self.do(c.Amend(plan=self.plan), who)

    # --- shortcuts -------------------------------------------------------------------------------------------------

    def go(self) -> "World":
        """Takes the release on to a GO that stands; it waits for its window."""
        return self.to(Phase.AWAITING_WINDOW)

    def to(self, phase: Phase) -> "World":
        """Takes the release on to `phase`, the usual way: everything passes, everybody says yes."""
        order = tuple(Phase)
        while order.index(self.state.phase) < order.index(phase):
            before = self.state
            self._one_step()
            assert self.state is not before, f"stuck in {self.state.phase}: {wakeups(self.state)[:3]}"
        return self

    def _one_step(self) -> None:
        phase = self.state.phase
        if phase is Phase.SCOPING:
            self.sign_off()
            if self.state.phase is Phase.SCOPING:
                self.wait_for_next()
        elif phase is Phase.READYING:
            self.sign_off()
            self.wait_for_next()
        elif phase is Phase.DECIDING:
            self.vote_go()
            assert self.state.phase is not Phase.DECIDING, f"no GO: {self.reasons}"
        elif phase is Phase.ROLLING_OUT and self.state.rollout and self.state.rollout.question:
            question = self.state.rollout.question
            self.do(c.Widen(question=question.id), self.state.people[question.role][0])
        elif phase is Phase.CLEANING_UP:
            for key, flag in self.state.flags.items():
                if flag.settled is None:
                    self.do(c.TakeFlagNews(flag=key, gone=True, proof="archived, no references"))
            if self.state.phase is Phase.CLEANING_UP:
                self.sign_off()
        else:
            self.wait_for_next()

    # --- time ------------------------------------------------------------------------------------------------------

    def wait(
        self, until: datetime | timedelta | None = None, *, phase: Phase | None = None, event: str | None = None
    ) -> "World":
        """Lets time pass, to an instant, for a while, until a phase, or until an event of some type has happened."""
        end = self.at + until if isinstance(until, timedelta) else until
        since = len(self.entries)
        while self.state.phase not in TERMINAL:
            if phase is not None and self.state.phase is phase:
                return self
            if event is not None and any(e.event.type == event for e in self.entries[since:]):
                return self
            following = self._next()
            if following is None or (end is not None and following > end):
                break
            self._pass(following)
        assert phase is None or self.state.phase is phase, f"{self.state.phase}, nothing more happens by itself"
        assert event is None or any(e.event.type == event for e in self.entries[since:]), f"{event} did not happen"
        if end is not None:
            self.at = max(self.at, end)
            self.do(c.Tick())
        return self

    def wait_for_next(self) -> None:
        """Lets time pass until the next thing happens by itself."""
        following = self._next()
        assert following is not None, f"nothing happens by itself any more in {self.state.phase}"
        self._pass(following)

    def _next(self) -> datetime | None:
        watch = self._watch()
        ends = [at for at in (next_wakeup(self.state, self.at), watch[0] if watch else None) if at is not None]
        return min(ends, default=None)

    def _pass(self, following: datetime) -> None:
        before = self.state
        late = following <= self.at
        self.at = max(self.at, following)
        watch = self._watch()
        if watch and watch[0] <= self.at:
            self.do(c.TakeWatch(ask=watch[1], report=watch[2]))
        else:
            self.do(c.Tick())
        assert not late or self.state is not before, f"woken for nothing, again and again: {wakeups(self.state)[:3]}"

    # --- the world -------------------------------------------------------------------------------------------------

    def answer(self) -> None:
        """Answers what the release asks for, until it asks for nothing more."""
        while True:
            effects = [e for e in outstanding(self.state) if self._kind(e) not in self.silent]
            effect = next((e for e in effects if not isinstance(e, WatchGuards)), None)
            if effect is None:
                return
            self._decide(self._answer(effect), None, 0)

    @staticmethod
    def _kind(effect: Any) -> str:
        kinds: Mapping[type, str] = {ResolveSlots: "slots", MeasureChecks: "checks", ClaimFlags: "claims"}
        return {**kinds, WriteFlags: "writes", WatchGuards: "watch"}[type(effect)]

    def _answer(self, effect: Any) -> Any:
        if isinstance(effect, ResolveSlots):
            return c.TakeSlots(ask=effect.ask, resolution=_resolved(effect, self.at))
        if isinstance(effect, MeasureChecks):
            found = {name: self._finding(name) for name in effect.checks}
            return c.TakeFindings(ask=effect.ask, findings={n: f for n, f in found.items() if f is not None})
        if isinstance(effect, ClaimFlags):
            said = [self.claims[t.key] if t.key in self.claims else self._grant(t.key) for t in effect.flags]
            return c.TakeClaims(ask=effect.ask, answers=tuple(a for a in said if a is not None))
        wrote = [self._write(w.target.key, w.wanted, w.fence) for w in effect.writes]
        return c.TakeWrites(ask=effect.ask, results=tuple(r for r in wrote if r is not None))

    def _finding(self, name: str) -> Finding | None:
        said = self.checks.get(name, Status.PASS)
        return Finding(status=said, at=self.at) if isinstance(said, Status) else said

    def _grant(self, key: str) -> ClaimAnswer:
        exists = key in self.flags
        reading = FlagReading(key=key, exists=exists, exposure=self.flags.get(key), at=self.at)
        return ClaimAnswer(flag=key, granted=True, reading=reading)

    def _write(self, key: str, wanted: Exposure, fence: Fence) -> WriteResult | None:
        how = self.writes.get(key, WriteStatus.WRITTEN if key in self.flags else WriteStatus.GONE)
        if how is None:
            return None
        before = self.flags.get(key)
        if how is WriteStatus.WRITTEN:
            self.flags[key] = wanted
        after = self.flags.get(key) if how in (WriteStatus.WRITTEN, WriteStatus.STALE) else None
        detail = "" if how is WriteStatus.WRITTEN else f"the provider says {how.value}"
        return WriteResult(key=key, status=how, before=before, after=after, fence=fence, at=self.at, detail=detail)

    def _watch(self) -> tuple[datetime, str, WatchReport] | None:
        """The next report of the watch that is out: (when, its id, the report); None: nothing to report."""
        found = [e for e in outstanding(self.state) if isinstance(e, WatchGuards) and "watch" not in self.silent]
        report = next_report(found[0], self.guards, self.at) if found else None
        return (report.at, found[0].ask, report) if report else None

    # --- looking ---------------------------------------------------------------------------------------------------

    @property
    def phase(self) -> Phase:
        """The phase."""
        return self.state.phase

    @property
    def holds(self) -> list[str]:
        """Reasons of the holds that stand, in order."""
        return [h.reason.value for h in self.state.holds]

    def hold(self, reason: str) -> Any:
        """The one hold that stands for `reason`."""
        (found,) = [h for h in self.state.holds if h.reason.value == reason]
        return found

    def events(self, kind: type[E]) -> list[E]:
        """Everything of one type that has happened, in order."""
        return [e.event for e in self.entries if isinstance(e.event, kind)]

    def last(self, kind: type[E]) -> E:
        """The last event of a type."""
        return self.events(kind)[-1]

    @property
    def types(self) -> list[str]:
        """The types of everything that has happened, in order."""
        return [e.event.type for e in self.entries]

    @property
    def verdict(self) -> Verdict:
        """The verdict now."""
        return assess(self.state, self.at)

    @property
    def reasons(self) -> list[str]:
        """`code:subject` of every reason against GO."""
        return [r.name for r in self.verdict.reasons]

    @property
    def exposure(self) -> dict[str, str]:
        """Who sees each flag, as the provider has it."""
        return {key: str(e) for key, e in self.flags.items()}


__all__ = [
    "CLOSES",
    "DATED",
    "DAY",
    "GUARD",
    "HOUR",
    "MINUTE",
    "MONDAY",
    "ON_DEMAND",
    "POLL",
    "SAMPLE",
    "SLOT",
    "TRAIN",
    "WEEK",
    "Actor",
    "ActorKind",
    "World",
    "make_plan",
    "person",
]
