"""A plan that no adapter of the worker serves, or whose calendar leaves nothing, does not begin; its id stays free."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from gonogo.activities.registry import AdapterSettings, build
from gonogo.client.errors import NotFound, Refused
from gonogo.client.reading import workflow_id
from gonogo.client.release_client import ReleaseClient
from gonogo.domain.plan import Plan
from gonogo.domain.values import Actor
from gonogo.worker.bootstrap import build_worker, with_flag_debt
from gonogo.worker.flag_desk import TemporalFlagDesk
from gonogo.workflows.messages import Launch
from gonogo.workflows.release import ReleaseWorkflow
from tests.client.conftest import QUEUE as CLIENTS
from tests.client.conftest import World

QUEUE = "what-is-installed"
LONG = 60  # seconds until a test gives up waiting


async def test_a_launch_that_the_worker_cannot_serve_says_so_and_may_be_mended(
    server: Client, make_plan: Callable[..., Plan], tmp_path: Path
) -> None:
    adapters = with_flag_debt(build(AdapterSettings(folder=tmp_path, env={})), server)
    client = ReleaseClient(server, actor=Actor(id="dev"), task_queue=QUEUE)
    named = {"product": "unserved", "version": "1.0.0"}
    wrong = {
        "bugs": {"kind": "jira", "owner": "qa"},
        "ci": {"kind": "http", "owner": "qa"},
        "built": {"kind": "pushed", "owner": "qa"},
    }
    desk = TemporalFlagDesk(server, task_queue=QUEUE)
    async with (
        asyncio.timeout(LONG),
        build_worker(server, adapters=adapters, desk=desk, task_queue=QUEUE, trust_local=True),
    ):
        for _ in range(2):
            with pytest.raises(Refused) as caught:
                await client.launch(make_plan(**named, checks=wrong))
            assert caught.value.code == "adapter.unknown"
            assert "checks.bugs.kind: no check kind 'jira' is installed on the worker" in caught.value.message
            assert "checks.ci.params.url: the parameter 'url' is missing" in caught.value.message
        mended = make_plan(**named, checks={"built": wrong["built"]})
        assert not (await client.launch(mended)).already
        assert (await client.launch(mended)).already


ENDED = {"rrule": "FREQ=WEEKLY;BYDAY=TH;UNTIL=20200226T235959", "start": "2020-01-01T10:00"}
GONE = {"id": "once", "action": "allow", "start": "2020-01-03T00:00", "lasts": "1d"}


@pytest.mark.parametrize(
    ("schedule", "code", "field"),
    [
        ({"train": ENDED}, "plan.no_slot", "schedule.train: "),
        ({"slot": "2020-01-20T10:00:00Z"}, "plan.no_slot", "schedule.slot: "),
        ({"windows": [GONE]}, "plan.never_open", "schedule.windows: "),
    ],
    ids=["the train has ended", "the slot has passed", "closed for good"],
)
async def test_a_launch_is_judged_from_now_whatever_the_plan_says_of_its_start(
    server: Client, make_plan: Callable[..., Plan], schedule: dict[str, Any], code: str, field: str
) -> None:
    client = ReleaseClient(server, actor=Actor(id="dev"), task_queue="nobody-works-here")
    plan = make_plan(schedule={**schedule, "starts": "2020-01-02T00:00:00Z"})
    async with asyncio.timeout(LONG):
        with pytest.raises(Refused) as caught:
            await client.launch(plan)
        assert (caught.value.code, caught.value.message[: len(field)]) == (code, field)
        with pytest.raises(NotFound):
            await client.get(plan.release_id)


async def test_a_release_that_is_open_is_the_same_release_although_no_slot_is_left(
    world: World, make_plan: Callable[..., Plan]
) -> None:
    plan = make_plan(schedule={"train": ENDED, "starts": "2020-01-02T00:00:00Z"})
    start = Launch(plan=plan, actor=Actor(id="dev"))  # as one that was launched while there was a slot
    named = workflow_id(plan.release_id)
    await world.server.start_workflow(ReleaseWorkflow.run, start, id=named, task_queue=CLIENTS)
    async with asyncio.timeout(LONG):
        assert (await world.client("dev").launch(plan)).already


async def test_a_refusal_names_a_few_problems_and_counts_the_rest(
    server: Client, make_plan: Callable[..., Plan], tmp_path: Path
) -> None:
    adapters = build(AdapterSettings(folder=tmp_path, env={}))
    client = ReleaseClient(server, actor=Actor(id="dev"), task_queue=f"{QUEUE}-2")
    checks = {f"c{n}": {"kind": "jira", "owner": "qa"} for n in range(8)}
    desk = TemporalFlagDesk(server, task_queue=f"{QUEUE}-2")
    async with (
        asyncio.timeout(LONG),
        build_worker(server, adapters=adapters, desk=desk, task_queue=f"{QUEUE}-2", trust_local=True),
    ):
        with pytest.raises(Refused) as caught:
            await client.launch(make_plan(product="unserved", checks=checks))
    assert caught.value.message.endswith("; and 3 more")
