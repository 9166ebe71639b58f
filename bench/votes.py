"""Acknowledged votes against bare updates, one by one in turn; with few and with many open releases."""

import asyncio
import time
from datetime import UTC, datetime
from itertools import count
from statistics import quantiles

from temporalio.client import Client, WorkflowHandle

from gonogo.domain.commands import CastVote, OpenPoll
from gonogo.domain.terms import Choice
from gonogo.workflows.messages import Request
from gonogo.workflows.release import ReleaseWorkflow

from .bare import BareWorkflow, Shape
from .plans import VOTERS
from .world import QUEUE, launch, request

_numbers = count()


async def open_releases(client: Client, number: int, prefix: str) -> list[WorkflowHandle[ReleaseWorkflow, object]]:
    """Launches releases, 50 at a time; they wait for people from then on."""
    handles: list[WorkflowHandle[ReleaseWorkflow, object]] = []
    for begin in range(0, number, 50):
        batch = range(begin, min(begin + 50, number))
        handles += await asyncio.gather(*(launch(client, f"{prefix}.{n}") for n in batch))
    return handles


async def _deciding(handle: WorkflowHandle[ReleaseWorkflow, object]) -> str:
    while True:
        found = await handle.query(ReleaseWorkflow.status, datetime.now(UTC))
        if found.round is not None:
            return found.round.request_id
        if found.phase == "readying" and all(k.status != "unclear" for k in found.checks):
            await handle.execute_update(ReleaseWorkflow.act, request("rita", OpenPoll(), f"open-{next(_numbers)}"))
        await asyncio.sleep(0.05)


async def pairs(client: Client, handles: list[WorkflowHandle[ReleaseWorkflow, object]], number: int) -> list[float]:
    """Ratios of paired calls: one vote, one bare update, alternating, over ten releases and ten bare workflows."""
    voted = handles[:10]
    questions = [await _deciding(h) for h in voted]
    bares = [
        await client.start_workflow(
            BareWorkflow.run,
            Shape(activities=0, timers=0, updates=10**9),
            id=f"votes/{next(_numbers)}",
            task_queue=QUEUE,
        )
        for _ in range(10)
    ]
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
