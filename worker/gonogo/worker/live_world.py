"""The real workflows on a private server, under the driven clock: the world that `gonogo simulate` runs in."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import cast

import structlog
from pydantic import TypeAdapter
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from gonogo.activities.registry import Adapters
from gonogo.client.calling import Patience
from gonogo.client.flags import read_flag, read_history
from gonogo.client.reading import workflow_id
from gonogo.domain.commands import HumanCommand
from gonogo.domain.events import Entry
from gonogo.domain.flag_events import FlagEntry
from gonogo.domain.flag_views import FlagView
from gonogo.domain.plan import Plan
from gonogo.domain.values import Actor
from gonogo.workflows.flag import FlagWorkflow
from gonogo.workflows.flag_messages import FlagClosed
from gonogo.workflows.messages import TASK_QUEUE, Advanced, Closed, Launch, Request
from gonogo.workflows.release import ReleaseWorkflow

from .bootstrap import build_worker
from .driver import Refusal
from .flag_desk import TemporalFlagDesk

_ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)
_BUSY = "release.launching"
_TRIES = 100
_MOMENT = timedelta(microseconds=1)
_ENDS_WITHIN_S = 60.0
_log = structlog.get_logger("gonogo.simulate")


class LiveWorld:
    """A driven release on a server, with the flags' own workflows beside it."""

    def __init__(self, client: Client, plan: Plan, handle: WorkflowHandle[ReleaseWorkflow, Closed]) -> None:
        """Takes a release that was launched with a driven clock."""
        self._client = client
        self._plan = plan
        self._release = handle
        self._seq = 0
        self._now: datetime
        self._wakes: datetime | None = None
        self._closed = False
        self._flags: dict[str, datetime] = {}
        self.head = ""

    async def advance(self, to: datetime) -> tuple[Entry, ...]:
        """Goes to `to`: the release first, then the flags that have something to say, then the release again."""
        seq = await self._advance_release(to)
        due = sorted(key for key, at in self._flags.items() if at <= to)
        if due and not self._closed:
            # What lies behind is no news, and can be gone through by all at once; at the instant itself one speaks
            # after the other, so that the same simulation gives the same ledger.
            await asyncio.gather(*(self._advance_flag(key, to - _MOMENT) for key in due))
            for key in due:
                wakes = await self._advance_flag(key, to)
                del self._flags[key]
                if wakes is not None:
                    self._flags[key] = wakes
            seq = await self._advance_release(to)
        return await self._entries(seq)

    async def act(
        self, actor: Actor, command: HumanCommand, request_id: str
    ) -> tuple[tuple[Entry, ...], Refusal | None]:
        """Somebody does something now."""
        refusal = await self._ask(Request(request_id=request_id, actor=actor, command=command))
        seq = await self._advance_release(self._now)
        return await self._entries(seq), refusal

    def next_wakeup(self) -> datetime | None:
        """When something next happens by itself."""
        return min([*([self._wakes] if self._wakes else []), *self._flags.values()], default=None)

    def watch_removals(self, removed: dict[str, datetime]) -> None:
        """Flags ask for proof every day; only the first answer after the removal is news."""
        self._flags.update(removed)

    async def follow_flag(self, key: str, to: datetime) -> FlagView:
        """Takes a flag to `to`, when its release has closed; answers with how it stands then.

        Raises:
            NotFound: It never had a workflow.
        """
        try:
            await self._advance_flag(key, to)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise  # of a flag that is gone the end is still to be read
        return await read_flag(self._client, self._flag(key), Patience(), at=to)

    async def flag_history(self, key: str) -> tuple[FlagEntry, ...]:
        """Everything that happened to a flag."""
        return await read_history(self._client, self._flag(key), Patience())

    def _flag(self, key: str) -> str:
        return f"{self._plan.product}/{self._plan.environment}/{key}"

    async def _advance_release(self, to: datetime) -> int:
        self._now = to
        if self._closed:
            return self._seq
        try:
            # The SDK's types lose the await of an async update that has a description.
            found = cast("Advanced", await self._release.execute_update(ReleaseWorkflow.advance, to))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            # What was done last closed the release, which was quicker than this question.
            closed = await self._release.result()
            self._wakes, self._closed, self.head = None, True, closed.head
            return closed.seq
        self._wakes, self._closed, self.head = found.next_wakeup, found.closed, found.head
        return found.seq

    async def _advance_flag(self, key: str, to: datetime) -> datetime | None:
        """Takes a flag to `to`; answers with its next look, or None when it is gone."""
        id = f"flag/{self._flag(key)}"
        handle: WorkflowHandle[FlagWorkflow, FlagClosed] = self._client.get_workflow_handle_for(FlagWorkflow.run, id)
        found = await handle.execute_update(FlagWorkflow.advance, to)
        return None if found.closed else found.next_wakeup

    async def _entries(self, seq: int) -> tuple[Entry, ...]:
        entries: list[Entry] = []
        while self._seq < seq:
            page = await self._release.query(ReleaseWorkflow.ledger, self._seq)
            for line in page.lines:
                given = json.loads(line)
                del given["prev"]
                entries.append(_ENTRY.validate_python(given))
            self._seq = page.start + len(page.lines)
            self.head = page.head
        return tuple(entries)

    async def _ask(self, request: Request) -> Refusal | None:
        for _ in range(_TRIES):
            try:
                answer = await self._release.execute_update(ReleaseWorkflow.act, request)
            except WorkflowUpdateFailedError as failed:
                error = failed.cause
                if not isinstance(error, ApplicationError):
                    raise
                if error.type == _BUSY:
                    await asyncio.sleep(0.05)
                    continue
                return Refusal(error.type or "gonogo.refused", error.message)
            return None if answer.accepted else Refusal(answer.code, answer.message)
        raise RuntimeError(f"the release did not answer {request.command.type} after {_TRIES} tries")


@asynccontextmanager
async def live_world(
    client: Client, plan: Plan, actor: Actor, starts: datetime, adapters: Adapters
) -> AsyncIterator[LiveWorld]:
    """A release of `plan`, launched at `starts` by `actor`, on a worker of its own that answers with `adapters`."""
    queue = f"{TASK_QUEUE}-{plan.product}-{plan.version}-{id(adapters)}"
    worker = build_worker(
        client,
        adapters=adapters,
        desk=TemporalFlagDesk(client, task_queue=queue),
        task_queue=queue,
        trust_local=True,
        simulation=True,
    )
    try:
        async with asyncio.timeout(None) as limit, worker:
            handle = await client.start_workflow(
                ReleaseWorkflow.run,
                Launch(plan=plan, actor=actor, driven_from=starts),
                id=workflow_id(plan.release_id),
                task_queue=queue,
            )
            yield LiveWorld(client, plan, handle)
            limit.reschedule(asyncio.get_running_loop().time() + _ENDS_WITHIN_S)
    except TimeoutError:
        # Seen once, on a machine that was busy for minutes: a worker with nothing to do that never ended.
        if not limit.expired():
            raise
        _log.warning("the simulation's worker did not end in time and is left behind", seconds=_ENDS_WITHIN_S)
