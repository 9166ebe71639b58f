"""Writes that meet a newer fence, and writes that a hold calls off."""

from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.effects import WriteFlags, outstanding
from gonogo.domain.events import WritesRequested
from gonogo.domain.facts import Fence, WriteResult, WriteStatus
from gonogo.domain.terms import Phase
from gonogo.domain.values import NOBODY, Audience, Exposure, exposure
from gonogo.domain.why import why_view
from tests.domain.worlds import DAY, GUARD, HOUR, MINUTE, SLOT, World

PLAIN: list[dict[str, Any]] = [{"percent": 10, "bake": "1h"}, {"audience": "everyone", "bake": "1h"}]
TEN = exposure(Audience.PERCENTAGE, 10)


class Fenced(World):
    """A world whose provider keeps the newest fence, and refuses what is older."""

    fence = Fence(epoch=0, sequence=0)

    def _write(self, key: str, wanted: Exposure, fence: Fence) -> WriteResult | None:
        if fence.order < self.fence.order:
            told = self.flags[key]
            return WriteResult(key=key, status=WriteStatus.STALE, before=told, after=told, fence=fence, at=self.at)
        self.fence = fence
        return super()._write(key, wanted, fence)


def fenced() -> Fenced:
    world = Fenced(stages=PLAIN)
    world.to(Phase.ROLLING_OUT)
    return world


def millis(world: World) -> int:
    return int(world.at.timestamp() * 1000)


# --- newer fences --------------------------------------------------------------------------------------------------


def test_a_rollback_overtakes_at_once_whoever_wrote_a_moment_ago() -> None:
    world = fenced()
    world.at += 30 * MINUTE
    world.fence = Fence(epoch=millis(world), sequence=7)
    world.at += MINUTE
    world.silent.add("writes")
    world.do(c.RollBack(reason="bad"), "eve")
    world.fence = Fence(epoch=millis(world) + 500, sequence=0)  # a change by somebody else crosses it
    world.silent.clear()
    world.at += MINUTE
    world.answer()
    assert (world.phase, world.exposure) == (Phase.READYING, {"gifts": "nobody"})


@pytest.mark.parametrize("ahead", [1, HOUR.total_seconds() * 1000, 10**12])
def test_a_rollback_overtakes_a_fence_however_far_ahead_it_is(ahead: float) -> None:
    world = fenced()
    world.fence = Fence(epoch=millis(world) + int(ahead), sequence=0)
    world.do(c.RollBack(reason="bad"), "eve")
    world.wait(phase=Phase.READYING)
    assert world.exposure == {"gifts": "nobody"}
    epochs = [e.epoch for e in world.events(WritesRequested) if e.stage < 0]
    assert epochs == sorted(set(epochs))
    assert world.at - SLOT <= 41 * MINUTE


def test_a_rollback_that_is_refused_again_waits_a_moment_and_says_so() -> None:
    world = fenced()
    world.fence = Fence(epoch=10**15, sequence=0)
    world.do(c.RollBack(reason="bad"), "eve")
    assert len([e for e in world.events(WritesRequested) if e.stage < 0]) == 2
    (waiting,) = [w for w in why_view(world.state, world.at).waiting if w.code == "rollback.failed"]
    assert "it is tried again" in waiting.clears


def test_a_flag_that_somebody_else_put_back_with_a_newer_fence_is_back() -> None:
    world = fenced()
    world.flags["gifts"], world.fence = NOBODY, Fence(epoch=10**15, sequence=0)
    world.do(c.RollBack(reason="bad"), "eve")
    assert (world.phase, world.state.flags["gifts"].current) == (Phase.READYING, NOBODY)
    assert len([e for e in world.events(WritesRequested) if e.stage < 0]) == 1


def test_a_rollout_that_is_resumed_after_a_newer_fence_goes_beyond_it() -> None:
    world = fenced()
    world.fence = Fence(epoch=millis(world) + 20 * 60_000, sequence=0)
    world.wait(event="Held")
    world.do(c.LiftHold(measurement=world.hold("guard").measurement), "fay")
    world.wait(10 * MINUTE)
    assert (world.holds, world.exposure) == ([], {"gifts": "everyone"})
    first, _, last = world.events(WritesRequested)
    assert last.epoch > first.epoch
    world.do(c.RollBack(reason="bad"), "eve")
    assert world.last(WritesRequested).epoch > last.epoch
    assert world.exposure == {"gifts": "nobody"}


# --- holds ---------------------------------------------------------------------------------------------------------


def out() -> World:
    """The first stage's write is out."""
    world = World(stages=[{**PLAIN[0], "guards": [GUARD]}, PLAIN[1]]).go()
    world.silent.add("writes")
    return world.wait(SLOT)


def writes(world: World) -> list[WriteFlags]:
    return [e for e in outstanding(world.state) if isinstance(e, WriteFlags)]


def test_a_hold_calls_off_the_writes_of_a_stage() -> None:
    world = out()
    (asked,) = writes(world)
    world.do(c.PlaceHold(text="stop"), "dan")
    assert writes(world) == []
    wanted, fence = asked.writes[0].wanted, asked.writes[0].fence
    late = WriteResult(key="gifts", status=WriteStatus.WRITTEN, before=NOBODY, after=wanted, fence=fence, at=world.at)
    assert world.do(c.TakeWrites(ask=asked.ask, results=(late,))) == ()
    assert "StageExposed" not in world.types


def test_lifted_the_stage_asks_for_its_writes_anew() -> None:
    world = out()
    (asked,) = writes(world)
    world.do(c.PlaceHold(text="stop"), "dan")
    world.wait(HOUR)
    world.silent.clear()
    world.do(c.LiftHold(), "dan")
    again = world.last(WritesRequested)
    assert (again.stage, again.first_sequence > asked.writes[0].fence.sequence) == (0, True)
    assert (world.exposure, world.holds) == ({"gifts": "10 %"}, [])


def test_writes_that_were_called_off_may_have_landed_and_are_put_back() -> None:
    world = out()
    world.do(c.PlaceHold(text="stop"), "dan")
    world.flags["gifts"] = TEN
    world.silent.clear()
    world.do(c.RollBack(reason="bad"), "eve")
    assert (world.phase, world.exposure) == (Phase.READYING, {"gifts": "nobody"})
    world.do(c.Cancel(reason="enough"), "bob")
    assert world.phase is Phase.ROLLED_BACK, "somebody may have been exposed"


def test_a_guard_that_holds_calls_off_the_writes_of_the_next_stage() -> None:
    world = World(stages=[{**PLAIN[0], "guards": [GUARD], "question": "Wider?"}, PLAIN[1]]).to(Phase.ROLLING_OUT)
    world.wait(event="QuestionAsked")
    world.silent.add("writes")
    assert world.state.rollout is not None
    assert world.state.rollout.question is not None
    world.do(c.Widen(question=world.state.rollout.question.id), "ann")
    assert len(writes(world)) == 1
    world.guards["errors"] = "bad"
    world.wait(event="GuardTripped")
    assert (world.holds, writes(world)) == (["guard"], [])


def test_a_hold_for_readiness_or_a_hold_in_a_rollback_calls_nothing_off() -> None:
    world = out()
    (asked,) = writes(world)
    world.do(c.RollBack(reason="bad"), "eve")
    (back,) = writes(world)
    assert (back.rollback, asked.rollback) == (True, False)
    world.do(c.PlaceHold(text="stop"), "dan")
    assert writes(world) == [back]


# --- before the rollout --------------------------------------------------------------------------------------------


def test_a_rollback_while_go_stands_holds_the_release_in_the_name_of_who_gave_it() -> None:
    world = World(stages=PLAIN).go()
    world.wait(SLOT - MINUTE)
    world.do(c.RollBack(reason="metrics look bad"), "eve")
    hold = world.hold("manual")
    assert (world.phase, hold.by.id) == (Phase.AWAITING_WINDOW, "eve")
    assert "metrics look bad" in hold.text
    world.wait(MINUTE)
    assert (world.phase, "SlotMissed" in world.types, world.exposure) == (Phase.READYING, True, {"gifts": "nobody"})
    world.do(c.LiftHold(hold=hold.id), "eve")
    assert world.holds == []


def test_a_rollback_while_go_stands_is_lifted_in_time_by_the_release_manager() -> None:
    world = World(stages=PLAIN).go()
    world.do(c.RollBack(reason="a mistake"), "eve")
    world.do(c.LiftHold(hold=world.hold("manual").id), "bob")
    world.wait(SLOT)
    assert (world.phase, world.exposure) == (Phase.ROLLING_OUT, {"gifts": "10 %"})


def test_a_provider_that_does_not_answer_for_a_month_is_asked_ever_less_often_and_never_given_up() -> None:
    world = World(checks={}).to(Phase.ROLLING_OUT)
    world.writes["gifts"] = None
    world.do(c.RollBack(reason="errors"), "bob")
    world.wait(30 * DAY)
    asked = [e.at for e in world.entries if e.event.type == "WritesRequested"]
    assert asked[3] - asked[2] == 2 * MINUTE
    assert asked[-1] - asked[-2] == HOUR
    assert len(asked) < 1_000
    world.writes["gifts"] = WriteStatus.WRITTEN
    world.wait(event="RollbackConfirmed")
