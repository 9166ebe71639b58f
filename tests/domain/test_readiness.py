"""Checks: three-valued, with an age; when they run, and what a pushed result is worth."""

from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain import release
from gonogo.domain.errors import Refused
from gonogo.domain.events import ChecksMeasured, ChecksRequested
from gonogo.domain.facts import Finding, Status
from gonogo.domain.standing import check_fact
from gonogo.domain.terms import AskedFor, Phase
from tests.domain.worlds import DAY, HOUR, MINUTE, POLL, SLOT, World, person

CI: dict[str, Any] = {"ci": {"kind": "http", "owner": "qa"}}
PUSHED: dict[str, Any] = {"load": {"kind": "pushed", "owner": "qa"}}


def asked(world: World) -> list[str]:
    return [e.why.value for e in world.events(ChecksRequested)]


def push(world: World, check: str = "load", status: Status = Status.PASS, **more: Any) -> c.PushResult:
    return c.PushResult(check=check, finding=Finding(status=status, **{"at": world.at, **more}))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Status.PASS, None),
        (Status.FAIL, "check.failed:check:ci"),
        (Status.UNCLEAR, "check.unclear:check:ci"),
        (None, "check.unclear:check:ci"),
    ],
)
def test_a_check_passes_fails_or_is_unclear_and_no_answer_is_unclear(said: Status | None, reason: str | None) -> None:
    world = World(checks=CI)
    world.checks["ci"] = said
    world.do(c.RunChecks(), "sam")
    facts = [r for r in world.reasons if r.startswith("check")]
    assert facts == ([reason] if reason else [])


def test_what_was_never_measured_is_unclear() -> None:
    assert "check.unmeasured:check:load" in World(checks=PUSHED).reasons


def test_a_pass_older_than_max_age_is_unclear_and_a_fail_never_ages() -> None:
    world = World(checks=PUSHED)
    world.do(push(world), "cid")
    world.wait(24 * HOUR - MINUTE)
    assert not [r for r in world.reasons if r.startswith("check")]
    world.wait(MINUTE)
    assert "check.stale:check:load" in world.reasons
    world.do(push(world, status=Status.FAIL, finding="too slow"), "cid")
    world.wait(30 * HOUR)
    assert "check.failed:check:load" in world.reasons


def test_checks_run_at_the_moments_that_ask_for_them_and_at_no_other() -> None:
    world = World()
    assert asked(world) == ["readying"]
    world.wait(POLL - HOUR)
    assert asked(world) == ["readying"]
    world.candidate("c2")
    world.do(c.RunChecks(checks=("ci",)), "sam")
    world.to(Phase.CLEANING_UP)
    assert asked(world) == ["readying", "candidate", "asked", "poll", "opening", "stage"]


def test_checks_run_again_on_entering_readying_again() -> None:
    world = World().to(Phase.DECIDING)
    world.do(c.Call(choice="no_go", ballot_id="b"), "bob")
    assert asked(world) == ["readying", "poll", "readying"]


def test_every_measures_again_while_the_check_gates_something_to_come() -> None:
    checks = {
        "ci": {"kind": "http", "owner": "qa", "every": "6h"},
        "debt": {"kind": "flag_debt", "owner": "qa", "moment": "freeze", "every": "1h"},
        "end": {"kind": "http", "owner": "qa", "moment": "completion", "every": "6h"},
    }
    world = World(checks=checks)
    world.wait(DAY)
    rounds = [e for e in world.events(ChecksRequested) if e.why is AskedFor.EVERY]
    assert [e.checks for e in rounds] == [("ci",)] * 4
    world.to(Phase.CLEANING_UP)
    before = len(world.entries)
    world.wait(DAY)
    later = [e.event.checks for e in world.entries[before:] if e.event.type == "ChecksRequested"]
    assert later == [("end",)] * 4


def test_every_measures_what_gates_the_freeze_until_then() -> None:
    debt = {"debt": {"kind": "flag_debt", "owner": "qa", "moment": "freeze", "every": "6h"}}
    world = World(checks=debt, scope={"freeze_at": SLOT - 2 * DAY})
    world.wait(12 * HOUR)
    assert asked(world) == ["freeze", "every", "every"]


def test_a_pass_that_ages_out_during_a_round_is_measured_again() -> None:
    world = World(checks={"ci": {"kind": "http", "owner": "qa", "max_age": "6h"}}).to(Phase.DECIDING)
    world.wait(7 * HOUR)
    assert asked(world)[-2:] == ["poll", "aged"]
    assert not [r for r in world.reasons if r.startswith("check")]


def test_an_answer_that_is_itself_too_old_is_not_asked_for_again_and_again() -> None:
    world = World(checks={"ci": {"kind": "http", "owner": "qa", "max_age": "6h"}})
    world.checks["ci"] = Finding(status=Status.PASS, at=POLL - 5 * HOUR)
    world.to(Phase.DECIDING).wait(4 * HOUR)
    assert asked(world).count("aged") == 1
    assert "check.stale:check:ci" in world.reasons


def test_a_result_from_the_future_is_refused_when_pushed_and_unclear_when_measured() -> None:
    world = World(checks={**CI, **PUSHED})
    assert world.refused(push(world, at=world.at + 6 * MINUTE), "cid") == "check.from_the_future"
    world.do(push(world, at=world.at + 4 * MINUTE), "cid")
    world.checks["ci"] = Finding(status=Status.PASS, at=world.at + 3650 * DAY)
    world.do(c.RunChecks(), "sam")
    assert [r for r in world.reasons if r.startswith("check")] == ["check.unclear:check:ci"]
    assert "has not come yet" in world.last(ChecksMeasured).findings["ci"].finding


@pytest.mark.parametrize(
    ("names", "code"), [(("nope",), "check.unknown"), (("load",), "check.pushed"), ((), "check.none")]
)
def test_what_nobody_can_measure_is_refused(names: tuple[str, ...], code: str) -> None:
    assert World(checks=PUSHED).refused(c.RunChecks(checks=names), "sam") == code


def test_a_measurement_counts_at_the_opening_only_when_it_was_asked_for_after_it() -> None:
    world = World(checks={**CI, **PUSHED})
    world.do(push(world), "cid")
    for name, status in (("ci", Status.UNCLEAR), ("load", Status.PASS)):
        fact = check_fact(world.state, name, world.plan.checks[name], world.at, since=world.at + MINUTE)
        assert fact.status is status
    never = check_fact(World(checks=PUSHED).state, "load", world.plan.checks["load"], world.at, since=world.at)
    assert never.code == "check.unmeasured"


def test_a_round_that_was_called_off_says_nothing() -> None:
    world = World(checks=CI)
    world.silent.add("checks")
    world.do(c.RunChecks(), "sam")
    (old,) = world.state.check_rounds
    world.candidate("c2")
    assert world.do(c.TakeFindings(ask=old, findings={})) == ()
    assert "ci" not in world.state.findings


@pytest.mark.parametrize(
    ("subject", "who", "until", "code"),
    [
        ("check:nope", "bob", None, "waive.unknown"),
        ("item:nope", "bob", None, "waive.unknown"),
        ("check:ci", "bob", -HOUR, "waive.over"),
        ("flag:gifts", "bob", HOUR, "waive.too_early"),
        ("item:mine", "bob", None, "waive.own"),
        ("item:ours", "bob", None, "waive.own"),
    ],
)
def test_what_cannot_be_waived(subject: str, who: str, until: Any, code: str) -> None:
    items = [{"id": "mine", "title": "M", "owner": "bob"}, {"id": "ours", "title": "O", "owner": "release_manager"}]
    lists = {"tech": {"moment": "before_go_no_go", "owner": "qa", "items": items}}
    world = World(checklists=lists)
    ends = None if until is None else world.at + until
    assert world.refused(c.Waive(subject=subject, reason="x", until=ends), who) == code


def test_a_waived_fact_counts_as_passed_is_listed_and_ends_when_it_says() -> None:
    world = World().to(Phase.READYING)
    world.checks["ci"] = Status.FAIL
    world.do(c.RunChecks(), "sam")
    world.do(c.Waive(subject="check:ci", reason="known", until=world.at + HOUR), "bob")
    assert "check:ci" in world.verdict.waived
    assert world.verdict.changes_at == world.at + HOUR
    world.wait(HOUR)
    assert "check.failed:check:ci" in world.reasons


def test_a_result_pushed_after_its_moment_is_refused() -> None:
    world = World(checks={**CI, **PUSHED, "end": {"kind": "pushed", "owner": "qa", "moment": "completion"}})
    world.do(c.Waive(subject="check:load", reason="x"), "bob")
    world.to(Phase.CLEANING_UP)
    assert world.refused(push(world), "cid") == "check.too_late"
    world.do(push(world, "end"), "cid")


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("item:noets", "there is no item 'noets' in this release; did you mean 'notes'?"),
        ("flag:xyz", "there is no flag 'xyz' in this release; known are gifts"),
    ],
)
def test_a_waiver_of_what_does_not_exist_is_refused_with_what_was_meant(subject: str, told: str) -> None:
    world = World(
        checklists={
            "only": {
                "moment": "before_go_no_go",
                "owner": "qa",
                "items": [{"id": "notes", "title": "Notes", "owner": "qa"}],
            }
        }
    )
    with pytest.raises(Refused) as refused:
        release.decide(world.state, c.Waive(subject=subject, reason="x"), world.at, actor=person("bob"))
    assert refused.value.message == told
