"""Heartbeats for long activities: the server learns soon when their worker is gone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from temporalio import activity

EVERY_S = 2.0
"""Seconds between heartbeats: with the next one an activity hears that it was called off."""


@asynccontextmanager
async def beating(details: Callable[[], tuple[Any, ...]] = tuple) -> AsyncIterator[None]:
    """Heartbeats while the block runs, each with what `details` gives: what another try begins with."""

    async def beat() -> None:
        while True:
            # Most activities end before the first one: none of them costs the server a call.
            await asyncio.sleep(EVERY_S)
            activity.heartbeat(*details())

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
