"""The `deployed` check before every stage: its age counts, and an override hides no failure that nobody named."""

from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.events import ChecksRequested, OverrideProposed
from gonogo.domain.facts import Finding, Status
from gonogo.domain.terms import AskedFor, Phase
from gonogo.domain.wakeups import next_wakeup
from gonogo.domain.why import why_view
from tests.domain.worlds import DAY, HOUR, MINUTE, MONDAY, SAMPLE, SLOT, World

PLAIN: list[dict[str, Any]] = [{"percent": 10, "bake": "1h"}, {"audience": "everyone", "bake": "1h"}]
UNCLEAR, FAILED = "check.unclear:check:live", "check.failed:check:live"


def test_a_result_that_is_too_old_does_not_let_a_stage_widen() -> None:
    world = World(stages=PLAIN).to(Phase.ROLLING_OUT)
    world.checks["live"] = Finding(status=Status.PASS, at=MONDAY - 30 * DAY)
    world.wait(SLOT + HOUR)
    assert (world.exposure, world.holds) == ({"gifts": "10 %"}, ["readiness"])
    assert world.hold("readiness").text == "live passed too long ago"
    assert next_wakeup(world.state, world.at) == SLOT + HOUR + 5 * MINUTE, "asked again, and not at once without end"
    world.checks.clear()
    world.wait(5 * MINUTE)
    assert (world.exposure, world.holds) == ({"gifts": "everyone"}, [])


def test_an_answer_that_comes_after_a_rollback_began_holds_nothing() -> None:
    world = World(stages=PLAIN).to(Phase.ROLLING_OUT)
    world.silent.add("checks")
    world.wait(HOUR)
    (asked,) = [r for r in world.state.check_rounds.values() if r.why is AskedFor.STAGE]
    world.silent.add("writes")
    world.do(c.RollBack(reason="bad"), "eve")
    world.do(c.TakeFindings(ask=asked.ask, findings={"live": Finding(status=Status.FAIL, at=world.at)}))
    assert world.holds == ["rolled_back"]


def named(code: str, status: Status) -> World:
    """A GO that stands although `live` is `status`, because an override names that."""
    world = World(stages=PLAIN)
    world.checks["live"] = status
    world.sign_off()
    world.to(Phase.DECIDING)
    world.do(c.ProposeOverride(codes=(code,), reason="the probe is down"), "bob")
    world.do(c.ConfirmOverride(override=world.last(OverrideProposed).override), "ann")
    world.vote_go()
    return world


@pytest.mark.parametrize("later", [Status.UNCLEAR, None])
def test_a_doubt_that_was_overridden_holds_neither_the_opening_nor_a_stage(later: Status | None) -> None:
    world = named(UNCLEAR, Status.UNCLEAR)
    world.checks["live"] = later
    world.wait(SLOT + HOUR)
    assert (world.exposure, world.holds) == ({"gifts": "everyone"}, [])


def test_a_failure_that_nobody_named_holds_the_opening_although_a_doubt_was_overridden() -> None:
    world = named(UNCLEAR, Status.UNCLEAR)
    world.checks["live"] = Finding(status=Status.FAIL, at=world.at, finding="c0 is there")
    world.wait(SLOT)
    assert (world.phase, world.holds) == (Phase.AWAITING_WINDOW, ["readiness"])
    assert "check.failed" in [w.code for w in why_view(world.state, world.at).waiting]


def test_a_failure_that_nobody_named_holds_a_stage_although_a_doubt_was_overridden() -> None:
    world = named(UNCLEAR, Status.UNCLEAR).wait(SLOT)
    world.checks["live"] = Finding(status=Status.FAIL, at=SLOT + HOUR, finding="c0 is there")
    world.wait(SLOT + HOUR)
    assert (world.exposure, world.holds) == ({"gifts": "10 %"}, ["readiness"])
    assert world.hold("readiness").text == "live fails: c0 is there"
    world.checks["live"] = Status.UNCLEAR
    world.wait(5 * MINUTE)
    assert (world.exposure, world.holds) == ({"gifts": "everyone"}, [])


def test_a_failure_that_was_named_is_not_asked_for_again() -> None:
    world = named(FAILED, Status.FAIL).wait(SLOT + HOUR)
    assert (world.exposure, world.holds) == ({"gifts": "everyone"}, [])
    assert AskedFor.STAGE not in [e.why for e in world.events(ChecksRequested)]


def test_the_first_stage_waits_until_its_own_segments_are_open() -> None:
    deny = {"id": "d", "action": "deny", "start": "2026-11-19T09:00", "lasts": "2h", "segments": ["beta"]}
    stages = [{"segments": ["beta"], "bake": "1h"}, {"audience": "everyone"}]
    world = World(stages=stages, schedule={**SAMPLE["schedule"], "windows": [deny]}).go().wait(SLOT)
    assert (world.phase, world.holds) == (Phase.AWAITING_WINDOW, [])
    assert "window.closed" in [w.code for w in why_view(world.state, world.at).waiting]
    assert next_wakeup(world.state, world.at) == SLOT + HOUR
    world.wait(SLOT + HOUR)
    assert (world.phase, world.exposure) == (Phase.ROLLING_OUT, {"gifts": "beta"})


def test_a_slot_in_which_the_first_segments_never_open_is_missed() -> None:
    deny = {"id": "d", "action": "deny", "start": "2026-11-19T09:00", "lasts": "30h", "segments": ["beta"]}
    stages = [{"segments": ["beta"], "bake": "1h"}, {"audience": "everyone"}]
    world = World(stages=stages, schedule={**SAMPLE["schedule"], "windows": [deny]}).go().wait(SLOT + 4 * HOUR)
    assert (world.phase, "SlotMissed" in world.types, world.exposure) == (Phase.READYING, True, {"gifts": "nobody"})
