"""The demo's embedded engine: the same as `gonogo up`, in a folder of its own, gone when the block ends."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gonogo.client.home import UpRecord

from . import server
from .demo_stage import DemoFailed
from .lock import FolderLock
from .settings import read_settings
from .supervisor import READY, Supervisor

_AUDIT_S = 30.0


class Interrupted(Exception):
    """Somebody stopped the demo."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Server and worker that run."""

    record: UpRecord
    """Where they serve."""
    task_queue: str
    """Where the worker listens."""
    supervisor: "asyncio.Task[None]"
    """What keeps them running; it ends when somebody stops the demo."""

    async def unless_stopped(self, doing: Coroutine[Any, Any, None]) -> None:
        """Does it.

        Raises:
            Interrupted: Somebody stopped the demo first.
            UpFailed: Server or worker does not stay up.
        """
        task = asyncio.create_task(doing)
        try:
            await asyncio.wait({task, self.supervisor}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                self.supervisor.result()
                raise Interrupted
            task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def engine(folder: Path) -> AsyncIterator[Engine]:
    """Server and worker on the data folder `folder`, as the environment says it.

    Raises:
        DemoFailed: They are not ready in time.
        Interrupted: Somebody stopped the demo.
        ServerMissing: The server is not installed.
        UpFailed: The server or the worker does not start.
    """
    settings, program, lock = read_settings(), server.binary(), FolderLock(folder)
    told: list[str] = []
    up: asyncio.Future[UpRecord] = asyncio.get_running_loop().create_future()
    supervisor = Supervisor(settings, lock, program, say=told.append, describe=up.set_result)
    running = asyncio.create_task(supervisor.run())
    try:
        either: set[asyncio.Future[Any]] = {up, running}
        await asyncio.wait(either, timeout=2 * READY, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
            raise Interrupted
        if not up.done():
            raise DemoFailed(f"the embedded engine is not ready after {2 * READY:g} s: {'; '.join(told)}; see {folder}")
        yield Engine(up.result(), settings.task_queue, running)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        up.cancel()
        lock.release()


async def gonogo(*tokens: str) -> str:
    """What a gonogo command prints.

    Raises:
        DemoFailed: It says no.
    """
    program = (sys.executable, "-P", "-m", "gonogo.cli.main", *tokens)
    pipe = asyncio.subprocess.PIPE
    run = await asyncio.create_subprocess_exec(*program, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe)
    try:
        async with asyncio.timeout(_AUDIT_S):
            out, err = await run.communicate()
    except TimeoutError:
        raise DemoFailed(f"gonogo {' '.join(tokens)}: not done after {_AUDIT_S:g} s") from None
    finally:
        if run.returncode is None:
            run.kill()
            await run.wait()
    if run.returncode:
        raise DemoFailed(f"gonogo {' '.join(tokens)} ended with {run.returncode}: {err.decode(errors='replace')}")
    return out.decode()
