"""Heartbeats for long activities: the server learns soon when their worker is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from temporalio import activity

EVERY_S = 5.0
"""Seconds between heartbeats."""


@asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """Heartbeats while the block runs."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(EVERY_S)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
