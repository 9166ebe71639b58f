"""A flag's own workflow on a real server, with memory adapters, under the driven clock: what its tests share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle

from gonogo.activities.ports import FlagClaim
from gonogo.adapters.memory import MemoryChecks, MemoryInbox, MemoryMetrics, memory_adapters
from gonogo.adapters.memory_flags import MemoryFlags
from gonogo.domain.facts import Fence, FlagTarget
from gonogo.domain.flag_notes import FlagNote, NoteKind
from gonogo.domain.flag_views import FlagView
from gonogo.domain.ledger import Ledger, Link, verify
from gonogo.domain.values import EVERYONE, NOBODY, Actor, exposure
from gonogo.worker.bootstrap import build_worker
from gonogo.worker.flag_desk import TemporalFlagDesk
from gonogo.workflows.flag import FlagWorkflow
from gonogo.workflows.flag_book import FLAG_ENTRY
from gonogo.workflows.flag_messages import FlagKill
from gonogo.workflows.messages import Advanced
from tests.domain.flag_life import about_the_flag

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
HALF = exposure(EVERYONE.audience.PERCENTAGE, 50)


class World:
    """A product with one flag, and everything that a release would say to it."""

    def __init__(self, client: Client, queue: str, *, flags: MemoryFlags, inbox: MemoryInbox) -> None:
        self.client, self.flags, self.inbox = client, flags, inbox
        self.product = f"shop-{uuid4().hex[:8]}"
        self.target = FlagTarget(key="x", environment="production", provider="file")
        self.desk = TemporalFlagDesk(client, task_queue=queue)
        self.queue = queue

    @property
    def handle(self) -> WorkflowHandle[FlagWorkflow, Any]:
        return self.client.get_workflow_handle_for(FlagWorkflow.run, f"flag/{self.product}/production/x")

    def note(self, kind: NoteKind, version: str, at: datetime, number: int = 1, **more: Any) -> FlagNote:
        release = f"{self.product}/{version}"
        about = about_the_flag(kind)
        return FlagNote(
            key=f"{release}/{number}/{kind}/x",
            kind=kind,
            release_id=release,
            product=self.product,
            flag=None if kind == "cycle" else "x",
            environment="production",
            provider="file",
            at=at,
            **{**about, **more},
        )

    async def tell(self, *notes: FlagNote) -> None:
        await self.desk.tell(notes, driven=True, at=notes[0].at)

    async def claim(self, version: str, at: datetime) -> Any:
        claim = FlagClaim(
            release_id=f"{self.product}/{version}", product=self.product, target=self.target, driven=True, at=at
        )
        return (await self.desk.claim((claim,)))[0]

    async def advance(self, to: datetime) -> Advanced:
        return await self.handle.execute_update(FlagWorkflow.advance, to)

    async def view(self, at: datetime = START) -> FlagView:
        return await self.handle.query(FlagWorkflow.flag, at)

    async def kill(self, who: str, request: str = "k1") -> Any:
        asked = FlagKill(request_id=request, actor=Actor(id=who), reason="it breaks checkout")
        return await self.handle.execute_update(FlagWorkflow.kill, asked)

    async def written(self, version: str, at: datetime, wanted: Any, epoch: int) -> None:
        fence = Fence(epoch=epoch, sequence=0)
        await self.flags.write(self.target, wanted, fence, key=f"{version}/{epoch}", at=at)
        await self.tell(self.note("written", version, at, epoch, exposure=wanted, original=NOBODY, fence=fence))

    async def events(self) -> list[str]:
        page = await self.handle.query(FlagWorkflow.ledger, 0)
        ledger = Ledger(tuple(line.encode() for line in page.lines), page.head)
        verify(ledger, link=Link(page.seq, page.head), form=FLAG_ENTRY)
        return [entry.event.type for entry in ledger.read(FLAG_ENTRY)]


@asynccontextmanager
async def world(
    client: Client, *, simulation: bool = True, inbox: MemoryInbox | None = None, **flags: Any
) -> AsyncIterator[World]:
    queue = f"flags-{uuid4().hex[:8]}"
    inbox = inbox or MemoryInbox()
    made = World(client, queue, flags=MemoryFlags(**flags), inbox=inbox)
    adapters = memory_adapters(checks=MemoryChecks(), metrics=MemoryMetrics(), flags=made.flags, inbox=inbox)
    worker = build_worker(
        client, adapters=adapters, desk=made.desk, task_queue=queue, trust_local=True, simulation=simulation
    )
    async with worker:
        yield made
