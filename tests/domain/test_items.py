"""Checklist items: one owner each, a due date, a state; and the ladder of reminders."""

from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.events import Escalated, ReminderSent
from gonogo.domain.items import due_at
from gonogo.domain.plan import Feature
from gonogo.domain.terms import ItemStatus, Phase
from tests.domain.worlds import CLOSES, DAY, HOUR, MONDAY, ON_DEMAND, SAMPLE, SLOT, WEEK, World


def lists(moment: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"list": {"moment": moment, "owner": "qa", "items": list(items)}}


def item(name: str = "it", **more: Any) -> dict[str, Any]:
    return {"id": name, "title": name, **more}


def with_items(moment: str, *items: dict[str, Any], **changes: Any) -> World:
    return World(checklists=lists(moment, *items), **changes)


def sent(world: World, subject: str) -> list[tuple[Any, int]]:
    return [
        (e.at, e.event.step) for e in world.entries if isinstance(e.event, ReminderSent) and e.event.subject == subject
    ]


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({"due": "1d"}, SLOT - DAY),
        ({}, CLOSES),
        ({"due_at": SLOT - 2 * DAY}, SLOT - 2 * DAY),
    ],
)
def test_an_item_is_due_before_the_slot_with_the_poll_or_at_its_date(changes: dict[str, Any], due: Any) -> None:
    world = with_items("before_go_no_go", item(**changes))
    assert due_at(world.state, world.state.items["it"]) == due


def test_on_demand_an_item_is_due_after_the_poll_opened() -> None:
    world = with_items("before_go_no_go", item(), item("soon", due="2h"), schedule=ON_DEMAND)
    world.wait(DAY)
    world.do(c.OpenPoll(), "bob")
    assert world.state.round is not None
    assert due_at(world.state, world.state.items["it"]) == world.state.round.closes
    assert due_at(world.state, world.state.items["soon"]) == world.at + 2 * HOUR


def test_on_demand_before_the_poll_an_item_is_due_as_if_it_opened_as_early_as_it_can() -> None:
    world = with_items("before_go_no_go", item(), item("soon", due="2h"), schedule=ON_DEMAND)
    assert due_at(world.state, world.state.items["soon"]) == MONDAY + 2 * HOUR
    # 24 working hours, eight a day, from Monday 09:00.
    assert due_at(world.state, world.state.items["it"]) == MONDAY + 2 * DAY + 8 * HOUR
    later = MONDAY + 7 * DAY
    world = with_items("before_go_no_go", item("soon", due="2h"), schedule={"not_before": later})
    assert due_at(world.state, world.state.items["soon"]) == later + 2 * HOUR
    scoping = with_items("before_go_no_go", item(), schedule=ON_DEMAND, scope={"freeze_at": later})
    assert due_at(scoping.state, scoping.state.items["it"]) is None


def test_on_demand_whoever_keeps_the_poll_from_opening_is_reminded_and_then_escalated() -> None:
    world = with_items("before_go_no_go", item(), schedule=ON_DEMAND).wait(3 * WEEK)
    due = MONDAY + 2 * DAY + 8 * HOUR
    assert sent(world, "item:it") == [(due - DAY, 1), (due, 2), (due + DAY, 3)]
    assert [x.at for x in world.entries if x.event.type == "Escalated"] == [due + 2 * DAY]
    world.do(c.OpenPoll(), "bob")
    opened = world.at
    world.wait(phase=Phase.READYING)
    assert sent(world, "item:it")[3:4] != [], "the dates follow the poll, and so do the reminders"
    assert all(at >= opened for at, _ in sent(world, "item:it")[3:])


def test_what_gates_the_freeze_is_due_with_it_and_what_gates_completion_after_the_release() -> None:
    freeze = {"freeze_at": SLOT - 2 * DAY}
    world = with_items("before_code", item(), item("early", due="3d"), scope=freeze)
    assert due_at(world.state, world.state.items["it"]) == SLOT - 2 * DAY
    assert due_at(world.state, world.state.items["early"]) == SLOT - 3 * DAY
    world = with_items("after_release", item(due="2d"), item("whenever"))
    assert due_at(world.state, world.state.items["it"]) is None
    world.to(Phase.CLEANING_UP)
    assert due_at(world.state, world.state.items["it"]) == world.at + 2 * DAY
    assert due_at(world.state, world.state.items["whenever"]) == world.at


def test_without_a_slot_nobody_knows_when_an_item_is_due() -> None:
    world = with_items("before_go_no_go", item())
    world.do(c.Postpone(to=SLOT + 3650 * DAY), "bob")
    assert world.state.slot is None or due_at(world.state, world.state.items["it"]) is not None
    held = with_items("before_go_no_go", item(), schedule={"slot": MONDAY + HOUR})
    assert held.holds == ["schedule"]
    assert due_at(held.state, held.state.items["it"]) is None


def test_reminders_come_before_due_at_due_and_after_and_then_it_is_escalated() -> None:
    world = with_items("before_go_no_go", item(due="2d"))
    world.wait(SLOT - 2 * HOUR)
    due = SLOT - 2 * DAY
    assert sent(world, "item:it") == [(due - DAY, 1), (due, 2), (due + DAY, 3)]
    assert not world.events(Escalated)
    world.do(c.Postpone(), "bob")
    world.wait(SLOT + WEEK - 3 * HOUR)
    due += WEEK
    assert sent(world, "item:it")[3:] == [(due - DAY, 1), (due, 2), (due + DAY, 3)], "due dates follow the slot"


def test_overdue_steps_fold_into_one_reminder_and_an_escalation() -> None:
    world = with_items("before_go_no_go", item(due_at=MONDAY + 2 * DAY))
    world.at = MONDAY + 4 * DAY
    world.do(c.Tick())
    assert sent(world, "item:it") == [(world.at, 3)]
    (told,) = world.events(Escalated)
    assert (told.subject, told.to) == ("item:it", ("bob",))


def test_steps_from_before_the_launch_are_not_made_up_for() -> None:
    world = with_items("before_go_no_go", item(due_at=MONDAY + HOUR))
    assert sent(world, "item:it") == []
    world.wait(2 * HOUR)
    assert sent(world, "item:it") == [(MONDAY + HOUR, 2)]


def test_what_is_done_or_waived_is_not_reminded_of() -> None:
    world = with_items("before_go_no_go", item(due="2d"), item("other", due="2d"))
    world.sign_off("it")
    world.do(c.Waive(subject="item:other", reason="not this time"), "bob")
    world.wait(SLOT - 2 * HOUR)
    assert not world.events(ReminderSent)[:-1]


def test_an_owner_says_where_an_item_stands_and_the_same_twice_changes_nothing() -> None:
    world = with_items("before_go_no_go", item(due="1d"))
    assert "item.open:item:it" in world.reasons
    world.do(c.SignOff(item="it", status="blocked", note="no staging"), "cid")
    assert "item.blocked:item:it" in world.reasons
    assert world.do(c.SignOff(item="it", status="blocked", note="no staging"), "dan") == ()
    world.do(c.SignOff(item="it", evidence="https://example.org"), "cid")
    assert not [r for r in world.reasons if r.startswith("item")]
    world.do(c.UnSign(item="it"), "cid")
    assert world.state.items["it"].status is ItemStatus.OPEN
    assert world.do(c.UnSign(item="it"), "cid") == ()


def test_an_item_is_overdue_from_its_due_instant_on() -> None:
    world = with_items("before_go_no_go", item(due_at=MONDAY + HOUR))
    world.wait(HOUR)
    assert "(overdue)" in next(r.text for r in world.verdict.reasons if r.code == "item.open")


def test_items_stand_per_feature_kind_and_announcement() -> None:
    items = [
        item("each", per="feature"),
        item("loud", per="feature", announce_only=True),
        item("fast", kinds=["hotfix"]),
    ]
    features = [*SAMPLE["features"], {"id": "big", "title": "B", "no_flag": "x", "announce": True}]
    freeze = {"freeze_at": SLOT - 2 * DAY}
    world = with_items("before_merge", *items, features=features, scope=freeze)
    assert set(world.state.items) == {"each.gifts", "each.big", "loud.big"}
    world.do(c.AddFeature(feature=Feature(id="late", title="L", no_flag="x", announce=True)), "ann")
    assert {"each.late", "loud.late"} < set(world.state.items)
    assert set(with_items("before_merge", *items, kind="hotfix").state.items) == {"each.gifts", "fast"}


def test_an_item_that_is_not_required_gates_nothing() -> None:
    world = with_items("before_go_no_go", item(required=False))
    assert not [r for r in world.reasons if r.startswith("item")]
