"""The demo's first part: a real release cycle of Kubernetes, simulated at its own dates."""

import asyncio
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.text import Text

from gonogo.client.people import read_people_path
from gonogo.client.plan_file import read_plan_path
from gonogo.domain.state import State

from .demo_picture import Marks, Track, chart
from .demo_stage import DemoFailed, Screen
from .simulate import run_simulation
from .simulate_report import ProgressLine
from .simulate_result import EventLine, SimulationResult

EXAMPLE = Path(__file__).parents[3] / "examples" / "kubernetes"
"""Where a clone has the cycle: a wheel does not hold it."""
_CYCLE = "v1.33.json"
_TIMES = 40.0
"""Seconds that the simulation may take: three times what it takes on two cores."""
_STYLES = {
    "ScopeFrozen": "cyan",
    "PollOpened": "cyan",
    "GoGiven": "bold green",
    "StageExposed": "blue",
    "ReleaseShipped": "bold green",
    "ReleaseClosed": "bold",
}
_TOLD = {
    *("ReleaseLaunched", "ExceptionRequested", "ExceptionApproved", "ExceptionRejected", "FeatureChanged"),
    *("VoteCast", "FlagSettled"),
    *_STYLES,
}
"""What is told; `gonogo simulate` has everything."""
_SCOPE = ("FeatureChanged", "ExceptionRejected")


async def show_cycle(screen: Screen, folder: Path) -> None:
    """Converts the cycle, simulates it, and shows it as a picture.

    Raises:
        DemoFailed: It cannot be converted, or takes too long.
    """
    screen.part("1", "Kubernetes 1.33: 15 weeks and 65 flags, by the workflow code that runs real releases")
    if not (EXAMPLE / _CYCLE).is_file():
        screen.say("The cycle's data is in the repository only, not in the installed package: this part is left out.")
        return
    screen.typed(f"python examples/kubernetes/plan.py examples/kubernetes/{_CYCLE} --out {folder}")
    await _convert(folder)
    plan_file, people_file = folder / "plan.yaml", folder / "people.yaml"
    screen.typed(f"gonogo simulate {plan_file} --people {people_file}")
    plan = read_plan_path(plan_file)
    track, began = Track(), time.monotonic()
    with ProgressLine(sys.stdout) as line:

        def progress(at: datetime, state: State) -> None:
            track.tell(at, state)
            line.tell(at, state)

        try:
            async with asyncio.timeout(_TIMES):
                result = await run_simulation(plan, read_people_path(people_file, plan), progress=progress)
        except TimeoutError:
            raise DemoFailed(f"the simulation was not done after {_TIMES:g} s") from None
    _picture(screen.console, result, track)
    if result.outcome != "completed":
        raise DemoFailed(f"the simulated release is {result.outcome}, not completed: {result.why}")
    screen.say(f"Simulated in {time.monotonic() - began:.0f} s, on a private server that is gone again.")


async def _convert(folder: Path) -> None:
    program = [sys.executable, str(EXAMPLE / "plan.py"), str(EXAMPLE / _CYCLE), "--out", str(folder)]
    made = await asyncio.create_subprocess_exec(
        *program, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, said = await made.communicate()
    if made.returncode:
        raise DemoFailed(f"{shutil.which('python') or 'python'} plan.py: {said.decode(errors='replace').strip()}")


def _picture(console: Console, result: SimulationResult, track: Track) -> None:
    marks = [
        Marks("late requests", _instants(result, "ExceptionRequested")),
        Marks("items done", _instants(result, "ItemChanged")),
        Marks("votes", _instants(result, "VoteCast")),
        Marks("flags settled", _instants(result, "FlagSettled")),
    ]
    console.print()
    console.print(chart(track, marks, width=console.width, axis="{:%-d %b}".format, step=timedelta(days=14)))
    console.print()
    for line in timeline(result.events, console.width):
        console.print(line, no_wrap=True, crop=True)
    console.print()
    out = f", {len(result.scope.out)} dropped on the way" if result.scope.out else ""
    shipped = f"shipped {result.released_at:%Y-%m-%d %H:%M}Z, the real day" if result.released_at else "did not ship"
    flags = {how: sum(f.settled == how for f in result.flags) for how in ("gone", "carried")}
    told = (
        f"{result.outcome}: {shipped}; {len(result.scope.ins)} features in{out}; "
        f"{flags['gone']} flags gone, {flags['carried']} carried on; {len(result.events)} entries in the ledger"
    )
    console.print(Text.assemble(("✓ ", "bold green"), told))


def _instants(result: SimulationResult, kind: str) -> list[datetime]:
    return [event.at for event in result.events if event.type == kind]


def timeline(events: Iterable[EventLine], width: int) -> Iterator[Text]:
    """A line for each kind of event on each day, as it first came; what left the scope is each a line of its own."""
    told = [event for event in events if event.type in _TOLD and not _first_of_two(event)]
    before = ""
    for (day, kind), events in _by_day_and_kind(told):
        first, *others = events
        more = f"  and {len(others)} more" if others else ""
        text = Text(first.summary, style=_STYLES.get(kind, ""))
        text.truncate(width - 18 - len(more), overflow="ellipsis")
        yield Text.assemble((f"{day if day != before else '':<17} ", "dim"), text, (more, "dim"))
        before = day


def _first_of_two(event: EventLine) -> bool:
    """True for an approval that grants nothing yet: a late request needs two."""
    return event.type == "ExceptionApproved" and " granted" not in event.summary


def _by_day_and_kind(events: list[EventLine]) -> Iterator[tuple[tuple[str, str], list[EventLine]]]:
    for day, of_day in groupby(events, key=lambda e: f"{e.at:%a %Y-%m-%d}"):
        kinds: dict[tuple[str, int], list[EventLine]] = {}
        for event in of_day:
            # What ends the release ends its day, too: one kind is told where it first came.
            kinds.setdefault((event.type, event.seq if _leaves(event) else 0), []).append(event)
        for (kind, _), found in kinds.items():
            yield (day, kind), found


def _leaves(event: EventLine) -> bool:
    """True for what left the scope, or never came in: dropped, deferred, rejected."""
    return event.type in _SCOPE and event.news == "bad"
