"""The world around one release: it plays people and systems, drives the core, and holds it to what must always be true.

Everything is chosen by a `random.Random`, so that a seed is a whole life; hypothesis chooses the seeds and the steps.
What can be said of the ledger alone is said by `ledger_checker`; what needs the state or a second call is said here.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from gonogo.domain import commands as c
from gonogo.domain import release
from gonogo.domain.calendar import resolve
from gonogo.domain.effects import ClaimFlags, Effect, MeasureChecks, ResolveSlots, WatchGuards, WriteFlags, outstanding
from gonogo.domain.errors import GonogoError
from gonogo.domain.events import BallotRefused, Entry
from gonogo.domain.evolve import fold
from gonogo.domain.facts import Finding, FlagChange, FlagReading, Status, WriteResult, WriteStatus
from gonogo.domain.items import due_at
from gonogo.domain.ledger import Ledger, verify
from gonogo.domain.plan import Plan
from gonogo.domain.reminders import waits
from gonogo.domain.reports import ClaimAnswer, GuardCount, WatchReport
from gonogo.domain.resolution import Interval
from gonogo.domain.state import State
from gonogo.domain.terms import TERMINAL, Phase
from gonogo.domain.values import ENGINE, NOBODY, Actor, Exposure
from gonogo.domain.wakeups import next_wakeup, wakeups

from .ledger_checker import Checker, Violation
from .machine_people import helpful, wild
from .machine_plans import LAUNCHER, START, random_plan

MOODS = ("smooth", "faulty", "mixed", "wild")
"""How often systems fail, and how often people do as they please."""
_TROUBLE = {"smooth": (0.03, 0.03), "faulty": (0.3, 0.03), "mixed": (0.2, 0.2), "wild": (0.5, 0.5)}


class World:
    """One release, and everybody and everything that it deals with."""

    def __init__(self, plan: Plan, mood: str = "mixed", *, trust_local: bool = True) -> None:
        self.at = START
        self.trouble, self.whims = _TROUBLE[mood]
        self.provider: dict[str, Exposure] = {}
        """Flag -> who sees it, by its provider; a flag that is missing does not exist."""
        self.answered: list[c.Command] = []
        """Results that were delivered once, to be delivered again."""
        self.checker = Checker()
        self.entries: list[Entry] = list(release.launch(plan, Actor(id=LAUNCHER), self.at, trust_local=trust_local))
        self.state = fold(self.entries)
        self.refused = 0
        self.checker.see(self.entries)

    # --- the core, called and held to its word ---

    def decide(self, command: c.Command, actor: Actor) -> tuple[Entry, ...]:
        """What the core answers; the same when it is asked twice, and never another error than a refusal."""
        try:
            first = release.decide(self.state, command, self.at, actor=actor)
        except GonogoError as error:
            try:
                release.decide(self.state, command, self.at, actor=actor)
            except GonogoError as again:
                if (type(again), str(again)) != (type(error), str(error)):
                    raise Violation("decide_is_deterministic", f"{error} / {again}") from again
            else:
                raise Violation("decide_is_deterministic", f"refused once: {error}") from error
            raise
        except Exception as error:
            raise Violation("decide_raises_only_refusals", f"{type(error).__name__}: {error} on {command}") from error
        if first != release.decide(self.state, command, self.at, actor=actor):
            raise Violation("decide_is_deterministic", str(command))
        return first

    def do(self, command: c.Command, actor: Actor = ENGINE) -> tuple[Entry, ...]:
        """Gives a command, applies what it leads to, and asks whether everything still holds."""
        before = self.state
        try:
            made = self.decide(command, actor)
        except GonogoError:
            self.refused += 1
            self._settled()
            return ()
        if before.phase in TERMINAL and made:
            raise Violation("closed_accepts_nothing", f"{command.type} led to {made[0].event.type}")
        self.state = fold(made, before)
        self.entries += made
        self.checker.see(made)
        self.checker.commanded(command, actor, made)
        if made and all(isinstance(x.event, BallotRefused) for x in made):
            kept = replace(
                self.state, seq=before.seq, at=before.at, ballots_seen=before.ballots_seen, refusals=before.refusals
            )
            if kept != before:
                raise Violation("recorded_refusals_change_nothing", str(command))
        self._settled()
        return made

    def _settled(self) -> None:
        """What must hold whenever the release rests."""
        state = self.state
        if state.phase in TERMINAL:
            if next_wakeup(state, self.at) is not None or outstanding(state):
                raise Violation("closed_waits_for_nothing", state.phase.value)
            return
        if next_wakeup(state, self.at) is None and not outstanding(state) and not self._somebody_is_waited_for():
            raise Violation("nothing_is_stuck", f"{state.phase.value}: nothing is due, nobody is waited for")
        if state.phase in (Phase.ROLLING_OUT, Phase.CLEANING_UP) and state.rollback is None:
            self._can_roll_back()

    def _somebody_is_waited_for(self) -> bool:
        """True when a flag's own workflow, which reminds by itself, or a person with a date has to speak next."""
        state = self.state
        if state.phase is not Phase.CLEANING_UP:
            return False
        dated = any(waits(state, i, self.at) and due_at(state, i) is not None for i in state.items.values())
        return dated or any(f.settled is None for f in state.flags.values())

    def _can_roll_back(self) -> None:
        try:
            made = release.decide(self.state, c.RollBack(reason="now"), self.at, actor=Actor(id="bob"))
        except GonogoError as error:
            raise Violation("rollback_is_always_allowed", str(error)) from error
        if not any(x.event.type == "RollbackStarted" for x in made):
            raise Violation("rollback_is_always_allowed", "no rollback began")

    def folded(self) -> None:
        """Folding the events, and folding the ledger's bytes, give the state that stands."""
        if fold(self.entries) != self.state:
            raise Violation("fold_gives_the_state", "from the entries")
        ledger = Ledger().appended(self.entries)
        verify(ledger)
        if fold(ledger.entries()) != self.state:
            raise Violation("fold_gives_the_state", "from the ledger's bytes")

    # --- time ---

    def tick(self) -> None:
        """Time has passed up to now; whatever was due has then been done."""
        self.do(c.Tick())
        due = [(at, why) for at, why in wakeups(self.state, self.at) if at <= self.at]
        if due:
            raise Violation("a_wakeup_makes_progress", f"{self.state.phase.value} {self.at}: nothing happens: {due}")

    def _nothing_before(self, due: datetime | None) -> None:
        """Just before the next wake-up, or in a month when there is none, time alone leads to nothing."""
        early = due - timedelta(microseconds=1) if due is not None else self.at + timedelta(days=30)
        made = release.decide(self.state, c.Tick(), early) if early >= self.at else ()
        if made:
            kinds = ", ".join(x.event.type for x in made)
            raise Violation("wakeups_miss_nothing", f"{self.state.phase.value} at {early}: {kinds}; next {due}")

    def pass_time(self, r: Random) -> None:
        """Goes to the next instant at which something is due, or some way, short or long."""
        self._nothing_before(next_wakeup(self.state, self.at))
        due = [at for at in (next_wakeup(self.state, self.at), self._watch_ends()) if at is not None and at > self.at]
        if due and r.random() < 0.8:
            self.at = min(due)
        else:
            self.at += r.choice((timedelta(seconds=7), timedelta(minutes=6), timedelta(hours=3), timedelta(days=2)))
        self.tick()

    def _watch_ends(self) -> datetime | None:
        return next((w.until for w in outstanding(self.state) if isinstance(w, WatchGuards)), None)

    # --- systems ---

    def answer(self, r: Random) -> None:
        """One of the effects that are out is answered: well, badly, in part, or by nothing."""
        out = outstanding(self.state)
        if not out or r.random() < self.trouble * 0.3:
            return
        command = self._result(r.choice(out), r)
        if command is not None:
            self.answered.append(command)
            self.do(command)

    def _bad(self, r: Random) -> bool:
        return r.random() < self.trouble

    def _result(self, effect: Effect, r: Random) -> c.Command | None:
        match effect:
            case ResolveSlots():
                found = resolve(effect.schedule, effect.environment, now=self.at)
                return c.TakeSlots(ask=effect.ask, resolution=found)
            case MeasureChecks():
                findings = {name: self._finding(r) for name in effect.checks}
                if self._bad(r):
                    findings.pop(next(iter(findings), ""), None)
                return c.TakeFindings(ask=effect.ask, findings=findings)
            case ClaimFlags():
                answers = tuple(self._claim(t.key, r) for t in effect.flags)
                return c.TakeClaims(ask=effect.ask, answers=answers[1:] if self._bad(r) else answers)
            case WriteFlags():
                results = tuple(self._write(w.target.key, w.wanted, w.fence, r) for w in effect.writes)
                return c.TakeWrites(ask=effect.ask, results=results[1:] if self._bad(r) else results)
            case WatchGuards():
                return self._watched(effect, r)

    def _finding(self, r: Random) -> Finding:
        status = r.choice((Status.FAIL, Status.UNCLEAR)) if self._bad(r) else Status.PASS
        age = r.choice((timedelta(0), timedelta(hours=3), timedelta(days=8))) if self._bad(r) else timedelta(0)
        return Finding(status=status, at=self.at - age)

    def _reading(self, key: str) -> FlagReading:
        return FlagReading(key=key, exists=key in self.provider, exposure=self.provider.get(key), at=self.at)

    def _claim(self, key: str, r: Random) -> ClaimAnswer:
        if self._bad(r):
            return r.choice(
                (
                    ClaimAnswer(flag=key, granted=False, held_by="shop/1.1.0"),
                    ClaimAnswer(flag=key, granted=True, detail="the provider is down"),
                )
            )
        return ClaimAnswer(flag=key, granted=True, reading=self._reading(key), last_epoch=r.choice((0, 0, 5)))

    def _write(self, key: str, wanted: Exposure, fence: Any, r: Random) -> WriteResult:
        before = self.provider.get(key, NOBODY)
        status = r.choice(tuple(WriteStatus)) if self._bad(r) else WriteStatus.WRITTEN
        if status is WriteStatus.GONE:
            self.provider.pop(key, None)
            return WriteResult(key=key, status=status, fence=fence, at=self.at)
        if status is not WriteStatus.WRITTEN:
            return WriteResult(key=key, status=status, after=before, fence=fence, at=self.at, detail="no")
        self.provider[key] = wanted
        return WriteResult(key=key, status=status, before=before, after=wanted, fence=fence, at=self.at)

    def _watched(self, effect: WatchGuards, r: Random) -> c.Command | None:
        tripped, no_data = None, False
        if r.random() < self.trouble * 0.5:
            tripped, no_data = r.choice(effect.guards), r.random() < 0.5
        elif effect.until is None or (effect.until > self.at and not self._bad(r)):
            return None
        counts = {g.id: GuardCount(good=5, last_at=self.at) for g in effect.guards}
        unmeasured: tuple[Interval, ...] = ()
        if self._bad(r):
            counts[effect.guards[0].id] = GuardCount(good=r.choice((0, 5)), missing_in_row=r.choice((0, 1)), errors=1)
            unmeasured = (Interval(start=max(effect.since, self.at - timedelta(minutes=5)), end=self.at),)
        if tripped is not None:
            counts[tripped.id] = GuardCount(good=1, bad_in_row=0 if no_data else 3, missing_in_row=3 * no_data)
        report = WatchReport(
            since=effect.since,
            at=self.at,
            counts=counts,
            unmeasured=unmeasured,
            tripped=tripped.id if tripped else None,
            no_data=no_data,
        )
        return c.TakeWatch(ask=effect.ask, report=report)

    def stray(self, r: Random) -> None:
        """A result comes twice, or for a question that nobody asked: nothing but the time that passed is seen in it."""
        lost: tuple[c.Command, ...] = (
            c.TakeFindings(ask="checks-0", findings={}),
            c.TakeClaims(ask="flags-0", answers=()),
            c.TakeWrites(ask="writes-0", results=()),
        )
        command = r.choice((*lost, *self.answered[-6:]))
        # Time first: what is due anyway is no effect of the result.
        self.do(c.Tick())
        if command.ask not in {getattr(e, "ask", "") for e in outstanding(self.state)}:
            made = self.decide(command, ENGINE)
            if made:
                raise Violation("results_count_once", str(command))

    def flag_news(self, r: Random) -> None:
        """A flag's own workflow says something of it."""
        if not self.state.flags:
            return
        key = r.choice(tuple(self.state.flags))
        if self.state.phase is Phase.CLEANING_UP and r.random() < 0.8:
            self.do(c.TakeFlagNews(flag=key, gone=True, proof="archived"))
        elif self._bad(r):
            seen = r.choice((NOBODY, *self.provider.values()))
            self.provider[key] = seen
            change = FlagChange(how="kill", wanted=seen, by=Actor(id="fay"), reason="it breaks", at=self.at)
            known = change if self.state.seq % 2 else None
            self.do(c.TakeFlagNews(flag=key, reading=self._reading(key), proof="fay", change=known))
        elif self.state.phase is Phase.CLEANING_UP:
            self.do(c.TakeFlagNews(flag=key, carried_to="shop/9"))

    # --- people ---

    def people(self, r: Random) -> None:
        """Somebody does what helps, or anything at all."""
        choose: Callable[[State, datetime, Random], tuple[c.Command, Actor] | None]
        choose = wild if r.random() < self.whims else helpful
        chosen = choose(self.state, self.at, r)
        if chosen is not None:
            self.do(*chosen)

    def step(self, r: Random) -> None:
        """One step of a life."""
        moves = (self.answer, self.answer, self.answer, self.people, self.people, self.people, self.pass_time)
        odd = (self.stray, self.flag_news)
        r.choice(odd if r.random() < 0.1 else moves)(r)


def live(seed: int, steps: int = 120, mood: str | None = None) -> World:
    """A whole life from a seed. `Violation` says what did not hold."""
    r = Random(seed)
    world = World(random_plan(r.randrange(100_000)), mood or r.choice(MOODS))
    for _ in range(steps):
        world.step(r)
        if world.state.phase in TERMINAL and r.random() < 0.2:
            break
    world.folded()
    return world
