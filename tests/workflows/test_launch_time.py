"""The first instant of a release is the same in every replay, whatever comes in while it is being launched."""

import asyncio

from temporalio.client import Client

from gonogo.client.audit import recorded, verify_all
from gonogo.client.release_client import ReleaseClient
from gonogo.domain.values import Actor
from tests.domain.worlds import make_plan

from .scenes import Surroundings, version

TIMES = 3
QUEUE = "launch-time"
"""Whether a question comes in during the first task is a matter of milliseconds."""


async def test_a_question_during_the_launch_changes_no_entry_of_the_ledger(server: Client) -> None:
    async with Surroundings().worker(server, QUEUE, simulation=False):
        client = ReleaseClient(server, actor=Actor(id="bob"), task_queue=QUEUE)
        for _ in range(TIMES):
            plan = make_plan(version=version())
            # `launch` asks for the ledger at once, and so do others.
            await asyncio.gather(client.launch(plan), client.launch(plan))
            await client.cancel(plan.release_id, reason="that was all")
            await server.get_workflow_handle(f"release/{plan.release_id}").result()
            runs = await client.history(plan.release_id)
            # The release has ended: this is what a replay makes of it.
            verify_all(await client.ledger(plan.release_id), tuple(recorded(runs)))
