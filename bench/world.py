"""A real server, a worker and clients for the benches; everything on loopback, stopped at the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from gonogo.activities.ports import FlagDesk, Notifier
from gonogo.adapters.memory import MemoryChecks, MemoryMetrics, memory_adapters
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
from .post import Post
from .shape import Shape

_QUEUE = "bench"
_BARE_QUEUE = "bare"


@dataclass(frozen=True)
class World:
    """A server with its workers, and what people are told."""

    client: Client
    post: Post

    async def start(self, version: str) -> WorkflowHandle[ReleaseWorkflow, object]:
        """A release of the measured plan, begun."""
        return await self.client.start_workflow(
            ReleaseWorkflow.run,
            Launch(plan=service_plan(version, "1s", False), actor=Actor(id="lena")),
            id=f"release/bench/{version}",
            task_queue=_QUEUE,
        )

    async def launch(self, version: str) -> WorkflowHandle[ReleaseWorkflow, object]:
        """A release of the measured plan that goes on."""
        handle = await self.start(version)
        await self.post.launched(f"bench/{version}")
        return handle

    async def bare(self, name: str, shape: Shape) -> WorkflowHandle[BareWorkflow, int]:
        """A bare workflow, begun."""
        return await self.client.start_workflow(BareWorkflow.run, shape, id=f"bare/{name}", task_queue=_BARE_QUEUE)


@asynccontextmanager
async def world(
    *, cached: int = 4_000, inbox: Notifier | None = None, desk: FlagDesk | None = None
) -> AsyncIterator[World]:
    """A real server with two workers in this process: gonogo's, and one as the SDK makes it for the bare workflow."""
    async with private_server() as client:
        post = Post()
        adapters = memory_adapters(
            checks=MemoryChecks(), metrics=MemoryMetrics(), flags=MemoryFlags(), inbox=inbox or post
        )
        async with (
            Worker(
                client,
                task_queue=_QUEUE,
                workflows=WORKFLOWS,
                activities=activities(adapters, desk or MemoryDesk(), trust_local=True, simulation=True),
                workflow_runner=workflow_runner(),
                max_cached_workflows=cached,
            ),
            Worker(
                client,
                task_queue=_BARE_QUEUE,
                workflows=[BareWorkflow],
                activities=[nothing],
                max_cached_workflows=cached,
            ),
        ):
            yield World(client, post)


def request(person: str, command: HumanCommand, name: str) -> Request:
    """A command by a person."""
    return Request(request_id=name, actor=Actor(id=person), command=command)
