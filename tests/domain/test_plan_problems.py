"""How the problems of a plan are told: all at once, at their place, with what was meant, and without secrets."""

import pytest

from gonogo.domain.plan_rules import problems
from tests.domain.plan_parts import features, params, plan, roles


def test_all_problems_are_told_at_once() -> None:
    found = problems(plan(roles=roles(qa=[]), environment="moon", poll={"roles": []}, stages=[]))
    assert {"plan.role_people", "plan.environment_unknown", "plan.poll_roles_empty", "plan.stages_empty"} <= {
        problem.code for problem in found
    }


def test_a_problem_with_the_schedule_is_told_under_schedule() -> None:
    (found,) = problems(plan(schedule={"zone": "Europe/Berln"}))
    assert found.path == ("schedule", "zone")


def test_a_misspelt_name_is_answered_with_the_right_one() -> None:
    (found,) = problems(plan(**features({"owner": "anne"})))
    assert "did you mean 'ann'?" in found.message


def test_a_secret_is_never_repeated_in_the_message() -> None:
    (found,) = problems(plan(**params({"password": "hunter2"})))
    assert "hunter2" not in found.message


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("poll.opend", "no message is of the type 'poll.opend'; did you mean 'poll.opened'?"),
        ("hold.rased.*", "did you mean 'hold.raised.*'?"),
        ("deployment", "types begin with candidate, check, escalated,"),
    ],
)
def test_a_route_for_messages_that_nobody_sends_says_what_was_meant(pattern: str, said: str) -> None:
    [found] = problems(plan(notifications={"routes": [{"events": [pattern]}]}))
    assert said in found.message
