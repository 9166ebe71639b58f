"""Whole lives of releases against a bare workflow that issues the same number of activities, timers and updates."""

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle, WorkflowHistory

from gonogo.domain.commands import CastVote, SignOff
from gonogo.domain.terms import Choice
from gonogo.workflows.release import ReleaseWorkflow

from .bare import BareWorkflow
from .plans import ITEMS, VOTERS
from .shape import Shape
from .world import World, request

_BATCHES = 4
"""Batches in turn, ours and bare: the neighbours of this machine disturb both alike."""
_CAUSES = {
    "WORKFLOW_TASK": "workflow tasks",
    "ACTIVITY_TASK": "activities",
    "TIMER": "timers",
    "UPDATE": "updates",
    "SIGNALED": "signals",
    "UPSERT": "search attributes",
    "MARKER": "markers",
}


async def live(world: World, version: str) -> WorkflowHandle[ReleaseWorkflow, object]:
    """One release from launch to completed, everybody prompt."""
    handle = await world.launch(version)
    for item in ITEMS:
        await handle.execute_update(ReleaseWorkflow.act, request("quin", SignOff(item=item), f"sign-{item}"))
    question = await world.post.question(f"bench/{version}")
    for role, person in VOTERS.items():
        ballot = CastVote(request_id=question, role=role, choice=Choice.GO, ballot_id=f"b-{person}")
        await handle.execute_update(ReleaseWorkflow.act, request(person, ballot, f"vote-{person}"))
    await handle.result()
    return handle


def causes(history: WorkflowHistory) -> Counter[str]:
    """History events by cause."""
    found: Counter[str] = Counter()
    for event in history.events:
        name = EventType.Name(event.event_type)
        found[next((label for key, label in _CAUSES.items() if key in name), "start and end")] += 1
    return found


def shape_of(history: WorkflowHistory) -> Shape:
    """What a bare workflow must issue to be comparable."""
    names = Counter(EventType.Name(e.event_type) for e in history.events)
    return Shape(
        activities=names["EVENT_TYPE_ACTIVITY_TASK_SCHEDULED"] + names["EVENT_TYPE_MARKER_RECORDED"],
        timers=names["EVENT_TYPE_TIMER_STARTED"],
        updates=names["EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED"],
    )


async def bare(world: World, name: str, shape: Shape) -> None:
    """One bare workflow, from start to end."""
    handle = await world.bare(name, shape)
    for number in range(shape.updates):
        await handle.execute_update(BareWorkflow.act, "x" * 200, id=f"u{number}")
    await handle.result()


async def _spent(work: list[Coroutine[Any, Any, object]]) -> float:
    """Seconds until nine of ten are done.

    Under load the server fires single timers up to seven seconds late, of either kind: that would be all that is seen.
    """
    begun = time.perf_counter()
    ends: list[float] = []

    async def timed(one: Coroutine[Any, Any, object]) -> None:
        await one
        ends.append(time.perf_counter() - begun)

    await asyncio.gather(*map(timed, work))
    return ends[len(ends) * 9 // 10 - 1]


async def throughput(world: World, lives: int) -> tuple[float, float, Counter[str], Shape]:
    """Lives a second, bare workflows a second (in alternating batches), and the history of one life by cause."""
    first = await live(world, "0.1.0")
    history = await first.fetch_history()
    shape = shape_of(history)
    await bare(world, "warm", shape)
    spent = {"live": 0.0, "bare": 0.0}
    at_once = lives // _BATCHES
    for batch in range(_BATCHES):
        spent["live"] += await _spent([live(world, f"1.{batch}.{n}") for n in range(at_once)])
        spent["bare"] += await _spent([bare(world, f"{batch}-{n}", shape) for n in range(at_once)])
    done = at_once * 9 // 10 * _BATCHES
    return done / spent["live"], done / spent["bare"], causes(history), shape
