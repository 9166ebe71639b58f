"""A release whose history another version of the code made: it says so, instead of failing without a word."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from gonogo.adapters.memory import MemoryChecks, MemoryInbox, MemoryMetrics, memory_adapters
from gonogo.adapters.memory_desk import MemoryDesk
from gonogo.adapters.memory_flags import MemoryFlags
from gonogo.cli.main import main
from gonogo.client.audit_replay import derive
from gonogo.client.calling import Patience
from gonogo.client.errors import AuditFailed, Stuck
from gonogo.client.reading import workflow_id
from gonogo.client.release_client import ReleaseClient
from gonogo.domain.plan import Plan
from gonogo.domain.values import Actor
from gonogo.worker.bootstrap import build_worker
from gonogo.worker.doctor import run_doctor
from gonogo.worker.settings import Settings
from gonogo.workflows.messages import Launch

QUEUE = "stuck-tests"


@workflow.defn(name="ReleaseWorkflow", sandboxed=False)
class OtherVersion:
    """What a version might be whose releases begin with something else."""

    @workflow.run
    async def run(self, launch: Any) -> None:
        await workflow.sleep(timedelta(days=1))

    @workflow.query
    def began(self) -> bool:
        return True


@pytest.fixture
async def release(server: Client, make_plan: Callable[..., Plan]) -> AsyncIterator[str]:
    """A release that a worker of another version began, with a worker of this version."""
    plan, other = make_plan(), [OtherVersion]
    launch = Launch(plan=plan, actor=Actor(id="dev"))
    async with Worker(server, task_queue=QUEUE, workflows=other, workflow_runner=UnsandboxedWorkflowRunner()):
        handle = await server.start_workflow(
            "ReleaseWorkflow", launch, id=workflow_id(plan.release_id), task_queue=QUEUE
        )
        assert await handle.query(OtherVersion.began)
    adapters = memory_adapters(checks=MemoryChecks(), metrics=MemoryMetrics(), flags=MemoryFlags(), inbox=MemoryInbox())
    async with build_worker(server, adapters=adapters, desk=MemoryDesk(), task_queue=QUEUE, trust_local=True):
        yield plan.release_id
    await handle.terminate()


async def test_a_release_that_does_not_replay_says_so(server: Client, release: str) -> None:
    client = ReleaseClient(server, actor=Actor(id="ann"), task_queue=QUEUE, patience=Patience(timedelta(seconds=10)))
    for ask, why in (
        (client.status, "TMPRL1100"),
        (client.ledger, "TMPRL1100"),
        (lambda name: client.hold(name, "wait"), ""),
    ):
        with pytest.raises(Stuck, match=f"^no worker can go on with {release}: .*{why}.*`gonogo audit replay") as it:
            await ask(release)
        assert it.value.code == "release.stuck"
    with pytest.raises(AuditFailed, match="run 1 does not replay with the installed code") as caught:
        await derive(await client.history(release))
    assert caught.value.code == "audit.replay_failed"


async def test_the_command_line_and_the_doctor_name_a_release_that_does_not_replay(
    server: Client, release: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", server.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "none.toml"))
    assert await asyncio.to_thread(main, ["status", release]) == 4
    said = capsys.readouterr().err
    assert "[release.stuck]" in said
    assert "Traceback" not in said
    assert await asyncio.to_thread(main, ["audit", "replay", release]) == 1
    assert "[audit.replay_failed]" in capsys.readouterr().err
    lines: list[str] = []
    await run_doctor(Settings(home=tmp_path, task_queue=QUEUE), say=lines.append)
    assert [line for line in lines if line.startswith("warn  stuck workflows") and f"release/{release}" in line], lines
