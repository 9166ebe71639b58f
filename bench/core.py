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


class Life:
    """A release in the pure core, with a world that always answers well."""

    def __init__(self, version: str, known: Resolution | None = None, plan: Plan | None = None) -> None:
        self.plan = plan or service_plan(version)
        self.now = START
        self.known = known or resolve(self.plan.schedule, self.plan.environment, now=START)
        begun = time.perf_counter()
        entries = launch(self.plan, Actor(id="lena"), START, trust_local=True)
        self.ledger = Ledger().appended(entries)
        self.spent = time.perf_counter() - begun
        self.state: State = fold(entries)

    def take(self, command: c.Command, actor: Actor = ENGINE) -> tuple[Entry, ...]:
        """Decides, evolves and hashes."""
        begun = time.perf_counter()
        entries, self.state = step(self.state, command, self.now, actor=actor)
        self.ledger = self.ledger.appended(entries)
        self.spent += time.perf_counter() - begun
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

    def run(self) -> int:
        """Lives to the end; the number of entries."""
        while self.state.phase not in TERMINAL:
            while self.answer():
                pass
            self.people()
            if not outstanding(self.state) or all(isinstance(e, WatchGuards) for e in outstanding(self.state)):
                self.pass_time()
        return self.ledger.link.seq


def events_per_second(seconds: float = 5.0) -> float:
    """Entries decided, evolved and hashed in a second; what the world around the core takes is not counted.

    The best of many slices of twenty lives, as `timeit` advises: on a shared machine the others measure the neighbours.
    """
    known = Life("0.0.1").known
    Life("0.0.2", known).run()
    best, number = 0.0, 0
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        count, spent = 0, 0.0
        for _ in range(20):
            number += 1
            life = Life(f"1.0.{number}", known)
            count += life.run()
            spent += life.spent
        best = max(best, count / spent)
    return best
