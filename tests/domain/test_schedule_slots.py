"""Slots that vanish, trains that are rare, dates before which nothing begins, and the calendar at a poll by hand."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.calendar import resolve
from gonogo.domain.events import GoEnded, PollOpened, RoundEnded, SlotGivenUp, SlotsRequested
from gonogo.domain.resolution import Slot
from gonogo.domain.terms import Ended, Phase
from tests.domain.worlds import DATED, DAY, HOUR, MINUTE, MONDAY, POLL, SLOT, TRAIN, WEEK, World

QUARTERLY = {"train": {"rrule": "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=19", "start": "2026-11-19T10:00"}}
NEXT_QUARTER = datetime(2027, 2, 19, 10, tzinfo=SLOT.tzinfo)


def starts(world: World) -> datetime | None:
    return world.state.slot.starts if world.state.slot else None


def deny(start: str, lasts: str) -> dict[str, Any]:
    return {"id": "fair", "action": "deny", "start": start, "lasts": lasts}


def calendar_says(world: World, *slots: Slot) -> None:
    """The calendar is asked anew, and knows these slots."""
    world.silent.add("slots")
    world.amend(schedule={**TRAIN, "working_hours": {"start": f"0{world.state.revision}:00"}})
    assert world.state.slots_ask is not None
    known = resolve(world.plan.schedule, "production", now=world.at)
    world.do(c.TakeSlots(ask=world.state.slots_ask, resolution=replace(known, slots=slots)))


# --- slots that vanish ---------------------------------------------------------------------------------------------


def test_a_slot_that_vanishes_in_a_round_is_given_up_and_the_next_poll_comes_in_its_own_time() -> None:
    world = World().to(Phase.DECIDING)
    world.amend(schedule={**TRAIN, "windows": [deny("2026-11-18T00:00", "25d")]})
    later = SLOT + 4 * WEEK
    assert (world.phase, starts(world), world.state.given_up) == (Phase.READYING, later, 1)
    assert world.last(RoundEnded).how is Ended.SUPERSEDED
    world.wait(phase=Phase.DECIDING)
    assert world.at == later - DAY


def test_a_slot_that_vanishes_under_a_go_ends_it_and_is_given_up() -> None:
    world = World().go()
    world.amend(schedule={**TRAIN, "windows": [deny("2026-11-19T00:00", "1d")]})
    assert (world.phase, starts(world), world.state.given_up) == (Phase.READYING, SLOT + WEEK, 1)
    assert len(world.events(GoEnded)) == 1


@pytest.mark.parametrize("moved", [-HOUR, HOUR])
def test_a_slot_that_moved_counts_as_given_up_and_is_taken_where_it_is_now(moved: timedelta) -> None:
    world = World()
    calendar_says(
        world, Slot(starts=SLOT + moved, ends=SLOT + 2 * HOUR), Slot(starts=SLOT + WEEK, ends=SLOT + 2 * WEEK)
    )
    assert (starts(world), world.state.given_up) == (SLOT + moved, 1)


def test_the_fourth_slot_that_vanishes_holds() -> None:
    world = World()
    for n in range(1, 5):
        calendar_says(world, Slot(starts=SLOT + n * HOUR, ends=SLOT + DAY))
    assert (starts(world), world.state.given_up, world.holds) == (None, 4, ["schedule"])


def test_a_round_whose_slot_only_ends_otherwise_is_followed_at_once() -> None:
    world = World().to(Phase.DECIDING)
    world.amend(schedule={**TRAIN, "open_for": "6h"})
    assert (world.phase, world.state.rounds, starts(world), world.state.given_up) == (Phase.DECIDING, 2, SLOT, 0)


def test_a_dated_slot_that_is_amended_to_an_earlier_date_is_taken() -> None:
    world = World(schedule=DATED)
    world.amend(schedule={"slot": SLOT - DAY})
    assert (starts(world), world.holds, world.state.given_up) == (SLOT - DAY, [], 1)


# --- rare trains ---------------------------------------------------------------------------------------------------


def test_a_train_that_leaves_every_quarter_has_a_next_slot() -> None:
    world = World(schedule=QUARTERLY).to(Phase.DECIDING)
    world.do(c.Call(choice="no_go", ballot_id="b"), "bob")
    assert (world.phase, starts(world), world.holds) == (Phase.READYING, NEXT_QUARTER, [])
    world.sign_off()
    world.wait(phase=Phase.DECIDING)
    assert world.at == NEXT_QUARTER - DAY


def test_a_release_that_comes_too_late_for_a_rare_train_takes_the_next_one() -> None:
    world = World(SLOT - 90 * MINUTE, schedule=QUARTERLY)
    assert (starts(world), world.holds, world.state.given_up) == (NEXT_QUARTER, [], 0)


def test_a_freeze_beyond_what_the_calendar_said_first_is_no_obstacle() -> None:
    freeze = MONDAY + 150 * DAY
    world = World(schedule=TRAIN, scope={"freeze_at": freeze})
    slot = starts(world)
    assert slot is not None
    assert (freeze <= slot < freeze + WEEK, world.holds) == (True, [])


@pytest.mark.parametrize("not_before", [None, SLOT + DAY])
def test_a_train_that_leaves_no_more_holds_and_the_calendar_is_not_asked_without_end(
    not_before: datetime | None,
) -> None:
    last = {"train": {"rrule": "FREQ=WEEKLY;COUNT=2;BYDAY=TH", "start": "2026-11-19T10:00"}, "not_before": not_before}
    world = World(schedule=last).to(Phase.DECIDING)
    world.do(c.Call(choice="postpone", ballot_id="a"), "bob")
    if not_before is None:
        assert starts(world) == SLOT + WEEK
        world.do(c.Postpone(), "bob")
    assert (starts(world), world.holds) == (None, ["schedule"])
    asked = len(world.events(SlotsRequested))
    world.wait(5 * DAY)
    assert len(world.events(SlotsRequested)) == asked


# --- not before ----------------------------------------------------------------------------------------------------


LASTING = {"ci": {"kind": "http", "owner": "qa", "max_age": "60d"}}
"""On demand: a check that passes for longer than a test lasts."""


def on_demand(*windows: dict[str, Any], **more: Any) -> World:
    """Everything is met: it waits for its date, or its poll is open."""
    world = World(schedule={"windows": list(windows), **more}, checks=LASTING)
    world.sign_off()
    return world


def rescheduled(world: World, *windows: dict[str, Any], **more: Any) -> None:
    candidate = {"commit": world.state.candidate.commit if world.state.candidate else "", "authors": ["dev"]}
    world.amend(schedule={"windows": list(windows), **more}, checks=LASTING, candidate=candidate)


def test_on_demand_nothing_begins_before_its_date() -> None:
    day = MONDAY + 30 * DAY
    world = on_demand(not_before=day)
    assert world.phase is Phase.READYING
    world.wait(phase=Phase.DECIDING)
    assert world.at == day
    world.to(Phase.ROLLING_OUT)
    assert world.at == day


def test_on_demand_a_poll_that_is_opened_before_the_date_gives_a_go_for_the_date() -> None:
    day = MONDAY + 30 * DAY
    world = on_demand(not_before=day)
    world.do(c.OpenPoll(), "bob")
    world.vote_go()
    assert (world.phase, starts(world), world.exposure) == (Phase.AWAITING_WINDOW, day, {"gifts": "nobody"})
    world.do(c.Postpone(), "bob")
    assert world.state.retry_at == world.at + DAY
    world.wait(phase=Phase.DECIDING)
    assert world.at == day, "the date stands, whatever was given up"


NIGHTS = {"id": "night", "action": "allow", "start": "2026-01-01T20:00", "lasts": "2h", "rrule": "FREQ=DAILY"}
NIGHT = MONDAY + 11 * HOUR


def test_on_demand_a_later_date_or_another_window_moves_the_instant_that_a_go_waits_for() -> None:
    world = on_demand(NIGHTS)
    world.vote_go()
    assert (world.phase, starts(world)) == (Phase.AWAITING_WINDOW, NIGHT)
    rescheduled(world, NIGHTS, not_before=NIGHT + 3 * DAY)
    assert (world.phase, starts(world)) == (Phase.AWAITING_WINDOW, NIGHT + 3 * DAY)
    later = {**NIGHTS, "start": "2026-01-01T21:00"}
    rescheduled(world, later, not_before=NIGHT + 3 * DAY)
    assert (world.phase, starts(world), world.state.given_up) == (Phase.AWAITING_WINDOW, NIGHT + 3 * DAY + HOUR, 0)
    taken = world.types.count("SlotTaken")
    rescheduled(world, later, not_before=NIGHT + 3 * DAY + MINUTE)
    assert world.types.count("SlotTaken") == taken, "the same instant"


def test_on_demand_a_go_ends_when_no_window_is_known_to_open_any_more() -> None:
    world = on_demand(NIGHTS)
    world.vote_go()
    rescheduled(world, {**NIGHTS, "rrule": ""})
    assert (world.phase, world.state.given_up, starts(world)) == (Phase.READYING, 1, None)
    assert "no window" in world.last(GoEnded).why


def test_on_demand_the_calendar_takes_no_slot_for_a_release_without_go() -> None:
    world = on_demand(NIGHTS)
    world.vote_go()
    world.candidate("c2")
    assert world.phase is Phase.READYING
    rescheduled(world, NIGHTS, not_before=NIGHT + 3 * DAY)
    assert (world.phase, world.types.count("SlotTaken")) == (Phase.READYING, 1)


@pytest.mark.parametrize("phase", [Phase.READYING, Phase.DECIDING, Phase.AWAITING_WINDOW])
def test_a_slot_before_an_amended_date_is_not_kept(phase: Phase) -> None:
    world = World().to(phase)
    world.amend(schedule={**TRAIN, "not_before": SLOT + WEEK})
    assert (world.phase, starts(world), world.state.given_up) == (Phase.READYING, SLOT + WEEK, 1)
    assert "before 2026-11-26" in world.last(SlotGivenUp).why
    world.to(Phase.ROLLING_OUT)
    assert world.at == SLOT + WEEK


# --- the poll by hand ----------------------------------------------------------------------------------------------


def test_a_poll_that_is_opened_by_hand_asks_the_calendar_too() -> None:
    world = World()
    world.wait(DAY)
    before = len(world.events(SlotsRequested))
    world.do(c.OpenPoll(), "bob")
    assert (world.phase, len(world.events(SlotsRequested))) == (Phase.DECIDING, before + 1)
    fresh = World()
    fresh.do(c.OpenPoll(), "bob")
    assert len(fresh.events(SlotsRequested)) == 1, "the calendar has answered just now"


def test_a_poll_by_hand_for_a_slot_that_is_no_more_ends_at_the_calendars_answer() -> None:
    world = World()
    world.wait(POLL - 2 * HOUR)
    world.silent.add("slots")
    world.do(c.OpenPoll(), "bob")
    assert world.state.slots_ask is not None
    known = resolve(world.plan.schedule, "production", now=world.at)
    world.do(c.TakeSlots(ask=world.state.slots_ask, resolution=replace(known, slots=known.slots[1:])))
    assert (world.phase, starts(world), len(world.events(PollOpened))) == (Phase.READYING, SLOT + WEEK, 1)
