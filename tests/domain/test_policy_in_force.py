"""The policy of a release that has begun: it can be made stricter, never weaker."""

from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.effects import ClaimFlags, outstanding
from gonogo.domain.events import PlanAmended
from gonogo.domain.terms import Phase
from tests.domain.worlds import SLOT, World, make_plan

STRICT: dict[str, Any] = {
    "required_checks": ["ci"],
    "required_roles": ["qa"],
    "strict_duties": True,
    "require_deployed": True,
    "allow_unfenced": False,
    "max_age_limit_hours": 24,
}


@pytest.mark.parametrize(
    "weaker",
    [
        {"second_person_override": False},
        {"distinct_managers": False},
        {"one_role_per_person": False},
        {"strict_duties": False},
        {"require_deployed": False},
        {"allow_unfenced": True},
        {"required_checks": []},
        {"required_roles": []},
        {"max_age_limit_hours": 48},
        {"max_age_limit_hours": None},
        {"voting_services": ["bot"]},
        {"hotfix_may_skip": ["qa"]},
        {"environments": ["production", "staging", "development", "moon"]},
    ],
    ids=str,
)
def test_an_amended_plan_cannot_weaken_the_policy(weaker: dict[str, Any]) -> None:
    world = World(policy=STRICT)
    plan = make_plan(policy={**STRICT, **weaker})
    assert world.refused(c.Amend(plan=plan), "bob") == "amend.policy_weaker"


def test_an_amended_plan_can_make_the_policy_stricter() -> None:
    world = World()
    world.amend(policy=STRICT)
    assert world.last(PlanAmended).plan.policy.strict_duties


@pytest.mark.parametrize("allow", [True, False])
def test_flags_are_claimed_with_what_the_policy_says_of_unfenced_providers(allow: bool) -> None:
    world = World(policy={"allow_unfenced": allow}).to(Phase.AWAITING_WINDOW)
    world.silent.add("claims")
    world.wait(SLOT)
    (claim,) = [e for e in outstanding(world.state) if isinstance(e, ClaimFlags)]
    assert claim.allow_unfenced is allow
