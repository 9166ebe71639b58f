"""The release workflow on a real server: what it answers, what it records, what it shows."""

from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError

from gonogo.adapters.memory_flags import MemoryFlags
from gonogo.domain import commands as c
from gonogo.domain.terms import Phase
from gonogo.domain.values import EVERYONE, Actor
from gonogo.workflows.messages import Launch, Request
from gonogo.workflows.release import ReleaseWorkflow
from gonogo.workflows.search import EXPOSURE, OUTCOME, PHASE, PRODUCT
from tests.domain.worlds import DAY, MONDAY, make_plan
from tests.workflows.scenes import Scene, Surroundings, scene, version


async def test_a_release_goes_its_whole_way(server: Client) -> None:
    flags = MemoryFlags()
    async with scene(server, Surroundings(flags=flags)) as release:
        await release.to(Phase.CLEANING_UP)
        assert flags.exposures() == {"gifts": EVERYONE}
        await release.to(Phase.COMPLETED)
        closed = await release.handle.result()
        ledger = await release.ledger()
        assert (closed.outcome, closed.seq, closed.head) == ("completed", ledger.link.seq, ledger.head)
        assert not await release.failed_tasks()


async def test_a_release_without_flags_closes_while_time_is_being_driven(server: Client) -> None:
    async with scene(server, features=[], flags={}, checklists={}) as release:
        await release.to(Phase.COMPLETED)
        assert (await release.handle.result()).outcome == "completed"


async def test_an_id_is_launched_once(server: Client) -> None:
    async with scene(server) as release:
        with pytest.raises(WorkflowAlreadyStartedError):
            await server.start_workflow(
                ReleaseWorkflow.run,
                Launch(plan=release.plan, actor=Actor(id="dev")),
                id=release.workflow_id,
                task_queue=release.task_queue,
            )


async def test_a_worker_in_production_refuses_a_driven_clock(server: Client) -> None:
    plan = make_plan(version=version())
    async with Surroundings().worker(server, plan.version, simulation=False):
        with pytest.raises(WorkflowFailureError) as failed:
            await server.execute_workflow(
                ReleaseWorkflow.run,
                Launch(plan=plan, actor=Actor(id="dev"), driven_from=MONDAY),
                id=f"release/{plan.release_id}",
                task_queue=plan.version,
            )
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == "release.driven_clock"
    assert "a driven clock is for simulation" in failed.value.cause.message


async def test_time_that_is_real_cannot_be_driven(server: Client) -> None:
    async with scene(server, launch=False) as release:
        await server.start_workflow(
            ReleaseWorkflow.run,
            Launch(plan=release.plan, actor=Actor(id="dev")),
            id=release.workflow_id,
            task_queue=release.task_queue,
        )
        await release.until(lambda entries: bool(entries))
        refused = await refused_advance(release, MONDAY + DAY)
        assert refused.type == "release.not_driven"


async def test_a_driven_clock_needs_an_instant_with_an_offset(server: Client) -> None:
    async with scene(server) as release:
        naive = datetime(2026, 11, 20)  # noqa: DTZ001  # the point of the test
        assert (await refused_advance(release, naive)).type == "release.instant"


async def refused_advance(release: Scene, to: datetime) -> ApplicationError:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await release.advance(to)
    assert isinstance(refused.value.cause, ApplicationError)
    return refused.value.cause


# --- what it answers -----------------------------------------------------------------------------------------------


async def test_an_answer_says_where_the_ledger_stood(server: Client) -> None:
    async with scene(server) as release:
        answer = await release.ask(c.PlaceHold(text="the database moves tonight"), "bob")
        ledger = await release.ledger()
        assert (answer.seq, answer.head) == (ledger.link.seq, ledger.head)
        assert answer.accepted
        assert answer.created == (await release.state()).holds[0].id


@pytest.mark.parametrize(
    ("command", "who", "code"),
    [
        (c.Call(choice="go", ballot_id="b"), "bob", "command.not_in_phase"),
        (c.Cancel(reason="no more"), "fay", "command.not_entitled"),
        (c.SignOff(item="nothing"), "cid", "item.unknown"),
    ],
)
async def test_a_refusal_has_a_code_and_leaves_no_event(server: Client, command: Any, who: str, code: str) -> None:
    async with scene(server) as release:
        events, ledger = len(await release.events()), await release.ledger()
        refused = await release.refused(command, who)
        assert refused.type == code
        assert refused.message
        assert refused.non_retryable
        assert len(await release.events()) == events
        assert await release.ledger() == ledger


async def test_a_command_that_cannot_be_read_leaves_no_event(server: Client) -> None:
    async with scene(server) as release:
        events = len(await release.events())
        with pytest.raises(Exception, match="update failed"):
            await release.handle.execute_update("act", {"request_id": "x", "actor": {"id": "bob"}, "command": {}})
        assert len(await release.events()) == events


async def test_the_same_request_is_decided_once_and_answered_the_same(server: Client) -> None:
    async with scene(server) as release:
        hold = c.PlaceHold(text="wait for the bank")
        first = await release.ask(hold, "bob", request_id="again")
        await release.act(c.RunChecks(), "cid")
        handle = release.handle
        request = Request(request_id="again", actor=Actor(id="bob"), command=hold)
        second = await handle.execute_update(ReleaseWorkflow.act, request, id="another update id, the same request")
        assert second == first
        assert len((await release.state()).holds) == 1


async def test_something_else_under_a_request_id_that_was_answered_is_refused(server: Client) -> None:
    async with scene(server) as release:
        await release.ask(c.PlaceHold(text="wait for the bank"), "bob", request_id="again")
        before = await release.entries()
        for other in (c.PlaceHold(text="wait for the lawyers"), c.RunChecks()):
            request = Request(request_id="again", actor=Actor(id="bob"), command=other)
            with pytest.raises(WorkflowUpdateFailedError) as refused:
                await release.handle.execute_update(ReleaseWorkflow.act, request)
            assert isinstance(refused.value.cause, ApplicationError)
            assert refused.value.cause.type == "request.reused"
        assert await release.entries() == before


async def test_one_ballot_id_by_two_persons_is_two_ballots_even_under_one_request_id(server: Client) -> None:
    async with scene(server) as release:
        await release.to(Phase.DECIDING)
        vote = await release.ballot("qa", ballot_id="rel-3")
        first = await release.ask(vote, "cid", request_id="rel-3")
        request = Request(request_id="rel-3", actor=Actor(id="dan"), command=vote)
        second = await release.handle.execute_update(ReleaseWorkflow.act, request, id="another update id")
        assert second.seq == first.seq + 1
        voters = [e.actor.id for e in await release.entries() if e.event.type == "VoteCast"]
        assert voters == ["cid", "dan"]


async def test_a_ballot_that_comes_too_late_is_answered_and_recorded(server: Client) -> None:
    async with scene(server) as release:
        await release.to(Phase.DECIDING)
        late = await release.ballot("qa", "GO")
        await release.candidate("c2")
        answer = await release.ask(late, "cid")
        assert not answer.accepted
        assert answer.code
        assert answer.message
        assert (await release.types())[-1] == "BallotRefused"


# --- the signal ----------------------------------------------------------------------------------------------------


def ballot(question: str, **changes: Any) -> dict[str, Any]:
    given = {"request_id": question, "role": "qa", "choice": "GO", "ballot_id": "s1", "actor": {"id": "cid"}}
    return {**given, **changes}


async def test_a_vote_by_signal_counts_once(server: Client) -> None:
    async with scene(server) as release:
        await release.to(Phase.DECIDING)
        question = await release.question()
        await release.handle.signal("go_no_go", ballot(question))
        await release.handle.signal("go_no_go", ballot(question))
        entries = await release.until(lambda entries: any(e.event.type == "VoteCast" for e in entries))
        await release.advance(release.at)
        assert [e.actor.id for e in entries if e.event.type == "VoteCast"] == ["cid"]
        state = await release.state()
        assert state.round is not None
        assert state.round.ballots["qa", "cid"].choice.value == "GO"


async def test_a_no_go_by_signal_holds_the_release(server: Client) -> None:
    async with scene(server) as release:
        await release.to(Phase.DECIDING)
        await release.handle.signal(
            "go_no_go", ballot(await release.question(), choice="NO_GO", reason="it loses orders")
        )
        await release.until(lambda entries: entries[-1].event.type == "Held")
        assert [h.reason.value for h in (await release.state()).holds] == ["no_go"]


@pytest.mark.parametrize(
    ("changes", "event", "code"),
    [
        ({"request_id": "1/go/0/xyz"}, "BallotRefused", "vote."),
        ({"request_id": ""}, "BallotRefused", "vote."),
        ({"role": "astrology"}, "BallotRefused", "vote.unknown_role"),
        ({"actor": {"id": "mallory"}}, "BallotRefused", "command.not_entitled"),
        ({"actor": {"id": "robot", "kind": "service"}}, "BallotRefused", "command.not_entitled"),
        ({"choice": "PERHAPS"}, "HandlerFaulted", ""),
        ({"extra": 1}, "HandlerFaulted", ""),
        ({"ballot_id": ""}, "HandlerFaulted", ""),
    ],
)
async def test_a_signal_that_does_not_count_is_recorded(
    server: Client, changes: dict[str, Any], event: str, code: str
) -> None:
    async with scene(server) as release:
        await release.to(Phase.DECIDING)
        seen = len(await release.entries())
        await release.handle.signal("go_no_go", ballot(await release.question(), **changes))
        entries = await release.until(lambda entries: len(entries) > seen)
        found: Any = entries[seen].event
        assert found.type == event
        assert getattr(found, "code", "").startswith(code)
        state = await release.state()
        assert state.round is not None
        assert not state.round.ballots
        assert not await release.failed_tasks()


async def test_a_signal_that_nobody_knows_is_recorded(server: Client) -> None:
    async with scene(server) as release:
        seen = len(await release.entries())
        await release.handle.signal("go_now", "please")
        entries = await release.until(lambda entries: len(entries) > seen)
        assert entries[seen].event.type == "HandlerFaulted"


# --- what it shows -------------------------------------------------------------------------------------------------


async def test_queries_answer_as_of_an_instant(server: Client) -> None:
    async with scene(server) as release:
        await release.to(Phase.DECIDING)
        status = await release.handle.query(ReleaseWorkflow.status, release.at)
        assert status.phase == "deciding"
        verdict = await release.handle.query(ReleaseWorkflow.verdict, release.at)
        assert verdict.outcome == "UNCLEAR"
        late = await release.handle.query(ReleaseWorkflow.verdict, release.at + 30 * DAY)
        assert len(late.reasons) > len(verdict.reasons)
        why = await release.handle.query(ReleaseWorkflow.why, release.at)
        assert why != await release.handle.query(ReleaseWorkflow.why, release.at + 30 * DAY)


async def test_the_server_can_list_releases_by_where_they_stand(server: Client) -> None:
    async with scene(server) as release:
        await release.to(Phase.CLEANING_UP)
        found = (await release.handle.describe()).typed_search_attributes
        assert (found.get(PRODUCT), found.get(PHASE), found.get(EXPOSURE)) == ("shop", "cleaning_up", 100)
        assert found.get(OUTCOME) is None
        await release.to(Phase.COMPLETED)
        await release.handle.result()
        found = (await release.handle.describe()).typed_search_attributes
        assert (found.get(PHASE), found.get(OUTCOME)) == ("completed", "completed")


async def test_temporals_own_pages_can_be_read(server: Client) -> None:
    async with scene(server) as release:
        await release.to(Phase.DECIDING)
        await release.vote("qa", "cid", "NO_GO")
        described = await release.handle.describe()
        assert await described.static_summary() == f"shop {release.plan.version}"
        shown = await release.handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
        assert "**deciding**" in shown.current_details
        assert "held (no_go)" in shown.current_details
        assert "qa NO_GO" in shown.current_details


# --- what it tells -------------------------------------------------------------------------------------------------


async def test_now_is_no_time_of_a_driven_release(server: Client) -> None:
    async with scene(server) as release:
        assert {e.at for e in await release.entries()} == {MONDAY}
        assert datetime.now(UTC) != MONDAY
