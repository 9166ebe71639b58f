"""People change a flag through its workflow: a kill wins, is confirmed, and only the entitled ask for it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from gonogo.domain.facts import Fence
from gonogo.domain.resolution import Interval
from gonogo.domain.values import EVERYONE, NOBODY, Actor
from gonogo.workflows.flag import FlagWorkflow
from gonogo.workflows.flag_messages import FlagSet
from tests.workflows.flag_world import DAY, HALF, START, world


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


async def test_a_kill_restores_the_value_before_the_release_under_a_newer_fence(server: Client) -> None:
    async with world(server) as w:
        await w.tell(w.note("announced", "1.0", START))
        await w.claim("1.0", START)
        await w.written("1.0", START, HALF, ms(START))
        answer = await w.kill("olga")
        assert answer.wanted == NOBODY
        assert answer.epoch > ms(START)
        await w.advance(START)
        assert w.flags.exposures() == {"x": NOBODY}
        late = await w.flags.write(w.target, HALF, Fence(epoch=ms(START), sequence=7), key="late", at=START)
        assert late.status == "stale"
        assert (await w.view()).exposure == NOBODY
        assert [m.type for m in w.inbox.messages] == ["flag.killed", "flag.confirmed"]


async def test_the_same_kill_again_is_the_same_kill(server: Client) -> None:
    async with world(server) as w:
        await w.tell(w.note("announced", "1.0", START))
        first = await w.kill("olga")
        await w.advance(START)
        assert await w.kill("olga") == first
        assert (await w.events()).count("FlagSwitched") == 1


async def test_only_entitled_people_kill_and_a_refusal_leaves_no_trace(server: Client) -> None:
    async with world(server) as w:
        await w.tell(w.note("announced", "1.0", START))
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await w.kill("mallory")
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == "command.not_entitled"
        assert await w.events() == ["FlagOpened", "FlagNoted"]


async def test_a_kill_is_retried_until_the_provider_confirms_it(server: Client) -> None:
    outage = Interval(start=START, end=START + timedelta(minutes=5))
    async with world(server, outages={"file": (outage,)}) as w:
        await w.tell(w.note("announced", "1.0", START))
        await w.kill("olga")
        await w.advance(START + timedelta(minutes=4))
        assert "could not" not in (await w.view()).changing
        assert (await w.view()).changing
        assert not (await w.claim("1.0", START + timedelta(minutes=4))).granted
        await w.advance(START + timedelta(minutes=6))
        view = await w.view()
        assert (view.changing, view.exposure) == ("", NOBODY)


async def test_a_kill_overtakes_a_fence_that_nobody_told_of(server: Client) -> None:
    async with world(server, start={"x": HALF}) as w:
        await w.tell(w.note("announced", "1.0", START))
        ahead = ms(START + 3 * DAY)
        await w.flags.write(w.target, HALF, Fence(epoch=ahead, sequence=3), key="ahead", at=START)
        await w.kill("bob")
        await w.advance(START)
        assert w.flags.exposures() == {"x": NOBODY}


async def test_an_answer_is_given_to_who_asked_and_for_what_was_asked(server: Client) -> None:
    async with world(server) as w:
        await w.tell(w.note("announced", "1.0", START))
        await w.tell(w.note("shipped", "1.0", START, exposure=EVERYONE, original=NOBODY))
        killed = await w.kill("olga", "r1")
        assert await w.kill("olga", "r1") == killed
        asked = FlagSet(request_id="r1", actor=Actor(id="olga"), wanted=HALF, reason="one customer asked")
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await w.handle.execute_update(FlagWorkflow.set_exposure, asked)
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == "request.reused"
        await w.handle.execute_update(FlagWorkflow.set_exposure, replace(asked, actor=Actor(id="bob")))
        await w.advance(START)
        assert w.flags.exposures() == {"x": HALF}


async def test_who_sees_a_shipped_flag_can_be_set_without_a_release(server: Client) -> None:
    async with world(server) as w:
        await w.tell(w.note("announced", "1.0", START))
        asked = FlagSet(request_id="s1", actor=Actor(id="olga"), wanted=HALF, reason="one customer asked")
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await w.handle.execute_update(FlagWorkflow.set_exposure, asked)
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == "flag.not_shipped"
        await w.tell(w.note("shipped", "1.0", START, exposure=EVERYONE, original=NOBODY))
        await w.handle.execute_update(FlagWorkflow.set_exposure, asked)
        await w.advance(START)
        assert w.flags.exposures() == {"x": HALF}
