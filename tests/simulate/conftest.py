"""A world for the driver that is the core alone: the same loop over `decide`, without Temporal."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from gonogo.activities.calendar import Calendar
from gonogo.activities.checks import Checks
from gonogo.activities.flags import Flags
from gonogo.activities.registry import Adapters
from gonogo.activities.tasks import ChecksTask, ClaimTask, SlotsTask, WatchTask, WriteTask
from gonogo.activities.watch import Watch
from gonogo.adapters.memory_desk import MemoryDesk
from gonogo.domain import commands as c
from gonogo.domain import effects as e
from gonogo.domain.errors import Refused
from gonogo.domain.events import Entry
from gonogo.domain.evolve import evolve
from gonogo.domain.ledger import Ledger
from gonogo.domain.plan import Plan
from gonogo.domain.release import decide, launch
from gonogo.domain.reports import ClaimAnswer
from gonogo.domain.state import State
from gonogo.domain.values import ENGINE, Actor
from gonogo.domain.wakeups import wakeups
from gonogo.worker.driver import Refusal


def _with_epoch(answer: ClaimAnswer) -> ClaimAnswer:
    """A flag's own workflow knows the newest fence; here the provider does."""
    fence = answer.reading.fence if answer.reading else None
    return replace(answer, last_epoch=fence.epoch if fence else 0)


class CoreWorld:
    """The core with its effects carried out at once, by the same activities as in the workflow."""

    def __init__(self, plan: Plan, actor: Actor, starts: datetime, adapters: Adapters) -> None:
        self.ledger = Ledger()
        self.now = starts
        self._desk = MemoryDesk()
        self._checks, self._watch = Checks(adapters), Watch(adapters)
        self._flags, self._calendar = Flags(adapters, self._desk), Calendar()
        self._later: list[tuple[datetime, int, Any]] = []
        self._asked = 0
        self._answered: set[str] = set()
        self._unheard: list[Entry] = []
        self._removed: dict[str, datetime] = {}
        self.state: State
        self._append(launch(plan, actor, starts, trust_local=True))

    def _append(self, entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            self.state = evolve(self.state if entry.seq > 1 else None, entry)
        self.ledger = self.ledger.appended(entries)
        self._unheard += entries

    def _take(self, command: Any, actor: Actor = ENGINE) -> None:
        self._append(decide(self.state, command, self.now, actor=actor))

    def _heard(self) -> tuple[Entry, ...]:
        entries, self._unheard = tuple(self._unheard), []
        return entries

    async def advance(self, to: datetime) -> tuple[Entry, ...]:
        await self._settle()
        while (at := self.next_wakeup()) is not None and at <= to:
            self.now = max(self.now, at)
            await self._settle()
        self.now = to
        await self._settle()
        return self._heard()

    async def act(
        self, actor: Actor, command: c.HumanCommand, request_id: str
    ) -> tuple[tuple[Entry, ...], Refusal | None]:
        try:
            self._take(command, actor)
        except Refused as refused:
            return (), Refusal(refused.code, refused.message)
        await self._settle()
        return self._heard(), None

    def next_wakeup(self) -> datetime | None:
        coming = [at for at, _ in wakeups(self.state) if at > self.now][:1]
        return min([*(at for at, _, _ in self._later), *coming, *self._removed.values()], default=None)

    def watch_removals(self, removed: dict[str, datetime]) -> None:
        # A flag's own workflow asks for proof once a day from the moment it shipped.
        shipped = self.state.released_at
        assert shipped is not None
        for key, at in removed.items():
            days = max(1, -((shipped - at) // timedelta(days=1)))
            self._removed[key] = shipped + timedelta(days=days)

    async def _settle(self) -> None:
        if self.state.resolution is None:
            # The first thing that a release asks is answered with its admission.
            await self._ask(tuple(x for x in e.outstanding(self.state) if isinstance(x, e.ResolveSlots)))
        while True:
            before = self.state.seq
            self._due()
            await self._work()
            if self.state.seq == before and not (self._later and self._later[0][0] <= self.now):
                return

    def _due(self) -> None:
        self._later.sort(key=lambda x: x[:2])
        while self._later and self._later[0][0] <= self.now:
            self._take(self._later.pop(0)[2])
        coming = wakeups(self.state)
        if coming and coming[0][0] <= self.now:
            self._take(c.Tick())
        for key in [k for k, at in self._removed.items() if at <= self.now]:
            del self._removed[key]
            self._take(c.TakeFlagNews(flag=key, gone=True, proof="archived, no references"))

    async def _work(self) -> None:
        wanted = e.outstanding(self.state)
        self._answered &= {effect.ask for effect in wanted}
        await self._ask(wanted)

    async def _ask(self, wanted: tuple[e.Effect, ...]) -> None:
        for effect in wanted:
            if effect.ask not in self._answered:
                self._answered.add(effect.ask)
                self._asked += 1
                at, command = await self._perform(effect)
                self._later.append((at, self._asked, command))

    async def _perform(self, effect: e.Effect) -> tuple[datetime, Any]:
        at, link, run = self.now, self.ledger.link, ActivityEnvironment().run
        match effect:
            case e.ResolveSlots():
                found = await run(self._calendar.resolve_slots, SlotsTask(effect=effect, at=at, link=link))
                return at, c.TakeSlots(ask=effect.ask, resolution=found)
            case e.MeasureChecks():
                measured = await run(self._checks.measure_checks, ChecksTask(effect=effect, at=at, link=link))
                return measured.at, c.TakeFindings(ask=effect.ask, findings=measured.findings)
            case e.ClaimFlags():
                claims = await run(self._flags.claim_flags, ClaimTask(effect=effect, driven=True, at=at, link=link))
                return at, c.TakeClaims(ask=effect.ask, answers=tuple(_with_epoch(a) for a in claims.answers))
            case e.WriteFlags():
                done = await run(self._flags.write_flags, WriteTask(effect=effect, at=at, link=link))
                return at, c.TakeWrites(ask=effect.ask, results=done.results)
            case e.WatchGuards():
                report = await run(self._watch.watch_guards, WatchTask(effect=effect, driven=True, at=at, link=link))
                return report.at, c.TakeWatch(ask=effect.ask, report=report)


@pytest.fixture(scope="session")
def core_world() -> Callable[[Plan, Actor, datetime, Adapters], CoreWorld]:
    return CoreWorld
