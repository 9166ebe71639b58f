"""A release in real time: durable timers, bakes that last, guards that are watched by a heartbeating activity."""

from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from gonogo.domain.terms import Phase
from gonogo.domain.values import EVERYONE
from tests.domain.worlds import GUARD
from tests.workflows.scenes import Surroundings, live_scene
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


async def test_a_release_waits_for_its_bakes_by_durable_timers(server: Client) -> None:
    around = Surroundings()
    async with live_scene(server, around, **QUICK) as release:
        await release.vote_go()
        entries = await release.happened("ReleaseShipped")
        at = {e.event.type: e.at for e in reversed(entries)}
        resolved = next(e.event for e in entries if e.event.type == "SlotsResolved")
        assert resolved.resolution.at == entries[0].at  # asked with the admission, and for the same instant
        assert at["BakeCompleted"] - at["StageExposed"] >= timedelta(seconds=4)
        assert around.flags.exposures() == {"gifts": EVERYONE}
        timers = [e for e in await release.events() if e.event_type == EventType.EVENT_TYPE_TIMER_STARTED]
        assert timers
        assert all(e.user_metadata.summary.data for e in timers)
        assert not await release.failed_tasks()


async def test_a_bake_that_is_cut_by_a_new_run_counts_what_it_has_baked(impatient: Client) -> None:  # a fixture
    async with live_scene(impatient, **QUICK) as release:
        await release.vote_go()
        await release.happened("StageExposed")
        before = len(await runs(release))
        for n in range(60):
            await release.handle.signal("noise", n)
        entries = await release.happened("BakeCompleted")
        assert len(await runs(release)) > before
        measured = [e.event for e in entries if e.event.type == "GuardsMeasured"]
        assert len(measured) > 1
        at = {e.event.type: e.at for e in reversed(entries)}
        baked: timedelta = sum((m.baked for m in measured), timedelta(0))
        assert timedelta(seconds=4) <= baked <= at["BakeCompleted"] - at["StageExposed"] + timedelta(milliseconds=50)
        await release.happened("ReleaseShipped")
        assert (await release.state()).phase is Phase.CLEANING_UP
