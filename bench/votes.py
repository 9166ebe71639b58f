"""Acknowledged votes against bare updates, one by one in turn; with few and with many open releases."""

import asyncio
import time
from itertools import count
from statistics import quantiles

from temporalio.client import WorkflowHandle

from gonogo.domain.commands import CastVote, OpenPoll
from gonogo.domain.terms import Choice
from gonogo.workflows.messages import Request
from gonogo.workflows.release import ReleaseWorkflow

from .bare import BareWorkflow
from .plans import VOTERS
from .shape import Shape
from .world import World, request

_numbers = count()


async def open_releases(world: World, number: int, prefix: str) -> list[WorkflowHandle[ReleaseWorkflow, object]]:
    """Launches releases, 50 at a time; they wait for people from then on."""
    handles: list[WorkflowHandle[ReleaseWorkflow, object]] = []
    for begin in range(0, number, 50):
        batch = range(begin, min(begin + 50, number))
        handles += await asyncio.gather(*(world.launch(f"{prefix}.{n}") for n in batch))
    return handles


async def _deciding(world: World, handle: WorkflowHandle[ReleaseWorkflow, object]) -> str:
    await handle.execute_update(ReleaseWorkflow.act, request("rita", OpenPoll(), f"open-{next(_numbers)}"))
    return await world.post.question(handle.id.removeprefix("release/"))


async def pairs(world: World, handles: list[WorkflowHandle[ReleaseWorkflow, object]], number: int) -> list[float]:
    """Ratios of paired calls: one vote, one bare update, alternating, over ten releases and ten bare workflows."""
    voted = handles[:10]
    questions = [await _deciding(world, h) for h in voted]
    bares = [await world.bare(f"votes-{next(_numbers)}", Shape(activities=0, timers=0, updates=10**9)) for _ in voted]
    people = [(r, p) for r, p in VOTERS.items() if r != "release_manager"]
    ratios: list[float] = []
    for n in range(number + 20):
        place = n % 10
        role, person = people[(n // 10) % len(people)]
        ballot = CastVote(
            request_id=questions[place],
            role=role,
            choice=Choice.ABSTAIN,
            reason="not yet",
            ballot_id=f"v{next(_numbers)}",
        )
        wanted = request(person, ballot, f"r{next(_numbers)}")

        async def vote(place: int = place, wanted: Request = wanted) -> float:
            begun = time.perf_counter()
            await voted[place].execute_update(ReleaseWorkflow.act, wanted)
            return time.perf_counter() - begun

        async def update(place: int = place, n: int = n) -> float:
            begun = time.perf_counter()
            await bares[place].execute_update(BareWorkflow.act, "x" * 300, id=f"u{n}")
            return time.perf_counter() - begun

        # Which of the two goes first alternates too: the second of a pair finds a warmer machine.
        if n % 2:
            one = await vote()
            other = await update()
        else:
            other = await update()
            one = await vote()
        if n >= 20:
            ratios.append(one / other)
    for handle in bares:
        await handle.terminate()
    return ratios


def spread(ratios: list[float]) -> tuple[float, float, float]:
    """Median, p90 and p99."""
    cuts = quantiles(ratios, n=100)
    return cuts[49], cuts[89], cuts[98]
