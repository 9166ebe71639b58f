"""A release that goes on in a new run loses nothing: ballots, requests, messages, bakes, the clock, the chain.

The server of these tests suggests to continue as new after a few events, so that the code that runs here is the code
that is shipped.
"""

import asyncio
import sysconfig
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from gonogo.adapters.memory_flags import MemoryFlags
from gonogo.client.calling import Patience, patiently
from gonogo.domain import commands as c
from gonogo.domain.terms import Choice, Phase
from gonogo.domain.values import EVERYONE, Actor
from gonogo.workflows.messages import Answer, Request
from gonogo.workflows.release import MOST_SIGNALS, ReleaseWorkflow
from gonogo.workflows.search import ALL, PHASE
from tests.domain.worlds import GUARD, HOUR
from tests.replay.histories import play
from tests.workflows.channel import Channel
from tests.workflows.scenes import Scene, Surroundings, scene

EVENTS = 60
"""Events after which the server suggests a new run."""


@pytest.fixture(scope="module")
async def impatient() -> AsyncIterator[Client]:
    """A server that suggests a new run early."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(Path(sysconfig.get_path("scripts"), "temporal")),
        dev_server_log_level="never",
        dev_server_extra_args=["--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={EVENTS}"],
        data_converter=pydantic_data_converter,
        search_attributes=list(ALL),
    ) as environment:
        yield environment.client


async def runs(release: Scene) -> list[str]:
    """Ids of the release's runs, first to newest."""
    found = [(await release.handle.describe()).run_id]
    while True:
        handle = release.client.get_workflow_handle(release.workflow_id, run_id=found[0])
        first = (await handle.fetch_history()).events[0]
        before = first.workflow_execution_started_event_attributes.continued_execution_run_id
        if not before:
            return found
        found.insert(0, before)


async def test_a_whole_life_over_many_runs_is_the_same_life(impatient: Client, server: Client) -> None:
    flags = MemoryFlags()
    async with scene(impatient, Surroundings(flags=flags), version="2.0") as release:
        await release.to(Phase.COMPLETED)
        closed = await release.handle.result()
        many, ledger = await runs(release), await release.ledger()
        assert len(many) > 3
        assert flags.exposures() == {"gifts": EVERYONE}
    async with scene(server, version="2.0") as release:
        await release.to(Phase.COMPLETED)
        assert len(await runs(release)) == 1
        # One run or many: the same ledger, byte for byte, and so the same answers, bakes and instants.
        assert await release.ledger() == ledger
        assert closed == await release.handle.result()


async def test_a_watch_goes_on_with_what_it_has_counted(impatient: Client) -> None:
    stages = [{"audience": "everyone", "bake": "12h", "guards": [GUARD]}]
    async with scene(impatient, stages=stages) as release:
        await release.to(Phase.ROLLING_OUT)
        before = len(await runs(release))
        for _ in range(11):
            # Something happens every hour, so that the bake is spread over several runs.
            await release.advance(release.at + HOUR)
            await release.act(c.RunChecks(), "cid")
        assert len(await runs(release)) > before
        await release.wait(event="BakeCompleted")
        state = await release.state()
        assert state.released_at is not None
        started = next(e.at for e in await release.entries() if e.event.type == "StageExposed")
        assert state.released_at - started == 12 * HOUR


async def test_messages_that_wait_for_a_channel_are_carried_along(impatient: Client) -> None:
    inbox = Channel()
    async with scene(impatient, Surroundings(inbox=inbox)) as release:
        inbox.down = True
        before = len(inbox.taken)
        for n in range(20):
            await release.handle.signal("noise", n)
        await release.to(Phase.DECIDING)
        assert len(await runs(release)) > 1
        inbox.down = False
        await release.advance(release.at + 2 * HOUR)
        assert len(inbox.taken) > before
        assert len(inbox.taken) == len(set(inbox.taken))
        assert "poll.opened" in await release.messages()


async def test_what_the_server_shows_is_carried_along(impatient: Client) -> None:
    async with scene(impatient) as release:
        await release.to(Phase.CLEANING_UP)
        assert len(await runs(release)) > 1
        described = await release.handle.describe()
        assert described.typed_search_attributes.get(PHASE) == "cleaning_up"
        shown = await release.handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
        assert "**cleaning up**" in shown.current_details


PEOPLE = [f"p{n}" for n in range(40)]


async def test_of_the_votes_that_come_meanwhile_none_is_lost_and_none_counts_twice(impatient: Client) -> None:
    roles = {
        "product_manager": "ann",
        "release_manager": "bob",
        "qa": {"people": PEOPLE, "quorum": len(PEOPLE)},
    }
    async with scene(impatient, roles=roles, schedule={}, poll={"lasts": "24h"}, checklists={}) as release:
        await release.to(Phase.DECIDING)
        question = await release.question()
        answers: dict[str, Answer] = {}

        async def by_update(who: str, turn: int) -> None:
            vote = c.CastVote(request_id=question, role="qa", choice=Choice.GO, ballot_id=f"{who}-{turn}")
            request = Request(request_id=f"{who}-{turn}", actor=Actor(id=who), command=vote)
            for attempt in range(2):
                # Every request comes a second time, as after a lost connection: under another update id.
                update = f"{request.request_id}-{attempt}"

                async def once(update: str = update) -> Answer:
                    return await release.handle.execute_update(ReleaseWorkflow.act, request, id=update)

                answer = await patiently(once, Patience())
                assert answers.setdefault(request.request_id, answer) == answer

        async def by_signal(who: str, turn: int) -> None:
            signal = {"request_id": question, "role": "qa", "choice": "GO", "ballot_id": f"{who}-{turn}"}
            for _ in range(2):
                await release.handle.signal("go_no_go", {**signal, "actor": {"id": who}})

        for turn in range(3):
            half = len(PEOPLE) // 2
            # One person less than the quorum: the poll stays open.
            voters = [by_update(who, turn) for who in PEOPLE[1:half]]
            voters += [by_signal(who, turn) for who in PEOPLE[half:]]
            await asyncio.gather(*voters)
        wanted = {f"{who}-{turn}" for who in PEOPLE[1:] for turn in range(3)}
        entries = await release.until(
            lambda entries: {e.event.ballot_id for e in entries if e.event.type == "VoteCast"} == wanted
        )
        cast = Counter(e.event.ballot_id for e in entries if e.event.type == "VoteCast")
        assert set(cast.values()) == {1}
        heads = (await release.ledger()).lines
        assert len(answers) == 3 * (len(PEOPLE) // 2 - 1)
        assert all(answer.accepted and answer.seq <= len(heads) for answer in answers.values())
        assert len(await runs(release)) > 4
        for run in await runs(release):
            history = await impatient.get_workflow_handle(release.workflow_id, run_id=run).fetch_history()
            failed = [e for e in history.events if e.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED]
            # A task that fails because a message came while the run was ending is made again: that is no error.
            causes = {e.workflow_task_failed_event_attributes.cause for e in failed}
            assert causes <= {UNHANDLED_COMMAND}


UNHANDLED_COMMAND = 1
"""`WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND`."""


async def test_a_flood_of_signals_is_survived_and_a_vote_in_it_counts(server: Client) -> None:
    async with scene(server) as release:
        await release.to(Phase.DECIDING)
        question = await release.question()
        flood = MOST_SIGNALS + 60
        for start in range(0, flood, 70):
            await asyncio.gather(*(release.handle.signal("go_no_go", n) for n in range(start, min(start + 70, flood))))
        vote = {"request_id": question, "role": "qa", "choice": "GO", "ballot_id": "v", "actor": {"id": "cid"}}
        await release.handle.signal("go_no_go", vote)
        await release.until(lambda entries: any(e.event.type == "VoteCast" for e in entries))
        await release.advance(release.at)
        assert len(await runs(release)) == 2
        faults = [e for e in await release.entries() if e.event.type == "HandlerFaulted"]
        assert len(faults) <= MOST_SIGNALS + 60
        await release.to(Phase.AWAITING_WINDOW)


async def test_a_flag_lives_on_over_many_runs(impatient: Client) -> None:
    async with asyncio.timeout(30):
        kept = await play(impatient, "flag_life", product="longlived")
    assert kept.flag is not None
    started = kept.flag.events[0].workflow_execution_started_event_attributes
    assert started.continued_execution_run_id
    assert kept.ledger.lines[-1].find(b'"completed"') > 0
