"""Who is told of a check that stops passing, or passes again: once per change, and no storm."""

from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.facts import Finding, Status
from gonogo.domain.notices import Notice, notices
from gonogo.domain.terms import Phase
from tests.domain.walks import steps
from tests.domain.worlds import DAY, HOUR, MINUTE, MONDAY, POLL, World

PASS, FAIL, UNCLEAR = Status.PASS, Status.FAIL, Status.UNCLEAR
CI: dict[str, Any] = {"ci": {"kind": "http", "owner": "qa"}}
OWNERS, MANAGED = ("cid", "dan"), ("cid", "dan", "bob")


def told(world: World, *kinds: str) -> list[Notice]:
    found = [n for entry, state in steps(world) for n in notices(entry, state)]
    return [n for n in found if (n.type in kinds if kinds else n.type.startswith("check."))]


def measure(world: World, *results: Status | Finding | None, every: Any = MINUTE) -> World:
    """Lets `ci` be measured with each result, one after the other."""
    for result in results:
        world.wait(every)
        world.checks["ci"] = result
        world.do(c.RunChecks(checks=("ci",)), "cid")
    return world


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ([PASS, PASS], []),
        ([FAIL], ["failed"]),
        ([FAIL, FAIL, FAIL], ["failed"]),
        ([FAIL, PASS, PASS], ["failed", "passed"]),
        ([UNCLEAR], ["unclear"]),
        ([UNCLEAR, UNCLEAR, PASS], ["unclear", "passed"]),
        ([None, FAIL, UNCLEAR, FAIL, PASS], ["unclear", "failed", "passed"]),
        ([FAIL, PASS, FAIL], ["failed", "passed", "failed"]),
        ([FAIL, PASS, UNCLEAR], ["failed", "passed", "unclear"]),
    ],
    ids=lambda x: ", ".join(str(getattr(y, "value", y)) for y in x),
)
def test_a_check_that_had_passed_is_told_of_once_for_every_change(
    results: list[Status | None], said: list[str]
) -> None:
    world = measure(World(checks=CI), *results)
    assert [n.type for n in told(world)] == [f"check.{word}" for word in said]
    assert {n.to for n in told(world)} <= {OWNERS}


def test_what_was_never_clear_is_only_not_measured_yet() -> None:
    pushed = {"load": {"kind": "pushed", "owner": "qa"}}
    world = World(checks=pushed)
    for _ in range(2):
        world.do(c.PushResult(check="load", finding=Finding(status=UNCLEAR, at=world.at)), "cid")
    assert told(world) == []
    world.do(c.PushResult(check="load", finding=Finding(status=PASS, at=world.at)), "cid")
    assert told(world) == [], "nothing bad was told before"
    world.do(c.PushResult(check="load", finding=Finding(status=FAIL, at=world.at)), "cid")
    (found,) = told(world)
    assert found.answers == (), "nobody measures what is pushed"
    assert "qa pushes its result: `gonogo check push shop/1.2.0 load pass`" in found.body


def test_a_check_that_flaps_says_that_it_passes_once_a_day_and_the_last_word_is_the_bad_one() -> None:
    world = World(checks=CI)
    world.wait(MINUTE)
    measure(world, *[FAIL, PASS] * 20, every=20 * MINUTE)
    assert [n.type for n in told(world)] == ["check.failed", "check.passed", "check.failed"]
    measure(world, PASS, every=DAY - 12 * HOUR)
    assert [n.type for n in told(world)][3:] == ["check.passed"]


def test_a_failing_check_says_what_was_found_what_clears_it_and_how_to_measure_it_again() -> None:
    seen = Finding(status=FAIL, at=MONDAY, finding="3 tests\nare red", evidence="https://ci.example.org/7")
    (found,) = told(measure(World(checks=CI), seen))
    assert found.subject == "shop/1.2.0: ci fails: 3 tests are red"
    assert found.body == (
        "- ci fails: 3 tests are red (https://ci.example.org/7)\n"
        "There is no GO without a pass. While it stays like this nobody is told again.\n"
        "What clears it:\n"
        "- ci: it passes when measured again: `gonogo check run shop/1.2.0 ci`; or release_manager waives it: "
        "`gonogo waive shop/1.2.0 check:ci --reason WHY`\n"
        "Where it stands: gonogo why shop/1.2.0"
    )
    assert found.answers == (("measure again", "gonogo check run shop/1.2.0 ci"),)


def test_checks_that_go_the_same_way_are_one_message_to_each_owner() -> None:
    checks = {**CI, "e2e": {"kind": "http", "owner": "qa"}, "docs": {"kind": "http", "owner": "ann"}}
    world = World(checks=checks)
    world.checks = dict.fromkeys(checks, FAIL)
    world.do(c.RunChecks(), "cid")
    assert [(n.subject.partition(": ")[2], n.to) for n in told(world)] == [
        ("ci, e2e fail", OWNERS),
        ("docs fails", ("ann",)),
    ]
    world.checks = {}
    world.do(c.RunChecks(), "cid")
    assert [n.subject.partition(": ")[2] for n in told(world, "check.passed")] == [
        "ci, e2e pass again",
        "docs passes again",
    ]
    assert told(world, "check.passed")[0].answers == ()


def test_near_its_slot_the_release_manager_is_told_too_and_of_the_end_of_it() -> None:
    world = World(checks=CI)
    world.wait(POLL - HOUR)
    measure(world, FAIL)
    world.wait(POLL)
    assert told(world)[0].to == OWNERS
    measure(world, PASS, FAIL)
    assert [n.to for n in told(world)] == [OWNERS, OWNERS, MANAGED], "good news goes to those who had the bad"
    on_demand = World(checks=CI, schedule={})
    on_demand.sign_off()
    on_demand.wait(phase=Phase.DECIDING)
    measure(on_demand, FAIL, PASS)
    assert [n.to for n in told(on_demand)] == [MANAGED, MANAGED], "a round is open"


def test_another_candidate_that_fails_is_told_of_again_and_its_first_unclear_is_not() -> None:
    world = measure(World(checks=CI), FAIL)
    world.candidate("c2")
    assert [n.type for n in told(world)] == ["check.failed"] * 2
    world.checks["ci"] = UNCLEAR
    world.wait(MINUTE)
    world.candidate("c3")
    assert len(told(world)) == 2
    measure(world, FAIL, PASS)
    assert [n.type for n in told(world)][2:] == ["check.failed", "check.passed"]


def test_while_a_go_stands_the_loss_has_its_own_message_and_the_end_of_it_goes_to_the_same() -> None:
    world = World(checks=CI).go()
    measure(world, FAIL, PASS)
    assert [(n.type, n.to) for n in told(world, "readiness.lost", "check.failed", "check.passed")] == [
        ("readiness.lost", (*MANAGED, "ann")),
        ("check.passed", (*MANAGED, "ann")),
    ]


def test_at_the_opening_and_after_it_only_the_holds_say_what_does_not_pass() -> None:
    world = World(checks=CI).go()
    world.checks["ci"] = FAIL
    world.wait(event="Held")
    world.checks["ci"] = PASS
    world.wait(phase=Phase.ROLLING_OUT)
    measure(world, FAIL)
    assert told(world) == []


def test_what_is_waived_or_gates_something_else_is_not_told() -> None:
    world = World(checks={**CI, "debt": {"kind": "http", "owner": "qa", "moment": "completion"}})
    world.do(c.Waive(subject="check:ci", reason="known", until=world.at + HOUR), "bob")
    world.checks["debt"] = FAIL
    measure(world, FAIL)
    world.do(c.RunChecks(checks=("debt",)), "cid")
    assert told(world) == []
    measure(world, FAIL, every=HOUR)
    assert [n.type for n in told(world)] == ["check.failed"], "the waiver is over"
