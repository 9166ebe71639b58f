"""Memory per cached open release: a worker process of its own, before and after it has taken up many."""

import asyncio
import gc
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from temporalio.client import WorkflowHandle

from gonogo.workflows.release import ReleaseWorkflow

from .plans import service_plan
from .votes import open_releases
from .world import world


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


async def _settled(handles: list[WorkflowHandle[ReleaseWorkflow, object]]) -> None:
    """Until every release has got its calendar and its first checks."""
    for handle in handles:
        while True:
            found = await handle.query(ReleaseWorkflow.status, datetime.now(UTC))
            if found.phase == "readying" and all(k.status != "unclear" for k in found.checks):
                break
            await asyncio.sleep(0.05)


async def per_release_kb(number: int = 500) -> float:
    """KB for each of `number` cached open releases, measured in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.memory", str(number), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    found: float = json.loads(out.decode().strip().splitlines()[-1])["kb"]
    return found


if __name__ == "__main__":
    print(json.dumps({"kb": asyncio.run(_measure(int(sys.argv[1])))}), flush=True)
