"""A release in real time: durable timers, bakes that last, guards that are watched by a heartbeating activity."""

from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from gonogo.domain.terms import Phase
from gonogo.domain.values import EVERYONE, Actor
from gonogo.workflows.messages import Launch
from gonogo.workflows.release import ReleaseWorkflow
from tests.domain.worlds import GUARD
from tests.workflows.scenes import Scene, Surroundings, scene
from tests.workflows.test_continue_as_new import impatient, runs

__all__ = ["impatient"]

QUICK: dict[str, Any] = {
    "schedule": {},
    "checklists": {},
    "checks": {"ci": {"kind": "http", "owner": "qa"}},
    "stages": [
        {"percent": 10, "bake": "4s", "guards": [{**GUARD, "interval": "1s"}]},
        {"audience": "everyone", "bake": "1s"},
    ],
}
"""A release that takes seconds once it is decided."""


async def launch(release: Scene) -> None:
    """Launches it in real time, and everybody says yes."""
    await release.client.start_workflow(
        ReleaseWorkflow.run,
        Launch(plan=release.plan, actor=Actor(id="dev")),
        id=release.workflow_id,
        task_queue=release.task_queue,
    )
    await release.until(lambda entries: any(e.event.type == "PollOpened" for e in entries))
    state = await release.state()
    assert state.round is not None
    for role in state.round.roles:
        await release.ask(await release.ballot(role), state.people[role][0])


async def test_a_release_waits_for_its_bakes_by_durable_timers(server: Client) -> None:
    around = Surroundings()
    async with scene(server, around, launch=False, **QUICK) as release:
        await launch(release)
        entries = await release.until(lambda entries: any(e.event.type == "ReleaseShipped" for e in entries))
        at = {e.event.type: e.at for e in reversed(entries)}
        assert at["BakeCompleted"] - at["StageExposed"] >= timedelta(seconds=4)
        assert around.flags.exposures() == {"gifts": EVERYONE}
        timers = [e for e in await release.events() if e.event_type == EventType.EVENT_TYPE_TIMER_STARTED]
        assert timers
        assert all(e.user_metadata.summary.data for e in timers)
        assert not await release.failed_tasks()


async def test_a_bake_that_is_cut_by_a_new_run_counts_what_it_has_baked(impatient: Client) -> None:  # a fixture
    async with scene(impatient, launch=False, **QUICK) as release:
        await launch(release)
        await release.until(lambda entries: any(e.event.type == "StageExposed" for e in entries))
        before = len(await runs(release))
        for n in range(60):
            await release.handle.signal("noise", n)
        entries = await release.until(lambda entries: any(e.event.type == "BakeCompleted" for e in entries))
        assert len(await runs(release)) > before
        measured = [e.event for e in entries if e.event.type == "GuardsMeasured"]
        assert len(measured) > 1
        at = {e.event.type: e.at for e in reversed(entries)}
        baked: timedelta = sum((m.baked for m in measured), timedelta(0))
        assert timedelta(seconds=4) <= baked <= at["BakeCompleted"] - at["StageExposed"] + timedelta(milliseconds=50)
        await release.until(lambda entries: any(e.event.type == "ReleaseShipped" for e in entries))
        assert (await release.state()).phase is Phase.CLEANING_UP
