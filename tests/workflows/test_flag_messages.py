"""What a flag's workflow tells people: in real time, when a channel does not take it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from gonogo.workflows import flag_work
from tests.workflows.channel import Channel
from tests.workflows.flag_world import world


async def test_messages_that_a_channel_refuses_are_tried_again_in_real_time_and_arrive_once(
    server: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flag_work, "_RETRY", timedelta(seconds=1))
    inbox = Channel()
    async with world(server, inbox=inbox) as w:
        inbox.down = True
        now = datetime.now(UTC)
        await w.desk.tell((w.note("announced", "1.0", now),), driven=False, at=now)
        await w.kill("olga")
        async with asyncio.timeout(20):
            while inbox.refused < 3:  # noqa: ASYNC110  # the channel tells nobody that it was asked
                await asyncio.sleep(0.05)
            inbox.down = False
            while not inbox.taken:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert len(inbox.taken) == len(set(inbox.taken))
        history = await w.handle.fetch_history()
        assert not [e for e in history.events if e.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED]
        assert (await w.view(datetime.now(UTC))).exposure is not None
