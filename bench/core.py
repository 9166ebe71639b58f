"""The core alone: decide, evolve and hash whole lives of releases, one after another, on one core."""

import time
from datetime import UTC, datetime

from gonogo.domain import commands as c
from gonogo.domain.calendar import resolve
from gonogo.domain.effects import ClaimFlags, MeasureChecks, ResolveSlots, WatchGuards, WriteFlags, outstanding
from gonogo.domain.events import Entry
from gonogo.domain.evolve import fold
from gonogo.domain.facts import Finding, FlagReading, Status, WriteResult, WriteStatus
from gonogo.domain.ledger import Ledger
from gonogo.domain.plan import Plan
from gonogo.domain.release import launch, step
from gonogo.domain.reports import ClaimAnswer, GuardCount, WatchReport
from gonogo.domain.resolution import Resolution
from gonogo.domain.state import State
from gonogo.domain.terms import TERMINAL, Choice, Phase
from gonogo.domain.values import ENGINE, Actor
from gonogo.domain.wakeups import next_wakeup

from .plans import ITEMS, VOTERS, service_plan

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
_LAUNCHER = Actor(id="lena")
_LIVES = 20


class Life:
    """A release in the pure core, with a world that always answers well."""

    def __init__(self, version: str, known: Resolution | None = None, plan: Plan | None = None) -> None:
        self.plan = plan or service_plan(version)
        self.now = START
        self.known = known or resolve(self.plan.schedule, self.plan.environment, now=START)
        entries = launch(self.plan, _LAUNCHER, START, trust_local=True)
        self.ledger = Ledger().appended(entries)
        self.state: State = fold(entries)
        self.given: list[tuple[c.Command, datetime, Actor]] = []

    def take(self, command: c.Command, actor: Actor = ENGINE) -> tuple[Entry, ...]:
        """Decides, evolves and hashes."""
        self.given.append((command, self.now, actor))
        entries, self.state = step(self.state, command, self.now, actor=actor)
        self.ledger = self.ledger.appended(entries)
        return entries

    def answer(self) -> bool:
        """Answers one outstanding effect; False when only time can go on."""
        for effect in outstanding(self.state):
            match effect:
                case ResolveSlots():
                    self.take(c.TakeSlots(ask=effect.ask, resolution=self.known))
                case MeasureChecks():
                    good = Finding(status=Status.PASS, at=self.now, finding="fine")
                    self.take(c.TakeFindings(ask=effect.ask, findings=dict.fromkeys(effect.checks, good)))
                case ClaimFlags():
                    answers = tuple(
                        ClaimAnswer(flag=f.key, granted=True, reading=FlagReading(key=f.key, exists=False, at=self.now))
                        for f in effect.flags
                    )
                    self.take(c.TakeClaims(ask=effect.ask, answers=answers))
                case WriteFlags():
                    results = tuple(
                        WriteResult(
                            key=w.target.key,
                            status=WriteStatus.WRITTEN,
                            after=w.wanted,
                            fence=w.fence,
                            at=self.now,
                            before=self.state.flags[w.target.key].current,
                        )
                        for w in effect.writes
                    )
                    self.take(c.TakeWrites(ask=effect.ask, results=results))
                case WatchGuards():
                    continue
            return True
        return False

    def pass_time(self) -> None:
        """Goes to the next wake-up, or to the end of the watch over the guards."""
        watch = next((e for e in outstanding(self.state) if isinstance(e, WatchGuards) and e.until), None)
        wake = next_wakeup(self.state)
        if watch is not None and watch.until is not None and (wake is None or watch.until <= wake):
            self.now = watch.until
            counts = {g.id: GuardCount(good=5) for g in watch.guards}
            report = WatchReport(since=watch.since, at=self.now, counts=counts)
            self.take(c.TakeWatch(ask=watch.ask, report=report))
        elif wake is not None:
            self.now = max(self.now, wake)
            self.take(c.Tick())

    def people(self) -> None:
        """Everybody does what is asked of them now."""
        for item in ITEMS:
            if self.state.items[item].status.value != "done" and self.state.phase is not Phase.CLEANING_UP:
                self.take(c.SignOff(item=item), Actor(id="quin"))
        current = self.state.round
        if self.state.phase is Phase.DECIDING and current is not None:
            for role, person in VOTERS.items():
                if self.state.round is not None and (role, person) not in current.ballots:
                    ballot = c.CastVote(
                        request_id=current.request_id,
                        role=role,
                        choice=Choice.GO,
                        ballot_id=f"{current.number}-{person}",
                    )
                    self.take(ballot, Actor(id=person))

    def run(self) -> "Life":
        """Lives to the end."""
        while self.state.phase not in TERMINAL:
            while self.answer():
                pass
            self.people()
            if not outstanding(self.state) or all(isinstance(e, WatchGuards) for e in outstanding(self.state)):
                self.pass_time()
        return self


def _again(life: Life) -> Ledger:
    """The same life once more, from what it was given: decided, evolved and hashed, and nothing else."""
    entries = launch(life.plan, _LAUNCHER, START, trust_local=True)
    ledger = Ledger().appended(entries)
    state = fold(entries)
    for command, at, actor in life.given:
        entries, state = step(state, command, at, actor=actor)
        ledger = ledger.appended(entries)
    return ledger


def events_per_second(seconds: float = 5.0) -> float:
    """Entries decided, evolved and hashed in a second; the world around the core has lived before.

    The best of many rounds of twenty lives, as `timeit` advises: on a shared machine the others measure the neighbours.

    Raises:
        AssertionError: A life said something else when it was lived again.
    """
    known = Life("0.0.1").known
    lives = [Life(f"1.0.{number}", known).run() for number in range(_LIVES)]
    assert [_again(life) for life in lives] == [life.ledger for life in lives]
    count = sum(life.ledger.link.seq for life in lives)
    best = 0.0
    end = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end:
        for life in lives:
            _again(life)
        best = max(best, count / (time.perf_counter() - begun))
    return best
