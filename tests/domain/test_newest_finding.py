"""Which result counts when several are on their way: the newest one, and only for the build that it was found of."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.events import ChecksMeasured, StageExposed
from gonogo.domain.facts import Finding, Status
from gonogo.domain.terms import Phase
from tests.domain.worlds import HOUR, MINUTE, POLL, World

CI: dict[str, Any] = {"ci": {"kind": "http", "owner": "qa"}}
LOAD: dict[str, Any] = {"load": {"kind": "pushed", "owner": "qa", "max_age": "72h"}}


def push(check: str, status: Status, at: datetime) -> c.PushResult:
    return c.PushResult(check=check, finding=Finding(status=status, at=at))


def two_rounds(world: World) -> tuple[str, str]:
    """Asks for `ci` twice, a minute apart; nobody has answered yet."""
    world.silent.add("checks")
    world.do(c.RunChecks(checks=("ci",)), "sam")
    world.at += MINUTE
    world.do(c.RunChecks(checks=("ci",)), "sam")
    first, second = list(world.state.check_rounds)[-2:]
    return first, second


def answer(world: World, ask: str, status: Status, at: datetime) -> None:
    world.do(c.TakeFindings(ask=ask, findings={"ci": Finding(status=status, at=at)}))


def test_a_pass_that_was_asked_for_earlier_replaces_nothing_that_was_asked_for_later() -> None:
    world = World(checks=CI)
    first, second = two_rounds(world)
    answer(world, second, Status.FAIL, world.at)
    # A slow answer to the older question, also when it says that it was observed later.
    answer(world, first, Status.PASS, world.at + MINUTE)
    assert world.state.findings["ci"].status is Status.FAIL
    assert world.last(ChecksMeasured).outdated == ("ci",)
    assert first not in world.state.check_rounds


def test_a_fail_that_was_observed_later_counts_whatever_was_asked_first() -> None:
    world = World(checks=CI)
    first, second = two_rounds(world)
    answer(world, second, Status.PASS, world.at)
    world.at += MINUTE
    answer(world, first, Status.FAIL, world.at)
    assert world.state.findings["ci"].status is Status.FAIL


def test_a_fail_that_is_older_in_every_way_does_not_replace_a_pass() -> None:
    world = World(checks=CI)
    first, second = two_rounds(world)
    answer(world, second, Status.PASS, world.at)
    answer(world, first, Status.FAIL, world.at - MINUTE)
    assert world.state.findings["ci"].status is Status.PASS


def test_no_answer_to_an_older_question_does_not_replace_the_answer_to_a_newer_one() -> None:
    world = World(checks=CI)
    first, second = two_rounds(world)
    answer(world, second, Status.PASS, world.at)
    world.do(c.TakeFindings(ask=first, findings={}))
    assert world.state.findings["ci"].status is Status.PASS


def test_what_a_later_question_finds_counts_also_when_the_source_observed_it_long_ago() -> None:
    world = World(checks=CI)
    first, second = two_rounds(world)
    answer(world, first, Status.UNCLEAR, world.at)
    answer(world, second, Status.PASS, world.at - HOUR)
    assert world.state.findings["ci"].status is Status.PASS


def test_a_late_pass_does_not_turn_a_round_that_a_fail_keeps_from_go() -> None:
    world = World()
    world.sign_off()
    world.wait(POLL - HOUR)
    world.silent.add("checks")
    world.do(c.RunChecks(checks=("ci",)), "cid")
    (first,) = world.state.check_rounds
    world.wait(phase=Phase.DECIDING)
    second = list(world.state.check_rounds)[-1]
    found = {"ci": Finding(status=Status.FAIL, at=world.at), "live": Finding(status=Status.PASS, at=world.at)}
    world.do(c.TakeFindings(ask=second, findings=found))
    world.vote_go()
    answer(world, first, Status.PASS, POLL - HOUR)
    assert (world.phase, world.reasons) == (Phase.DECIDING, ["check.failed:check:ci"])


@pytest.mark.parametrize("status", list(Status))
def test_a_result_that_was_observed_before_the_one_that_stands_is_refused(status: Status) -> None:
    world = World(checks=LOAD)
    world.do(push("load", Status.FAIL, world.at), "cid")
    assert world.refused(push("load", status, world.at - MINUTE), "cid") == "check.older"
    world.do(push("load", Status.PASS, world.at), "cid")
    assert world.state.findings["load"].status is Status.PASS


def test_a_clock_that_is_ahead_keeps_nobody_from_pushing_the_next_result() -> None:
    world = World(checks=LOAD)
    world.do(push("load", Status.PASS, world.at + 4 * MINUTE), "cid")
    assert world.state.findings["load"].at == world.at
    world.at += MINUTE
    world.do(push("load", Status.FAIL, world.at), "cid")
    assert world.state.findings["load"].status is Status.FAIL


def test_a_pass_before_a_stage_that_came_too_late_widens_nothing() -> None:
    world = World(stages=[{"percent": 10, "bake": "1h"}, {"audience": "everyone"}])
    world.to(Phase.ROLLING_OUT)
    world.silent.add("checks")
    world.wait(event="ChecksRequested")
    (asked,) = world.state.check_rounds
    world.at += MINUTE
    world.do(push("live", Status.FAIL, world.at), "cid")
    world.do(c.TakeFindings(ask=asked, findings={"live": Finding(status=Status.PASS, at=world.at - MINUTE)}))
    assert (len(world.events(StageExposed)), world.holds) == (1, ["readiness"])


# --- of which candidate --------------------------------------------------------------------------------------------


def test_a_result_that_was_observed_before_the_candidate_is_refused() -> None:
    world = World(checks=LOAD)
    seen = world.at
    world.wait(30 * MINUTE)
    world.candidate("c2")
    assert world.refused(push("load", Status.PASS, seen), "cid") == "check.before_candidate"
    assert "check.unmeasured:check:load" in world.reasons
    world.do(push("load", Status.PASS, world.at), "cid")
    assert world.state.findings["load"].status is Status.PASS


@pytest.mark.parametrize("status", [Status.PASS, Status.FAIL])
def test_a_measurement_that_was_observed_before_the_candidate_is_unclear(status: Status) -> None:
    world = World(checks=CI)
    world.checks["ci"] = Finding(status=status, at=world.at, finding="the build of last night")
    world.wait(HOUR)
    world.candidate("c2")
    assert "check.before_candidate:check:ci" in world.reasons
    assert world.verdict.outcome.value == "UNCLEAR"


def test_a_worker_whose_clock_is_a_little_behind_still_measures_the_candidate() -> None:
    world = World(checks=CI)
    world.wait(HOUR)
    world.checks["ci"] = Finding(status=Status.PASS, at=world.at - timedelta(seconds=20))
    world.candidate("c2")
    assert not [r for r in world.reasons if r.startswith("check")]


def test_what_was_observed_before_the_launch_counts_for_the_build_that_the_plan_names() -> None:
    world = World(checks=LOAD)
    world.do(push("load", Status.PASS, world.at - HOUR), "cid")
    assert not [r for r in world.reasons if r.startswith("check")]
