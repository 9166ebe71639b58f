"""Scope and freeze: what may join, how large, and what stands in the way of the freeze."""

from decimal import Decimal
from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.errors import Refused
from gonogo.domain.events import FeatureChanged, FreezeRefused
from gonogo.domain.facts import Status
from gonogo.domain.plan import Feature
from gonogo.domain.scope import feature_of, in_scope
from gonogo.domain.terms import FeatureStatus, Phase
from tests.domain.worlds import MONDAY, World

FREEZE = MONDAY.replace(hour=12)


def feature(name: str, days: int | None = None, **more: Any) -> dict[str, Any]:
    made = {"id": name, "title": name, "no_flag": "text", "owner": "fay", "estimated_by": ["sam"], **more}
    return {**made, "estimate_days": days} if days is not None else made


def scoping(*features: dict[str, Any], **scope: Any) -> World:
    limits = {k: v for k, v in scope.items() if k in ("max_feature_days", "capacity_days", "drop_lowest_rank")}
    rest = {k: v for k, v in scope.items() if k not in limits}
    made = list(features or [feature("one", 3)])
    return World(features=made, flags={}, scope={"freeze_at": FREEZE, **limits}, **rest)


def parsed(**fields: Any) -> Feature:
    return Feature(**fields)


@pytest.mark.parametrize(
    ("joins", "code"),
    [
        (parsed(id="one", title="Twice", no_flag="x"), "feature.exists"),
        (parsed(id="two", title="T", flags=("nope",)), "feature.unlisted_flag"),
        (parsed(id="two", title="T"), "feature.no_flag"),
        (parsed(id="two", title="T", no_flag="x", owner="zoe"), "feature.unknown_owner"),
    ],
)
def test_a_feature_that_cannot_join_is_refused(joins: Feature, code: str) -> None:
    assert scoping().refused(c.AddFeature(feature=joins), "ann") == code


def test_a_feature_is_split_into_smaller_ones() -> None:
    world = scoping()
    parts = (parsed(id="a", title="A", no_flag="x"), parsed(id="b", title="B", no_flag="x"))
    assert world.refused(c.SplitFeature(feature="one", into=(parts[0], parts[0])), "ann") == "feature.exists"
    assert world.refused(c.SplitFeature(feature="nope", into=parts), "ann") == "feature.unknown"
    world.do(c.SplitFeature(feature="one", into=parts), "ann")
    assert in_scope(world.state) == ("a", "b")


@pytest.mark.parametrize(
    ("status", "until", "code"),
    [("proposed", "", "feature.status"), ("delayed", "", "feature.until"), ("deferred", " ", "feature.until")],
)
def test_a_status_that_says_too_little_is_refused(status: str, until: str, code: str) -> None:
    change = c.ChangeFeature(feature="one", status=FeatureStatus(status), until=until)
    assert scoping().refused(change, "ann") == code


def test_what_is_out_of_scope_cannot_change_any_more() -> None:
    world = scoping()
    world.do(c.ChangeFeature(feature="one", status=FeatureStatus.DROPPED), "ann")
    again = c.ChangeFeature(feature="one", status=FeatureStatus.MERGED)
    assert world.refused(again, "ann") == "feature.unknown"
    with pytest.raises(Refused, match=r"^'one' is dropped, and not in scope$"):
        feature_of(world.state, "one")


def test_a_feature_that_does_not_exist_is_refused_with_the_one_that_was_meant() -> None:
    world = scoping()
    world.do(c.AddFeature(feature=parsed(id="quick-search", title="Q", no_flag="x")), "ann")
    with pytest.raises(Refused, match=r"^no feature 'quik-search' is in scope; did you mean 'quick-search'\?$"):
        feature_of(world.state, "quik-search")
    with pytest.raises(Refused, match=r"^no feature 'xyz' is in scope; known are one, quick-search$"):
        feature_of(world.state, "xyz")


def test_estimates_name_who_gave_them_and_are_not_negative() -> None:
    world = scoping()
    assert world.refused(c.EstimateFeature(feature="one", days=Decimal(-1)), "ann") == "estimate.negative"
    world.do(c.EstimateFeature(feature="one", days=Decimal(9), by=("sam", "fay", "sam")), "ann")
    assert list(world.state.features["one"].feature.estimated_by) == ["sam", "fay"]
    world.do(c.EstimateFeature(feature="one", days=Decimal(8)), "fay")
    assert list(world.state.features["one"].feature.estimated_by) == ["fay"]


def test_an_estimate_by_somebody_who_is_nobody_is_refused() -> None:
    world = scoping(feature("one", 3))
    ghost = c.EstimateFeature(feature="one", days=Decimal(2), by=("fay", "ghost"))
    assert world.refused(ghost, "fay") == "estimate.unknown_person"
    new = parsed(**{**feature("two", 3), "estimated_by": ("ghost",)})
    assert world.refused(c.AddFeature(feature=new), "ann") == "estimate.unknown_person"


def test_after_the_freeze_an_estimate_falls_and_never_rises() -> None:
    world = scoping(feature("one", 3), feature("two")).wait(phase=Phase.READYING)
    assert world.refused(c.EstimateFeature(feature="one", days=Decimal(4)), "ann") == "estimate.up_after_freeze"
    assert world.refused(c.EstimateFeature(feature="two", days=Decimal(1)), "ann") == "estimate.up_after_freeze"
    world.do(c.EstimateFeature(feature="one", days=Decimal(2)), "ann")
    assert (world.state.features["one"].feature.estimate_days, world.state.churn) == (Decimal(2), 1)


@pytest.mark.parametrize(
    ("features", "limits", "reasons"),
    [
        ([feature("one", 3)], {}, ""),
        ([feature("one")], {}, ""),
        ([feature("one", 9)], {"max_feature_days": 8}, "feature.too_large"),
        ([feature("one", 5), feature("two", 6)], {"capacity_days": 10}, "scope.over_capacity"),
        ([feature("one")], {"capacity_days": 10}, "feature.no_estimate"),
        ([feature("one", 3, estimated_by=["fay"])], {"capacity_days": 10}, "feature.own_estimate"),
        ([feature("one", 3, estimated_by=["ann"])], {"capacity_days": 10}, "feature.own_estimate"),
        ([feature("one", 3, estimated_by=[])], {"capacity_days": 10}, "feature.own_estimate"),
        ([feature("one", 3, estimated_by=["ann", "fay"])], {"capacity_days": 10}, ""),
        ([feature("one", 3, owner=None)], {"capacity_days": 10}, "feature.no_owner"),
    ],
)
def test_too_much_is_accepted_as_proposed_and_refused_at_the_freeze(
    features: list[dict[str, Any]], limits: dict[str, Any], reasons: str
) -> None:
    # A plan file with such a scope is refused; it comes about by proposing.
    world = scoping(feature("first", 0), **limits)
    for given in features:
        made = parsed(**{**given, "estimated_by": tuple(given["estimated_by"])})
        world.do(c.AddFeature(feature=made), "ann")
    world.do(c.ChangeFeature(feature="first", status=FeatureStatus.DROPPED), "ann")
    if not reasons:
        world.do(c.FreezeScope(), "bob")
        assert world.phase is Phase.READYING
        return
    with pytest.raises(Exception, match=r".") as caught:
        world.do(c.FreezeScope(), "bob")
    assert caught.value.details["reasons"] == reasons  # type: ignore[attr-defined]
    world.wait(FREEZE)
    assert (world.phase, world.holds) == (Phase.SCOPING, ["schedule"])
    assert world.last(FreezeRefused).reasons[0].startswith(reasons)


def test_a_refused_freeze_holds_until_the_freeze_and_there_is_no_slot_meanwhile() -> None:
    world = scoping(checks={"debt": {"kind": "flag_debt", "owner": "qa", "moment": "freeze"}})
    world.checks["debt"] = Status.FAIL
    world.do(c.RunChecks(), "sam")
    world.wait(FREEZE)
    assert (world.holds, world.state.slot) == (["schedule"], None)
    assert world.last(FreezeRefused).reasons == ("check.failed: check:debt",)
    assert world.refused(c.LiftHold(), "bob") == "hold.which"
    world.checks.clear()
    world.do(c.RunChecks(), "bob")
    assert world.phase is Phase.SCOPING, "its timer has been; now it is a command"
    world.do(c.FreezeScope(), "bob")
    assert (world.phase, world.holds) == (Phase.READYING, [])
    assert world.state.slot is not None


def test_a_freeze_check_that_never_answered_is_asked_at_the_timer_and_missing_is_unclear() -> None:
    world = scoping(
        checks={"debt": {"kind": "flag_debt", "owner": "qa", "moment": "freeze"}},
    )
    world.checks["debt"] = None
    world.candidate("c2")
    world.wait(FREEZE)
    assert world.last(FreezeRefused).reasons == ("check.unclear: check:debt",)


def test_a_policy_drops_from_the_lowest_rank_at_the_timer() -> None:
    world = scoping(feature("small", 2, rank=1), feature("big", 6, rank=2), capacity_days=8, drop_lowest_rank=True)
    world.do(
        c.AddFeature(
            feature=Feature(
                id="last", title="L", no_flag="x", owner="fay", estimate_days=Decimal(3), estimated_by=("sam",)
            )
        ),
        "ann",
    )
    world.do(c.AddFeature(feature=Feature(id="none", title="N", no_flag="x", owner="fay")), "ann")
    world.do(c.ChangeFeature(feature="none", status=FeatureStatus.DROPPED), "ann")
    world.wait(FREEZE)
    assert world.phase is Phase.READYING
    assert in_scope(world.state) == ("small", "big")
    assert world.last(FeatureChanged).reason == "over capacity, lowest rank"


def test_without_a_capacity_nothing_is_dropped() -> None:
    world = scoping(max_feature_days=8, drop_lowest_rank=True).wait(FREEZE)
    assert in_scope(world.state) == ("one",)


def test_a_dropped_feature_takes_its_own_flag_and_items_along() -> None:
    features = [
        {"id": "gifts", "title": "G", "flags": ["gifts", "both"], "owner": "fay"},
        {"id": "more", "title": "M", "flags": ["both"], "owner": "fay"},
    ]
    items = [{"id": "reviewed", "title": "Reviewed", "per": "feature"}]
    lists = {"m": {"moment": "before_merge", "owner": "qa", "items": items}}
    world = World(features=features, flags={"gifts": {}, "both": {}}, checklists=lists)
    assert set(world.state.items) == {"reviewed.gifts", "reviewed.more"}
    world.do(c.ChangeFeature(feature="gifts", status=FeatureStatus.DEFERRED, until="2.0"), "ann")
    assert (set(world.state.items), set(world.state.flags)) == ({"reviewed.more"}, {"both"})
    assert world.state.churn == 1


def test_a_check_of_the_freeze_that_was_amended_is_asked_again_at_its_timer() -> None:
    debt = {"debt": {"kind": "flag_debt", "owner": "qa", "moment": "freeze"}}
    other = {"debt": {"kind": "http", "owner": "qa", "moment": "freeze"}}
    features, scope = [feature("one", 3)], {"freeze_at": FREEZE}
    world = World(features=features, flags={}, scope=scope, checks=debt)
    world.amend(features=features, flags={}, scope=scope, checks=other)
    assert world.state.findings == {}
    world.wait(FREEZE)
    assert world.phase is Phase.READYING
    assert world.state.findings["debt"].at == FREEZE


def test_on_demand_only_what_gates_go_opens_the_poll() -> None:
    checks = {
        "end": {"kind": "pushed", "owner": "qa", "moment": "completion"},
        "ci": {"kind": "http", "owner": "qa"},
    }
    world = World(schedule={}, checks=checks, checklists={})
    assert world.phase is Phase.DECIDING
