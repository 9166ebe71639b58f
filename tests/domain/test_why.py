"""Why a release is where it is, in every phase."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.evolve import evolve
from gonogo.domain.facts import Finding, Status
from gonogo.domain.state import State
from gonogo.domain.terms import TERMINAL, ExceptionKind, FeatureStatus, Phase
from gonogo.domain.why import verdict_view, why_view
from gonogo.domain.why_values import Waiting
from tests.domain import walks
from tests.domain.walks import FREEZE, WALKS, steps, walked
from tests.domain.worlds import CLOSES, DATED, DAY, HOUR, ON_DEMAND, SLOT, World


def waiting(world: World) -> dict[str, Waiting]:
    """`code:subject` -> what the release waits for now."""
    return {f"{w.code}:{w.subject}": w for w in why_view(world.state, world.at).waiting}


def check(state: State, at: Any) -> None:
    view = why_view(state, at)
    assert view.headline.startswith(state.release_id)
    if state.phase in TERMINAL:
        assert not view.waiting
        assert not view.next
        return
    assert view.waiting or view.next, f"nobody knows why it is {state.phase}"
    for found in view.waiting:
        assert found.text
        assert all(found.responsible), found
        assert found.responsible, found
        assert found.clears, found
        assert found.since <= at, found
    assert [n.at for n in view.next] == sorted(n.at for n in view.next)


@pytest.mark.parametrize("walk", WALKS, ids=lambda w: w.__name__)
def test_whoever_waits_is_told_for_whom_and_what_clears_it(walk: Any) -> None:
    for entry, state in steps(walked(walk)):
        check(state, entry.at)
        check(state, entry.at + timedelta(days=3))


@pytest.mark.parametrize("silent", ["slots", "checks", "claims", "writes"])
def test_a_silent_system_is_named_as_what_it_waits_for(silent: str) -> None:
    world = World()
    world.silent = {silent} if silent != "slots" else set()
    if silent == "slots":
        world.state = evolve(None, world.entries[0])
        world.state = evolve(world.state, world.entries[1])
    elif silent == "checks":
        world.do(c.RunChecks(), "cid")
    else:
        world.go().wait(SLOT)
    codes = {"slots": "calendar.asked", "checks": "checks.out", "claims": "flags.asked", "writes": "flags.written"}
    (found,) = [w for w in why_view(world.state, world.at).waiting if w.code == codes[silent]]
    systems = {"slots": "calendar", "checks": "http", "claims": "flag/shop/production/gifts", "writes": "file"}
    assert found.responsible[0] == systems[silent]
    assert found.clears.startswith("by itself")


# --- scoping -------------------------------------------------------------------------------------------------------


def test_a_feature_that_is_too_large_is_shown_before_the_freeze() -> None:
    features = [{"id": "gifts", "title": "Gift cards", "flags": ["gifts"], "owner": "fay", "estimate_days": 9}]
    world = World(scope={**FREEZE, "max_feature_days": 5, "capacity_days": 8}, features=features)
    found = waiting(world)
    assert "gonogo scope split shop/1.2.0 gifts" in found["feature.too_large:feature:gifts"].clears
    assert found["feature.too_large:feature:gifts"].responsible == ("fay", "ann")
    assert "gonogo scope drop shop/1.2.0" in found["scope.over_capacity:scope"].clears
    assert "gonogo scope estimate shop/1.2.0 gifts" in found["feature.own_estimate:feature:gifts"].clears
    assert "gonogo scope freeze shop/1.2.0" in found["scope.open:scope"].clears


def test_a_refused_freeze_waits_for_the_managers() -> None:
    features = [{"id": "gifts", "title": "Gift cards", "flags": ["gifts"]}]
    world = World(scope={**FREEZE, "capacity_days": 1}, features=features).wait(2 * DAY)
    found = waiting(world)
    (held,) = [w for w in found.values() if w.code == "hold.schedule"]
    assert held.responsible == ("bob", "ann")
    assert "gonogo scope freeze shop/1.2.0" in held.clears
    assert "refused" in found["scope.open:scope"].text
    assert "gonogo amend shop/1.2.0" in found["feature.no_owner:feature:gifts"].clears


def test_an_item_that_gates_the_freeze_waits_for_its_owner() -> None:
    lists = {"plan": {"moment": "before_planning", "owner": "ann", "items": [{"id": "small", "title": "Small"}]}}
    world = World(scope=FREEZE, checklists=lists)
    assert "gonogo sign-off shop/1.2.0 small" in waiting(world)["item.open:item:small"].clears


# --- readying ------------------------------------------------------------------------------------------------------


def test_readying_waits_for_items_checks_a_candidate_and_the_poll() -> None:
    checks = {"ci": {"kind": "http", "owner": "qa"}, "told": {"kind": "pushed", "owner": "fay"}}
    world = World(candidate=None, checks=checks)
    world.checks["ci"] = Finding(status=Status.FAIL, at=world.at, finding="3 tests fail")
    world.do(c.RunChecks(), "cid")
    found = waiting(world)
    assert found["item.open:item:tested"].responsible == ("cid", "dan")
    assert "gonogo sign-off shop/1.2.0 tested" in found["item.open:item:tested"].clears
    assert "gonogo check run shop/1.2.0 ci" in found["check.failed:check:ci"].clears
    assert "gonogo check push shop/1.2.0 told" in found["check.unmeasured:check:told"].clears
    assert "gonogo candidate shop/1.2.0 COMMIT" in found["candidate.missing:candidate"].clears
    assert found["poll.not_open:poll"].text == "the poll opens Wed 2026-11-18 10:00Z"


def test_an_old_pass_is_measured_again_by_itself_when_the_poll_opens() -> None:
    checks = {"ci": {"kind": "http", "owner": "qa", "max_age": "1h"}}
    world = World(checks=checks).wait(2 * HOUR)
    found = waiting(world)["check.stale:check:ci"]
    assert found.clears.startswith("by itself")
    assert found.responsible == ("http",)
    assert waiting(World(checks=checks).go().wait(2 * HOUR))["check.stale:check:ci"].clears.startswith("by itself")


def test_on_demand_an_old_pass_waits_for_somebody_to_measure() -> None:
    world = World(schedule=ON_DEMAND, checks={"ci": {"kind": "http", "owner": "qa", "max_age": "1h"}}).wait(2 * HOUR)
    found = waiting(world)
    assert "gonogo check run shop/1.2.0 ci" in found["check.stale:check:ci"].clears
    assert "everything required passes" in found["poll.not_open:poll"].text


def test_without_a_slot_a_date_is_asked_for() -> None:
    world = World()
    world.state = replace(world.state, slot=None)
    found = waiting(world)["slot.none:slot"]
    assert "gonogo postpone shop/1.2.0 --to" in found.clears


def test_a_delay_is_compared_with_the_slot() -> None:
    world = World(schedule=DATED)
    for until, shown in (("2026-11-17", False), ("2026-11-24", True), ("the next train", True)):
        world.do(c.ChangeFeature(feature="gifts", status=FeatureStatus.DELAYED, until=until), "fay")
        assert ("feature.delayed:feature:gifts" in waiting(world)) is shown
    assert "gonogo scope drop shop/1.2.0 gifts" in waiting(world)["feature.delayed:feature:gifts"].clears
    world.state = replace(world.state, slot=None)
    assert "there is no slot" in waiting(world)["feature.delayed:feature:gifts"].text


def test_an_exception_waits_for_the_managers_who_have_not_answered() -> None:
    world = World()
    world.do(c.RequestException(kind=ExceptionKind.LATE, subject="gifts", why="a bug"), "cid")
    (name,) = world.state.exceptions
    assert waiting(world)[f"exception.open:exception:{name}"].responsible == ("ann", "bob")
    world.do(c.AnswerException(exception=name, approve=True), "ann")
    found = waiting(world)[f"exception.open:exception:{name}"]
    assert found.responsible == ("bob",)
    assert f"gonogo exception approve shop/1.2.0 {name}" in found.clears


# --- holds ---------------------------------------------------------------------------------------------------------


def test_every_hold_says_who_lifts_it_and_how() -> None:
    world = World().wait(phase=Phase.DECIDING)
    world.do(c.PlaceHold(text="the office burns"), "dan")
    world.vote("qa", "cid", "NO_GO", reason="tests")
    held = {w.code: w for w in why_view(world.state, world.at).waiting if w.code.startswith("hold.")}
    assert held["hold.manual"].responsible == ("dan", "bob")
    assert f"gonogo lift shop/1.2.0 {world.hold('manual').id}" in held["hold.manual"].clears
    assert held["hold.no_go"].responsible == ("cid",)
    assert "gonogo withdraw shop/1.2.0 --role qa" in held["hold.no_go"].clears


def test_a_hold_during_the_rollout_is_resumed_and_stops_the_bake() -> None:
    world = World().to(Phase.ROLLING_OUT)
    world.do(c.PlaceHold(text="look"), "dan")
    found = waiting(world)
    assert "gonogo resume shop/1.2.0" in next(w for w in found.values() if w.code == "hold.manual").clears
    assert "its clock stands" in found["bake.running:stage:1"].text


def test_a_hold_about_something_that_an_amended_plan_lists_no_more_waits_for_the_release_manager() -> None:
    world = World(checks={}).go()
    world.claims["gifts"] = None
    world.wait(event="Held")
    held = world.state.holds[0]
    for subject, people in (("flag:gifts", ("fay",)), ("item:tested", ("cid", "dan")), ("check:gone", ("bob",))):
        world.state = replace(world.state, holds=(replace(held, subject=subject),))
        (found,) = [w for w in waiting(world).values() if w.code == "hold.readiness"]
        assert found.responsible == people


def test_a_check_that_holds_the_opening_waits_for_its_owner() -> None:
    world = World().go()
    world.checks["ci"] = Status.FAIL
    world.wait(event="Held")
    found = waiting(world)
    held = next(w for w in found.values() if w.code == "hold.readiness")
    assert held.responsible == ("cid", "dan")
    assert "somebody asks again at once: `gonogo check run shop/1.2.0 ci`" in held.clears
    assert "gonogo rollback" not in held.clears


# --- deciding ------------------------------------------------------------------------------------------------------


def test_a_missing_vote_names_the_voters_and_the_command() -> None:
    world = World().wait(phase=Phase.DECIDING)
    found = waiting(world)["vote.missing:role:qa"]
    assert found.responsible == ("cid", "dan")
    assert "gonogo vote shop/1.2.0 GO --role qa" in found.clears


def test_a_vote_that_does_not_come_names_the_ways_round_it() -> None:
    world = World().wait(phase=Phase.DECIDING)
    absent = waiting(world)["vote.missing:role:qa"].clears
    assert "another of the role stands in: `gonogo vote shop/1.2.0 GO --role qa --acting-for PERSON`" in absent
    over = "release_manager overrides it: `gonogo override shop/1.2.0"
    assert f"{over} vote.missing:role:qa --reason WHY`" in absent
    world.vote("qa", "cid", "ABSTAIN", reason="away")
    abstains = waiting(world)["vote.abstain:role:qa"].clears
    assert "another of the role answers GO: `gonogo vote shop/1.2.0 GO --role qa`" in abstains
    assert "--acting-for" not in abstains, "cid has voted"
    assert f"{over} vote.abstain:role:qa --reason WHY`" in abstains
    assert "--acting-for" not in waiting(world)["vote.missing:role:qa"].clears, "only dan is left"
    world.vote("product_manager", "ann", "ABSTAIN", reason="away")
    alone = waiting(world)["vote.abstain:role:product_manager"].clears
    assert "another of the role" not in alone, "nobody else fills it"
    assert f"{over} vote.abstain:role:product_manager --reason WHY`" in alone


def test_an_override_waits_for_a_second_person() -> None:
    world = World()
    world.checks["ci"] = Status.FAIL
    world.wait(phase=Phase.DECIDING)
    world.do(c.ProposeOverride(codes=("check.failed:check:ci",), reason="harmless"), "bob")
    found = next(w for w in waiting(world).values() if w.code == "override.unconfirmed")
    assert found.responsible == ("ann", "cid", "dan")
    assert "--confirm" in found.clears


def test_a_go_of_the_launcher_alone_waits_for_somebody_else() -> None:
    roles = {"product_manager": "ann", "release_manager": ["bob", "ida"]}
    lists: dict[str, Any] = {}
    checks = {"ci": {"kind": "http", "owner": "bob"}}
    poll = {"roles": ["release_manager"]}
    world = World(launcher="bob", roles=roles, checklists=lists, checks=checks, poll=poll).wait(phase=Phase.DECIDING)
    world.vote("release_manager", "bob")
    found = [w for w in waiting(world).values() if w.code == "duties.not_independent"]
    assert found
    assert found[0].clears.startswith("a GO by somebody")


# --- the verdict ---------------------------------------------------------------------------------------------------


def test_the_verdict_names_every_reason_with_what_clears_it() -> None:
    world = World(candidate=None)
    world.checks["ci"] = Status.FAIL
    world.wait(phase=Phase.DECIDING)
    world.do(c.PlaceHold(text="wait"), "dan")
    world.vote("qa", "cid", "ABSTAIN", reason="not sure")
    world.do(c.Waive(subject="item:tested", reason="by hand"), "bob")
    view = verdict_view(world.state, world.at)
    assert view.outcome == "NO_GO"
    assert view.waived == ("item:tested",)
    assert view.changes_at is not None
    assert view.changes_at <= CLOSES
    kinds = {r.code for r in view.reasons}
    assert {"check.failed", "vote.abstain", "vote.missing", "candidate.missing", "hold.manual"} <= kinds
    assert all(r.clears and r.responsible for r in view.reasons)


def test_where_a_go_stands_votes_are_no_reasons_any_more() -> None:
    world = World().go()
    assert verdict_view(world.state, world.at).outcome == "GO"
    assert verdict_view(world.state, world.at).reasons == ()
    world.do(c.PlaceHold(text="wait"), "dan")
    assert [r.code for r in verdict_view(world.state, world.at).reasons] == ["hold.manual"]


@pytest.mark.parametrize(("walk", "outcome"), [(walks.usual, "GO"), (walks.disputed, "UNCLEAR")])
def test_after_the_end_no_reason_is_left(walk: Any, outcome: str) -> None:
    world = walked(walk)
    view = verdict_view(world.state, world.at)
    assert (view.outcome, view.reasons, view.changes_at) == (outcome, (), None)
