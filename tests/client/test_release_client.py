"""The typed client against a real server and a real worker."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from temporalio.client import Client

from gonogo.adapters.memory import MemoryChecks, MemoryInbox, MemoryMetrics, memory_adapters
from gonogo.adapters.memory_flags import MemoryFlags
from gonogo.client.calling import Patience
from gonogo.client.errors import ClientError, NotFound, PlanDiffers, Refused, ReleaseClosed, TooLarge, Unreachable
from gonogo.client.release_client import ReleaseClient
from gonogo.domain import commands as c
from gonogo.domain.events import Entry, QuestionAsked
from gonogo.domain.plan import Plan
from gonogo.domain.terms import Choice, Phase
from gonogo.domain.values import Actor
from gonogo.worker.bootstrap import build_worker
from gonogo.worker.flag_desk import TemporalFlagDesk

MakePlan = Callable[..., Plan]
World = Any
T = TypeVar("T")
LONG = 30  # seconds until a test gives up waiting


async def until(client: ReleaseClient, release: str, event: str, *, after: int = 0) -> Entry:
    """The first entry of a kind, waited for by watching."""
    async with asyncio.timeout(LONG):
        async for entry in client.watch(release, after=after):
            if entry.event.type == event:
                return entry
    raise AssertionError(f"{release} closed without {event}")


async def eventually(call: Callable[[], Awaitable[T]], is_so: Callable[[T], Any]) -> T:
    """What `call` answers once `is_so`: lists lag behind by a moment."""
    deadline = time.monotonic() + LONG
    while not is_so(found := await call()):
        assert time.monotonic() < deadline, found
    return found


async def to_poll(world: World, plan: Plan) -> str:
    await world.client("dev").launch(plan)
    await world.client("cid").sign_off(plan.release_id, "tested")
    await until(world.client("dev"), plan.release_id, "PollOpened")
    return plan.release_id


async def all_go(world: World, release: str) -> None:
    for person, role in (("ann", "product_manager"), ("cid", "qa"), ("bob", "release_manager")):
        answer = await world.client(person).vote(release, Choice.GO, role=role)
        assert answer.accepted


async def to_question(world: World, plan: Plan) -> str:
    release = await to_poll(world, plan)
    await all_go(world, release)
    asked = await until(world.client("dev"), release, "QuestionAsked")
    assert isinstance(asked.event, QuestionAsked)
    return asked.event.question


async def test_the_same_plan_again_is_the_same_release(world: World, make_plan: MakePlan) -> None:
    plan = make_plan()
    first = await world.client("dev").launch(plan)
    again = await world.client("ann").launch(plan)
    assert (first.already, again.already) == (False, True)
    assert first.release_id == again.release_id == plan.release_id


async def test_another_plan_of_an_open_release_is_refused_and_says_how_it_differs(
    world: World, make_plan: MakePlan
) -> None:
    plan = make_plan()
    await world.client("dev").launch(plan)
    with pytest.raises(PlanDiffers) as caught:
        await world.client("dev").launch(replace(plan, title="another"))
    assert caught.value.code == "launch.plan_differs"
    assert caught.value.differences == ("title:  -> another",)
    assert f"gonogo amend {plan.release_id}" in caught.value.message


async def test_an_amended_plan_is_launched_already(world: World, make_plan: MakePlan) -> None:
    plan = make_plan()
    await world.client("dev").launch(plan)
    later = replace(plan, title="another")
    await world.client("bob").amend(plan.release_id, later)
    assert (await world.client("dev").launch(later)).already


async def test_a_closed_id_is_never_used_again(world: World, make_plan: MakePlan) -> None:
    plan = make_plan()
    client = world.client("bob")
    await client.launch(plan)
    await client.cancel(plan.release_id, reason="wrong plan")
    await until(client, plan.release_id, "ReleaseClosed")
    async with asyncio.timeout(LONG):
        await world.server.get_workflow_handle(f"release/{plan.release_id}").result()
    with pytest.raises(ReleaseClosed):
        await client.launch(plan)


async def test_a_command_to_a_closed_release_names_where_it_is_legal(world: World, make_plan: MakePlan) -> None:
    plan = make_plan()
    client = world.client("bob")
    await client.launch(plan)
    await client.cancel(plan.release_id, reason="wrong plan")
    async with asyncio.timeout(LONG):
        await world.server.get_workflow_handle(f"release/{plan.release_id}").result()
    with pytest.raises(Refused) as caught:
        await client.roll_back(plan.release_id, reason="too late")
    assert caught.value.code == "command.not_in_phase"
    assert "gonogo flags kill KEY" in caught.value.message


async def test_a_release_that_is_cancelled_while_the_calendar_is_asked_closes_at_once(
    world: World, make_plan: MakePlan
) -> None:
    client = world.client("bob")

    async def launch_and_cancel(plan: Plan) -> None:
        await client.launch(plan)
        await client.cancel(plan.release_id, reason="wrong plan")
        await world.server.get_workflow_handle(f"release/{plan.release_id}").result()

    # Many at once: the calendar answers within milliseconds, and the cancellation has to come before that.
    async with asyncio.timeout(LONG):
        await asyncio.gather(*(launch_and_cancel(make_plan()) for _ in range(20)))


async def test_a_refusal_has_its_code_and_details(world: World, make_plan: MakePlan) -> None:
    plan = make_plan()
    await world.client("dev").launch(plan)
    with pytest.raises(Refused) as caught:
        await world.client("cid").cancel(plan.release_id, reason="I want to")
    assert caught.value.code == "command.not_entitled"
    assert caught.value.details["who"] == "release_manager (bob)"


async def test_a_release_that_does_not_exist_is_not_found(world: World) -> None:
    client = world.client("bob")
    with pytest.raises(NotFound):
        await client.status("shop/0.0.0")
    with pytest.raises(NotFound):
        await client.hold("shop/0.0.0", "stop")
    with pytest.raises(NotFound):
        await until(client, "shop/0.0.0", "ReleaseClosed")
    with pytest.raises(NotFound):
        await client.history("shop/0.0.0")


async def test_a_request_that_is_too_large_is_not_sent(world: World, make_plan: MakePlan) -> None:
    plan = make_plan()
    await world.client("dev").launch(plan)
    parts = tuple(replace(plan.features[0], id=f"part{n}", need="x" * 1900) for n in range(40))
    with pytest.raises(TooLarge) as caught:
        await world.client("ann").act(plan.release_id, c.SplitFeature(feature="x", into=parts))
    assert "65,536" in caught.value.message


async def test_the_same_request_id_is_answered_once(world: World, make_plan: MakePlan) -> None:
    plan = make_plan()
    await world.client("dev").launch(plan)
    client = world.client("bob")
    one = await client.act(plan.release_id, c.PlaceHold(text="wait"), request_id="hold-1")
    two = await client.act(plan.release_id, c.PlaceHold(text="wait"), request_id="hold-1")
    assert one == two
    assert len((await client.get(plan.release_id)).holds) == 1


async def test_a_request_id_that_was_answered_is_nobody_elses_answer_and_no_other_requests(
    world: World, make_plan: MakePlan
) -> None:
    plan = make_plan()
    await world.client("dev").launch(plan)
    await world.client("bob").act(plan.release_id, c.PlaceHold(text="wait"), request_id="hold-1")
    with pytest.raises(Refused, match="an id of its own") as caught:
        await world.client("bob").act(plan.release_id, c.PlaceHold(text="wait for me"), request_id="hold-1")
    assert caught.value.code == "request.reused"
    await world.client("ann").act(plan.release_id, c.PlaceHold(text="wait"), request_id="hold-1")
    assert [hold.by.id for hold in (await world.client("ann").get(plan.release_id)).holds] == ["bob", "ann"]


async def test_a_vote_is_bound_to_the_open_question(world: World, make_plan: MakePlan) -> None:
    plan = make_plan()
    await world.client("dev").launch(plan)
    with pytest.raises(Refused) as caught:
        await world.client("cid").vote(plan.release_id, Choice.GO, role="qa")
    assert caught.value.code == "round.none"


async def test_a_choice_may_be_given_as_its_word(world: World, make_plan: MakePlan) -> None:
    release = await to_poll(world, make_plan())
    assert (await world.client("cid").vote(release, "GO", role="qa")).accepted
    state = await world.client("cid").get(release)
    assert state.round is not None
    assert [ballot.choice for ballot in state.round.ballots.values()] == [Choice.GO]


async def test_a_choice_that_is_none_is_refused_by_a_code(world: World) -> None:
    perhaps: Any = "PERHAPS"
    with pytest.raises(ClientError, match="GO, NO_GO, ABSTAIN") as caught:
        await world.client("cid").vote("library/1.0", perhaps, role="qa")
    assert caught.value.code == "vote.choice"


async def test_a_late_ballot_is_recorded_and_not_counted(world: World, make_plan: MakePlan) -> None:
    release = await to_poll(world, make_plan())
    client = world.client("cid")
    question = (await client.get(release)).round
    assert question is not None
    await world.client("bob").call(release, "postpone", reason="tomorrow")
    answer = await client.vote(release, Choice.GO, role="qa", question=question.request_id)
    assert not answer.accepted
    assert answer.code.startswith("ballot.") or answer.code.startswith("vote.")


async def test_a_whole_life_is_watched_to_its_end_and_watching_adds_no_event(world: World, make_plan: MakePlan) -> None:
    plan = make_plan()
    client = world.client("dev")

    async def follow() -> list[Entry]:
        return [entry async for entry in client.watch(plan.release_id)]

    release = plan.release_id
    await client.launch(plan)
    async with asyncio.timeout(60):
        followers = [asyncio.create_task(follow()) for _ in range(3)]
        await world.client("cid").sign_off(release, "tested")
        await until(client, release, "PollOpened")
        await all_go(world, release)
        asked = await until(client, release, "QuestionAsked")
        assert isinstance(asked.event, QuestionAsked)
        await world.client("ann").widen(release, asked.event.question)
        await until(client, release, "ReleaseShipped")
        await world.client("bob").waive(
            release, "flag:x", reason="stays", until=(await client.get(release)).at + timedelta(days=1)
        )
        told = await asyncio.gather(*followers)
    state = await client.get(release)
    assert state.phase is Phase.COMPLETED
    assert [entry.seq for entry in told[0]] == list(range(1, state.seq + 1))
    assert told[0] == told[1] == told[2]
    async with asyncio.timeout(LONG):
        await world.server.get_workflow_handle(f"release/{release}").result()
    before = len((await client.history(release))[0].history.events)
    assert await follow() == told[0]
    assert len((await client.history(release))[0].history.events) == before


async def test_lists_filter_by_product_phase_and_outcome(world: World, make_plan: MakePlan) -> None:
    plan = make_plan(product="listed")
    client = world.client("bob")
    await client.launch(plan)
    await client.hold(plan.release_id, "wait")
    rows = await eventually(lambda: client.list(product="listed", phase="readying"), len)
    assert [(row.release_id, row.outcome, row.status) for row in rows] == [(plan.release_id, "", "running")]
    assert await client.list(product="listed", phase="deciding") == ()
    assert await client.list(product="nobody-has-this") == ()


async def test_views_say_what_they_are_of(world: World, make_plan: MakePlan) -> None:
    release = await to_poll(world, make_plan())
    client = world.client("cid")
    # What the poll asked for comes back meanwhile: three views of one moment have one number.
    status, why, verdict = await eventually(
        lambda: asyncio.gather(client.status(release), client.why(release), client.verdict(release)),
        lambda views: len({view.seq for view in views}) == 1,
    )
    assert status.phase == "deciding"
    assert {one.code for one in why.waiting} >= {"vote.missing"}
    assert verdict.outcome == "UNCLEAR"


async def test_a_flag_is_killed_by_whoever_may(world: World, make_plan: MakePlan) -> None:
    plan = make_plan(product="killing", flags={"k": {}}, features=[{"id": "k", "title": "K", "flags": ["k"]}])
    await to_question(world, plan)
    client = world.client("bob")
    await eventually(lambda: client.find_flags(product="killing"), lambda ids: ids == ("killing/production/k",))
    with pytest.raises(Refused) as caught:
        await world.client("stranger").kill_flag("killing/production/k", reason="no reason")
    assert caught.value.code
    await client.kill_flag("killing/production/k", reason="it burns")
    [flag] = await eventually(lambda: client.flags(product="killing"), lambda flags: not flags[0].changing)
    assert flag.exposure == flag.original
    with pytest.raises(NotFound):
        await client.kill_flag("killing/production/none", reason="it burns")
    assert (await client.flag("killing/production/k")).changed == flag.changed
    assert "FlagSwitched" in [entry.event.type for entry in await client.flag_history("killing/production/k")]
    # The release hears of it from the flag's own workflow.
    status = await eventually(lambda: client.status(plan.release_id), lambda status: status.holds)
    assert (status.holds[0].by, "killed by bob" in status.holds[0].text) == ("bob", True)
    [told] = [e for e in (await client.ledger(plan.release_id)).entries() if e.event.type == "FlagChangedElsewhere"]
    assert (told.actor.id, told.event.change) == ("bob", flag.changed)


async def test_without_a_worker_a_launch_says_so_and_is_not_lost(server: Client, make_plan: MakePlan) -> None:
    waited: list[str] = []
    patience = Patience(timedelta(seconds=1), waited.append)
    client = ReleaseClient(server, actor=Actor(id="dev"), task_queue="nobody-listens", patience=patience)
    plan = make_plan(product="silent")
    with pytest.raises(Unreachable) as caught:
        await client.launch(plan)
    assert caught.value.code == "worker.silent"
    assert waited == ["no worker answers"]
    await server.get_workflow_handle(f"release/{plan.release_id}").terminate("test")


@pytest.mark.parametrize("proof", [0, 2])
async def test_where_nobody_is_trusted_a_release_does_not_begin_whatever_proof_a_message_claims(
    server: Client, make_plan: MakePlan, proof: int
) -> None:
    adapters = memory_adapters(checks=MemoryChecks(), metrics=MemoryMetrics(), flags=MemoryFlags(), inbox=MemoryInbox())
    desk = TemporalFlagDesk(server, task_queue="nobody-is-trusted")
    client = ReleaseClient(server, actor=Actor(id="dev", proof=proof), task_queue="nobody-is-trusted")
    async with (
        asyncio.timeout(LONG),
        build_worker(server, adapters=adapters, desk=desk, task_queue="nobody-is-trusted", trust_local=False),
    ):
        with pytest.raises(Refused) as caught:
            await client.launch(make_plan(product="untrusted"))
    assert caught.value.code == "actor.unproved"


async def test_a_workflow_that_was_terminated_is_not_waited_for(
    server: Client, world: World, make_plan: MakePlan
) -> None:
    plan = make_plan()
    client = world.client("dev")
    await client.launch(plan)
    seen: list[int] = []

    async def follow() -> None:
        async for entry in client.watch(plan.release_id):
            seen.append(entry.seq)

    task = asyncio.create_task(follow())
    await until(client, plan.release_id, "ReleaseLaunched")
    await server.get_workflow_handle(f"release/{plan.release_id}").terminate("by an operator")
    async with asyncio.timeout(LONG):
        with pytest.raises(Exception, match="terminated"):
            await task
    assert seen[0] == 1


async def test_a_cancelled_caller_stays_cancelled(server: Client, world: World, make_plan: MakePlan) -> None:
    plan = make_plan(product="silent")
    told = asyncio.Event()
    patience = Patience(on_wait=lambda _: told.set())
    client = ReleaseClient(server, actor=Actor(id="dev"), task_queue="nobody-listens", patience=patience)
    task = asyncio.create_task(client.launch(plan))
    async with asyncio.timeout(LONG):
        await told.wait()
    act = asyncio.create_task(client.hold(plan.release_id, "wait"))
    await asyncio.sleep(0)
    for one in (task, act):
        one.cancel()
        with pytest.raises(asyncio.CancelledError):
            await one
    await server.get_workflow_handle(f"release/{plan.release_id}").terminate("test")
