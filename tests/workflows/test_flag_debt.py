"""The check `flag_debt` asks the workflows of a product's flags."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from temporalio.client import Client

from gonogo.activities.ports import CheckRequest
from gonogo.domain.facts import Status
from gonogo.domain.values import EVERYONE
from gonogo.worker.flag_debt import FlagDebt
from gonogo.workflows.flag import FlagWorkflow
from gonogo.workflows.flag_messages import FlagStart
from tests.workflows.flag_world import DAY, START, world


async def test_flag_debt_fails_naming_overdue_flags_and_their_owners(server: Client) -> None:
    async with world(server) as w:
        debt = FlagDebt(server)

        async def measured(at: datetime) -> Any:
            request = CheckRequest(
                release_id=f"{w.product}/2.0",
                environment="production",
                check="debt",
                kind="flag_debt",
                timeout=timedelta(seconds=30),
                at=at,
            )
            return await debt.measure(request)

        assert (await measured(START)).status is Status.PASS
        await w.tell(w.note("announced", "1.0", START), w.note("shipped", "1.0", START, exposure=EVERYONE))

        async def listed() -> None:
            while (await measured(START)).finding != "1 flag open, none overdue":
                pass

        await asyncio.wait_for(listed(), 20)
        late = await measured(START + 41 * DAY)
        assert late.status is Status.FAIL
        assert "x in production (team, since 2026-04-11)" in late.finding
        await w.tell(w.note("waived", "1.0", START, until=START + 60 * DAY))
        assert (await measured(START + 41 * DAY)).status is Status.PASS


async def test_flag_debt_is_unclear_when_a_flag_does_not_answer(server: Client) -> None:
    product = f"mute-{uuid4().hex[:8]}"
    start = FlagStart(product=product, environment="production", flag="x", provider="file")
    mute = await server.start_workflow(
        FlagWorkflow.run, start, id=f"flag/{product}/production/x", task_queue=f"nobody-{product}"
    )
    request = CheckRequest(
        release_id=f"{product}/1",
        environment="production",
        check="debt",
        kind="flag_debt",
        timeout=timedelta(seconds=30),
        at=START,
    )

    async def unclear() -> None:
        while (found := await FlagDebt(server, patience=timedelta(seconds=1)).measure(request)).finding.startswith("0"):
            pass
        assert found.status is Status.UNCLEAR
        assert f"flag/{product}/production/x" in found.finding

    await asyncio.wait_for(unclear(), 30)
    await mute.terminate()
