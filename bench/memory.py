"""Memory per cached open release: a worker process of its own, before and after it has taken up many.

The same is measured of a bare workflow that has run as many activities: what the SDK itself keeps for any workflow.
"""

import asyncio
import gc
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from temporalio.client import Client, WorkflowHandle

from gonogo.workflows.release import ReleaseWorkflow

from .bare import BareWorkflow, Shape
from .plans import service_plan
from .votes import open_releases
from .world import QUEUE, world

_ACTIVITIES = 5
"""What a release has run once it is open: admission, calendar, checks, messages, notes to flags."""


def _resident_kb() -> int:
    """Resident memory of this process, in KB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


async def _measure(number: int) -> float:
    async with world(cached=number * 2) as client:
        await _settled(await open_releases(client, 50, "0.9"))
        gc.collect()
        before = _resident_kb()
        await _settled(await open_releases(client, number, "1.9"))
        # The plans that were launched are the bench's own, and not what a worker holds.
        service_plan.cache_clear()
        gc.collect()
        return (_resident_kb() - before) / number


async def _measure_bare(number: int) -> float:
    async with world(cached=number * 2) as client:
        await _waiting(client, 50, "before")
        gc.collect()
        before = _resident_kb()
        await _waiting(client, number, "measured")
        gc.collect()
        return (_resident_kb() - before) / number


async def _waiting(client: Client, number: int, name: str) -> None:
    """Bare workflows that have run what an open release has by then, and wait for an update."""
    shape = Shape(activities=_ACTIVITIES, timers=0, updates=1)
    handles = [
        await client.start_workflow(BareWorkflow.run, shape, id=f"memory/{name}/{n}", task_queue=QUEUE)
        for n in range(number)
    ]
    for handle in handles:
        while True:
            if (await handle.describe()).history_length >= 4 + 6 * _ACTIVITIES:
                break
            await asyncio.sleep(0.05)


async def _settled(handles: list[WorkflowHandle[ReleaseWorkflow, object]]) -> None:
    """Until every release has got its calendar and its first checks."""
    for handle in handles:
        while True:
            found = await handle.query(ReleaseWorkflow.status, datetime.now(UTC))
            if found.phase == "readying" and all(k.status != "unclear" for k in found.checks):
                break
            await asyncio.sleep(0.05)


async def _measured(what: str, number: int) -> float:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.memory", what, str(number), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    found: float = json.loads(out.decode().strip().splitlines()[-1])["kb"]
    return found


async def per_release_kb(number: int = 500) -> tuple[float, float]:
    """KB for each of `number` cached open releases, and bare workflows, each measured in a process of its own."""
    return await _measured("release", number), await _measured("bare", number)


if __name__ == "__main__":
    measure = _measure if sys.argv[1] == "release" else _measure_bare
    print(json.dumps({"kb": asyncio.run(measure(int(sys.argv[2])))}), flush=True)
