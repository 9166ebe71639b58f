"""`gonogo up`: server, worker and the server's UI on one machine, with one command, and nothing left behind."""

import asyncio
import os
import shlex
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
from .lock import FolderHeld, FolderLock
from .pollers import pollers
from .processes import alive, birth, end, record_of
from .settings import Settings

Say = Callable[[str], None]
"""Where lines for the person at the terminal go."""

SUPERVISOR, SERVER, WORKER = "supervisor", "server", "worker"
"""The processes of `gonogo up`, as `up.json` names them."""

_LOG_LIMIT = 10_000_000  # bytes; a log that is longer is set aside when its program is next started
_READY = 30.0  # seconds that a server, a worker or another `gonogo up` has to become ready
_STEADY = 10.0  # seconds after which a program counts as having started well
_TRIES = 4  # times in a row that a program may end by itself before that
_DELAYS = (0.1, 0.5, 2.0, 5.0, 10.0)  # seconds before it is started again
_SERVER_GRACE = 10.0  # seconds for the server to close its database
_POLL = 0.05  # seconds between two looks at something that cannot be waited for


class UpFailed(Exception):
    """The embedded engine could not be brought up, or does not stay up."""

    code = "up.failed"


async def run_up(settings: Settings, *, say: Say) -> int:
    """Brings everything up and keeps it up until SIGINT, SIGTERM or SIGHUP; attaches when it is up already.

    Call it from the main thread: the kernel ties the server's life to that of the thread that started it.

    Args:
        settings: The worker's settings. Unless they name a trust, local names count.
        say: Takes each line for the person at the terminal.

    Returns:
        The exit code: 0 when it was stopped as asked, or runs already.

    Raises:
        FolderHeld: Another process holds the data folder, and is no `gonogo up` that could be attached to.
        UpFailed: The server or the worker does not start.
        ServerMissing: The server is not installed.
    """
    program = server.binary()
    taken = await _take_or_attach(settings.home)
    if isinstance(taken, UpRecord):
        running = taken.processes[SUPERVISOR]
        say(f"gonogo is up already: process {running.pid}, since {taken.started}.")
        _describe(settings, taken, say)
        return 0
    try:
        await _Supervisor(settings, taken, program, say).run()
    finally:
        taken.release()
    return 0


async def run_down(settings: Settings, *, say: Say) -> int:
    """Stops the `gonogo up` of the data folder; open releases wait for the next one.

    Returns:
        The exit code: 0 when nothing runs any more.
    """
    record = read_up(settings.home)
    running = [process for process in (record.processes.values() if record else ()) if alive(process)]
    if not running:
        say(f"nothing runs in {settings.home}.")
        return 0
    # The supervisor comes first and ends the others; the rest is for the case that it was killed.
    grace = settings.stop_after + 2 * _SERVER_GRACE
    gone = [await asyncio.to_thread(end, process, grace=grace) for process in running]
    if not all(gone):
        say(f"process {running[gone.index(False)].pid} cannot be ended.")
        return 1
    say("gonogo is down; open releases go on with the next `gonogo up`.")
    return 0


async def _take_or_attach(folder: Path) -> FolderLock | UpRecord:
    """The lock on the folder, or what runs there. Ends what a killed `gonogo up` left behind."""
    deadline = time.monotonic() + _READY
    while True:
        try:
            return FolderLock(folder)
        except FolderHeld:
            record = read_up(folder)
        processes = record.processes if record else {}
        supervisor = processes.get(SUPERVISOR)
        if supervisor and alive(supervisor):
            if record and record.ready:
                return record
        else:
            # Or it was started a moment ago and has not written its record: then these ended long ago.
            for name in {WORKER, SERVER} & processes.keys():
                await asyncio.to_thread(end, processes[name], grace=_SERVER_GRACE)
        if time.monotonic() > deadline:
            raise FolderHeld(_who_holds(folder, supervisor))
        await asyncio.sleep(_POLL)


def _who_holds(folder: Path, supervisor: ProcessRecord | None) -> str:
    if supervisor and alive(supervisor):
        return f"process {supervisor.pid} holds {str(folder)!r} and is not ready: see server.log and worker.log there"
    return (
        f"a process that up.json does not name holds {str(folder)!r}: "
        f"find it with `fuser {folder / 'up.lock'}` and end it, or use another folder with {HOME_VARIABLE}"
    )


def trust(settings: Settings) -> str:
    """What the embedded worker accepts as proof: local names, unless the environment says otherwise."""
    return settings.trust if "trust" in settings.model_fields_set else "local"


def _describe(settings: Settings, record: UpRecord, say: Say) -> None:
    """What runs, and what to do next."""
    folder = settings.home
    say(f"  server       {record.address}")
    say(f"  server's UI  {record.ui}")
    say(f"  data folder  {folder} (database and logs)")
    if trust(settings) == "local":
        say("  trust        local: names are not proved, so anybody on this machine can act as anybody else")
    if address := settings.env.get("TEMPORAL_ADDRESS"):
        say(f"  beware       TEMPORAL_ADDRESS is {address!r}: other gonogo commands go there until it is unset")
    say("")
    say("Next, in another terminal:")
    if given := settings.env.get(HOME_VARIABLE):
        say(f"  export {HOME_VARIABLE}={shlex.quote(given)}")
    say("  gonogo plan new --help     write a release plan")
    say("  gonogo launch release.yaml")
    say("  gonogo status              where releases stand; `gonogo why` says what they wait for")
    say("Ctrl-C here or `gonogo up --down` stops it; open releases wait for the next `gonogo up`.")


class _Supervisor:
    """Runs server and worker, and starts each again when it ends."""

    def __init__(self, settings: Settings, lock: FolderLock, program: Path, say: Say) -> None:
        self._settings, self._lock, self._program, self._say = settings, lock, program, say
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
        """Returns when it was told to stop."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
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
                    _describe(self._settings, self._record(), self._say)
                    await self._until(None, stopped, *kept)
        finally:
            for task in (stopped, *kept):
                task.cancel()
            await asyncio.gather(stopped, *kept, return_exceptions=True)
            if stop.is_set():
                self._say("stopping ...")
            # The worker first: what its activities have under way still needs the server.
            await self._end(WORKER, self._settings.stop_after + 5.0)
            await self._end(SERVER, _SERVER_GRACE)
            self._records.clear()
            self._ready[WORKER].clear()
            self._write()
        self._say("gonogo is down; open releases go on with the next `gonogo up`.")

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
                raise UpFailed(f"the {name} ended {failures} times with exit code {code}: see {self._log(name)}")
            delay = _DELAYS[min(short, len(_DELAYS) - 1)]
            how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
            self._say(f"the {name} {how}; starting it again in {delay:g} s (log: {self._log(name)})")
            await asyncio.sleep(delay)

    async def _announce(self, name: str, is_ready: Callable[[], Awaitable[bool]]) -> None:
        again = self._ready[name].is_set()
        while not await is_ready():
            self._say(f"the {name} is not ready after {_READY:g} s; still waiting (log: {self._log(name)})")
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
        client = await server.wait_serving(self._address, _READY)
        if client is None:
            return False
        await server.keep_histories(client)
        self._client = client
        return True

    async def _worker_is_ready(self) -> bool:
        identity = f"{self._running[WORKER].pid}@{socket.gethostname()}"
        deadline = time.monotonic() + _READY
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
        return env | {
            "TEMPORAL_ADDRESS": self._address,
            "TEMPORAL_NAMESPACE": server.NAMESPACE,
            "TEMPORAL_CONFIG_FILE": os.devnull,
            HOME_VARIABLE: str(self._folder),
            "GONOGO_TRUST": trust(self._settings),
            "GONOGO_LOG": "json",
        }

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
