"""`gonogo up`, `down`, `worker`, `doctor`, `simulate`, `demo`: what needs the extra `worker`."""

import importlib
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from .exits import UsageError
from .plans import PlanFile, PolicyFile

AsJson = Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON.")]


class ExtraMissing(UsageError):
    """The extra `worker` is not installed."""

    code = "extra.missing"


def _worker(module: str) -> Any:
    try:
        return importlib.import_module(f"gonogo.worker.{module}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("gonogo"):
            raise
        raise ExtraMissing(f"{error.name!r} is not installed: pip install 'gonogo[worker]'") from error


def _say(line: str) -> None:
    print(line, flush=True)


async def up() -> int:
    """Run the embedded engine until it is interrupted."""
    settings = _worker("settings").read_settings()
    return int(await _worker("up").run_up(settings, say=_say))


async def down() -> int:
    """Stop the embedded engine."""
    settings = _worker("settings").read_settings()
    return int(await _worker("up").run_down(settings, say=_say))


async def worker() -> int:
    """Run a worker against the configured server until it is interrupted."""
    settings = _worker("settings").read_settings()
    return int(await _worker("main").run_worker(settings))


async def doctor(*, as_json: AsJson = False) -> int:
    """Check that everything that gonogo needs is there."""
    settings = _worker("settings").read_settings()
    return int(await _worker("doctor").run_doctor(settings, say=_say, as_json=as_json))


async def simulate(
    plan: PlanFile,
    /,
    *,
    people: Annotated[
        Path | None, Parameter(help="Who answers what and when, and what the world says. Default: all goes well.")
    ] = None,
    policy: PolicyFile = None,
    as_json: AsJson = False,
) -> int:
    """Run a plan's whole life in seconds."""
    return int(await _worker("simulate").command(plan, people=people, policy=policy, as_json=as_json))


async def demo() -> int:
    """See two releases from beginning to end."""
    return int(await _worker("demo").command())
