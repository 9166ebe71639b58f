"""The process that keeps the embedded server and worker running, and ends them with itself."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError

from gonogo.client.home import HOME_VARIABLE, ProcessRecord, UpRecord, read_up, write_up
from gonogo.domain.values import format_instant

from . import server, tether
from .lock import FolderLock
from .pollers import pollers
from .processes import birth, record_of
from .settings import Settings

Say = Callable[[str], None]
"""Where lines for the person at the terminal go."""

SUPERVISOR, SERVER, WORKER = "supervisor", "server", "worker"
"""The processes of `gonogo up`, as `up.json` names them."""
READY = 30.0
"""Seconds that a server, a worker or another `gonogo up` has to become ready."""
SERVER_GRACE = 5.0
"""Seconds that the server has to close its database."""

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOG_LIMIT = 10_000_000  # bytes; a log that is longer is set aside when its program is next started
_STEADY = 10.0  # seconds after which a program counts as having started well
_TRIES = 3  # times in a row that a program may end by itself before that
_DELAYS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)  # seconds before it is started again
_SHOWN = 5  # lines of a program's log that are shown when it does not start
_POLL = 0.05  # seconds between two looks at something that cannot be waited for


class UpFailed(Exception):
    """The embedded engine could not be brought up, or does not stay up."""

    code = "up.failed"


def trust(settings: Settings) -> str:
    """What the embedded worker accepts as proof: local names, unless the environment says otherwise."""
    return settings.trust if "trust" in settings.model_fields_set else "local"


class Supervisor:
    """Runs server and worker, and starts each again when it ends."""

    def __init__(
        self,
        settings: Settings,
        lock: FolderLock,
        program: Path,
        *,
        say: Say,
        describe: Callable[[UpRecord], None],
    ) -> None:
        """Takes what it needs; nothing runs yet.

        Args:
            settings: The worker's settings.
            lock: The data folder's lock, which server and worker inherit.
            program: The server's program.
            say: Takes each line for the person at the terminal.
            describe: Called once everything is up.
        """
        self._settings, self._lock, self._program = settings, lock, program
        self._say, self._describe = say, describe
        self._folder = settings.home
        before = read_up(self._folder)
        self._ports = server.choose_ports(*((before.address, before.ui) if before else ()))
        self._address = f"{server.HOST}:{self._ports.server}"
        self._started = format_instant(datetime.now(UTC))
        self._records: dict[str, ProcessRecord] = {SUPERVISOR: record_of(os.getpid())}
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._client: Client | None = None
        self._ready: dict[str, asyncio.Event] = {SERVER: asyncio.Event(), WORKER: asyncio.Event()}

    async def run(self) -> None:
        """Runs both until SIGINT, SIGTERM or SIGHUP.

        Raises:
            UpFailed: The server or the worker does not start, or does not stay up.
        """
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        numbers = [each for each in _STOPS if signal.getsignal(each) is not signal.SIG_IGN]  # as under nohup
        for number in numbers:
            loop.add_signal_handler(number, stop.set)
        self._write()
        command = server.command(self._program, self._folder, self._ports)
        stopped = asyncio.create_task(stop.wait())
        kept = [asyncio.create_task(self._keep(SERVER, command, self._server_is_ready))]
        # Without the safe path, a folder of the user's that is named like a library would be imported instead of it.
        worker = [sys.executable, "-P", "-m", "gonogo.worker", "--tethered"]
        try:
            if await self._until(self._ready[SERVER], stopped, *kept):
                kept.append(asyncio.create_task(self._keep(WORKER, worker, self._worker_is_ready)))
                if await self._until(self._ready[WORKER], stopped, *kept):
                    self._write()
                    self._say("gonogo is up.")
                    self._describe(self._record())
                    await self._until(None, stopped, *kept)
        finally:
            for task in (stopped, *kept):
                task.cancel()
            await asyncio.gather(stopped, *kept, return_exceptions=True)
            await self._stop()
            for number in numbers:
                loop.remove_signal_handler(number)
        self._say("gonogo is down; open releases go on with the next `gonogo up`.")

    async def _stop(self) -> None:
        self._say("stopping ...")
        self._ready[WORKER].clear()
        try:
            self._write()
        finally:
            # The worker first: what its activities have under way still needs the server.
            await self._end(WORKER, self._settings.stop_after + 5.0)
            await self._end(SERVER, SERVER_GRACE)
        self._records.clear()
        self._write()

    async def _until(self, ready: asyncio.Event | None, stopped: asyncio.Task[bool], *kept: asyncio.Task[None]) -> bool:
        """Waits for `ready`. False: it was told to stop first. Raises when a program does not stay up."""
        waiting = asyncio.create_task(ready.wait()) if ready else None
        try:
            watched = {stopped, *kept, *((waiting,) if waiting else ())}
            await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            for task in kept:
                if task.done():
                    task.result()
            return not stopped.done()
        finally:
            if waiting:
                waiting.cancel()

    async def _keep(self, name: str, command: list[str], is_ready: Callable[[], Awaitable[bool]]) -> None:
        """Runs a program for ever.

        Raises:
            UpFailed: It ended by itself several times in a row, each time soon after it was started.
        """
        failures, short = 0, 0
        while True:
            process = await self._start(name, command)
            since = time.monotonic()
            waiting = asyncio.create_task(self._announce(name, is_ready))
            try:
                code = await process.wait()
            finally:
                waiting.cancel()
            steady = time.monotonic() - since > _STEADY
            # A negative code is a signal: somebody killed it, and that says nothing about the next time.
            failures = 0 if steady or code < 0 else failures + 1
            short = 0 if steady else short + 1
            if failures == _TRIES:
                raise UpFailed(
                    f"the {name} ended {failures} times in a row with exit code {code}; the end of {self._log(name)}:\n"
                    + "\n".join(self._log(name).read_text(encoding="utf-8", errors="replace").splitlines()[-_SHOWN:])
                )
            delay = _DELAYS[min(short, len(_DELAYS) - 1)]
            how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
            self._say(f"the {name} {how}; starting it again in {delay:g} s (log: {self._log(name)})")
            await asyncio.sleep(delay)

    async def _announce(self, name: str, is_ready: Callable[[], Awaitable[bool]]) -> None:
        again = self._ready[name].is_set()
        while not await is_ready():
            self._say(f"the {name} is not ready after {READY:g} s; still waiting (log: {self._log(name)})")
        self._ready[name].set()
        if again:
            self._say(f"the {name} is back.")

    async def _start(self, name: str, command: list[str]) -> asyncio.subprocess.Process:
        path = self._log(name)
        if path.exists() and path.stat().st_size > _LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", tether.__file__, str(os.getpid())),
                *command,
                env=self._environment(),
                stdin=asyncio.subprocess.PIPE,  # closed by the kernel when this process ends, however it ends
                stdout=log,
                stderr=log,
                pass_fds=(self._lock.descriptor,),
                start_new_session=True,  # Ctrl-C is for the supervisor alone: the worker must end before the server
            )
        self._running[name] = process
        # At once, so that whoever finds the folder held knows whom to end.
        if (born := birth(process.pid)) is not None:
            self._records[name] = ProcessRecord(pid=process.pid, birth=born)
            self._write()
        return process

    async def _server_is_ready(self) -> bool:
        self._client = await server.wait_serving(self._address, READY)
        return self._client is not None

    async def _worker_is_ready(self) -> bool:
        identity = f"{self._running[WORKER].pid}@{socket.gethostname()}"
        deadline = time.monotonic() + READY
        while time.monotonic() < deadline:
            if await self._polls(identity):
                return True
            await asyncio.sleep(_POLL)
        return False

    async def _polls(self, identity: str) -> bool:
        if self._client is None:
            return False
        try:
            return identity in {poller.identity for poller in await pollers(self._client, self._settings.task_queue)}
        except RPCError:
            return False  # the server is away, and is being started again

    def _environment(self) -> dict[str, str]:
        """The worker's environment: as ours, but the way to Temporal leads to our own server and no other."""
        env = {name: text for name, text in self._settings.env.items() if not name.startswith("TEMPORAL_")}
        # Its log is a file; who wants it otherwise says so.
        return (
            {"GONOGO_LOG": "json"}
            | env
            | {
                "TEMPORAL_ADDRESS": self._address,
                "TEMPORAL_NAMESPACE": server.NAMESPACE,
                "TEMPORAL_CONFIG_FILE": os.devnull,
                HOME_VARIABLE: str(self._folder),
                "GONOGO_TRUST": trust(self._settings),
            }
        )

    async def _end(self, name: str, grace: float) -> None:
        process = self._running.get(name)
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(grace):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _record(self) -> UpRecord:
        ui = f"http://{server.HOST}:{self._ports.ui}"
        ready = all(event.is_set() for event in self._ready.values())
        return UpRecord(address=self._address, ui=ui, started=self._started, processes=self._records, ready=ready)

    def _write(self) -> None:
        write_up(self._folder, self._record())
