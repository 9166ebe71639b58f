"""What the tests of commands against a real server share: a worker beside it, and a terminal."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client

from gonogo.adapters.memory import MemoryChecks, MemoryInbox, MemoryMetrics, memory_adapters
from gonogo.adapters.memory_flags import MemoryFlags
from gonogo.worker.bootstrap import build_worker
from gonogo.worker.flag_desk import TemporalFlagDesk
from gonogo.workflows.messages import TASK_QUEUE
from tests.cli.terminal import Terminal


@pytest.fixture(scope="module")
async def worker(server: Client) -> AsyncIterator[None]:
    adapters = memory_adapters(checks=MemoryChecks(), metrics=MemoryMetrics(), flags=MemoryFlags(), inbox=MemoryInbox())
    desk = TemporalFlagDesk(server, task_queue=TASK_QUEUE)
    async with build_worker(server, adapters=adapters, desk=desk, trust_local=True):
        yield


@pytest.fixture
def terminal(
    server: Client, worker: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    monkeypatch.setenv("TEMPORAL_ADDRESS", server.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "none.toml"))
    monkeypatch.setenv("GONOGO_ACTOR", "dev")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return Terminal(capsys)
