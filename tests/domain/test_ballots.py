"""What a ballot is worth: whom it holds, what it replaces, and when it does not count."""

from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.answers import MAX_REFUSALS
from gonogo.domain.canonical import digest
from gonogo.domain.events import BallotRefused, VoteCast
from gonogo.domain.facts import Finding, Status
from gonogo.domain.plan import Moment
from gonogo.domain.standing import facts, shown
from gonogo.domain.terms import Choice, Phase
from tests.domain.polls import ROLES, deciding
from tests.domain.worlds import MONDAY, SAMPLE, person

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
    "other",
    [
        {"reason": "on second thought"},
        {"conditions": ("more tests",)},
        {"conditions": ("docs", "more tests")},
        {"conditions": ("docs",), "condition_owner": "ann"},
    ],
    ids=str,
)
def test_a_known_ballot_id_with_other_words_is_refused_so_that_none_are_lost(other: dict[str, Any]) -> None:
    world = deciding()
    said: dict[str, Any] = {"conditions": ("docs",), "condition_owner": "qa", "ballot_id": "same"}
    ballot = world.ballot("qa", reason="fine", **said)
    assert world.do(ballot, "cid")
    assert world.do(ballot, "cid") == ()
    changed = world.ballot("qa", **({"reason": "fine"} | said | other))
    assert world.refused(changed, "cid") == "vote.ballot_id"
    assert [i.title for i in world.state.items.values() if i.condition_of == "qa"] == ["docs"]


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
    assert world.refused(command, "cid") == "vote.ballot_id"
    assert len(world.events(BallotRefused)) == 1, "the same refused ballot again is not recorded again"


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


def test_a_ballot_has_the_digest_of_the_facts_that_stood_when_it_was_cast() -> None:
    ci = {"kind": "http", "owner": "qa"}
    world = deciding(checks={"ci": ci, "after": {**ci, "moment": "completion"}})
    world.vote("qa", "cid")
    first = world.last(VoteCast).shown
    assert first == shown(world.state, world.at)
    world.vote("qa", "dan")
    assert world.last(VoteCast).shown == first, "the same facts have the same digest"
    world.checks["ci"] = Finding(status=Status.FAIL, at=world.at, finding="3 tests fail")
    world.do(c.RunChecks(), "cid")
    world.vote("qa", "cid")
    assert world.last(VoteCast).shown == shown(world.state, world.at) != first
    found = facts(world.state, Moment.GO, world.at)
    listed = [(fact.subject, fact.code, fact.since, fact.waived) for fact in found]
    assert world.last(VoteCast).shown == digest(listed), "it is made of what the verdict goes by"


def test_a_ballot_says_whom_the_voter_stands_in_for() -> None:
    world = deciding()
    world.vote("qa", "cid", acting_for="dan")
    assert world.last(VoteCast).acting_for == "dan"
    world.vote("qa", "cid", "ABSTAIN", acting_for="dan")
    assert world.last(VoteCast).acting_for == "dan", "a deputy may think again"


@pytest.mark.parametrize("absent", ["zed", "ann", "cid"])
def test_nobody_stands_in_for_who_cannot_answer_or_for_themselves(absent: str) -> None:
    world = deciding()
    world.vote("qa", "cid", acting_for=absent)
    refused = world.last(BallotRefused)
    assert (refused.code, refused.acting_for) == ("vote.acting_for", absent)
    assert repr(absent) in refused.message
    assert "vote.missing:role:qa" in world.reasons


def test_nobody_stands_in_where_nobody_else_can_answer_or_for_who_is_barred() -> None:
    alone = deciding()
    alone.vote("product_manager", "ann", acting_for="zed")
    assert "nobody else can" in alone.last(BallotRefused).message
    world = deciding(launcher="dan", policy={"strict_duties": True})
    world.vote("qa", "cid", acting_for="dan")
    assert world.last(BallotRefused).code == "vote.acting_for"


def test_nobody_stands_in_for_who_has_voted_or_has_a_deputy() -> None:
    world = deciding(roles={**ROLES, "qa": {"people": ["cid", "dan", "eve"], "quorum": 3}})
    world.vote("qa", "dan", "ABSTAIN")
    world.vote("qa", "cid", acting_for="dan")
    assert "has voted in this round" in world.last(BallotRefused).message
    world.do(c.WithdrawVote(role="qa"), "dan")
    world.vote("qa", "cid", acting_for="dan")
    world.vote("qa", "eve", acting_for="dan")
    assert "'cid' stands in for 'dan' in this round already" in world.last(BallotRefused).message
    assert world.state.round is not None
    assert list(world.state.round.ballots) == [("qa", "cid")]


def test_ones_own_ballot_replaces_the_deputys_and_lifts_its_no_go() -> None:
    world = deciding()
    world.vote("qa", "cid", "NO_GO", acting_for="dan")
    assert world.holds == ["no_go"]
    world.vote("qa", "dan")
    assert world.holds == []
    assert world.state.round is not None
    assert list(world.state.round.ballots) == [("qa", "dan")]
    assert world.refused(c.WithdrawVote(role="qa"), "cid") == "vote.none"


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
