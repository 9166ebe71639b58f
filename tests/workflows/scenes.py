"""A release on a real server under the driven clock, with everything around it in memory.

async with scene(client) as release:
    await release.to(Phase.DECIDING)
    await release.vote("qa", "cid")
    assert await release.refused(c.OpenPoll(), "bob") == "command.not_in_phase"

The sample plan and its people are those of `tests/domain/worlds.py`.
"""

import asyncio
import functools
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from gonogo.activities.ports import FlagDesk
from gonogo.activities.registry import Adapters
from gonogo.adapters.memory import MemoryChecks, MemoryInbox, MemoryMetrics, memory_adapters
from gonogo.adapters.memory_desk import MemoryDesk
from gonogo.adapters.memory_flags import MemoryFlags
from gonogo.client.calling import Patience, patiently
from gonogo.domain import commands as c
from gonogo.domain.events import Entry
from gonogo.domain.evolve import fold
from gonogo.domain.ledger import Ledger, from_bytes, verify
from gonogo.domain.plan import Moment, Plan
from gonogo.domain.state import State
from gonogo.domain.terms import TERMINAL, Choice, ItemStatus, Phase
from gonogo.domain.values import Actor, Candidate
from gonogo.worker.bootstrap import build_worker
from gonogo.workflows.messages import Advanced, Answer, Closed, Launch, Request
from gonogo.workflows.release import ReleaseWorkflow
from tests.domain.worlds import MONDAY, make_plan

_NUMBERS = itertools.count(1)
_PATIENCE = Patience(budget=timedelta(seconds=15))
_LIMIT = 150
"""Wake-ups after which a wait is given up: nothing of the samples needs as many."""


def version() -> str:
    """A version that no other test of this run has."""
    return f"1.{next(_NUMBERS)}.0"


class Surroundings:
    """What a worker talks to: all of it in memory, passing and healthy unless told otherwise."""

    def __init__(
        self,
        *,
        checks: MemoryChecks | None = None,
        metrics: MemoryMetrics | None = None,
        flags: MemoryFlags | None = None,
        inbox: MemoryInbox | None = None,
        desk: FlagDesk | None = None,
    ) -> None:
        self.checks = checks or MemoryChecks()
        self.metrics = metrics or MemoryMetrics()
        self.flags = flags or MemoryFlags()
        self.inbox = inbox or MemoryInbox()
        self.desk = desk or MemoryDesk()

    @property
    def adapters(self) -> Adapters:
        return memory_adapters(checks=self.checks, metrics=self.metrics, flags=self.flags, inbox=self.inbox)

    def worker(self, client: Client, task_queue: str, *, simulation: bool = True, **more: Any) -> Worker:
        """A worker that trusts local names and, unless told otherwise, lets releases bring a driven clock."""
        return build_worker(
            client,
            adapters=self.adapters,
            desk=self.desk,
            task_queue=task_queue,
            trust_local=True,
            simulation=simulation,
            **more,
        )


class Scene:
    """A release that runs in driven time."""

    def __init__(self, client: Client, plan: Plan, task_queue: str, around: Surroundings, at: datetime) -> None:
        self.client = client
        self.plan = plan
        self.task_queue = task_queue
        self.around = around
        self.at = at
        self.next_wakeup: datetime | None = None
        self._ids = itertools.count(1)

    @property
    def workflow_id(self) -> str:
        return f"release/{self.plan.release_id}"

    @property
    def handle(self) -> WorkflowHandle[ReleaseWorkflow, Closed]:
        """Of whatever run is the newest."""
        return self.client.get_workflow_handle_for(ReleaseWorkflow.run, self.workflow_id)

    async def launch(self) -> None:
        await self.client.start_workflow(
            ReleaseWorkflow.run,
            Launch(plan=self.plan, actor=Actor(id="dev"), driven_from=self.at),
            id=self.workflow_id,
            task_queue=self.task_queue,
            static_summary=f"{self.plan.product} {self.plan.version}",
        )
        await self.advance(self.at)

    # --- commands --------------------------------------------------------------------------------------------------

    def new_id(self, what: str = "request") -> str:
        """The same in every run: a recorded history holds no random ids."""
        return f"{what}-{next(self._ids)}"

    async def act(self, command: Any, who: str | Actor, *, request_id: str | None = None) -> Answer:
        """Gives a command, and lets what follows from it come to rest."""
        answer = await self.ask(command, who, request_id=request_id)
        if not self._over(answer):
            await self.advance(self.at)
        return answer

    async def ask(self, command: Any, who: str | Actor, *, request_id: str | None = None) -> Answer:
        """Gives a command."""
        actor = Actor(id=who) if isinstance(who, str) else who
        request = Request(request_id=request_id or self.new_id(), actor=actor, command=command)
        return await patiently(
            lambda: self.handle.execute_update(ReleaseWorkflow.act, request, id=request.request_id), _PATIENCE
        )

    @staticmethod
    def _over(answer: Answer) -> bool:
        return answer.phase in TERMINAL

    async def refused(self, command: Any, who: str | Actor) -> ApplicationError:
        """The refusal of a command."""
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await self.ask(command, who)
        assert isinstance(refused.value.cause, ApplicationError)
        return refused.value.cause

    async def vote(self, role: str, who: str, choice: str = "GO", *, ballot_id: str | None = None) -> Answer:
        """Casts a ballot on the open question."""
        return await self.act(await self.ballot(role, choice, ballot_id=ballot_id), who)

    async def ballot(self, role: str, choice: str = "GO", *, ballot_id: str | None = None) -> c.CastVote:
        """A ballot on the open question."""
        return c.CastVote(
            request_id=await self.question(),
            role=role,
            choice=Choice(choice),
            ballot_id=ballot_id or self.new_id("ballot"),
            reason="" if choice == "GO" else "because",
        )

    async def question(self) -> str:
        """Id of the open question."""
        state = await self.state()
        return state.round.request_id if state.round else ""

    async def vote_go(self) -> None:
        """Everybody who must votes GO."""
        state = await self.state()
        for role in state.round.roles if state.round else ():
            for who in state.people[role][: state.plan.roles[role].quorum]:
                if (await self.state()).phase is Phase.DECIDING:
                    await self.vote(role, who)

    async def sign_off(self, *items: str) -> None:
        """Their owners sign items off; none named: every open one that can be signed off now."""
        state = await self.state()
        for name, item in state.items.items():
            after = item.gates is Moment.COMPLETION
            ready = item.status is not ItemStatus.DONE and after == (state.phase is Phase.CLEANING_UP)
            if name in items or (not items and ready):
                await self.act(c.SignOff(item=name), state.people_of(item.owner)[0])

    async def candidate(self, commit: str) -> Answer:
        """Gives another build."""
        return await self.act(c.SetCandidate(candidate=Candidate(commit=commit, authors=("dev",))), "bob")

    async def widen(self) -> Answer:
        """Says yes to "ready to go wider?"."""
        state = await self.state()
        assert state.rollout is not None
        assert state.rollout.question is not None
        question = state.rollout.question
        return await self.act(c.Widen(question=question.id), state.people[question.role][0])

    async def flags_gone(self) -> None:
        """The flags' own workflows tell that every flag is gone, with proof."""
        for key in (await self.state()).flags:
            await self.handle.signal("flag_news", {"flag": key, "gone": True, "proof": "archived, no references"})
            await self.until(functools.partial(_settled, key))

    # --- time ------------------------------------------------------------------------------------------------------

    async def advance(self, to: datetime) -> Advanced:
        """Goes to `to`, through everything that happens by itself before."""

        async def go() -> Any:
            return await self.handle.execute_update(ReleaseWorkflow.advance, to, id=self.new_id("advance"))

        done: Advanced = await patiently(go, _PATIENCE)
        self.at, self.next_wakeup = done.at, done.next_wakeup
        return done

    async def wait(self, *, phase: Phase | None = None, event: str | None = None) -> None:
        """Lets time pass until a phase, or until an event of some type happens."""
        since = (await self.ledger()).link.seq
        for _ in range(_LIMIT):
            if phase is not None and (await self.state()).phase is phase:
                return
            if event is not None and any(e.event.type == event for e in (await self.entries())[since:]):
                return
            assert self.next_wakeup is not None, f"nothing more happens by itself: {await self.types()}"
            await self.advance(self.next_wakeup)
        raise AssertionError(f"neither {phase} nor {event} came: {(await self.types())[-20:]}")

    async def to(self, phase: Phase) -> None:
        """Goes on to `phase` the usual way: everything passes, everybody says yes."""
        for _ in range(_LIMIT):
            state = await self.state()
            if state.phase is phase:
                return
            if state.phase in (Phase.SCOPING, Phase.READYING, Phase.DECIDING) and any(
                i.status is not ItemStatus.DONE and i.gates is not Moment.COMPLETION for i in state.items.values()
            ):
                await self.sign_off()
            elif state.phase is Phase.DECIDING:
                await self.vote_go()
            elif state.rollout is not None and state.rollout.question is not None:
                await self.widen()
            elif state.phase is Phase.CLEANING_UP:
                await self.sign_off()
                await self.flags_gone()
            else:
                assert self.next_wakeup is not None, f"stuck in {state.phase}: {await self.types()}"
                await self.advance(self.next_wakeup)
        raise AssertionError(f"stuck on the way to {phase}: {(await self.types())[-20:]}")

    async def until(self, condition: Callable[[tuple[Entry, ...]], bool]) -> tuple[Entry, ...]:
        """Waits, for ten seconds of real time at the most, for something that a signal brings about."""
        async with asyncio.timeout(10):
            while not condition(entries := await self.entries()):  # noqa: ASYNC110  # a signal answers nobody
                await asyncio.sleep(0.02)
        return entries

    # --- looking ---------------------------------------------------------------------------------------------------

    async def ledger(self) -> Ledger:
        """The ledger, verified, from as many pages as it takes."""
        lines: list[bytes] = []
        while True:
            page = await self.handle.query(ReleaseWorkflow.ledger, len(lines))
            lines += (line.encode() for line in page.lines)
            if len(lines) >= page.seq:
                ledger = from_bytes(b"\n".join(lines))
                verify(ledger)
                assert (ledger.link.seq, ledger.head) == (page.seq, page.head)
                return ledger

    async def entries(self) -> tuple[Entry, ...]:
        return tuple((await self.ledger()).entries())

    async def types(self) -> list[str]:
        return [e.event.type for e in await self.entries()]

    async def state(self) -> State:
        return fold((await self.ledger()).entries())

    async def events(self) -> list[Any]:
        """The history events of the newest run."""
        return list((await self.handle.fetch_history()).events)

    async def failed_tasks(self) -> list[Any]:
        """Workflow tasks that failed, in the newest run."""
        return [e for e in await self.events() if e.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED]

    async def messages(self) -> list[str]:
        """Types of the messages that arrived in the inbox, in order."""
        return [m.type for m in self.around.inbox.messages if m.release_id == self.plan.release_id]


S = TypeVar("S", bound=Scene)


class LiveScene(Scene):
    """A release that runs in real time."""

    async def launch(self) -> None:
        await self.client.start_workflow(
            ReleaseWorkflow.run,
            Launch(plan=self.plan, actor=Actor(id="dev")),
            id=self.workflow_id,
            task_queue=self.task_queue,
        )
        await self.happened("PollOpened")

    async def advance(self, to: datetime) -> Advanced:
        raise AssertionError("real time passes by itself")

    async def act(self, command: Any, who: str | Actor, *, request_id: str | None = None) -> Answer:
        return await self.ask(command, who, request_id=request_id)

    async def happened(self, event: str, times: int = 1) -> tuple[Entry, ...]:
        """Waits until an event has happened so often."""
        return await self.until(lambda entries: sum(e.event.type == event for e in entries) >= times)


@asynccontextmanager
async def scene(
    client: Client, around: Surroundings | None = None, *, at: datetime = MONDAY, launch: bool = True, **changes: Any
) -> AsyncIterator[Scene]:
    """A release with a worker of its own; `changes` are of the sample plan."""
    async with _scene(Scene, client, around, at, launch=launch, **changes) as made:
        yield made


@asynccontextmanager
async def live_scene(client: Client, around: Surroundings | None = None, **changes: Any) -> AsyncIterator[LiveScene]:
    """The same in real time; it asks people already."""
    async with _scene(LiveScene, client, around, MONDAY, launch=True, **changes) as made:
        yield made


@asynccontextmanager
async def _scene(
    kind: type[S], client: Client, around: Surroundings | None, at: datetime, *, launch: bool, **changes: Any
) -> AsyncIterator[S]:
    around = around or Surroundings()
    plan = make_plan(**{"version": version(), **changes})
    task_queue = f"scene-{plan.product}-{plan.version}"
    async with around.worker(client, task_queue):
        made = kind(client, plan, task_queue, around, at)
        if launch:
            await made.launch()
        yield made


def _settled(flag: str, entries: tuple[Entry, ...]) -> bool:
    return any(e.event.type == "FlagSettled" and e.event.flag == flag for e in entries)
