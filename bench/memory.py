"""Memory per cached open release: a worker process of its own, before and after it has taken up many.

The same is measured of a bare workflow that has run as many activities: what the SDK itself keeps for any workflow.
"""

import asyncio
import ctypes
import gc
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHandle

from gonogo.activities.ports import FlagClaim, Message
from gonogo.domain.flag_notes import FlagNote
from gonogo.domain.reports import ClaimAnswer

from .plans import service_plan
from .shape import Shape
from .world import World, world

Start = Callable[[World, str], Awaitable[WorkflowHandle[Any, Any]]]
"""Starts one of what is measured, under a name."""

_ACTIVITIES = 4
"""What a release has run once it is open: admission, checks, messages, notes to flags."""
_BATCH = 50


class _Forgetful:
    """A channel and a flag desk that keep nothing: what the memory ones keep is the bench's own."""

    async def deliver(self, message: Message, params: Mapping[str, Any]) -> None:
        """Takes the message."""

    async def claim(self, claims: tuple[FlagClaim, ...]) -> tuple[ClaimAnswer, ...]:
        """Grants nothing: no measured release rolls out."""
        return ()

    async def tell(self, notes: tuple[FlagNote, ...], *, driven: bool, at: datetime) -> None:
        """Takes the notes."""


def _resident_kb() -> int:
    """Resident memory of this process, in KB, without what is free already."""
    # The plans that were launched are the bench's own, and not what a worker holds.
    service_plan.cache_clear()
    gc.collect()
    if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


async def _measure(start: Start, number: int) -> float:
    """KB for each of `number` workflows, after as many: by then what a worker needs once is there."""
    forgetful = _Forgetful()
    async with world(cached=number * 4, inbox=forgetful, desk=forgetful) as around:
        await _open(around, start, number, "first")
        before = _resident_kb()
        await _open(around, start, number, "second")
        return (_resident_kb() - before) / number


async def _open(around: World, start: Start, number: int, name: str) -> None:
    for begin in range(0, number, _BATCH):
        batch = range(begin, min(begin + _BATCH, number))
        for handle in [await start(around, f"{name}.{n}") for n in batch]:
            await _rests(handle)


async def _rests(handle: WorkflowHandle[Any, Any]) -> None:
    """Until it has run its activities and waits for people. It is asked nothing: a query leaves its answer there."""
    while True:
        found = (await handle.describe()).raw_description
        under_way = found.pending_activities or found.HasField("pending_workflow_task")
        if not under_way and found.workflow_execution_info.history_length >= 4 + 4 * _ACTIVITIES:
            return
        await asyncio.sleep(0.05)


async def _start_release(around: World, version: str) -> WorkflowHandle[Any, Any]:
    return await around.start(version)


async def _start_bare(around: World, name: str) -> WorkflowHandle[Any, Any]:
    return await around.bare(name, Shape(activities=_ACTIVITIES, timers=0, updates=1))


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
    starts: dict[str, Start] = {"release": _start_release, "bare": _start_bare}
    print(json.dumps({"kb": asyncio.run(_measure(starts[sys.argv[1]], int(sys.argv[2])))}), flush=True)
