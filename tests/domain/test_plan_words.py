"""What the vocabulary of plans says by itself: short forms, modes, names, and what is weaker than a policy."""

from dataclasses import fields, replace
from typing import Any

import pytest
from pydantic import ValidationError

from gonogo.domain.plan import ListMoment
from gonogo.domain.policy import Policy, weaknesses
from tests.domain.plan_parts import SLOT, plan

FLOOR = Policy(
    environments=("production",),
    required_roles=("qa",),
    required_checks=("tests",),
    min_quorum=2,
    strict_duties=True,
    max_age_limit_hours=4,
    require_deployed=True,
    allow_unfenced=False,
)


def test_every_way_of_being_weaker_than_the_floor_is_found() -> None:
    weak = Policy(
        voting_services=("bot",),
        hotfix_may_skip=("qa",),
        one_role_per_person=False,
        distinct_managers=False,
        second_person_override=False,
    )
    assert {name for name, _ in weaknesses(weak, FLOOR)} == {field.name for field in fields(Policy)}
    assert weaknesses(FLOOR, FLOOR) == ()
    assert [name for name, _ in weaknesses(replace(FLOOR, max_age_limit_hours=5), FLOOR)] == ["max_age_limit_hours"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("everyone", "everyone"),
        ("10%", "10 %"),
        ("5 %", "5 %"),
        ({"segments": ["b", "a"]}, "b, a"),
        ({"audience": "opt_in"}, "opt-in"),
    ],
)
def test_the_short_forms_of_a_reach_are_read(written: Any, meant: str) -> None:
    assert str(plan(flags={"gift-cards": {"reach": written}}).flags["gift-cards"].reach) == meant


@pytest.mark.parametrize(
    "changes",
    [
        {"flags": {"gift-cards": {"reach": "101%"}}},
        {"flags": {"gift-cards": {"reach": 10}}},
        {"flags": {"gift-cards": {"reach": {}}}},
        {"stages": ["10%"]},
    ],
)
def test_what_is_no_exposure_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        plan(**changes)


def test_a_checklist_gates_what_its_moment_says() -> None:
    assert [moment.gates.value for moment in ListMoment] == ["freeze", "freeze", "go", "go", "go", "completion"]


def test_a_schedule_says_how_its_slots_come_about() -> None:
    train = {"rrule": "FREQ=WEEKLY", "start": "2026-01-01T10:00"}
    schedules = [{}, {"slot": SLOT}, {"train": train}]
    assert [plan(schedule=one).schedule.mode for one in schedules] == ["on_demand", "dated", "train"]


def test_a_release_is_named_by_product_and_version() -> None:
    assert plan().release_id == "shop/1.4.0"
