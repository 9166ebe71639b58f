"""A simulation's world ends, whatever its worker does."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gonogo.activities.ports import CheckRequest
from gonogo.adapters.memory import MemoryChecks, MemoryInbox, MemoryMetrics, memory_adapters
from gonogo.adapters.memory_flags import MemoryFlags
from gonogo.client.plan_file import plan_adapter
from gonogo.client.reading import handle_of
from gonogo.domain.commands import Cancel
from gonogo.domain.facts import Finding, Status
from gonogo.domain.plan import Plan
from gonogo.domain.plan_defaults import normalise
from gonogo.domain.values import Actor
from gonogo.worker import live_world as module
from gonogo.worker.live_world import LiveWorld, live_world
from gonogo.worker.private_server import private_server

START = datetime(2026, 11, 16, 9, tzinfo=UTC)


def _plan() -> Plan:
    plan = {
        "product": "shop",
        "version": "1.0.0",
        "candidate": {"commit": "c1"},
        "roles": {"product_manager": "ann", "release_manager": "bob"},
        "features": [{"id": "plain", "title": "plain", "no_flag": "text only"}],
        "checks": {"ci": {"kind": "http", "owner": "release_manager", "params": {"url": "http://ci"}}},
        "schedule": {"starts": START.isoformat()},
    }
    return normalise(plan_adapter().validate_python(plan))


class StubbornChecks:
    """A check that is called off and goes on all the same, until it is let go."""

    def __init__(self) -> None:
        self.measuring = asyncio.Event()
        self.let_go = asyncio.Event()

    async def measure(self, request: CheckRequest) -> Finding:
        self.measuring.set()
        while not self.let_go.is_set():
            try:
                await self.let_go.wait()
            except asyncio.CancelledError:
                continue
        return Finding(status=Status.PASS, at=request.at, finding="at last")


async def test_a_worker_that_does_not_end_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "_ENDS_WITHIN_S", 0.5)
    checks = StubbornChecks()
    adapters = memory_adapters(checks=checks, metrics=MemoryMetrics(), flags=MemoryFlags(), inbox=MemoryInbox())
    async with private_server() as server, asyncio.timeout(30):
        async with live_world(server, _plan(), Actor(id="ann"), START, adapters):
            await checks.measuring.wait()
        checks.let_go.set()
    assert "did not end in time" in capsys.readouterr().out


async def test_a_release_that_closed_before_its_clock_was_taken_further_tells_how_it_ended() -> None:
    adapters = memory_adapters(checks=MemoryChecks(), metrics=MemoryMetrics(), flags=MemoryFlags(), inbox=MemoryInbox())
    plan = _plan()
    async with private_server() as server, live_world(server, plan, Actor(id="ann"), START, adapters) as world:
        before = await world.advance(START)
        after, refusal = await world.act(Actor(id="bob"), Cancel(reason="not wanted"), "cancel-1")
        assert refusal is None

        release = handle_of(server, plan.release_id)
        await release.result()
        late = LiveWorld(server, plan, release)
        assert await late.advance(START + timedelta(days=1)) == before + after
        assert late.next_wakeup() is None
        assert late.head == world.head
