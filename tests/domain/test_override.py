"""Overrides: named reasons, two people, never the launcher alone; and what they are worth at the opening."""

from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.events import GoGiven, OverrideProposed, ReminderSent, RoundEnded
from gonogo.domain.facts import Status
from gonogo.domain.terms import Phase
from gonogo.domain.views import status_view
from tests.domain.worlds import DAY, HOUR, SLOT, World

CI = "check.failed:check:ci"


def failing(**changes: Any) -> World:
    """A round in which everybody votes GO and a check fails."""
    world = World(**changes)
    world.checks["ci"] = Status.FAIL
    world.sign_off()
    world.to(Phase.DECIDING)
    world.vote_go()
    assert world.reasons == [CI]
    return world


def propose(world: World, *codes: str, who: str = "bob") -> str:
    world.do(c.ProposeOverride(codes=codes, reason="a known false alarm"), who)
    return world.last(OverrideProposed).override


def test_a_second_person_confirms_and_the_round_ends_as_overridden() -> None:
    world = failing()
    name = propose(world, CI, CI)
    assert world.phase is Phase.DECIDING
    assert world.refused(c.ConfirmOverride(override=name), "bob") == "override.second_person"
    assert world.refused(c.ConfirmOverride(override="o99"), "ann") == "override.none"
    world.do(c.ConfirmOverride(override=name), "ann")
    assert (world.phase, world.last(RoundEnded).how.value) == (Phase.AWAITING_WINDOW, "overridden")
    assert world.last(GoGiven).overridden == (CI,)


def test_who_confirms_has_a_role_in_the_poll() -> None:
    world = failing()
    name = propose(world, CI)
    assert world.refused(c.ConfirmOverride(override=name), "sam") == "command.not_entitled"


def test_without_a_second_person_where_the_policy_says_so() -> None:
    world = failing(policy={"second_person_override": False})
    propose(world, CI)
    assert world.phase is Phase.AWAITING_WINDOW


@pytest.mark.parametrize("release_managers", ["bob", ["bob", "ida"]])
def test_the_launcher_never_overrides_alone(release_managers: Any) -> None:
    roles = {"product_manager": "ann", "release_manager": release_managers, "qa": ["cid", "dan"]}
    world = failing(launcher="bob", roles=roles, policy={"second_person_override": False})
    assert world.refused(c.ProposeOverride(codes=(CI,), reason="x"), "bob") == "override.own_release"


def test_the_launcher_overrides_with_somebody_who_is_neither_launcher_nor_author() -> None:
    world = failing(launcher="bob", candidate={"commit": "c1", "authors": ["ann"]})
    name = propose(world, CI)
    assert world.refused(c.ConfirmOverride(override=name), "ann") == "override.own_release"
    world.do(c.ConfirmOverride(override=name), "cid")
    assert world.phase is Phase.AWAITING_WINDOW


def test_it_names_reasons_of_the_verdict_and_no_others() -> None:
    world = World(candidate=None).to(Phase.DECIDING)
    world.checks["ci"] = Status.FAIL
    for code, why in (
        ("check.failed:check:nope", "override.unknown"),
        ("check.failed", "override.unknown"),
        ("candidate.missing:candidate", "override.forbidden"),
    ):
        assert world.refused(c.ProposeOverride(codes=(code,), reason="x"), "bob") == why


def test_a_rolled_back_hold_is_never_overridden_because_no_poll_opens_under_it() -> None:
    world = World().to(Phase.ROLLING_OUT)
    world.do(c.RollBack(reason="bad"), "bob")
    assert (world.phase, world.holds) == (Phase.READYING, ["rolled_back"])
    assert world.refused(c.OpenPoll(), "bob") == "poll.held"


def test_a_hold_that_it_names_is_lifted_and_no_other() -> None:
    world = World().to(Phase.DECIDING)
    world.vote("qa", "cid", "NO_GO")
    world.vote("qa", "dan", "NO_GO")
    first, second = world.state.holds
    name = propose(world, f"hold.no_go:hold:{first.id}")
    world.do(c.ConfirmOverride(override=name), "ann")
    assert [h.id for h in world.state.holds] == [second.id]


def test_it_opens_a_review_that_is_due_in_48_hours_and_gates_completion() -> None:
    world = failing()
    name = propose(world, CI)
    at = world.at
    world.do(c.ConfirmOverride(override=name), "ann")
    review = world.state.items[f"review-{name}"]
    assert (review.due_at, review.gates.value, review.owner) == (at + 2 * DAY, "completion", "release_manager")
    assert world.refused(c.Waive(subject=f"item:{review.id}", reason="x"), "bob") == "waive.own"
    world.wait(at + 2 * DAY - HOUR)
    assert not [e for e in world.events(ReminderSent) if e.to == ("cid",)]


def test_a_second_override_adds_to_the_first() -> None:
    world = World()
    world.checks["ci"] = Status.FAIL
    world.sign_off()
    world.to(Phase.DECIDING)
    world.vote("release_manager", "bob")
    world.vote("product_manager", "ann")
    world.do(c.ConfirmOverride(override=propose(world, CI)), "ann")
    assert world.reasons == ["vote.missing:role:qa"]
    name = propose(world, "vote.missing:role:qa")
    world.do(c.ConfirmOverride(override=name), "cid")
    assert world.last(GoGiven).overridden == ("vote.missing:role:qa", CI)


def test_an_override_in_force_stands_beside_one_that_is_only_proposed() -> None:
    world = World()
    world.checks["ci"] = Status.FAIL
    world.sign_off()
    world.to(Phase.DECIDING)
    world.do(c.ConfirmOverride(override=propose(world, CI)), "ann")
    propose(world, "vote.missing:role:qa")
    assert CI not in world.reasons
    world.vote_go()
    assert (world.phase, world.last(GoGiven).overridden) == (Phase.AWAITING_WINDOW, (CI,))
    assert world.state.proposed is None, "what nobody confirmed ends with the round"
    world.wait(SLOT)
    assert world.phase is Phase.ROLLING_OUT


def test_an_override_in_force_is_not_confirmed_again() -> None:
    world = failing()
    world.do(c.PlaceHold(text="wait"), "dan")
    name = propose(world, CI)
    world.do(c.ConfirmOverride(override=name), "ann")
    assert world.refused(c.ConfirmOverride(override=name), "dan") == "override.confirmed"


@pytest.mark.parametrize("later", [Status.FAIL, Status.UNCLEAR, None])
def test_a_fact_that_it_names_counts_as_passed_at_the_opening_too(later: Status | None) -> None:
    world = failing()
    world.do(c.ConfirmOverride(override=propose(world, CI)), "ann")
    world.checks["ci"] = later
    world.wait(SLOT)
    assert world.phase is Phase.ROLLING_OUT


def test_a_fact_that_it_does_not_name_still_holds_the_opening() -> None:
    world = failing()
    world.do(c.ConfirmOverride(override=propose(world, CI)), "ann")
    world.checks["live"] = Status.UNCLEAR
    world.wait(SLOT)
    assert (world.phase, world.holds) == (Phase.AWAITING_WINDOW, ["readiness"])


def test_it_ends_with_the_round_or_with_the_go_that_it_gave() -> None:
    world = failing()
    world.do(c.ConfirmOverride(override=propose(world, CI)), "ann")
    world.candidate("c2")
    world.sign_off()
    world.vote_go()
    assert world.reasons == [CI]
    propose(world, CI)
    world.do(c.Call(choice="no_go", ballot_id="b"), "bob")
    assert (world.state.override, world.state.proposed) == (None, None)


def test_a_status_shows_what_is_let_pass_by_name() -> None:
    world = failing()
    assert status_view(world.state, world.at).overrides == ()
    name = propose(world, CI)
    (made,) = status_view(world.state, world.at).overrides
    assert (made.id, made.codes, made.by, made.in_force) == (name, (CI,), "bob", False)
    world.do(c.ConfirmOverride(override=name), "ann")
    (made,) = status_view(world.state, world.at).overrides
    assert (made.reason, made.in_force) == ("a known false alarm", True)


def test_a_status_shows_waivers_as_long_as_they_stand() -> None:
    world = failing()
    world.do(c.Waive(subject="check:ci", reason="seen by two", until=world.at + HOUR), "bob")
    (made,) = status_view(world.state, world.at).waivers
    assert (made.subject, made.by, made.reason, made.until) == ("check:ci", "bob", "seen by two", world.at + HOUR)
    assert status_view(world.state, world.at + HOUR).waivers == ()
