"""Separation of duties as a promise that can be kept: a release in which it could not never begins, or goes on."""

from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain import release
from gonogo.domain.errors import Refused
from gonogo.domain.values import Candidate
from tests.domain.worlds import MONDAY, SAMPLE, World, make_plan, person

TWO: dict[str, Any] = {"roles": {"product_manager": "ann", "release_manager": "bob"}, "checks": {}, "checklists": {}}
TWO["checks"] = {"ci": {"kind": "http", "owner": "bob"}}
STRICT: dict[str, Any] = {"policy": {"strict_duties": True}}


@pytest.mark.parametrize(
    ("launcher", "changes", "code"),
    [
        ("bob", STRICT, "plan.duties_authors"),
        ("ann", {**TWO, "candidate": {"commit": "c1", "authors": ["bob"]}}, "plan.duties_outsider"),
    ],
)
def test_a_launcher_with_whom_no_round_could_be_go_is_refused(launcher: str, changes: Any, code: str) -> None:
    with pytest.raises(Refused) as found:
        release.launch(make_plan(**changes), person(launcher), MONDAY, trust_local=True)
    assert found.value.code == code


def test_a_rotation_is_asked_for_the_one_whose_turn_it_is() -> None:
    turns = {"people": ["bob", "ann"], "every": "7d", "since": MONDAY}
    plan = make_plan(roles={**SAMPLE["roles"], "release_manager": {"rotation": turns}})
    release.launch(plan, person("dev"), MONDAY, trust_local=True)
    with pytest.raises(Refused) as found:
        # A week later it is ann's turn, who is the product manager too.
        release.launch(plan, person("dev"), MONDAY.replace(day=23), trust_local=True)
    assert found.value.code == "plan.duties_one_role"


@pytest.mark.parametrize(
    ("changes", "authors", "code"),
    [
        ({}, ("dev", "stranger"), "candidate.author_unknown"),
        (STRICT, ("bob",), "plan.duties_authors"),
        (TWO, ("ann", "bob"), "plan.duties_outsider"),
    ],
)
def test_a_candidate_with_whose_authors_no_round_could_be_go_is_refused(
    changes: Any, authors: tuple[str, ...], code: str
) -> None:
    world = World(**changes)
    candidate = Candidate(commit="c2", authors=authors)
    assert world.refused(c.SetCandidate(candidate=candidate), "bob") == code


def test_an_amended_plan_in_which_no_round_could_be_go_is_refused() -> None:
    world = World(launcher="ann", candidate={"commit": "c1", "authors": ["bob"]})
    alone = make_plan(**{**TWO, "candidate": {"commit": "c1", "authors": ["bob"]}})
    assert world.refused(c.Amend(plan=alone), "bob") == "plan.duties_outsider"
