"""A real server, a worker and clients for the benches; everything on loopback, stopped at the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from gonogo.activities.ports import FlagDesk, Notifier
from gonogo.adapters.memory import MemoryChecks, MemoryInbox, MemoryMetrics, memory_adapters
from gonogo.adapters.memory_desk import MemoryDesk
from gonogo.adapters.memory_flags import MemoryFlags
from gonogo.domain.commands import HumanCommand
from gonogo.domain.values import Actor
from gonogo.worker.bootstrap import WORKFLOWS, activities, workflow_runner
from gonogo.worker.private_server import private_server
from gonogo.workflows.messages import Launch, Request
from gonogo.workflows.release import ReleaseWorkflow

from .bare import BareWorkflow, nothing
from .plans import service_plan

QUEUE = "bench"


@asynccontextmanager
async def world(
    *, cached: int = 4_000, inbox: Notifier | None = None, desk: FlagDesk | None = None
) -> AsyncIterator[Client]:
    """A client of a real server, with one worker for gonogo's workflows and for the bare one."""
    async with private_server() as client:
        adapters = memory_adapters(
            checks=MemoryChecks(), metrics=MemoryMetrics(), flags=MemoryFlags(), inbox=inbox or MemoryInbox()
        )
        async with Worker(
            client,
            task_queue=QUEUE,
            workflows=[*WORKFLOWS, BareWorkflow],
            activities=[*activities(adapters, desk or MemoryDesk(), trust_local=True, simulation=True), nothing],
            workflow_runner=workflow_runner(),
            max_cached_workflows=cached,
        ):
            yield client


async def launch(client: Client, version: str, *, bake: str = "1s") -> WorkflowHandle[ReleaseWorkflow, object]:
    """A release of the measured plan."""
    plan = service_plan(version, bake, False)
    handle = await client.start_workflow(
        ReleaseWorkflow.run,
        Launch(plan=plan, actor=Actor(id="lena")),
        id=f"release/bench/{version}",
        task_queue=QUEUE,
    )
    while True:  # the worker says first what it lets the release do
        if (await handle.query(ReleaseWorkflow.ledger, 0)).seq:
            return handle
        await asyncio.sleep(0.1)


def request(person: str, command: HumanCommand, name: str) -> Request:
    """A command by a person."""
    return Request(request_id=name, actor=Actor(id=person), command=command)
