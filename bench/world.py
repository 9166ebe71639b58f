"""A real server, a worker and clients for the benches; everything on loopback, stopped at the end."""

import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from gonogo.adapters.memory import MemoryChecks, MemoryInbox, MemoryMetrics, memory_adapters
from gonogo.adapters.memory_desk import MemoryDesk
from gonogo.adapters.memory_flags import MemoryFlags
from gonogo.domain.commands import HumanCommand
from gonogo.domain.values import Actor
from gonogo.worker.bootstrap import WORKFLOWS, activities, workflow_runner
from gonogo.workflows.messages import Launch, Request
from gonogo.workflows.release import ReleaseWorkflow
from gonogo.workflows.search import ALL

from .bare import BareWorkflow, nothing
from .plans import service_plan

QUEUE = "bench"


@asynccontextmanager
async def world(*, cached: int = 4_000) -> AsyncIterator[Client]:
    """A client of a real server, with one worker for gonogo's workflows and for the bare one."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(Path(sysconfig.get_path("scripts"), "temporal")),
        dev_server_log_level="error",
        data_converter=pydantic_data_converter,
        search_attributes=list(ALL),
    ) as environment:
        adapters = memory_adapters(
            checks=MemoryChecks(), metrics=MemoryMetrics(), flags=MemoryFlags(), inbox=MemoryInbox()
        )
        async with Worker(
            environment.client,
            task_queue=QUEUE,
            workflows=[*WORKFLOWS, BareWorkflow],
            activities=[*activities(adapters, MemoryDesk(), trust_local=True, simulation=True), nothing],
            workflow_runner=workflow_runner(),
            max_cached_workflows=cached,
        ):
            yield environment.client


async def launch(client: Client, version: str, *, bake: str = "1s") -> WorkflowHandle[ReleaseWorkflow, object]:
    """A release of the measured plan."""
    plan = service_plan(version, bake, False)
    return await client.start_workflow(
        ReleaseWorkflow.run,
        Launch(plan=plan, actor=Actor(id="lena")),
        id=f"release/bench/{version}",
        task_queue=QUEUE,
    )


def request(person: str, command: HumanCommand, name: str) -> Request:
    """A command by a person."""
    return Request(request_id=name, actor=Actor(id=person), command=command)
