"""Bakes and guards of a rollout: what counts as baked, and what a guard does in each mode."""

from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.events import GuardTripped
from gonogo.domain.terms import Phase
from tests.domain.rollouts import PLAIN, exposed, guarded, rolling
from tests.domain.worlds import GUARD, HOUR, MINUTE, SLOT

# --- bakes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stages", [PLAIN, guarded()])
def test_a_hold_stops_the_bake_clock_and_nothing_widens_under_it(stages: list[dict[str, Any]]) -> None:
    world = rolling(stages=stages).wait(30 * MINUTE)
    world.do(c.PlaceHold(text="wait"), "dan")
    world.wait(3 * HOUR)
    assert len(exposed(world)) == 1
    world.do(c.LiftHold(), "dan")
    world.wait(29 * MINUTE)
    assert len(exposed(world)) == 1
    world.wait(6 * MINUTE)
    assert len(exposed(world)) == 2


def test_time_in_which_no_guard_could_measure_does_not_count_as_baked() -> None:
    world = rolling(stages=guarded(mode="observe"))
    world.guards["errors"] = "none"
    world.wait(2 * HOUR)
    assert len(exposed(world)) == 1
    world.guards.clear()
    world.wait(HOUR + 10 * MINUTE)
    assert len(exposed(world)) == 2


def test_a_bake_needs_its_least_good_samples() -> None:
    world = rolling(stages=guarded(min_samples=3, bad_in_row=20))
    world.guards["errors"] = "bad"
    world.wait(SLOT + 70 * MINUTE)
    assert len(exposed(world)) == 1, "an hour has passed, and not one sample was good"
    world.guards.clear()
    world.wait(HOUR)
    assert len(exposed(world)) == 2


# --- guards --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("says", ["bad", "none", "error"])
@pytest.mark.parametrize("no_data", ["hold", "bad"])
@pytest.mark.parametrize("mode", ["observe", "pause", "rollback"])
def test_what_a_guard_does_in_each_mode_with_bad_samples_and_without_data(mode: str, no_data: str, says: str) -> None:
    world = rolling(stages=guarded(mode=mode, no_data=no_data))
    world.guards["errors"] = says
    world.wait(event="GuardTripped")
    blind = says != "bad" and no_data == "hold"
    assert (world.last(GuardTripped).mode, world.last(GuardTripped).no_data) == (mode, blind)
    if mode == "observe":
        assert (world.phase, world.holds) == (Phase.ROLLING_OUT, [])
    elif mode == "pause" or blind:
        assert (world.phase, world.holds) == (Phase.ROLLING_OUT, ["guard"])
    else:
        assert (world.phase, world.holds, world.exposure) == (Phase.READYING, ["rolled_back"], {"gifts": "nobody"})


def test_it_is_continued_against_one_measurement_and_bad_samples_count_afresh() -> None:
    world = rolling(stages=guarded())
    world.guards["errors"] = "bad"
    world.wait(event="GuardTripped")
    first = world.hold("guard")
    assert world.refused(c.LiftHold(hold=first.id, measurement="m-other"), "bob") == "hold.measurement"
    world.do(c.LiftHold(measurement=first.measurement), "bob")
    assert world.holds == []
    at = world.at
    world.wait(event="GuardTripped")
    assert world.at - at == 15 * MINUTE, "three bad samples again"
    second = world.hold("guard")
    assert second.measurement != first.measurement
    assert world.refused(c.LiftHold(hold=second.id, measurement=first.measurement), "bob") == "hold.measurement"


def test_guards_keep_running_while_a_person_decides() -> None:
    stages = [{**guarded()[0], "question": "Wider?"}, PLAIN[1]]
    world = rolling(stages=stages).wait(event="QuestionAsked")
    world.guards["errors"] = "bad"
    world.wait(HOUR)
    assert world.holds == ["guard"]


def test_the_other_guards_keep_watching_when_one_holds() -> None:
    guards = [GUARD, {**GUARD, "id": "latency", "mode": "rollback"}]
    world = rolling(stages=[{**PLAIN[0], "guards": guards}, PLAIN[1]])
    world.guards["errors"] = "bad"
    world.wait(event="GuardTripped")
    world.guards["latency"] = "bad"
    world.wait(HOUR)
    assert world.phase is Phase.READYING
