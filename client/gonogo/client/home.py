"""The data folder of the embedded engine, and what `gonogo up` says about itself in it.

Stdlib only: the client finds the embedded server with it, and the worker keeps its files there.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

HOME_VARIABLE = "GONOGO_HOME"
"""The environment variable that names the data folder."""

_RECORD = "up.json"


def home(env: Mapping[str, str] | None = None) -> Path:
    """The data folder, as an absolute path; it need not exist.

    `GONOGO_HOME` when it is set and not empty, else `.gonogo` in the current folder when there is one, else `.gonogo`
    in the user's home.

    Args:
        env: The environment. Default: the process's own.
    """
    given = (os.environ if env is None else env).get(HOME_VARIABLE)
    if given:
        return Path(given).expanduser().absolute()
    here = Path.cwd() / ".gonogo"
    return here if here.is_dir() else Path.home() / ".gonogo"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRecord:
    """A process, named so that another one with a recycled id is never taken for it."""

    pid: int
    """Its id."""
    birth: str
    """When it was started, in the words of this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpRecord:
    """What `gonogo up` writes about itself: `up.json` in the data folder. It stays when nothing runs any more."""

    address: str
    """Where the server serves, `127.0.0.1:<port>`: the same after a restart."""
    ui: str
    """URL of the server's own web UI."""
    started: str
    """When this `gonogo up` was started: an instant in UTC."""
    processes: Mapping[str, ProcessRecord] = field(default_factory=dict)
    """`supervisor`, `server` and `worker`, each once it was started; empty after `gonogo up` was stopped."""
    ready: bool = False
    """True from when the server first served and the worker first asked for work."""


def read_up(folder: Path) -> UpRecord | None:
    """What `gonogo up` last said in `folder`; None when it never ran there, or when its file cannot be read.

    A file that cannot be read is as good as none: the next `gonogo up` writes it anew.
    """
    try:
        said = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        processes = {str(name): ProcessRecord(**given) for name, given in said.pop("processes").items()}
        record = UpRecord(**said, processes=processes)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    texts = (record.address, record.ui, record.started, *(process.birth for process in processes.values()))
    return record if all(isinstance(text, str) for text in texts) else None


def write_up(folder: Path, record: UpRecord) -> None:
    """Replaces `up.json` in one step, so that no reader ever sees half of it."""
    draft = folder / f"{_RECORD}.{os.getpid()}"
    draft.write_text(json.dumps(asdict(record), indent=2) + "\n", encoding="utf-8")
    draft.replace(folder / _RECORD)


def embedded_address(folder: Path) -> str | None:
    """Where the embedded server of `folder` serves when it runs; None when `gonogo up` never ran there."""
    record = read_up(folder)
    return record.address if record else None
