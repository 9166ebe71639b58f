"""A plan that asks for what no adapter of the worker can do does not begin, and its id stays free."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from temporalio.client import Client

from gonogo.activities.registry import AdapterSettings, build
from gonogo.client.errors import Refused
from gonogo.client.release_client import ReleaseClient
from gonogo.domain.plan import Plan
from gonogo.domain.values import Actor
from gonogo.worker.bootstrap import build_worker, with_flag_debt
from gonogo.worker.flag_desk import TemporalFlagDesk

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
