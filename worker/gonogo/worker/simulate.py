"""`gonogo simulate`: a release's whole life on the real workflow code, in seconds, at the plan's own dates."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gonogo.client.launching import refuse_stranded
from gonogo.client.people import People, read_people_path
from gonogo.client.plan_file import read_plan_path
from gonogo.domain.plan import Plan
from gonogo.domain.terms import TERMINAL
from gonogo.domain.values import Actor

from .driver import HORIZON, Progress, drive
from .flag_lives import follow
from .live_world import live_world
from .private_server import private_server
from .scene import Scene, launcher_of
from .simulate_report import ProgressLine, show
from .simulate_result import SimulationResult, after_line, result_of

_BEFORE = timedelta(days=1)


async def run_simulation(
    plan: Plan, people: People | None = None, *, progress: Progress | None = None
) -> SimulationResult:
    """Simulates a release on a private server.

    Args:
        plan: The normalised plan.
        people: Who answers what when. Default: everybody well, and in time.
        progress: Told of every instant.

    Raises:
        Refused: From the simulation's own start on, no slot is left, or no window ever opens.
        ServerMissing: The server's program is not installed.
        ServerFailed: The server did not serve.
    """
    people = people or People()
    scene, starts = Scene(people, plan), start_of(plan, people)
    refuse_stranded(plan, starts)
    async with (
        private_server() as client,
        live_world(client, plan, Actor(id=launcher_of(plan, people)), starts, scene.adapters) as world,
    ):
        told = await drive(
            world, people, starts=starts, changes=scene.changes(), removals=scene.removals, progress=progress
        )
        result, state = result_of(told, world.head), told.state
        if state is None or state.phase not in TERMINAL:
            return result
        ends, archived = starts + HORIZON, scene.archived
        lives = await follow(world, state, closed_at=told.entries[-1].at, ends=ends, archived=archived)
        return replace(result, flags_after=tuple(map(after_line, lives)))


def start_of(plan: Plan, people: People) -> datetime:
    """When the simulation begins: at `schedule.starts`, else a day before the first date that is named, else now."""
    if plan.schedule.starts is not None:
        return plan.schedule.starts
    slot = plan.schedule.slot
    named = [
        plan.scope.freeze_at,
        plan.schedule.not_before,
        slot - plan.poll.opens_before if slot else None,
        *(item.due_at for listed in plan.checklists.values() for item in listed.items),
        *(act.at for act in people.acts),
    ]
    known = [at for at in named if at is not None]
    return min(known) - _BEFORE if known else datetime.now(UTC).replace(microsecond=0)


async def command(plan: Path, *, people: Path | None = None, policy: Path | None = None, as_json: bool = False) -> int:
    """Simulates the plan in a file, and prints the timeline or JSON.

    Returns:
        The exit code: 0 when the release shipped, 1 when it did not, whatever the reason.

    Raises:
        PlanFileError: A file cannot be used.
    """
    read = read_plan_path(plan, policy)
    script = read_people_path(people, read) if people is not None else None
    with ProgressLine(sys.stderr) as line:
        result = await run_simulation(read, script, progress=line.tell)
    show(sys.stdout, result, in_json=as_json)
    return 0 if result.released_at is not None else 1
