"""Rollback: every flag goes back, what cannot is accepted by name, and what a cancel does in each phase."""

from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.facts import WriteStatus
from gonogo.domain.terms import FeatureStatus, Phase
from gonogo.domain.values import Audience, exposure
from tests.domain.rollouts import PLAIN, rolling
from tests.domain.worlds import DAY, HOUR, MINUTE, SLOT, World, make_plan


@pytest.mark.parametrize("phase", [Phase.SCOPING, Phase.READYING, Phase.DECIDING, Phase.AWAITING_WINDOW])
def test_before_the_rollout_a_rollback_is_recorded_and_changes_no_phase(phase: Phase) -> None:
    scope: Any = {"freeze_at": SLOT - 2 * DAY} if phase is Phase.SCOPING else {}
    world = World(scope=scope).to(phase)
    world.do(c.RollBack(reason="to be sure"), "eve")
    assert (world.phase, world.holds) == (phase, ["manual"] if phase is Phase.AWAITING_WINDOW else [])
    assert {"RollbackStarted", "RollbackConfirmed"} <= set(world.types[-3:])


def test_every_flag_goes_back_newest_change_first_and_no_vote_is_needed() -> None:
    features = [{"id": "gifts", "title": "G", "flags": ["a", "b"]}]
    flags = {"a": {"reach": "10%"}, "b": {}}
    world = World(stages=PLAIN, features=features, flags=flags).go()
    before = dict(world.flags) | {"a": exposure(Audience.OPT_IN)}
    world.flags.update(before)
    world.wait(SLOT + HOUR)
    assert world.exposure == {"a": "10 %", "b": "everyone"}
    world.do(c.PlaceHold(text="wait"), "dan")
    made = world.do(c.RollBack(reason="bad"), "eve")
    asked = next(e.event for e in made if e.event.type == "WritesRequested")
    assert list(asked.writes) == ["b", "a"]
    assert (world.flags, world.phase) == (before, Phase.READYING)
    assert (world.holds, world.state.released_at) == (["manual", "rolled_back"], None)


def test_what_cannot_be_restored_is_retried_and_accepted_by_name() -> None:
    world = rolling(stages=PLAIN)
    world.writes["gifts"] = WriteStatus.FAILED
    world.do(c.RollBack(reason="bad"), "bob")
    assert world.phase is Phase.ROLLING_OUT
    assert world.refused(c.RollBack(reason="bad"), "bob") == "rollback.under_way"
    world.wait(10 * MINUTE)
    assert world.phase is Phase.ROLLING_OUT
    assert world.refused(c.AcceptUnrestorable(flag="nope", reason="x"), "bob") == "rollback.not_left"
    world.do(c.AcceptUnrestorable(flag="gifts", reason="gone for good"), "bob")
    assert (world.phase, world.state.flags["gifts"].changed_at > 0) == (Phase.READYING, True)


def test_a_flag_that_is_being_put_back_is_not_accepted_yet() -> None:
    world = rolling(stages=PLAIN)
    world.silent.add("writes")
    world.do(c.RollBack(reason="bad"), "bob")
    assert world.refused(c.AcceptUnrestorable(flag="gifts", reason="x"), "bob") == "rollback.not_failed"


def test_a_flag_that_cannot_be_switched_off_is_listed_until_accepted() -> None:
    world = rolling(stages=PLAIN, flags={"gifts": {"can_be_disabled": False}})
    world.do(c.RollBack(reason="bad"), "bob")
    assert (world.phase, world.exposure) == (Phase.ROLLING_OUT, {"gifts": "10 %"})
    world.do(c.AcceptUnrestorable(flag="gifts", reason="a migration"), "bob")
    assert world.phase is Phase.READYING


@pytest.mark.parametrize("under_way", [False, True])
def test_cancel_during_a_rollout_rolls_back_and_closes(under_way: bool) -> None:
    world = rolling(stages=PLAIN)
    if under_way:
        world.writes["gifts"] = WriteStatus.FAILED
        world.do(c.RollBack(reason="bad"), "bob")
    world.do(c.Cancel(reason="never mind"), "bob")
    world.writes.clear()
    world.wait(2 * MINUTE)
    assert (world.phase, world.state.outcome, world.exposure) == (Phase.ROLLED_BACK, "rolled_back", {"gifts": "nobody"})


def test_before_anything_was_exposed_cancel_closes_as_cancelled() -> None:
    world = World().go()
    world.do(c.Cancel(reason="never mind"), "bob")
    assert (world.phase, world.state.outcome) == (Phase.CANCELLED, "cancelled")


def test_after_a_rollback_cancel_closes_as_rolled_back() -> None:
    world = rolling(stages=PLAIN)
    world.do(c.RollBack(reason="bad"), "bob")
    world.do(c.Cancel(reason="never mind"), "bob")
    assert world.phase is Phase.ROLLED_BACK


def test_a_rollback_while_cleaning_up_clears_the_release_and_reopens_what_comes_after_it() -> None:
    world = World(stages=PLAIN).to(Phase.CLEANING_UP)
    world.sign_off()
    assert world.phase is Phase.CLEANING_UP, "the flag is not settled"
    world.do(c.RollBack(reason="bad"), "fay")
    assert (world.phase, world.state.released_at, world.exposure) == (Phase.READYING, None, {"gifts": "nobody"})
    assert world.state.items["looked"].status.value == "open"


def test_after_a_rollback_a_new_candidate_goes_all_the_way() -> None:
    world = rolling(stages=PLAIN)
    world.do(c.RollBack(reason="bad"), "bob")
    world.candidate("c2")
    world.to(Phase.COMPLETED)
    assert (world.state.rolled_back, world.exposure) == (("c1",), {"gifts": "everyone"})


def test_what_is_still_exposed_is_not_dropped_or_unlisted() -> None:
    world = rolling(stages=PLAIN, flags={"gifts": {"can_be_disabled": False}})
    world.do(c.RollBack(reason="bad"), "bob")
    world.do(c.AcceptUnrestorable(flag="gifts", reason="a migration"), "bob")
    drop = c.ChangeFeature(feature="gifts", status=FeatureStatus.DROPPED)
    assert world.refused(drop, "ann") == "feature.exposed"
    none = make_plan(stages=PLAIN, flags={}, features=[{"id": "gifts", "title": "G", "no_flag": "x"}])
    assert world.refused(c.Amend(plan=none), "bob") == "amend.flag_exposed"
