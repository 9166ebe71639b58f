"""What a release tells people: once each, through channels that fail, and nothing while nothing happens."""

from datetime import timedelta

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from gonogo.domain import commands as c
from gonogo.domain.terms import Phase
from gonogo.workflows.leftovers import LeftoversWorkflow
from tests.domain.worlds import DAY, HOUR, SLOT
from tests.workflows.channel import Channel
from tests.workflows.scenes import Surroundings, scene


async def test_every_message_is_delivered_once_under_its_own_key(server: Client) -> None:
    inbox = Channel()
    async with scene(server, Surroundings(inbox=inbox)) as release:
        await release.to(Phase.COMPLETED)
        await release.handle.result()
        assert len(inbox.taken) == len(set(inbox.taken)) > 8
        assert all(key.startswith(f"{release.plan.release_id}/") for key in inbox.taken)
        assert {"release.launched", "poll.opened", "release.closed"} <= set(await release.messages())


async def test_a_channel_that_is_down_blocks_nothing_and_loses_nothing(server: Client) -> None:
    inbox = Channel()
    async with scene(server, Surroundings(inbox=inbox)) as release:
        before = tuple(inbox.taken)
        inbox.down = True
        await release.to(Phase.CLEANING_UP)
        assert tuple(inbox.taken) == before
        inbox.down = False
        await release.advance(release.at + 2 * HOUR)
        places = [int(key.split("/")[2]) for key in inbox.taken]
        assert places == sorted(places)
        assert len(inbox.taken) == len(set(inbox.taken))
        assert {"poll.opened", "release.shipped"} <= set(await release.messages())


async def test_what_a_closed_release_could_not_deliver_passes_to_one_child(server: Client) -> None:
    inbox = Channel()
    inbox.down = True
    async with scene(server, Surroundings(inbox=inbox)) as release:
        await release.act(c.Cancel(reason="the market has gone"), "bob")
        assert (await release.handle.result()).outcome == "cancelled"
        children = [
            e.start_child_workflow_execution_initiated_event_attributes
            for e in await release.events()
            if e.event_type == EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED
        ]
        assert [child.workflow_id for child in children] == [f"leftovers/{release.plan.release_id}"]
        (left,) = await server.data_converter.decode(list(children[0].input.payloads), None)
        assert "release.closed" in {message["type"] for message in left["messages"]}
        child = server.get_workflow_handle(children[0].workflow_id)
        assert (await child.describe()).status is not None
        await child.terminate()
        # Later, with the channel up again, the same input is delivered.
        inbox.down = False
        undelivered = await server.execute_workflow(
            LeftoversWorkflow.run, arg=left, id=f"{children[0].workflow_id}-again", task_queue=release.task_queue
        )
        assert undelivered == ()
        assert set(inbox.taken) == {message["key"] for message in left["messages"]}


async def test_waiting_adds_nothing_but_reminders(server: Client) -> None:
    async with scene(server, schedule={"slot": SLOT + timedelta(days=60)}, checklists={}) as release:
        await release.advance(release.at + DAY)
        before = await release.ledger()
        await release.advance(release.at + 30 * DAY)
        assert await release.ledger() == before
