"""The verdict: total, three-valued, with every reason."""

from datetime import timedelta
from typing import Any

import pytest

from gonogo.domain.facts import Status
from gonogo.domain.policy import Policy
from gonogo.domain.state_parts import Ballot, Hold
from gonogo.domain.terms import Choice, HoldReason, Outcome
from gonogo.domain.values import ENGINE
from gonogo.domain.verdict import LIFTED_BY, Electorate, Fact, Facts, Verdict, Votes, verdict
from tests.domain.worlds import HOUR, MONDAY, person

QA = Electorate("qa", ("cid", "dan"), 1)
BOSS = Electorate("release_manager", ("bob",), 1)


def fact(status: Status = Status.PASS, **more: object) -> Fact:
    return Fact("check:ci", status, f"check.{status.value}", "ci", ("qa",), MONDAY, "measure it", **more)  # type: ignore[arg-type]


def ballots(**votes: str) -> dict[tuple[str, str], Ballot]:
    """`qa_cid="GO"`: cid's ballot for qa."""
    made = {}
    for name, choice in votes.items():
        role, _, who = name.rpartition("_")
        made[role, who] = Ballot(person(who), role, Choice(choice), MONDAY, "because", name)
    return made


def decide(
    facts: Facts | None = None, policy: Policy | None = None, involved: tuple[str, ...] = (), **votes: str
) -> Verdict:
    given = Votes(ballots(**votes), (BOSS, QA), MONDAY + HOUR, MONDAY, involved)
    return verdict(policy or Policy(), facts or Facts((fact(),)), given, MONDAY)


@pytest.mark.parametrize(
    ("votes", "facts", "outcome", "reasons"),
    [
        ({"release_manager_bob": "GO", "qa_cid": "GO"}, Facts((fact(),)), "GO", []),
        ({"release_manager_bob": "GO"}, Facts((fact(),)), "UNCLEAR", ["vote.missing:role:qa"]),
        (
            {"release_manager_bob": "GO", "qa_cid": "ABSTAIN"},
            Facts(()),
            "UNCLEAR",
            ["vote.abstain:role:qa", "vote.missing:role:qa"],
        ),
        ({"release_manager_bob": "GO", "qa_cid": "GO", "qa_dan": "ABSTAIN"}, Facts(()), "GO", []),
        ({"release_manager_bob": "GO", "qa_cid": "GO", "qa_dan": "NO_GO"}, Facts(()), "NO_GO", ["vote.no_go:role:qa"]),
        (
            {"qa_cid": "GO"},
            Facts((fact(Status.FAIL),)),
            "NO_GO",
            ["check.fail:check:ci", "vote.missing:role:release_manager"],
        ),
        (
            {"release_manager_bob": "GO", "qa_cid": "GO"},
            Facts((fact(Status.UNCLEAR),)),
            "UNCLEAR",
            ["check.unclear:check:ci"],
        ),
        ({"release_manager_bob": "GO", "qa_cid": "GO"}, Facts((fact(Status.FAIL, waived=True),)), "GO", []),
        (
            {"release_manager_bob": "GO", "qa_cid": "GO"},
            Facts((), candidate=False),
            "UNCLEAR",
            ["candidate.missing:candidate"],
        ),
    ],
)
def test_no_go_then_unclear_then_go(votes: dict[str, Any], facts: Facts, outcome: str, reasons: list[str]) -> None:
    found = decide(facts, **votes)
    assert (found.outcome.value, [r.name for r in found.reasons]) == (outcome, reasons)


@pytest.mark.parametrize("reason", list(HoldReason))
def test_a_hold_is_unclear_and_says_who_lifts_it(reason: HoldReason) -> None:
    hold = Hold("h1", reason, ENGINE if reason is not HoldReason.MANUAL else person("dan"), MONDAY, text="wait")
    found = decide(Facts((), holds=(hold,), release_managers=("bob",)), release_manager_bob="GO", qa_cid="GO")
    (why,) = found.reasons
    assert (found.outcome, why.name, why.clears) == (Outcome.UNCLEAR, f"hold.{reason.value}:hold:h1", LIFTED_BY[reason])
    own = reason in (HoldReason.MANUAL, HoldReason.NO_GO)
    assert why.responsible == ((hold.by.id,) if own else ("bob",))
    assert why.text == f"held ({reason.value}): wait"


def test_a_hold_without_text_says_what_it_is() -> None:
    hold = Hold("h1", HoldReason.MANUAL, person("dan"), MONDAY)
    assert decide(Facts((), holds=(hold,))).reasons[-1].text == "held (manual)"


def test_waived_facts_are_listed_and_overridden_reasons_too() -> None:
    found = decide(
        Facts((fact(Status.FAIL), fact(Status.FAIL, waived=True)), overridden=("check.fail:check:ci",)),
        release_manager_bob="GO",
        qa_cid="GO",
    )
    assert (found.outcome, found.waived, found.overridden) == (Outcome.GO, ("check:ci",), ("check.fail:check:ci",))


def test_a_policys_quorum_counts_whatever_the_role_says() -> None:
    found = decide(policy=Policy(min_quorum=2), release_manager_bob="GO", qa_cid="GO", qa_dan="GO")
    assert [r.name for r in found.reasons] == ["vote.missing:role:release_manager"]


def test_a_role_without_eligible_people_is_never_go() -> None:
    given = Votes(ballots(qa_cid="GO"), (Electorate("qa", (), 1),), None, MONDAY)
    found = verdict(Policy(), Facts(()), given, MONDAY)
    assert [r.name for r in found.reasons] == ["vote.missing:role:qa"]


def test_roles_are_anded_and_never_merged() -> None:
    found = decide(qa_cid="GO", qa_dan="GO")
    assert [r.name for r in found.reasons] == ["vote.missing:role:release_manager"]


def test_a_go_by_launcher_and_author_alone_is_not_independent() -> None:
    found = decide(involved=("bob", "cid"), release_manager_bob="GO", qa_cid="GO")
    (why,) = found.reasons
    assert (why.name, why.responsible) == ("duties.not_independent:duties", ("dan",))
    assert decide(involved=("bob", "cid"), release_manager_bob="GO", qa_dan="GO").outcome is Outcome.GO


def test_no_override_of_missing_votes_makes_up_for_an_independent_go() -> None:
    named = ("vote.missing:role:qa", "vote.missing:role:release_manager")
    assert [r.name for r in decide(Facts((), overridden=named)).reasons] == ["duties.not_independent:duties"]
    found = decide(Facts((), overridden=named), involved=("bob",), release_manager_bob="GO")
    assert [r.name for r in found.reasons] == ["duties.not_independent:duties"]


def test_it_says_when_it_changes_by_itself() -> None:
    soon, late = MONDAY + timedelta(minutes=5), MONDAY + 2 * HOUR
    assert decide(Facts((fact(changes_at=soon), fact(changes_at=late)))).changes_at == soon
    assert decide(Facts((fact(changes_at=late),))).changes_at == MONDAY + HOUR, "the deadline"
    assert decide(Facts((fact(changes_at=MONDAY),))).changes_at == MONDAY + HOUR, "what has passed changes nothing"
    over = Votes({}, (QA,), MONDAY, MONDAY)
    assert verdict(Policy(), Facts(()), over, MONDAY).changes_at is None
