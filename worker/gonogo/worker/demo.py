"""`gonogo demo`: two releases from beginning to end, one simulated, one in real time, and nothing left running."""

import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

from .demo_cycle import show_cycle
from .demo_engine import Interrupted, gonogo
from .demo_service import show_service
from .demo_stage import DemoFailed, Screen, own_environment

_LONGEST = 300.0
"""Seconds after which the demo gives up, whatever it waits for."""
_INTERRUPTED = 130


async def command() -> int:
    """Plays the demo. Answers with the exit code: 0 when everything came out as it should."""
    screen, began = Screen(), time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="gonogo-demo-"))
    try:
        with own_environment(folder):
            async with asyncio.timeout(_LONGEST):
                await show_cycle(screen, folder / "kubernetes")
                exported = await show_service(screen, folder)
                await _audit(screen, exported)
    except (Interrupted, asyncio.CancelledError):
        return _stopped(screen, folder)
    except Exception as error:  # noqa: BLE001  # whatever it was: it is said, and nothing is left running
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            return _stopped(screen, folder)  # Temporal's client makes an error of its own of Ctrl-C
        known = isinstance(error, DemoFailed) or hasattr(error, "code")
        screen.say(f"The demo failed: {error if known else repr(error)}")
        screen.say(f"Nothing runs any more. Logs and data: {folder}")
        return 1
    _look_around(screen, folder, exported)
    screen.say(f"Done in {time.monotonic() - began:.0f} s. Nothing is left running.")
    return 0


def _stopped(screen: Screen, folder: Path) -> int:
    screen.say(f"Stopped; nothing runs any more. What there was is in {folder}")
    return _INTERRUPTED


async def _audit(screen: Screen, exported: Path) -> None:
    """What an auditor does with the file, now that the engine is gone."""
    screen.say("The engine is down. The file alone says what happened, and proves it:")
    screen.typed(f"gonogo audit verify {exported}")
    screen.say((await gonogo("audit", "verify", str(exported))).strip())
    screen.typed(f"gonogo audit replay {exported}")
    screen.say((await gonogo("audit", "replay", str(exported))).strip())
    screen.typed(f"gonogo audit show {exported}")
    shown = (await gonogo("audit", "show", str(exported))).splitlines()
    for line in shown[-3:]:
        screen.say(line)
    screen.say(f"(the last 3 of its {len(shown)} lines)")


def _look_around(screen: Screen, folder: Path, exported: Path) -> None:
    screen.part("4", "Look around")
    scripts = Path(sys.executable).parent
    # `make demo` is called by people who have no virtual environment active.
    path = [] if shutil.which("gonogo") else [(f"export PATH={scripts}:$PATH", "how to find gonogo")]
    for told, what in (
        *path,
        (f"gonogo audit show {exported}", "everything that happened"),
        (f"GONOGO_HOME={folder} gonogo up", "the engine with this release in it; `gonogo list` then"),
        ("gonogo plan new --help", "write a plan of your own"),
        (f"gonogo simulate {folder / 'release.yaml'}", "a release's whole life in seconds"),
        (f"rm -r {folder}", "the demo left this folder, and nothing else"),
    ):
        screen.aside(f"# {what}")
        screen.typed(told)
