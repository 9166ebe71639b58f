"""What a worker says of itself in the data folder, by which `gonogo doctor` knows what to look for."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from gonogo.client.home import ProcessRecord

from .processes import alive, record_of

_RECORD = "worker.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """A worker that runs, or ran."""

    host: str
    """The machine, or container, that it runs on."""
    identity: str
    """What it calls itself towards the server."""
    process: ProcessRecord
    """The process."""


@contextmanager
def announced(folder: Path, identity: str) -> Iterator[None]:
    """Says in `folder` that this process is a worker, for as long as the block runs.

    Raises:
        OSError: The folder cannot be made or written to.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mine = Presence(host=socket.gethostname(), identity=identity, process=record_of(os.getpid()))
    draft = folder / f"{_RECORD}.{os.getpid()}"
    draft.write_text(json.dumps(asdict(mine), indent=2) + "\n", encoding="utf-8")
    draft.replace(folder / _RECORD)
    try:
        yield
    finally:
        if _read(folder) == mine:
            with suppress(OSError):
                (folder / _RECORD).unlink()


def worker_here(folder: Path) -> Presence | None:
    """The worker that runs on this machine and uses `folder`; None when none does."""
    presence = _read(folder)
    if presence is None or presence.host != socket.gethostname():
        return None
    return presence if alive(presence.process) else None


def _read(folder: Path) -> Presence | None:
    try:
        said = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        return Presence(host=said["host"], identity=said["identity"], process=ProcessRecord(**said["process"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
