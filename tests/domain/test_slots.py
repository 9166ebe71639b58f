"""Slots and trains: aiming, room for a poll, giving up, postponing, the calendar's answers."""

from dataclasses import replace
from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.calendar import resolve
from gonogo.domain.events import SlotGivenUp, SlotMissed, SlotsRequested, SlotTaken
from gonogo.domain.resolution import Slot, add_working
from gonogo.domain.schedule import renew_at
from gonogo.domain.terms import Phase
from tests.domain.worlds import CLOSES, DATED, DAY, HOUR, MINUTE, MONDAY, ON_DEMAND, POLL, SLOT, TRAIN, WEEK, World


def starts(world: World) -> Any:
    return world.state.slot.starts if world.state.slot else None


@pytest.mark.parametrize(
    ("at", "slot"),
    [
        (SLOT - 2 * HOUR, SLOT),
        (SLOT - 2 * HOUR + MINUTE, SLOT + WEEK),
        (SLOT, SLOT + WEEK),
    ],
)
def test_the_first_slot_that_leaves_room_for_a_poll_is_taken(at: Any, slot: Any) -> None:
    assert starts(World(at)) == slot


def test_not_before_and_the_freeze_say_from_when_on() -> None:
    assert starts(World(schedule={**TRAIN, "not_before": SLOT + HOUR})) == SLOT + WEEK
    assert starts(World(scope={"freeze_at": SLOT + HOUR})) == SLOT + WEEK


def test_a_slot_inside_a_deny_window_is_skipped() -> None:
    deny = {"id": "fair", "action": "deny", "start": "2026-11-19T00:00", "lasts": "1d"}
    assert starts(World(schedule={**TRAIN, "windows": [deny]})) == SLOT + WEEK


def test_a_slot_for_which_no_room_is_left_is_skipped_and_counted() -> None:
    world = World(POLL - 2 * HOUR)
    assert starts(world) == SLOT
    world.silent.add("slots")
    world.wait(until=SLOT - HOUR)
    assert world.phase is Phase.READYING, "the poll waits for the calendar"
    assert world.last(SlotGivenUp).why == "no room is left for a poll"
    assert world.state.given_up == 1


def test_three_slots_are_given_up_and_the_fourth_holds() -> None:
    world = World()
    for n in (1, 2, 3):
        world.do(c.Postpone(), "bob")
        assert (starts(world), world.state.given_up, world.holds) == (SLOT + n * WEEK, n, [])
    world.do(c.Postpone(), "bob")
    assert (starts(world), world.holds) == (None, ["schedule"])
    assert world.refused(c.OpenPoll(), "bob") == "poll.held"
    assert world.refused(c.Postpone(), "bob") == "postpone.no_slot"
    assert world.refused(c.LiftHold(hold=world.hold("schedule").id), "bob") == "hold.not_liftable"
    world.wait(2 * WEEK)
    assert world.phase is Phase.READYING
    world.do(c.Postpone(to=SLOT + 6 * WEEK), "bob")
    assert (starts(world), world.state.given_up, world.holds) == (SLOT + 6 * WEEK, 0, [])


def test_a_date_that_has_passed_is_refused() -> None:
    assert World().refused(c.Postpone(to=MONDAY), "bob") == "postpone.past"


def test_a_dated_slot_has_no_successor() -> None:
    world = World(schedule=DATED)
    assert starts(world) == SLOT
    assert world.refused(c.Postpone(), "bob") == "postpone.no_date"
    world.to(Phase.DECIDING).do(c.Call(choice="no_go", ballot_id="b"), "bob")
    assert (world.phase, starts(world), world.holds) == (Phase.READYING, None, ["schedule"])
    world.do(c.Postpone(to=SLOT + 2 * DAY), "bob")
    assert (starts(world), world.holds, world.state.given_up) == (SLOT + 2 * DAY, [], 0)
    world.to(Phase.ROLLING_OUT)
    assert world.at == SLOT + 2 * DAY


def test_a_dated_slot_without_room_holds_at_once() -> None:
    world = World(SLOT - HOUR, schedule=DATED)
    assert (starts(world), world.holds) == (None, ["schedule"])


@pytest.mark.parametrize("choice", ["no_go", "postpone"])
def test_on_demand_the_next_poll_opens_after_a_day(choice: Any) -> None:
    world = World(schedule=ON_DEMAND)
    world.sign_off()
    assert world.phase is Phase.DECIDING
    world.do(c.Call(choice=choice, ballot_id="b"), "bob")
    assert (world.phase, world.state.retry_at, world.state.given_up) == (Phase.READYING, MONDAY + DAY, 1)
    world.wait(phase=Phase.DECIDING)
    assert world.at == MONDAY + DAY


def test_on_demand_the_next_poll_opens_at_the_date_or_by_command() -> None:
    world = World(schedule=ON_DEMAND)
    world.do(c.Postpone(to=MONDAY + 3 * DAY), "bob")
    world.sign_off()
    world.wait(phase=Phase.DECIDING)
    assert world.at == MONDAY + 3 * DAY
    other = World(schedule=ON_DEMAND)
    other.sign_off()
    other.do(c.Postpone(), "bob")
    other.do(c.OpenPoll(), "bob")
    assert other.phase is Phase.DECIDING


def test_on_demand_the_fourth_postponement_holds() -> None:
    world = World(schedule=ON_DEMAND)
    for _ in range(4):
        world.do(c.Postpone(), "bob")
    assert world.holds == ["schedule"]


def test_on_demand_the_go_takes_the_first_open_instant() -> None:
    nights = {"id": "night", "action": "allow", "start": "2026-01-01T20:00", "lasts": "2h", "rrule": "FREQ=DAILY"}
    world = World(schedule={"windows": [nights]})
    world.sign_off()
    world.vote_go()
    taken = world.last(SlotTaken)
    assert (taken.on_demand, taken.slot.starts, taken.slot.ends) == (True, MONDAY + 11 * HOUR, MONDAY + 13 * HOUR)
    assert world.phase is Phase.AWAITING_WINDOW
    open_now = World(schedule=ON_DEMAND)
    open_now.sign_off()
    open_now.vote_go()
    assert open_now.last(SlotTaken).slot.ends == MONDAY + 4 * HOUR
    assert open_now.phase is Phase.ROLLING_OUT


def test_on_demand_without_an_open_window_the_release_is_held() -> None:
    never = {"id": "shut", "action": "deny", "start": "2026-01-01T00:00", "lasts": "400d", "rrule": "FREQ=YEARLY"}
    world = World(schedule=ON_DEMAND)
    world.sign_off()
    resolution = world.state.resolution
    assert resolution is not None
    world.state = replace(world.state, resolution=replace(resolution, openings=()))
    world.vote_go()
    assert (world.phase, world.holds) == (Phase.DECIDING, ["schedule"])
    world.do(c.Postpone(to=world.at + DAY), "bob")
    assert (world.phase, world.holds) == (Phase.READYING, [])
    assert never["action"] == "deny"


def test_a_slot_is_missed_when_a_hold_stands_at_its_first_instant() -> None:
    world = World().go()
    world.do(c.PlaceHold(text="wait"), "dan")
    world.wait(SLOT)
    assert (world.phase, starts(world), world.state.given_up) == (Phase.READYING, SLOT + WEEK, 1)
    assert "held (manual)" in world.last(SlotMissed).why
    world.do(c.LiftHold(), "dan")
    assert world.phase is Phase.READYING, "a release never ships late because a hold was lifted"


def test_a_slot_is_not_missed_when_the_hold_was_lifted_before_it() -> None:
    world = World().go()
    world.do(c.PlaceHold(text="wait"), "dan")
    world.do(c.LiftHold(), "dan")
    world.wait(SLOT)
    assert world.phase is Phase.ROLLING_OUT


def test_a_slot_is_missed_when_a_hold_is_raised_before_the_first_write() -> None:
    world = World().go()
    world.silent.add("checks")
    world.wait(SLOT)
    assert world.state.opening is not None
    world.do(c.PlaceHold(text="wait"), "dan")
    assert (world.phase, starts(world)) == (Phase.READYING, SLOT + WEEK)


def test_a_slot_is_missed_when_its_opening_ends_first() -> None:
    world = World().go()
    world.silent.add("checks")
    world.wait(SLOT + 4 * HOUR)
    assert world.last(SlotMissed).why == "its opening ended first"
    assert (world.phase, starts(world)) == (Phase.READYING, SLOT + WEEK)


def test_a_superseded_round_keeps_its_slot_and_the_next_opens_at_once() -> None:
    world = World().to(Phase.DECIDING)
    world.candidate("c2")
    assert (world.phase, world.state.rounds, starts(world)) == (Phase.DECIDING, 2, SLOT)


def test_a_superseded_round_without_room_gives_the_slot_up_and_the_next_poll_comes_in_its_own_time() -> None:
    world = World().to(Phase.DECIDING).wait(CLOSES - 30 * MINUTE)
    world.candidate("c2")
    assert (world.phase, starts(world), world.state.given_up) == (Phase.READYING, SLOT + WEEK, 1)
    world.wait(phase=Phase.DECIDING)
    assert world.at == POLL + WEEK


def test_the_calendar_is_asked_again_when_under_14_days_remain() -> None:
    world = World(schedule={"slot": MONDAY + 30 * DAY})
    due = renew_at(world.state)
    assert due is not None
    before = len(world.events(SlotsRequested))
    world.at = due
    world.do(c.Tick())
    assert len(world.events(SlotsRequested)) >= before + 1


def test_an_answer_to_another_question_says_nothing() -> None:
    world = World()
    resolution = world.state.resolution
    assert resolution is not None
    assert world.do(c.TakeSlots(ask="slots-0", resolution=resolution)) == ()


def slots_say(world: World, *slots: Slot) -> None:
    """The calendar is asked at the poll's opening, and says something else."""
    world.silent.add("slots")
    world.wait(POLL)
    assert world.state.slots_ask is not None
    known = resolve(world.plan.schedule, "production", now=world.at)
    world.do(c.TakeSlots(ask=world.state.slots_ask, resolution=replace(known, slots=slots)))


def test_a_slot_that_moved_is_another_slot() -> None:
    longer = Slot(starts=SLOT, ends=SLOT + 8 * HOUR)
    world = World()
    slots_say(world, longer)
    assert world.state.slot == longer
    moved = Slot(starts=SLOT + HOUR, ends=SLOT + 5 * HOUR)
    other = World()
    slots_say(other, moved)
    assert other.state.slot == moved


def test_a_slot_that_is_gone_is_given_up() -> None:
    world = World()
    slots_say(world)
    assert world.last(SlotGivenUp).why == "the slot is not in the calendar any more"
    assert world.holds == ["schedule"]


def test_a_changed_slot_is_material() -> None:
    world = World().go()
    world.silent.add("slots")
    world.amend(schedule={**TRAIN, "open_for": "6h"})
    assert world.phase is Phase.AWAITING_WINDOW
    world.silent.clear()
    world.answer()
    assert "GoEnded" in world.types
    assert world.state.phase is Phase.DECIDING


def test_no_poll_opens_before_the_calendar_has_answered() -> None:
    world = World(schedule=ON_DEMAND)
    world.state = replace(world.state, resolution=None)
    world.silent.add("slots")
    assert world.refused(c.OpenPoll(), "bob") == "poll.no_calendar"


def test_on_demand_the_same_opening_can_be_taken_again() -> None:
    nights = {"id": "night", "action": "allow", "start": "2026-01-01T20:00", "lasts": "2h", "rrule": "FREQ=DAILY"}
    world = World(schedule={"windows": [nights]})
    for commit in ("c2", "c3"):
        world.sign_off()
        world.vote_go()
        assert world.phase is Phase.AWAITING_WINDOW
        world.candidate(commit)
    first, second = world.events(SlotTaken)
    assert first == second


def test_a_working_time_of_nothing_is_over_at_once() -> None:
    world = World(schedule={})
    resolution = world.state.resolution
    assert resolution is not None
    assert add_working(resolution, world.at, 0 * HOUR) == world.at
    assert add_working(resolution, world.at + DAY, HOUR) == world.at + DAY + HOUR
