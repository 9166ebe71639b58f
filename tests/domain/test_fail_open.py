"""The fail-open edges that other release tools have: here each of them fails closed."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from gonogo.domain import commands as c
from gonogo.domain.facts import Status
from gonogo.domain.plan import Plan
from gonogo.domain.plan_rules import problems
from gonogo.domain.terms import Phase
from tests.domain.worlds import DAY, HOUR, SAMPLE, SLOT, World

ROLES: Any = SAMPLE["roles"]


@pytest.mark.parametrize(
    "changes",
    [
        {"checklists": {"tech": {"moment": "before_go_no_go", "owner": "qa", "items": []}}},
        {"roles": {**ROLES, "qa": []}},
        {"roles": {**ROLES, "qa": {"people": ["cid"], "quorum": 0}}},
        {"roles": {**ROLES, "qa": {"people": ["cid"], "quorum": 2}}},
        {"poll": {"roles": []}},
        {"environment": "moon"},
        {"features": [{"id": "gifts", "title": "G", "flags": ["unlisted"]}]},
        {"stages": []},
    ],
)
def test_an_empty_required_set_a_quorum_of_0_and_an_unknown_target_are_plan_errors(changes: dict[str, Any]) -> None:
    try:
        plan = TypeAdapter(Plan).validate_python({**SAMPLE, **changes})
    except ValidationError:
        return
    assert problems(plan)


def test_no_sample_is_unclear_and_holds() -> None:
    world = World().to(Phase.ROLLING_OUT)
    world.guards["errors"] = "none"
    world.wait(DAY)
    assert (world.holds, world.exposure) == (["guard"], {"gifts": "10 %"})


def test_a_watch_that_ended_early_has_not_baked() -> None:
    world = World().to(Phase.ROLLING_OUT)
    world.silent.add("watch")
    world.wait(DAY)
    assert "BakeCompleted" not in world.types


@pytest.mark.parametrize("said", [Status.UNCLEAR, None])
def test_unclear_yields_no_go_opens_no_window_and_widens_nothing(said: Status | None) -> None:
    world = World()
    world.checks.update(ci=said, live=said)
    world.sign_off()
    world.to(Phase.DECIDING)
    world.vote_go()
    assert (world.phase, world.verdict.outcome.value) == (Phase.DECIDING, "UNCLEAR")
    opening = World().go()
    opening.checks.update(ci=said)
    opening.wait(SLOT + HOUR)
    assert opening.exposure == {"gifts": "nobody"}
    wider = World(stages=[{"percent": 10, "bake": "1h"}, {"audience": "everyone"}]).to(Phase.ROLLING_OUT)
    wider.checks.update(live=said)
    wider.wait(SLOT + 2 * HOUR)
    assert wider.exposure == {"gifts": "10 %"}


def test_an_edit_after_approval_ships_nothing_without_a_new_approval() -> None:
    world = World().go()
    world.amend(stages=[{"audience": "everyone", "bake": "1h"}])
    world.wait(SLOT)
    assert world.exposure == {"gifts": "nobody"}


def test_a_new_date_after_approval_needs_a_new_approval() -> None:
    world = World().go()
    world.do(c.Postpone(to=SLOT + DAY), "bob")
    assert (world.phase, world.state.go) == (Phase.READYING, None)


def test_roles_are_anded_with_their_own_quorum_each() -> None:
    world = World(roles={**ROLES, "qa": {"people": ["cid", "dan"], "quorum": 2}}).to(Phase.DECIDING)
    world.vote("qa", "cid")
    world.vote("release_manager", "bob")
    world.vote("product_manager", "ann")
    assert world.reasons == ["vote.missing:role:qa"]


def test_who_left_the_role_no_longer_counts_towards_its_quorum() -> None:
    world = World(roles={**ROLES, "qa": {"people": ["cid", "dan", "ida"], "quorum": 2}}).to(Phase.DECIDING)
    for role, who in (("qa", "cid"), ("release_manager", "bob"), ("product_manager", "ann")):
        world.vote(role, who)
    world.amend(roles={**ROLES, "qa": {"people": ["dan", "ida"], "quorum": 2}})
    world.vote("qa", "dan")
    assert (world.phase, world.reasons) == (Phase.DECIDING, ["vote.missing:role:qa"])


@pytest.mark.parametrize("command", [c.Waive(subject="check:ci", reason="x"), c.OpenPoll(), c.Postpone()])
def test_nobody_bypasses_the_rules_by_being_who_they_are(command: Any) -> None:
    for who in ("dev", "eve", "ann", "gonogo"):
        assert World().refused(command, who) == "command.not_entitled"


def test_a_freeze_stops_no_rollback() -> None:
    deny = {"id": "holidays", "action": "deny", "start": "2026-11-19T10:30", "lasts": "30d"}
    world = World(schedule={**SAMPLE["schedule"], "windows": [deny]}).to(Phase.ROLLING_OUT)
    world.wait(DAY)
    world.do(c.PlaceHold(text="wait"), "dan")
    world.do(c.RollBack(reason="bad"), "eve")
    assert world.exposure == {"gifts": "nobody"}


def test_an_approval_of_an_earlier_stage_passes_no_later_one() -> None:
    stages = [
        {"percent": 10, "bake": "1h", "question": "Wider?"},
        {"percent": 50, "bake": "1h", "question": "Wider?"},
        {"audience": "everyone", "bake": "1h"},
    ]
    world = World(stages=stages).to(Phase.ROLLING_OUT).wait(event="QuestionAsked")
    first = world.state.rollout.question.id  # type: ignore[union-attr]
    world.do(c.Widen(question=first), "ann")
    world.wait(event="QuestionAsked")
    assert world.refused(c.Widen(question=first), "ann") == "widen.closed"
    world.wait(DAY / 2)
    assert world.exposure == {"gifts": "50 %"}


def test_a_poll_over_a_weekend_counts_working_hours() -> None:
    friday = SLOT + DAY
    world = World(friday, schedule={})
    world.sign_off()
    assert world.state.round is not None
    assert world.state.round.closes == friday + 5 * DAY, "7 hours on Friday, 8 on Monday and Tuesday, 1 on Wednesday"


def test_a_debt_that_lapsed_after_the_freeze_gates_nothing() -> None:
    debt = {"debt": {"kind": "flag_debt", "owner": "qa", "moment": "freeze"}}
    world = World(checks=debt)
    world.checks["debt"] = Status.FAIL
    world.do(c.RunChecks(), "sam")
    world.to(Phase.COMPLETED)
    assert world.state.findings["debt"].status is Status.FAIL


def test_a_flag_is_not_widened_before_the_code_is_there() -> None:
    world = World().go()
    world.checks["live"] = Status.FAIL
    world.wait(SLOT + HOUR)
    assert (world.exposure, world.holds) == ({"gifts": "nobody"}, ["readiness"])
