"""On demand a poll has no date: what keeps it from opening has a clock of its own."""

from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.events import ChecksRequested
from gonogo.domain.facts import Finding, Status
from gonogo.domain.terms import AskedFor, Phase
from gonogo.domain.why import why_view
from tests.domain.worlds import DAY, MONDAY, ON_DEMAND, World


def test_on_demand_a_pass_that_aged_out_is_measured_again_when_everything_else_is_met() -> None:
    world = World(schedule=ON_DEMAND).wait(3 * DAY)
    assert [w.clears for w in why_view(world.state, world.at).waiting if w.code == "check.stale"] == [
        "by itself: it is measured again when everything else passes"
    ] * 2
    assert world.last(ChecksRequested).why is AskedFor.READYING
    world.sign_off()
    assert [e.why for e in world.events(ChecksRequested)][-2:] == [AskedFor.AGED, AskedFor.POLL]
    assert world.phase is Phase.DECIDING


def test_on_demand_an_answer_that_is_itself_too_old_is_asked_for_once_and_waits_for_a_person() -> None:
    world = World(schedule=ON_DEMAND)
    world.wait(3 * DAY)
    world.checks["ci"] = Finding(status=Status.PASS, at=MONDAY)
    world.sign_off()
    world.wait(DAY)
    assert [e.why for e in world.events(ChecksRequested)].count(AskedFor.AGED) == 1
    (found,) = [w for w in why_view(world.state, world.at).waiting if w.subject == "check:ci"]
    assert "gonogo check run" in found.clears


def test_on_demand_a_pass_that_ages_out_before_the_date_is_measured_again_in_time() -> None:
    world = World(schedule={"not_before": MONDAY + 3 * DAY})
    world.sign_off()
    world.wait(phase=Phase.DECIDING)
    assert world.at == MONDAY + 3 * DAY


@pytest.mark.parametrize("stale", [{"kind": "pushed"}, {"kind": "http"}], ids=["pushed", "measured"])
def test_on_demand_nothing_is_measured_again_while_something_else_is_missing(stale: dict[str, Any]) -> None:
    checks = {"load": {"owner": "qa", **stale}, "more": {"kind": "pushed", "owner": "qa"}}
    world = World(schedule=ON_DEMAND, checks=checks)
    for name in ("load", "more"):
        world.do(c.PushResult(check=name, finding=Finding(status=Status.PASS, at=world.at)), "cid")
    world.wait(3 * DAY)
    world.sign_off()
    assert (world.phase, AskedFor.AGED in [e.why for e in world.events(ChecksRequested)]) == (Phase.READYING, False)
