"""Amending the plan, and giving another candidate: what is material, what it ends, what it reopens."""

from decimal import Decimal
from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.events import PlanAmended, RoundEnded
from gonogo.domain.facts import Status
from gonogo.domain.material import material_digest
from gonogo.domain.plan import Feature
from gonogo.domain.terms import ExceptionKind, FeatureStatus, ItemStatus, Phase
from gonogo.domain.values import Candidate
from tests.domain.worlds import DAY, GUARD, HOUR, MONDAY, POLL, SAMPLE, SLOT, TRAIN, WEEK, World, make_plan

ROLES, STAGES, CHECKS = SAMPLE["roles"], SAMPLE["stages"], SAMPLE["checks"]
FLAG, FEATURE = SAMPLE["flags"]["gifts"], SAMPLE["features"][0]


def guarded(**guard: Any) -> list[dict[str, Any]]:
    return [{**STAGES[0], "guards": [{**GUARD, **guard}]}, STAGES[1]]


def listed(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**SAMPLE["checklists"], "tech": {**SAMPLE["checklists"]["tech"], "items": list(items), **more}}


MATERIAL: dict[str, dict[str, Any]] = {
    "opening's end": {"schedule": {**TRAIN, "open_for": "3h"}},
    "slot": {"schedule": {"train": {"rrule": "FREQ=WEEKLY;BYDAY=TH", "start": "2026-01-01T11:00"}}},
    "mode": {"schedule": {}},
    "audience": {"stages": [STAGES[0], {"percent": 50, "bake": "1h"}]},
    "percent": {"stages": [{**STAGES[0], "percent": 20}, STAGES[1]]},
    "bake": {"stages": [STAGES[0], {"audience": "everyone", "bake": "2h"}]},
    "guard query": {"stages": guarded(query="https://metrics.example.org/other")},
    "guard comparison": {"stages": guarded(healthy="<=")},
    "guard threshold": {"stages": guarded(threshold="0.5")},
    "guard mode": {"stages": guarded(mode="observe")},
    "guard no data": {"stages": guarded(no_data="bad")},
    "question": {"stages": [{**STAGES[0], "question": "Really?"}, STAGES[1]]},
    "no question": {"stages": [{k: v for k, v in STAGES[0].items() if k != "question"}, STAGES[1]]},
    "flag's reach": {"flags": {"gifts": {**FLAG, "reach": "50%"}}},
    "flag's provider": {"flags": {"gifts": {**FLAG, "provider": "memory"}}},
    "another flag": {"features": [{**FEATURE, "flags": ["gifts", "more"]}], "flags": {"gifts": FLAG, "more": {}}},
    "quorum": {"roles": {**ROLES, "qa": {"people": ["cid", "dan"], "quorum": 2}}},
    "proof": {"roles": {**ROLES, "qa": {"people": ["cid", "dan"], "min_proof": 1}}},
    "role": {"roles": {**ROLES, "ops": "oli"}},
    "check's kind": {"checks": {**CHECKS, "ci": {**CHECKS["ci"], "kind": "command"}}},
    "check's parameters": {"checks": {**CHECKS, "ci": {**CHECKS["ci"], "params": {"url": "https://example.org"}}}},
    "check's age": {"checks": {**CHECKS, "ci": {**CHECKS["ci"], "max_age": "1h"}}},
    "check's moment": {"checks": {**CHECKS, "ci": {**CHECKS["ci"], "moment": "completion"}}},
    "a check less": {"checks": {"live": CHECKS["live"]}},
    "an item more": {"checklists": listed({"id": "tested", "title": "Tested"}, {"id": "more", "title": "M"})},
    "an item less": {"checklists": listed({"id": "other", "title": "Other"})},
    "an item not required": {"checklists": listed({"id": "tested", "title": "Tested", "required": False})},
    "item's moment": {"checklists": listed({"id": "tested", "title": "Tested"}, moment="after_release")},
    "an after-release item less": {"checklists": {"tech": SAMPLE["checklists"]["tech"]}},
    "no flag": {"features": [{**FEATURE, "flags": [], "no_flag": "none"}], "flags": {}},
    "policy": {"policy": {"strict_duties": True}},
}
IMMATERIAL: dict[str, dict[str, Any]] = {
    "title": {"title": "Gifts for everybody"},
    "people": {"people": {**SAMPLE["people"], "zoe": {}}},
    "who fills a role": {"roles": {**ROLES, "qa": ["dan", "ida"]}},
    "an adviser": {"roles": {**ROLES, "law": {"people": ["lea"], "votes": False}}},
    "feature's title": {"features": [{**FEATURE, "title": "Gifts"}]},
    "feature's owner": {"features": [{**FEATURE, "owner": "sam"}]},
    "flag's owner": {"flags": {"gifts": {**FLAG, "owner": "sam"}}},
    "check's owner": {"checks": {**CHECKS, "ci": {**CHECKS["ci"], "owner": "ann"}}},
    "check's interval": {"checks": {**CHECKS, "ci": {**CHECKS["ci"], "every": "6h"}}},
    "item's owner": {"checklists": listed({"id": "tested", "title": "Tested", "owner": "sam"})},
    "item's title": {"checklists": listed({"id": "tested", "title": "Very well tested"})},
    "item's due date": {"checklists": listed({"id": "tested", "title": "Tested", "due": "2d"})},
    "routing": {"notifications": {"routes": [{"events": ["poll.*"], "channel": "inbox"}]}},
    "reminders": {"reminders": {"before": ["2d"]}},
    "postponements": {"schedule": {**TRAIN, "max_postponements": 9}},
}


@pytest.mark.parametrize("name", list(MATERIAL))
def test_a_material_change_ends_the_round_and_voids_every_ballot(name: str) -> None:
    world = World().to(Phase.DECIDING)
    world.vote("qa", "cid")
    old = world.state.round
    assert old is not None
    world.amend(**MATERIAL[name])
    assert world.last(RoundEnded).how.value == "superseded"
    assert material_digest(world.state) != old.digest
    assert world.state.round is None or not world.state.round.ballots
    if name not in ("opening's end", "slot"):  # those the calendar says
        assert world.last(PlanAmended).material


@pytest.mark.parametrize("name", list(IMMATERIAL))
def test_an_immaterial_change_is_applied_and_logged_and_ends_nothing(name: str) -> None:
    world = World().to(Phase.DECIDING)
    world.vote("product_manager", "ann")
    world.amend(**IMMATERIAL[name])
    amended = world.last(PlanAmended)
    assert (amended.material, amended.immaterial, amended.revision) == ((), (next(iter(IMMATERIAL[name])),), 1)
    assert world.state.round is not None
    assert world.state.round.digest == material_digest(world.state)
    assert len(world.state.round.ballots) == 1


@pytest.mark.parametrize("phase", [Phase.ROLLING_OUT, Phase.CLEANING_UP])
@pytest.mark.parametrize("name", [n for n in MATERIAL if n not in ("slot", "opening's end")])
def test_once_the_rollout_began_only_immaterial_fields_change(name: str, phase: Phase) -> None:
    world = World().to(phase)
    assert world.refused(c.Amend(plan=make_plan(**MATERIAL[name])), "bob") == "amend.material"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"version": "1.3.0"}, "amend.fixed"),
        ({"kind": "major"}, "amend.fixed"),
        ({}, "amend.same"),
        ({"candidate": {"commit": "c9"}}, "amend.candidate"),
    ],
)
def test_what_an_amended_plan_cannot_change(changes: dict[str, Any], code: str) -> None:
    assert World().refused(c.Amend(plan=make_plan(**changes)), "bob") == code


def test_a_dated_slot_changes_by_postponing_once_the_poll_is_open() -> None:
    later: dict[str, Any] = {"schedule": {"slot": SLOT + 2 * DAY}}
    world = World(schedule={"slot": SLOT})
    world.amend(**later)
    assert world.state.slot is not None
    assert world.state.slot.starts == SLOT + 2 * DAY
    world = World(schedule={"slot": SLOT}).to(Phase.DECIDING)
    assert world.refused(c.Amend(plan=make_plan(**later)), "bob") == "amend.slot"


def test_after_the_freeze_no_amended_plan_lets_a_feature_join_or_grow() -> None:
    sized = [{**FEATURE, "estimate_days": 3, "estimated_by": ["sam"]}]
    more = [*sized, {"id": "new", "title": "N", "no_flag": "x"}]
    larger = [{**sized[0], "estimate_days": 4}]
    for features in (more, larger):
        world = World(features=sized)
        assert world.refused(c.Amend(plan=make_plan(features=features)), "bob") == "amend.scope_frozen"
        early = World(features=sized, scope={"freeze_at": MONDAY + HOUR})
        early.amend(features=features, scope={"freeze_at": MONDAY + HOUR})
        assert early.types.count("PlanAmended") == 1


def test_what_was_said_of_a_feature_since_stays_when_the_plan_says_as_before() -> None:
    sized = [{**FEATURE, "estimate_days": 3, "estimated_by": ["sam"]}]
    world = World(features=sized)
    world.do(c.EstimateFeature(feature="gifts", days=Decimal(1)), "ann")
    world.amend(features=sized, title="x")
    assert str(world.state.features["gifts"].feature.estimate_days) == "1"
    world.amend(features=[{**sized[0], "title": "Gifts"}], title="x")
    assert str(world.state.features["gifts"].feature.estimate_days) == "3"


def test_a_feature_that_joined_later_stays_and_its_flags_must_stay_listed() -> None:
    freeze = {"freeze_at": MONDAY + HOUR}
    world = World(scope=freeze)
    world.do(c.AddFeature(feature=Feature(id="late", title="L", flags=("gifts",))), "ann")
    plan = make_plan(scope=freeze, flags={}, features=[{**FEATURE, "flags": [], "no_flag": "none"}])
    assert world.refused(c.Amend(plan=plan), "bob") == "amend.flag_in_use"
    world.amend(scope=freeze, title="x")
    assert set(world.state.features) == {"gifts", "late"}
    assert set(world.state.flags) == {"gifts"}


def test_a_feature_that_joined_by_exception_gets_its_flags_by_an_amended_plan() -> None:
    world = World()
    new = Feature(id="new", title="N", no_flag="its flag comes with the next revision")
    world.do(c.RequestException(kind=ExceptionKind.SCOPE, feature=new, why="they ask"), "cid")
    (name,) = world.state.exceptions
    world.do(c.AnswerException(exception=name, approve=True), "ann")
    world.do(c.AnswerException(exception=name, approve=True), "bob")
    world.amend(features=[FEATURE, {"id": "new", "title": "N", "flags": ["new"]}], flags={"gifts": FLAG, "new": {}})
    assert set(world.state.flags) == {"gifts", "new"}


def test_a_flag_that_left_with_its_feature_does_not_come_back_with_an_amended_plan() -> None:
    world = World()
    world.do(c.ChangeFeature(feature="gifts", status=FeatureStatus.DROPPED), "ann")
    assert world.state.flags == {}
    world.amend(title="x")
    assert world.state.flags == {}


def test_items_keep_where_they_stand_and_checks_that_changed_are_measured_again() -> None:
    world = World()
    world.sign_off()
    world.checks["ci"] = Status.UNCLEAR
    world.amend(title="x")
    assert world.state.items["tested"].status is ItemStatus.DONE
    found = world.state.findings["ci"].status
    assert found is Status.PASS
    world.amend(checks={**CHECKS, "ci": {**CHECKS["ci"], "kind": "command"}})
    assert world.state.findings["ci"].status is Status.UNCLEAR
    assert world.state.findings["live"].status is Status.PASS


def test_a_round_of_checks_that_changed_is_called_off_and_asked_again() -> None:
    world = World()
    world.silent.add("checks")
    world.do(c.RunChecks(), "sam")
    (first,) = world.state.check_rounds
    world.amend(title="x")
    assert list(world.state.check_rounds) == [first]
    world.amend(checks={**CHECKS, "ci": {**CHECKS["ci"], "kind": "command"}})
    (second,) = world.state.check_rounds.values()
    assert (second.ask != first, second.checks) == (True, ("ci", "live"))


def test_another_schedule_is_asked_for_even_while_the_calendar_is_being_asked() -> None:
    world = World()
    world.silent.add("slots")
    world.do(c.Postpone(), "bob")
    first = world.state.slots_ask
    world.amend(schedule={**TRAIN, "not_before": SLOT + 3 * WEEK})
    assert world.state.slots_ask != first
    world.silent.clear()
    world.answer()
    assert world.state.slot is not None
    assert world.state.slot.starts == SLOT + 3 * WEEK


def test_from_a_train_to_on_demand_there_is_no_slot_in_advance() -> None:
    world = World()
    world.amend(schedule={})
    assert world.state.slot is None


# --- candidates ----------------------------------------------------------------------------------------------------

MERGE = {"m": {"moment": "before_merge", "owner": "qa", "items": [{"id": "reviewed", "title": "R"}]}}
DAY_OF = {"d": {"moment": "before_release_day", "owner": "qa", "items": [{"id": "trained", "title": "T"}]}}


def test_a_candidate_reopens_before_merge_and_before_go_no_go_and_makes_every_check_unclear() -> None:
    world = World(checklists={**SAMPLE["checklists"], **MERGE, **DAY_OF})
    world.sign_off()
    world.silent.add("checks")
    world.candidate("c2")
    stands = {k: i.status.value for k, i in world.state.items.items() if k != "looked"}
    assert stands == {"tested": "open", "reviewed": "open", "trained": "done"}
    facts = [r for r in world.reasons if r.startswith("check")]
    assert facts == ["check.unmeasured:check:ci", "check.unmeasured:check:live"]
    world.silent.clear()
    world.answer()
    assert not [r for r in world.reasons if r.startswith("check")]


def test_the_same_candidate_again_changes_nothing() -> None:
    world = World()
    assert world.state.candidate is not None
    assert world.do(c.SetCandidate(candidate=world.state.candidate), "bob") == ()


def test_a_candidate_before_the_freeze_runs_what_gates_the_freeze() -> None:
    debt = {"debt": {"kind": "flag_debt", "owner": "qa", "moment": "freeze"}}
    world = World(checks={**CHECKS, **debt}, scope={"freeze_at": POLL - DAY})
    world.candidate("c2")
    assert set(world.state.findings) == {"debt"}


def test_a_commit_that_was_rolled_back_here_is_refused_whatever_its_artifacts() -> None:
    world = World().to(Phase.ROLLING_OUT)
    world.do(c.RollBack(reason="bad"), "bob")
    same = Candidate(commit="c1", artifacts={"image": "sha256:0123456789"})
    assert world.refused(c.SetCandidate(candidate=same), "bob") == "candidate.rolled_back"
