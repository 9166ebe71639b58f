"""Processes told apart for certain: by id and by when they were started, since ids are used again."""

import os
import signal
import subprocess
import time
from pathlib import Path

from gonogo.client.home import ProcessRecord

_PROC = Path("/proc")
_POLL = 0.02  # seconds between two looks at a process that is not our child: nothing else tells that it ended


def birth(pid: int) -> str | None:
    """When the process `pid` was started, in the words of this machine; None when it has ended."""
    if (_PROC / "self/stat").exists():
        try:
            # The name, in brackets, may hold spaces and brackets of its own; what follows it does not.
            fields = (
                (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            )
        except OSError:
            return None
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        # Fields 3 and 22 of stat(5): the state, and the start in clock ticks since the machine was started.
        return None if fields[0] in "ZX" else f"{boot}:{fields[19]}"
    shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip() or None


def record_of(pid: int) -> ProcessRecord:
    """The record of the running process `pid`.

    Raises:
        ProcessLookupError: There is no such process.
    """
    born = birth(pid)
    if born is None:
        raise ProcessLookupError(f"there is no process {pid}")
    return ProcessRecord(pid=pid, birth=born)


def alive(process: ProcessRecord) -> bool:
    """True while that very process runs, and not merely one with its id."""
    return birth(process.pid) == process.birth


def send(process: ProcessRecord, number: signal.Signals) -> None:
    """Sends a signal to that very process; nothing happens when it has ended."""
    if alive(process):
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            return


def wait_gone(process: ProcessRecord, seconds: float) -> bool:
    """Waits until the process has ended, at most `seconds`. False: it still runs."""
    deadline = time.monotonic() + seconds
    while alive(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True


def end(process: ProcessRecord, *, grace: float) -> bool:
    """Ends that very process: asks it to, and after `grace` seconds makes it. False: it still runs."""
    send(process, signal.SIGTERM)
    if wait_gone(process, grace):
        return True
    send(process, signal.SIGKILL)
    return wait_gone(process, 5)
