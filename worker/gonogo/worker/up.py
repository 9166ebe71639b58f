"""`gonogo up`: server, worker and the server's UI on one machine, with one command, and nothing left behind."""

import asyncio
import shlex
import time
from functools import partial
from pathlib import Path

from gonogo.client.home import HOME_VARIABLE, ProcessRecord, UpRecord, read_up

from . import server
from .lock import FolderHeld, FolderLock
from .processes import alive, end
from .settings import Settings
from .supervisor import READY, SERVER, SERVER_GRACE, SUPERVISOR, WORKER, Say, Supervisor, trust

_POLL = 0.05  # seconds between two looks at what another process does


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
    taken = await take(settings.home)
    if isinstance(taken, UpRecord):
        running = taken.processes[SUPERVISOR]
        say(f"gonogo is up already: process {running.pid}, since {taken.started}.")
        _describe(settings, taken, say=say)
        return 0
    try:
        describe = partial(_describe, settings, say=say)
        await Supervisor(settings, taken, program, say=say, describe=describe).run()
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
    grace = settings.stop_after + 2 * SERVER_GRACE
    gone = [await asyncio.to_thread(end, process, grace=grace) for process in running]
    if not all(gone):
        say(f"process {running[gone.index(False)].pid} cannot be ended.")
        return 1
    say("gonogo is down; open releases go on with the next `gonogo up`.")
    return 0


async def take(folder: Path, *, seconds: float = READY) -> FolderLock | UpRecord:
    """The lock on the data folder, or what runs there. Ends what a killed `gonogo up` left behind.

    Args:
        folder: The data folder.
        seconds: How long to wait for another one that starts or stops.

    Raises:
        FolderHeld: Neither could be had in that time; the message says who holds the folder.
    """
    deadline = time.monotonic() + seconds
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
                await asyncio.to_thread(end, processes[name], grace=SERVER_GRACE)
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


def _describe(settings: Settings, record: UpRecord, *, say: Say) -> None:
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
    say("  gonogo plan new --product shop --release 1.0.0 --out release.yaml")
    say("  gonogo launch release.yaml")
    say("  gonogo list                where releases stand; `gonogo why RELEASE` says what one waits for")
    say("Ctrl-C here or `gonogo down` stops it; open releases wait for the next `gonogo up`.")
