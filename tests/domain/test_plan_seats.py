"""Who can fill the roles of a plan, and which roles are always asked."""

from hypothesis import given
from hypothesis import strategies as st

from gonogo.domain.plan_rules_people import required_roles, unfilled
from tests.domain.plan_parts import plan


def test_a_seat_is_filled_when_somebody_can_move_to_another_one() -> None:
    assert unfilled([("a", ["x", "y"]), ("b", ["x"]), ("c", ["y", "z"])]) is None
    assert unfilled([("a", ["x", "y"]), ("b", ["x"]), ("c", ["y"])]) == "c"


@given(st.lists(st.lists(st.sampled_from("vwxyz"), unique=True), max_size=5))
def test_the_matching_agrees_with_trying_everything(seats: list[list[str]]) -> None:
    def possible(left: list[list[str]], used: frozenset[str]) -> bool:
        return not left or any(possible(left[1:], used | {p}) for p in left[0] if p not in used)

    assert (unfilled([(str(n), people) for n, people in enumerate(seats)]) is None) == possible(seats, frozenset())


def test_the_release_manager_is_always_asked() -> None:
    assert required_roles(plan(poll={"roles": ["qa"]})) == ("release_manager", "qa")
