"""What is believed of a flag: one answer that it is not there proves nothing, and an old reading is no reading."""

from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.events import FlagSettled, RollbackConfirmed, WritesRequested
from gonogo.domain.facts import Fence, FlagReading, WriteStatus
from gonogo.domain.reports import ClaimAnswer
from gonogo.domain.terms import Phase
from gonogo.domain.values import NOBODY, Audience, exposure
from gonogo.domain.wakeups import next_wakeup
from tests.domain.worlds import HOUR, MINUTE, SLOT, World

PLAIN: list[dict[str, Any]] = [{"percent": 10, "bake": "1h"}, {"audience": "everyone", "bake": "1h"}]
FORTY = exposure(Audience.PERCENTAGE, 40)
PROOF = c.TakeFlagNews(flag="gifts", gone=True, proof="archived, no references")


def rolling() -> World:
    return World(stages=PLAIN).to(Phase.ROLLING_OUT)


# --- gone ----------------------------------------------------------------------------------------------------------


def test_a_flag_that_a_write_did_not_find_is_put_back_all_the_same() -> None:
    world = rolling()
    world.writes["gifts"] = WriteStatus.GONE
    world.wait(event="Held")
    world.writes = {}
    world.do(c.RollBack(reason="bad"), "eve")
    assert (world.phase, world.exposure) == (Phase.READYING, {"gifts": "nobody"})


def test_a_flag_that_the_rollback_itself_does_not_find_is_back_and_nobody_says_who_sees_it() -> None:
    world = rolling()
    world.writes["gifts"] = WriteStatus.GONE
    world.do(c.RollBack(reason="bad"), "eve")
    assert (world.phase, world.last(RollbackConfirmed).unrestorable) == (Phase.READYING, ())
    assert (world.state.flags["gifts"].current, world.state.flags["gifts"].gone) == (None, False)


def test_a_flag_that_does_not_exist_may_start_and_never_ships_until_it_can_be_written() -> None:
    world = World(stages=PLAIN).go()
    world.flags.clear()
    world.wait(SLOT + 12 * MINUTE)
    assert (world.phase, world.holds, "StageExposed" in world.types) == (Phase.ROLLING_OUT, ["readiness"], False)
    assert [e.at - SLOT for e in world.entries if e.event.type == "WritesRequested"] == [
        0 * MINUTE,
        5 * MINUTE,
        10 * MINUTE,
    ]
    assert next_wakeup(world.state, world.at) == SLOT + 15 * MINUTE
    world.flags["gifts"] = NOBODY
    world.wait(SLOT + 15 * MINUTE)
    assert (world.holds, world.exposure) == ([], {"gifts": "10 %"})


def test_a_flag_that_its_provider_loses_between_stages_holds_the_next_one() -> None:
    world = rolling()
    world.flags.pop("gifts")
    world.wait(SLOT + 5 * HOUR)
    assert (world.phase, world.holds) == (Phase.ROLLING_OUT, ["readiness"])
    assert world.types.count("StageExposed") == 1


def test_a_hold_for_a_flag_that_somebody_else_wrote_is_lifted_while_another_is_tried_again() -> None:
    features = [{"id": "gifts", "title": "G", "flags": ["gifts", "b"]}]
    world = World(stages=PLAIN, flags={"gifts": {"owner": "fay"}, "b": {}}, features=features).go()
    world.writes = {"gifts": WriteStatus.FAILED, "b": WriteStatus.FAILED}
    world.wait(SLOT)
    assert [h.subject for h in world.state.holds] == ["flag:gifts", "flag:b"]
    seen = FlagReading(key="b", exists=True, exposure=exposure(Audience.PERCENTAGE, 10), at=world.at)
    world.do(c.TakeFlagNews(flag="b", reading=seen, proof="mallory"))
    world.do(c.LiftHold(measurement=world.hold("guard").measurement), "fay")
    world.wait(5 * MINUTE)
    assert [h.subject for h in world.state.holds] == ["flag:gifts"]


def test_a_flag_is_settled_as_gone_on_the_word_of_its_own_workflow_only() -> None:
    world = World(stages=PLAIN).to(Phase.CLEANING_UP)
    world.flags.pop("gifts")
    world.sign_off()
    world.wait(30 * HOUR)
    assert (world.phase, world.state.flags["gifts"].settled) == (Phase.CLEANING_UP, None)
    world.do(PROOF)
    assert (world.last(FlagSettled).proof, world.phase) == ("archived, no references", Phase.COMPLETED)


def test_what_is_gone_with_proof_is_left_alone_by_a_rollback_and_by_the_next_rollout() -> None:
    flags: dict[str, Any] = {"gifts": {"owner": "fay"}, "b": {}}
    features = [{"id": "gifts", "title": "G", "flags": ["gifts", "b"]}]
    world = World(flags=flags, features=features, stages=PLAIN).to(Phase.CLEANING_UP)
    world.do(PROOF)
    world.flags.pop("gifts")
    world.do(c.RollBack(reason="bad"), "eve")
    assert list(world.last(WritesRequested).writes) == ["b"]
    world.candidate("c2")
    world.to(Phase.CLEANING_UP)
    assert all(list(w.writes) == ["b"] for w in world.events(WritesRequested)[2:])
    assert [k for k, f in world.state.flags.items() if f.settled] == ["gifts"]


# --- who saw it before ---------------------------------------------------------------------------------------------


def two_flags() -> World:
    """The first opening claims one flag of two, and is missed."""
    features = [{"id": "gifts", "title": "G", "flags": ["gifts", "b"]}]
    world = World(stages=PLAIN, flags={"gifts": {"owner": "fay"}, "b": {}}, features=features).go()
    world.claims["b"] = ClaimAnswer(flag="b", granted=False, held_by="shop/1.1.0")
    world.wait(phase=Phase.READYING)
    world.claims = {}
    return world


def test_who_saw_a_flag_before_is_what_the_last_claim_reads() -> None:
    world = two_flags()
    world.flags["gifts"] = FORTY
    world.to(Phase.ROLLING_OUT)
    assert (world.exposure, world.holds) == ({"gifts": "40 %", "b": "10 %"}, [])
    world.wait(event="StageExposed")
    world.do(c.RollBack(reason="bad"), "eve")
    assert world.exposure == {"gifts": "40 %", "b": "nobody"}


def test_an_earlier_reading_does_not_stand_in_for_one_that_fails_now() -> None:
    world = two_flags()
    world.claims["gifts"] = ClaimAnswer(flag="gifts", granted=True, detail="the provider is down")
    world.go().wait(event="Held")
    assert (world.phase, world.holds) == (Phase.AWAITING_WINDOW, ["readiness"])
    world.wait(12 * MINUTE)
    assert (world.phase, world.hold("readiness").text) == (Phase.AWAITING_WINDOW, "flag gifts: the provider is down")
    world.claims = {}
    world.wait(5 * MINUTE)
    assert world.phase is Phase.ROLLING_OUT


def test_what_somebody_set_after_a_rollback_is_what_the_next_rollback_goes_back_to() -> None:
    world = rolling()
    world.do(c.RollBack(reason="bad"), "eve")
    world.flags["gifts"] = FORTY
    world.candidate("c2")
    world.to(Phase.ROLLING_OUT).wait(event="StageExposed")
    world.do(c.RollBack(reason="worse"), "eve")
    assert world.exposure == {"gifts": "40 %"}


def test_a_flag_that_was_accepted_as_it_stands_keeps_what_was_before_the_release() -> None:
    world = rolling()
    world.writes["gifts"] = WriteStatus.FAILED
    world.do(c.RollBack(reason="bad"), "bob")
    world.do(c.AcceptUnrestorable(flag="gifts", reason="a migration"), "bob")
    world.writes = {}
    world.candidate("c2")
    world.to(Phase.ROLLING_OUT).wait(HOUR)
    world.do(c.RollBack(reason="bad"), "bob")
    assert world.exposure == {"gifts": "nobody"}


def test_a_flag_that_was_accepted_and_put_back_later_is_read_anew() -> None:
    world = rolling()
    world.writes["gifts"] = WriteStatus.FAILED
    world.do(c.RollBack(reason="bad"), "bob")
    world.do(c.AcceptUnrestorable(flag="gifts", reason="the provider is down"), "bob")
    world.writes = {}
    world.do(c.RollBack(reason="it is up again"), "bob")
    assert (world.phase, world.exposure) == (Phase.READYING, {"gifts": "nobody"})
    world.flags["gifts"] = FORTY
    world.candidate("c2")
    world.to(Phase.ROLLING_OUT).wait(HOUR)
    world.do(c.RollBack(reason="bad"), "bob")
    assert world.exposure == {"gifts": "40 %"}


def test_rules_that_are_no_exposure_are_no_reading() -> None:
    world = World().go()
    reading = FlagReading(key="gifts", exists=True, exposure=None, at=SLOT)
    world.claims["gifts"] = ClaimAnswer(flag="gifts", granted=True, reading=reading)
    world.wait(SLOT)
    assert (world.phase, world.holds) == (Phase.AWAITING_WINDOW, ["readiness"])
    assert "no exposure" in world.hold("readiness").text
    assert world.types.count("FlagsRequested") == 1
    assert next_wakeup(world.state, world.at) == SLOT + 5 * MINUTE


def test_a_flag_that_was_not_granted_says_so() -> None:
    world = World().go()
    world.claims["gifts"] = ClaimAnswer(flag="gifts", granted=False)
    world.wait(SLOT)
    assert world.hold("readiness").text == "flag gifts: it was not granted"


@pytest.mark.parametrize("told", ["by its workflow", "by its provider"])
def test_a_rollout_begins_beyond_every_fence_that_the_claim_shows(told: str) -> None:
    world, far = World(stages=PLAIN).go(), 10**15
    fence = Fence(epoch=far, sequence=3) if told == "by its provider" else None
    reading = FlagReading(key="gifts", exists=True, exposure=NOBODY, fence=fence, at=SLOT)
    known = 0 if fence else far
    world.claims["gifts"] = ClaimAnswer(flag="gifts", granted=True, reading=reading, last_epoch=known)
    world.wait(SLOT)
    assert world.last(WritesRequested).epoch == far + 1
