"""The poll: when it opens and closes, how rounds end, what a ballot is worth."""

from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.answers import MAX_REFUSALS
from gonogo.domain.events import BallotRefused, GoGiven, PollOpened, ReminderSent, RoundEnded, SlotGivenUp, VoteCast
from gonogo.domain.facts import Status
from gonogo.domain.terms import Choice, FeatureStatus, Phase
from tests.domain.worlds import CLOSES, DAY, HOUR, MONDAY, ON_DEMAND, POLL, SAMPLE, SLOT, WEEK, World, person

ROLES: Any = SAMPLE["roles"]


def deciding(**changes: Any) -> World:
    world = World(**changes)
    world.sign_off()
    return world.to(Phase.DECIDING)


def ended(world: World) -> list[str]:
    return [e.how.value for e in world.events(RoundEnded)]


# --- opening and closing -------------------------------------------------------------------------------------------


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


# --- ballots -------------------------------------------------------------------------------------------------------


def test_a_no_go_holds_at_once_and_the_poll_stays_open() -> None:
    world = deciding()
    world.vote("qa", "cid", "NO_GO", reason="tests fail")
    assert (world.phase, world.holds, world.verdict.outcome.value) == (Phase.DECIDING, ["no_go"], "NO_GO")


@pytest.mark.parametrize("then", ["GO", "ABSTAIN", "withdraw"])
def test_that_voters_next_word_lifts_the_hold(then: str) -> None:
    world = deciding()
    world.vote("qa", "cid", "NO_GO")
    world.vote("qa", "dan")
    assert world.holds == ["no_go"], "another voter's GO does not lift it"
    if then == "withdraw":
        world.do(c.WithdrawVote(role="qa"), "cid")
    else:
        world.vote("qa", "cid", then)
    assert world.holds == []


def test_two_no_gos_are_two_holds_and_each_is_its_voters() -> None:
    world = deciding()
    world.vote("qa", "cid", "NO_GO")
    world.vote("qa", "dan", "NO_GO")
    world.vote("qa", "cid", "NO_GO", reason="still")
    assert world.holds == ["no_go", "no_go"]
    world.vote("qa", "cid")
    assert world.holds == ["no_go"]


def test_the_end_of_the_round_lifts_it() -> None:
    world = deciding()
    world.vote("qa", "cid", "NO_GO")
    world.candidate("c2")
    assert world.holds == []


def test_a_ballot_replaces_only_the_same_persons_earlier_one() -> None:
    world = deciding(roles={**ROLES, "qa": {"people": ["cid", "dan"], "quorum": 2}})
    world.vote("qa", "cid")
    world.vote("qa", "cid")
    assert "vote.missing:role:qa" in world.reasons
    world.vote("qa", "dan")
    assert "vote.missing:role:qa" not in world.reasons


def test_the_same_ballot_again_is_the_same_ballot() -> None:
    world = deciding()
    ballot = world.ballot("qa", "ABSTAIN", ballot_id="same")
    assert world.do(ballot, "cid")
    assert world.do(ballot, "cid") == ()
    world.do(c.WithdrawVote(role="qa"), "cid")
    assert world.do(ballot, "cid") == (), "a retry that comes after the withdrawal is none"


def test_a_known_ballot_id_with_another_answer_is_refused_and_another_persons_is_another_ballot() -> None:
    world = deciding()
    world.vote("qa", "cid", ballot_id="same")
    assert world.refused(world.ballot("qa", "NO_GO", ballot_id="same"), "cid") == "vote.ballot_id"
    world.vote("qa", "dan", "NO_GO", ballot_id="same")
    assert world.holds == ["no_go"]


@pytest.mark.parametrize(
    ("ballot", "code"),
    [
        ({"request_id": "shop/1.2.0/r9/beef"}, "vote.stale"),
        ({"role": "ops"}, "vote.not_asked"),
        ({"role": "product_manager"}, "vote.one_role"),
        ({"choice": "NO_GO", "reason": ""}, "vote.no_reason"),
        ({"choice": "ABSTAIN", "reason": " "}, "vote.no_reason"),
        ({"choice": "ABSTAIN", "conditions": ("more tests",)}, "vote.conditions"),
    ],
)
def test_a_ballot_that_does_not_count_is_recorded_with_its_code(ballot: dict[str, Any], code: str) -> None:
    roles = {
        "product_manager": ["ann", "cid"],
        "release_manager": "bob",
        "qa": "cid",
        "ops": {"people": ["cid"], "votes": False},
    }
    world = deciding(roles=roles)
    world.vote("qa", "cid")
    given = {"role": "qa", "choice": "GO", "reason": "because", "ballot_id": "x", **ballot}
    given.setdefault("request_id", world.state.round.request_id)  # type: ignore[union-attr]
    command = c.CastVote(**{**given, "choice": Choice(given["choice"])})
    assert world.refused(command, "cid") == code
    recorded = world.last(BallotRefused)
    assert (recorded.code, recorded.ballot_id, recorded.kind) == (code, "x", "ballot")
    assert list(world.state.round.ballots) == [("qa", "cid")]  # type: ignore[union-attr]
    assert world.do(command, "cid") == (), "the same refused ballot again is not recorded again"


def test_one_person_may_fill_two_roles_where_the_policy_says_so() -> None:
    roles = {"product_manager": "ann", "release_manager": "bob", "qa": "ann"}
    world = deciding(roles=roles, policy={"one_role_per_person": False})
    world.vote_go()
    assert world.phase is Phase.AWAITING_WINDOW


def test_at_most_20_refused_answers_of_a_person_and_round_are_recorded() -> None:
    world = deciding()
    codes = [world.refused(world.ballot("qa", request_id="stale"), "cid") for _ in range(MAX_REFUSALS + 3)]
    assert set(codes) == {"vote.stale"}
    assert len(world.events(BallotRefused)) == MAX_REFUSALS
    world.refused(world.ballot("qa", request_id="stale"), "dan")
    assert len(world.events(BallotRefused)) == MAX_REFUSALS + 1
    world.candidate("c2")
    world.refused(world.ballot("qa", request_id="stale"), "cid")
    assert len(world.events(BallotRefused)) == MAX_REFUSALS + 2


def test_an_answer_by_signal_that_is_refused_is_recorded_once_and_never_fatal() -> None:
    world = deciding()
    ballot = world.ballot("qa", ballot_id="s1")
    refusal = c.RecordRefusal(code="vote.unknown_role", message="no such role", ballot=ballot)
    assert len(world.do(refusal, person("cid"))) == 1
    assert world.do(refusal, person("cid")) == ()
    for n in range(MAX_REFUSALS + 3):
        world.do(c.RecordRefusal(code="x", message="x", ballot=world.ballot("qa", ballot_id=f"t{n}")), person("cid"))
    assert len(world.events(BallotRefused)) == MAX_REFUSALS


def test_a_condition_on_a_go_becomes_a_required_item() -> None:
    world = deciding()
    world.vote("qa", "cid", conditions=("watch the queue", "tell support"), condition_owner="sam")
    world.vote("product_manager", "ann", conditions=("release notes",))
    world.vote("release_manager", "bob")
    items = [i for i in world.state.items.values() if i.condition_of]
    assert [(i.owner, i.condition_of, i.required) for i in items] == [
        ("sam", "qa", True),
        ("sam", "qa", True),
        ("release_manager", "product_manager", True),
    ]
    assert world.phase is Phase.DECIDING
    world.sign_off(*[i.id for i in items])
    assert world.state.phase is Phase.AWAITING_WINDOW


def test_a_condition_has_an_owner_whom_the_release_knows() -> None:
    world = deciding()
    ballot = world.ballot("qa", conditions=("x",), condition_owner="zoe")
    assert world.refused(ballot, "cid") == "vote.condition_owner"
    turns = {"people": ["cid"], "every": "7d", "since": MONDAY}
    rotating = deciding(roles={**ROLES, "qa": {"rotation": turns}}, people={"dev": {}, "fay": {}})
    rotating.vote("qa", "cid", conditions=("x",), condition_owner="cid")


def test_nobody_withdraws_what_they_did_not_cast() -> None:
    assert deciding().refused(c.WithdrawVote(role="qa"), "cid") == "vote.none"


def test_a_no_go_stands_and_can_be_taken_back_by_who_fills_the_role_no_more() -> None:
    world = deciding()
    world.vote("qa", "cid", "NO_GO")
    world.amend(roles={**ROLES, "qa": "dan"})
    assert world.phase is Phase.DECIDING, "people are not material"
    world.vote_go()
    assert "vote.no_go:role:qa" in world.reasons
    world.do(c.WithdrawVote(role="qa"), "cid")
    assert world.state.phase is Phase.AWAITING_WINDOW


def test_a_ballot_says_whom_the_voter_stands_in_for() -> None:
    world = deciding()
    world.vote("qa", "cid", acting_for="dan")
    assert world.last(VoteCast).acting_for == "dan"


# --- separation of duties ------------------------------------------------------------------------------------------


def test_at_least_one_go_is_by_neither_launcher_nor_author() -> None:
    roles = {"product_manager": ["ann", "ida"], "release_manager": "bob"}
    world = deciding(
        launcher="ann",
        candidate={"commit": "c1", "authors": ["bob"]},
        roles=roles,
        people={**SAMPLE["people"], "cid": {}},
        checks={"ci": {"kind": "http", "owner": "bob"}},
        checklists={},
    )
    world.vote_go()
    assert (world.phase, world.reasons) == (Phase.DECIDING, ["duties.not_independent:duties"])
    refused = c.ProposeOverride(codes=("duties.not_independent:duties",), reason="small team")
    assert world.refused(refused, "bob") == "override.forbidden"


def test_with_strict_duties_they_fill_no_role_at_all() -> None:
    world = deciding(launcher="cid", policy={"strict_duties": True})
    assert world.refused(world.ballot("qa"), "cid") == "vote.own_release"
    world.vote("qa", "dan")
    assert "vote.missing:role:qa" not in world.reasons
