"""The poll: when it opens and closes, and how rounds end."""

from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.events import GoGiven, PollOpened, ReminderSent, RoundEnded, SlotGivenUp, VoteCast
from gonogo.domain.facts import Status
from gonogo.domain.terms import FeatureStatus, Phase
from tests.domain.polls import deciding
from tests.domain.worlds import CLOSES, DAY, HOUR, MONDAY, ON_DEMAND, POLL, SAMPLE, SLOT, WEEK, World


def ended(world: World) -> list[str]:
    return [e.how.value for e in world.events(RoundEnded)]


def test_it_opens_a_day_before_the_slot_and_closes_an_hour_before() -> None:
    world = deciding()
    assert world.at == POLL
    opened = world.last(PollOpened)
    assert (opened.round, opened.closes, opened.roles) == (1, CLOSES, ("release_manager", "product_manager", "qa"))
    assert opened.request_id == f"shop/1.2.0/r1/{opened.digest[:16]}"


def test_it_opens_earlier_only_by_command_and_also_with_unclear_facts() -> None:
    world = World()
    world.checks["ci"] = Status.UNCLEAR
    world.do(c.OpenPoll(), "bob")
    assert (world.phase, world.at) == (Phase.DECIDING, MONDAY)
    assert world.last(PollOpened).closes == CLOSES


@pytest.mark.parametrize(("schedule", "code"), [({"slot": SLOT}, "poll.held"), (SAMPLE["schedule"], "poll.no_slot")])
def test_it_does_not_open_without_a_slot(schedule: Any, code: str) -> None:
    world = World(SLOT - HOUR, schedule=schedule)
    if code == "poll.no_slot":
        world.silent.add("slots")
        world.do(c.Postpone(), "bob")
    assert world.refused(c.OpenPoll(), "bob") == code


def test_it_does_not_open_without_room() -> None:
    world = World(POLL - 2 * HOUR)
    world.silent.add("slots")
    world.wait(until=SLOT - 2 * HOUR)
    world.at += HOUR / 2
    assert world.refused(c.OpenPoll(), "bob") == "poll.no_slot"


def test_on_demand_it_opens_when_every_required_fact_passes_and_closes_after_24_working_hours() -> None:
    world = World(schedule=ON_DEMAND)
    assert world.phase is Phase.READYING
    world.wait(DAY)
    assert world.phase is Phase.READYING
    world.sign_off()
    world.do(c.RunChecks(), "sam")
    assert world.state.phase is Phase.DECIDING
    # Tuesday 09:00: eight hours on Tuesday, Wednesday and Thursday.
    assert world.last(PollOpened).closes == MONDAY + 3 * DAY + 8 * HOUR


def test_on_demand_without_a_candidate_it_waits_for_one() -> None:
    world = World(schedule=ON_DEMAND, candidate=None)
    world.sign_off()
    assert world.phase is Phase.READYING
    world.candidate("c1")
    world.sign_off()
    assert world.state.phase is Phase.DECIDING


def test_on_demand_beyond_the_known_working_hours_it_closes_by_the_clock() -> None:
    world = World(schedule={"working_hours": {"days": ["mon"], "start": "09:00", "end": "09:01"}})
    world.sign_off()
    assert world.last(PollOpened).closes == MONDAY + DAY


def test_it_closes_as_go_at_the_instant_at_which_the_verdict_is_go() -> None:
    world = deciding()
    world.vote("product_manager", "ann")
    world.vote("release_manager", "bob")
    world.wait(HOUR)
    assert world.phase is Phase.DECIDING
    world.vote("qa", "cid")
    assert (world.phase, ended(world)) == (Phase.AWAITING_WINDOW, ["voted"])
    assert world.last(GoGiven).digest == world.last(PollOpened).digest


def test_it_does_not_close_while_what_was_asked_at_its_opening_is_out() -> None:
    world = World()
    world.sign_off()
    world.silent.add("checks")
    world.wait(phase=Phase.DECIDING)
    world.vote_go()
    assert world.phase is Phase.DECIDING
    world.silent.clear()
    world.answer()
    assert world.state.phase is Phase.AWAITING_WINDOW


@pytest.mark.parametrize(("answer", "how"), [(None, "expired"), ("ABSTAIN", "expired"), ("NO_GO", "no_go")])
def test_at_the_deadline_a_round_without_go_ends_and_the_release_is_postponed(answer: str | None, how: str) -> None:
    world = deciding()
    if answer:
        world.vote("qa", "cid", answer)
    world.wait(CLOSES)
    assert (world.phase, ended(world), world.holds) == (Phase.READYING, [how], [])
    assert world.last(SlotGivenUp).why.startswith(how)
    assert world.state.slot is not None
    assert world.state.slot.starts == SLOT + WEEK


def test_a_round_ends_as_no_go_at_the_deadline_when_a_required_fact_fails() -> None:
    world = deciding()
    world.checks["ci"] = Status.FAIL
    world.do(c.RunChecks(), "sam")
    world.vote_go()
    world.wait(CLOSES)
    assert ended(world) == ["no_go"]


def test_a_ballot_at_the_deadline_is_too_late() -> None:
    world = deciding()
    world.vote("product_manager", "ann")
    world.vote("release_manager", "bob")
    ballot = world.ballot("qa")
    world.at = CLOSES
    world.do(ballot, "cid")
    assert ended(world) == ["expired"]


@pytest.mark.parametrize(("choice", "how"), [("no_go", "no_go"), ("postpone", "postponed")])
def test_a_call_ends_the_round_at_once(choice: Any, how: str) -> None:
    world = deciding()
    world.do(c.Call(choice=choice, ballot_id="b", reason="rain"), "bob")
    assert (world.phase, ended(world), world.state.given_up) == (Phase.READYING, [how], 1)


def test_a_postponement_ends_the_round() -> None:
    world = deciding()
    world.do(c.Postpone(), "bob")
    assert (world.phase, ended(world)) == (Phase.READYING, ["postponed"])


def test_call_go_is_the_release_managers_own_ballot_and_must_complete_the_verdict() -> None:
    world = deciding()
    go = c.Call(choice="go", ballot_id="mine")
    assert world.refused(go, "bob") == "call.not_go"
    world.vote("product_manager", "ann")
    world.vote("qa", "dan")
    world.do(go, "bob")
    assert (world.phase, world.last(VoteCast).role) == (Phase.AWAITING_WINDOW, "release_manager")
    again = deciding()
    again.vote("release_manager", "bob", ballot_id="mine")
    assert again.do(go, "bob") == ()
    other = deciding()
    other.vote("release_manager", "bob", "ABSTAIN", ballot_id="mine")
    assert other.refused(go, "bob") == "vote.ballot_id"


def test_call_go_is_refused_where_the_ballot_would_be() -> None:
    roles = {**SAMPLE["roles"], "release_manager": ["bob", "ida"]}
    world = deciding(policy={"strict_duties": True}, launcher="bob", roles=roles)
    assert world.refused(c.Call(choice="go", ballot_id="b"), "bob") == "vote.own_release"


def test_a_drop_ends_the_round_as_superseded_and_voters_answer_again() -> None:
    world = deciding()
    old = world.ballot("qa")
    world.vote("product_manager", "ann")
    world.do(c.ChangeFeature(feature="gifts", status=FeatureStatus.DELAYED, until="Friday"), "ann")
    assert ended(world) == [], "a delay is recorded, not material"
    world.do(c.ChangeFeature(feature="gifts", status=FeatureStatus.DROPPED), "ann")
    assert (ended(world), world.state.rounds) == (["superseded"], 2)
    assert world.state.round is not None
    assert world.state.round.ballots == {}
    assert world.refused(old, "cid") == "vote.stale"


def test_a_drop_ends_a_go() -> None:
    world = World().go()
    world.do(c.ChangeFeature(feature="gifts", status=FeatureStatus.DROPPED), "ann")
    assert (world.phase, "GoEnded" in world.types) == (Phase.DECIDING, True)


def test_a_go_without_candidate_does_not_come() -> None:
    world = deciding(candidate=None)
    world.vote_go()
    assert world.reasons == ["candidate.missing:candidate"]


def test_a_hotfix_is_decided_too_and_reviewed_once() -> None:
    world = World(kind="hotfix").go()
    assert world.state.items["review-hotfix"].due_at == world.at + 2 * DAY
    world.candidate("c2")
    world.sign_off()
    world.vote_go()
    assert world.phase is Phase.AWAITING_WINDOW
    assert [e.item for e in _opened(world)] == ["review-hotfix"]


def _opened(world: World) -> list[Any]:
    return [e.event for e in world.entries if e.event.type == "ItemOpened"]


def test_who_has_not_voted_is_reminded_and_steps_that_have_passed_fold_into_one() -> None:
    poll = {"reminders": ["12h", "2h"]}
    world = deciding(poll=poll)
    world.vote("qa", "cid")
    world.wait(CLOSES - 2 * HOUR)
    sent = [e for e in world.events(ReminderSent) if e.subject == "poll:1"]
    assert [(e.step, e.to) for e in sent] == [(1, ("bob", "ann")), (2, ("bob", "ann"))]
    folded = deciding(poll=poll)
    folded.at = CLOSES - HOUR
    folded.do(c.Tick())
    assert [e.step for e in folded.events(ReminderSent) if e.subject == "poll:1"] == [2]
