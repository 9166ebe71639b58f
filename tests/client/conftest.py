"""A worker in real time with everything around it in memory, and small plans for it."""

import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client

from gonogo.adapters.memory import MemoryChecks, MemoryInbox, MemoryMetrics, memory_adapters
from gonogo.adapters.memory_flags import MemoryFlags
from gonogo.client.calling import Patience
from gonogo.client.plan_file import plan_adapter
from gonogo.client.release_client import ReleaseClient
from gonogo.domain.plan import Plan
from gonogo.domain.plan_defaults import normalise
from gonogo.domain.values import Actor
from gonogo.worker.bootstrap import build_worker
from gonogo.worker.flag_desk import TemporalFlagDesk

QUEUE = "client-tests"
_NUMBERS = itertools.count(1)


@dataclass
class World:
    """The server, and the people who talk to it."""

    server: Client
    flags: MemoryFlags
    patience: Patience = field(default_factory=lambda: Patience(timedelta(seconds=20)))

    def client(self, person: str) -> ReleaseClient:
        return ReleaseClient(self.server, actor=Actor(id=person), task_queue=QUEUE, patience=self.patience)


def small_plan(**more: Any) -> Plan:
    """On demand, three roles, one flag; every release of a run has a name of its own."""
    said: dict[str, Any] = {
        "product": "library",
        "version": f"7.{next(_NUMBERS)}.0",
        "candidate": {"commit": "abc1234", "authors": ["dev"]},
        "roles": {"product_manager": "ann", "release_manager": "bob", "qa": ["cid", "dan"]},
        "people": {"dev": {}},
        "features": [{"id": "x", "title": "Faster search", "flags": ["x"]}],
        "flags": {"x": {}},
        "checks": {"ci": {"kind": "http", "params": {"url": "http://ci.invalid"}, "owner": "qa"}},
        "checklists": {
            "tech": {
                "moment": "before_go_no_go",
                "owner": "qa",
                "items": [{"id": "tested", "title": "Tested by hand"}],
            }
        },
        "stages": [{"percent": 10, "bake": "1s"}, {"audience": "everyone", "bake": "1s", "question": "All well?"}],
    }
    return normalise(plan_adapter().validate_python({**said, **more}))


@pytest.fixture(scope="session")
async def world(server: Client) -> AsyncIterator[World]:
    flags = MemoryFlags()
    adapters = memory_adapters(checks=MemoryChecks(), metrics=MemoryMetrics(), flags=flags, inbox=MemoryInbox())
    desk = TemporalFlagDesk(server, task_queue=QUEUE)
    async with build_worker(server, adapters=adapters, desk=desk, task_queue=QUEUE, trust_local=True):
        yield World(server, flags)


@pytest.fixture
def make_plan() -> Callable[..., Plan]:
    return small_plan
