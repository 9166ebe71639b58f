"""What a ballot id stands for: one answer to one question, for as long as the release lives."""

from dataclasses import replace
from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.terms import Choice, Phase
from tests.domain.worlds import SAMPLE, World


def test_the_same_ballot_again_changes_nothing_also_in_a_later_round() -> None:
    world = World().to(Phase.DECIDING)
    ballot = world.ballot("qa", ballot_id="b")
    world.do(ballot, "cid")
    assert world.do(ballot, "cid") == ()
    world.candidate("c2")
    assert (world.phase, world.state.rounds) == (Phase.DECIDING, 2)
    assert world.do(ballot, "cid") == ()
    assert "vote.missing:role:qa" in world.reasons


def test_a_no_go_with_an_id_that_was_used_in_an_earlier_round_is_refused_and_not_lost() -> None:
    world = World().to(Phase.DECIDING)
    world.vote("qa", "cid", ballot_id="b")
    world.candidate("c2")
    again = world.ballot("qa", "NO_GO", ballot_id="b")
    assert world.refused(again, "cid") == "vote.ballot_id"
    world.vote("qa", "cid", "NO_GO", ballot_id="b2")
    assert world.holds == ["no_go"]


def test_an_id_that_somebody_else_has_used_is_another_ballot() -> None:
    world = World().to(Phase.DECIDING)
    ballot = world.ballot("qa", ballot_id="b")
    world.do(ballot, "cid")
    world.do(ballot, "dan")
    assert world.state.round is not None
    assert list(world.state.round.ballots) == [("qa", "cid"), ("qa", "dan")]


@pytest.mark.parametrize(
    "other", [{"choice": Choice.NO_GO}, {"role": "product_manager"}, {"request_id": "shop/1.2.0/r1/another"}]
)
def test_another_answer_under_the_same_id_is_refused(other: dict[str, Any]) -> None:
    world = World(roles={**SAMPLE["roles"], "product_manager": ["ann", "cid"]}).to(Phase.DECIDING)
    question = world.state.round.request_id if world.state.round else ""
    said: dict[str, Any] = {"role": "qa", "choice": Choice.GO, "request_id": question}
    world.do(c.CastVote(ballot_id="b", reason="x", **said), "cid")
    assert world.refused(c.CastVote(ballot_id="b", reason="x", **{**said, **other}), "cid") == "vote.ballot_id"


def test_another_deputy_under_the_same_id_is_another_answer() -> None:
    world = World().to(Phase.DECIDING)
    ballot = world.ballot("qa", ballot_id="b", acting_for="dan")
    world.do(ballot, "cid")
    assert world.do(ballot, "cid") == ()
    assert world.refused(world.ballot("qa", ballot_id="b"), "cid") == "vote.ballot_id"
    refused = world.ballot("qa", ballot_id="c", acting_for="cid")
    assert [x.event.type for x in world.do(refused, "cid")] == ["BallotRefused"]
    assert world.refused(refused, "cid") == "vote.ballot_id"


def test_a_ballot_that_was_refused_is_never_taken_for_one_that_counts() -> None:
    world = World().to(Phase.DECIDING)
    question = world.state.round.request_id if world.state.round else ""
    empty = c.CastVote(role="qa", choice=Choice.NO_GO, request_id=question, ballot_id="b")
    assert [x.event.type for x in world.do(empty, "cid")] == ["BallotRefused"]
    for again in (empty, replace(empty, reason="tests fail")):
        assert world.refused(again, "cid") == "vote.ballot_id"
    world.do(replace(empty, reason="tests fail", ballot_id="b2"), "cid")
    assert world.holds == ["no_go"]


def test_other_words_under_the_id_of_a_ballot_that_stands_no_more_are_refused_too() -> None:
    world = World().to(Phase.DECIDING)
    first = world.ballot("qa", reason="fine", ballot_id="b")
    world.do(first, "cid")
    world.vote("qa", "cid", ballot_id="b2")
    assert world.do(first, "cid") == ()
    assert world.refused(replace(first, conditions=("docs",)), "cid") == "vote.ballot_id"
    world.do(c.WithdrawVote(role="qa"), "cid")
    assert world.refused(replace(first, reason="but"), "cid") == "vote.ballot_id"


def test_other_words_by_signal_are_recorded_as_refused_and_a_ballot_that_comes_twice_is_not() -> None:
    world = World().to(Phase.DECIDING)
    ballot = world.ballot("qa", reason="fine", ballot_id="b")
    world.do(ballot, "cid")
    late = c.RecordRefusal(code="vote.late", message="too late", ballot=ballot)
    assert world.do(late, "cid") == ()
    other = replace(late, code="vote.ballot_id", ballot=replace(ballot, reason="but"))
    assert [x.event.type for x in world.do(other, "cid")] == ["BallotRefused"]
    assert world.do(other, "cid") == ()
    assert world.do(ballot, "cid") == (), "the ballot that counted still counts"


def test_an_answer_by_signal_under_an_id_that_was_used_is_recorded_as_refused_and_only_once() -> None:
    world = World().to(Phase.DECIDING)
    world.vote("qa", "cid", ballot_id="b")
    ballot = world.ballot("qa", "NO_GO", ballot_id="b")
    refusal = c.RecordRefusal(code="vote.ballot_id", message="another answer", ballot=ballot)
    assert [x.event.type for x in world.do(refusal, "cid")] == ["BallotRefused"]
    assert world.do(refusal, "cid") == ()
    assert world.refused(world.ballot("qa", "ABSTAIN", ballot_id="b"), "cid") == "vote.ballot_id"
