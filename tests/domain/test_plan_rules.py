"""Every rule of a plan, with one plan that breaks it, and what no rule refuses."""

from datetime import timedelta
from typing import Any

import pytest

from gonogo.domain.plan_defaults import normalise
from gonogo.domain.plan_rules import problems
from gonogo.domain.policy import Policy
from tests.domain.plan_parts import (
    CHECK,
    GUARD,
    ITEM,
    SLOT,
    check,
    features,
    guard,
    item,
    lists,
    nested,
    params,
    plan,
    roles,
    stage,
    written_by,
)

ROTATION = {"rotation": {"people": ["ben", "cy"], "every": "1w", "since": SLOT}}
BAD: list[tuple[str, tuple[str | int, ...], dict[str, Any]]] = [
    # roles and people
    ("plan.role_missing", ("roles",), {"roles": roles(product_manager=None)}),
    ("plan.role_missing", ("roles",), {"roles": roles(release_manager=None), "people": {"ben": {}}}),
    ("plan.role_missing", ("roles",), {"roles": {}}),
    ("plan.role_is_person", ("roles", "qa"), {"people": {"qa": {}}}),
    ("plan.role_people", ("roles", "qa"), {"roles": roles(qa=[])}),
    ("plan.role_people", ("roles", "qa"), {"roles": roles(qa={"people": ["dan"], **ROTATION})}),
    ("plan.role_person_twice", ("roles", "qa", "people", 1), {"roles": roles(qa=["dan", "dan"])}),
    (
        "plan.rotation_every",
        ("roles", "qa", "rotation", "every"),
        {"roles": roles(qa={"rotation": {"people": ["eve"], "every": "0s", "since": SLOT}})},
    ),
    ("plan.role_quorum", ("roles", "qa", "quorum"), {"roles": roles(qa={"people": ["dan"], "quorum": 2})}),
    (
        "plan.role_quorum",
        ("roles", "release_manager", "quorum"),
        {"roles": roles(release_manager={**ROTATION, "quorum": 2})},
    ),
    (
        "plan.managers_same",
        ("roles", "release_manager"),
        {"roles": roles(release_manager="ann"), "poll": {"roles": ["qa"]}, "people": {"ben": {}}},
    ),
    (
        "plan.may_unknown",
        ("roles", "ops", "may", 1),
        {"roles": roles(ops={"people": ["oli"], "may": ["hold", "rolback"]})},
    ),
    *(
        ("plan.may_answer", ("roles", "ops", "may", 0), {"roles": roles(ops={"people": ["oli"], "may": [command]})})
        for command in ("vote.cast", "vote.withdraw", "exception.answer", "override.propose", "override.confirm")
    ),
    ("plan.author_unknown", ("candidate", "authors", 1), written_by("ann", "cleoo")),
    # the poll
    ("plan.poll_min", ("poll", "min"), {"poll": {"min": "0s"}}),
    ("plan.poll_min", ("poll", "min"), {"poll": {"min": "24h"}}),
    ("plan.poll_closes_before", ("poll", "closes_before"), {"poll": {"closes_before": "24h"}}),
    ("plan.poll_lasts", ("poll", "lasts"), {"poll": {"lasts": "30m"}}),
    (
        "plan.poll_manager_votes",
        ("roles", "release_manager", "votes"),
        {"roles": roles(release_manager={"people": ["ben"], "votes": False})},
    ),
    ("plan.poll_roles_empty", ("poll", "roles"), {"poll": {"roles": []}}),
    ("plan.poll_role_twice", ("poll", "roles", 1), {"poll": {"roles": ["qa", "qa"]}}),
    ("plan.poll_role_unknown", ("poll", "roles", 0), {"poll": {"roles": ["qaa"]}}),
    (
        "plan.poll_role_votes",
        ("poll", "roles", 0),
        {"roles": roles(qa={"people": ["cy"], "votes": False}), "poll": {"roles": ["qa"]}},
    ),
    # policy
    ("plan.environment_unknown", ("environment",), {"environment": "prodution"}),
    ("plan.policy_role_missing", ("roles",), {"policy": {"required_roles": ["security"]}}),
    (
        "plan.policy_role_missing",
        ("poll", "roles"),
        {"policy": {"required_roles": ["qa"]}, "poll": {"roles": ["product_manager"]}},
    ),
    (
        "plan.policy_quorum",
        ("roles", "qa", "quorum"),
        {
            "policy": {"min_quorum": 2},
            "people": {"ben": {}},
            "roles": {
                "product_manager": {"people": ["a", "b"], "quorum": 2},
                "release_manager": {"people": ["c", "d"], "quorum": 2},
                "qa": ["e", "f"],
            },
        },
    ),
    ("plan.policy_check_missing", ("checks",), {"policy": {"required_checks": ["tests"]}}),
    (
        "plan.policy_check_moment",
        ("checks", "tests", "moment"),
        {"policy": {"required_checks": ["tests"]}, **check(moment="freeze")},
    ),
    ("plan.policy_deployed", ("checks",), {"policy": {"require_deployed": True}, **check()}),
    ("plan.policy_max_age", ("checks", "tests", "max_age"), {"policy": {"max_age_limit_hours": 4}, **check()}),
    # separation of duties
    ("plan.duties_authors", ("roles", "qa"), written_by("cleo", policy={"strict_duties": True})),
    ("plan.duties_outsider", ("candidate", "authors"), written_by("ann", "ben", "cleo")),
    ("plan.duties_one_role", ("roles", "qa"), {"roles": roles(qa=["ann", "ben"])}),
    (
        "plan.duties_one_role",
        ("roles", "ops"),
        {"roles": roles(qa={"people": ["cy", "dan"], "quorum": 2}, ops=["cy", "dan"])},
    ),
    # scope
    ("plan.scope_limit", ("scope", "capacity_days"), {"scope": {"capacity_days": 0}}),
    (
        "plan.scope_freeze_early",
        ("scope", "freeze_at"),
        {"scope": {"freeze_at": SLOT}, "schedule": {"starts": "2026-03-06T00:00:00Z"}},
    ),
    (
        "plan.scope_freeze_late",
        ("scope", "freeze_at"),
        {"scope": {"freeze_at": "2026-03-05T12:00:01Z"}, "schedule": {"slot": SLOT}},
    ),
    ("plan.feature_twice", ("features", 1, "id"), features({}, {})),
    ("plan.feature_owner", ("features", 0, "owner"), features({"owner": "anna"})),
    ("plan.feature_owner", ("features", 0, "owner"), features({"owner": "qa"})),
    ("plan.feature_estimator", ("features", 0, "estimated_by", 0), features({"estimated_by": ["dan"]})),
    (
        "plan.feature_estimated_alone",
        ("features", 0, "estimated_by"),
        features({"owner": "ann", "estimated_by": ["ann"]}),
    ),
    ("plan.feature_estimate", ("features", 0, "estimate_days"), features({"estimate_days": -1})),
    ("plan.feature_flag_both", ("features", 0, "no_flag"), features({"no_flag": "it is small"})),
    ("plan.feature_flag_none", ("features", 1), features({}, {"id": "b", "flags": []})),
    ("plan.feature_flag_none", ("features", 1), features({}, {"id": "b", "flags": [], "no_flag": " "})),
    ("plan.feature_flag_twice", ("features", 0, "flags", 1), features({"flags": ["gift-cards", "gift-cards"]})),
    ("plan.flag_unlisted", ("features", 0, "flags", 1), features({"flags": ["gift-cards", "gift-card"]})),
    ("plan.flag_unused", ("flags", "old"), {"flags": {"gift-cards": {}, "old": {}}}),
    ("plan.flag_owner", ("flags", "gift-cards", "owner"), {"flags": {"gift-cards": {"owner": "dan"}}}),
    ("plan.flag_retire_by", ("flags", "gift-cards", "retire_by"), {"flags": {"gift-cards": {"retire_by": {}}}}),
    (
        "plan.flag_retire_by",
        ("flags", "gift-cards", "retire_by"),
        {"flags": {"gift-cards": {"retire_by": {"days": 1, "cycles": 1}}}},
    ),
    ("plan.flag_reach_nobody", ("flags", "gift-cards", "reach"), {"flags": {"gift-cards": {"reach": "nobody"}}}),
    ("plan.flag_reach_empty", ("flags", "gift-cards", "reach"), {"flags": {"gift-cards": {"reach": {"percent": 0}}}}),
    ("plan.flag_reach_empty", ("flags", "gift-cards", "reach"), {"flags": {"gift-cards": {"reach": {"segments": []}}}}),
    (
        "plan.flag_reach_extra",
        ("flags", "gift-cards", "reach"),
        {"flags": {"gift-cards": {"reach": {"audience": "opt_in", "percent": 3}}}},
    ),
    (
        "plan.flag_reach_extra",
        ("flags", "gift-cards", "reach"),
        {"flags": {"gift-cards": {"reach": {"audience": "everyone", "percent": 3}}}},
    ),
    (
        "plan.flag_reach_extra",
        ("flags", "gift-cards", "reach"),
        {"flags": {"gift-cards": {"reach": {"audience": "opt_in", "segments": ["a"]}}}},
    ),
    # what must be true before GO
    ("plan.go_empty", ("checks",), {"checks": {}}),
    ("plan.go_empty", ("checks",), {"checks": {"end": {**CHECK, "moment": "completion"}}}),
    ("plan.go_empty", ("checks",), {"checks": {}, **item(required=False)}),
    ("plan.go_empty", ("checks",), {"checks": {}, **item(kinds=["major"])}),
    ("plan.go_empty", ("checks",), {"checks": {}, **item(per="feature")}),
    (
        "plan.go_empty",
        ("checks",),
        {"checks": {}, "checklists": {"after": {"moment": "after_release", "owner": "ben", "items": [ITEM]}}},
    ),
    # checks
    ("plan.owner_unknown", ("checks", "tests", "owner"), check(owner="qaa")),
    ("plan.check_max_age", ("checks", "tests", "max_age"), check(max_age="0s")),
    ("plan.check_every", ("checks", "tests", "every"), check(every="0s")),
    ("plan.check_timeout", ("checks", "tests", "timeout"), check(timeout="0s")),
    ("plan.check_deployed_moment", ("checks", "tests", "moment"), check(kind="deployed", moment="completion")),
    ("plan.params_float", ("checks", "tests", "params", "k"), params(0.5)),
    ("plan.params_float", ("checks", "tests", "params", "k", 1, "below"), params([1, {"below": 0.5}])),
    ("plan.params_type", ("checks", "tests", "params", "k"), params(timedelta(1))),
    ("plan.params_key", ("checks", "tests", "params", "k", 200), params({200: "ok"})),
    ("plan.params_secret", ("checks", "tests", "params", "k", "api_token"), params({"api_token": "hunter2"})),
    ("plan.params_secret", ("checks", "tests", "params", "k", "secret"), params({"secret": ["env:A"]})),
    ("plan.params_deep", ("checks", "tests", "params", "k", *("k",) * 15), params(nested(20))),
    ("plan.params_deep", ("checks", "tests", "params", "k", *(0,) * 15), params(nested(5_000, lists=True))),
    # checklists
    ("plan.owner_unknown", ("checklists", "ready", "owner"), lists([ITEM], owner="dan")),
    ("plan.owner_unknown", ("checklists", "ready", "items", 0, "owner"), item(owner="dan")),
    ("plan.item_twice", ("checklists", "ready", "items", 1, "id"), lists([ITEM, ITEM])),
    ("plan.item_due_both", ("checklists", "ready", "items", 0, "due_at"), item(due="1d", due_at=SLOT)),
    ("plan.item_announce_only", ("checklists", "ready", "items", 0, "announce_only"), item(announce_only=True)),
    # the rollout
    ("plan.stages_empty", ("stages",), {"stages": []}),
    ("plan.stage_nobody", ("stages", 0, "audience"), stage(audience="nobody")),
    ("plan.stage_percent_extra", ("stages", 0, "percent"), stage(audience="everyone", percent=50)),
    ("plan.stage_percent_zero", ("stages", 0, "percent"), stage(percent=0)),
    ("plan.stage_segments_extra", ("stages", 0, "segments"), stage(audience="opt_in", segments=["a"])),
    ("plan.stage_segments_empty", ("stages", 0, "segments"), stage(audience="segment")),
    ("plan.stage_narrower", ("stages", 1), {"stages": [{"percent": 10}, {"percent": 5}]}),
    ("plan.stage_narrower", ("stages", 1), {"stages": [{"percent": 10}, {"segments": ["eu"]}]}),
    ("plan.stage_same", ("stages", 1), {"stages": [{"audience": "everyone"}, {"percent": 100}]}),
    ("plan.stage_same", ("stages", 1), {"stages": [{"percent": 100}, {"audience": "everyone"}]}),
    ("plan.stage_same", ("stages", 1), {"stages": [{"segments": ["a", "b"]}, {"segments": ["a"]}]}),
    ("plan.guard_twice", ("stages", 0, "guards", 1, "id"), stage(percent=1, guards=[GUARD, GUARD])),
    (
        "plan.guard_twice",
        ("stages", 1, "guards", 0, "id"),
        {"stages": [{"percent": p, "guards": [GUARD]} for p in (1, 2)]},
    ),
    ("plan.guard_interval", ("stages", 0, "guards", 0, "interval"), guard(interval="0s")),
    ("plan.guard_bake", ("stages", 0, "guards", 0), guard(bake="9m", min_samples=10)),
    ("plan.guard_bake", ("stages", 0, "guards", 0), guard(bake="0s", mode="rollback")),
    ("plan.params_secret", ("stages", 0, "guards", 0, "params", "token"), guard(params={"token": "x"})),
    ("plan.question_role", ("stages", 0, "question", "role"), stage(percent=1, question={"role": "product"})),
    ("plan.question_deadline", ("stages", 0, "question", "deadline"), stage(percent=1, question={"deadline": "0s"})),
    # notifications
    (
        "plan.params_secret",
        ("notifications", "channels", "chat", "params", "secret"),
        {
            "notifications": {"channels": {"inbox": {}, "chat": {"kind": "webhook", "params": {"secret": "hunter2"}}}},
        },
    ),
    (
        "plan.route_channel",
        ("notifications", "routes", 0, "channel"),
        {"notifications": {"routes": [{"channel": "inbx"}]}},
    ),
    (
        "plan.route_event",
        ("notifications", "routes", 0, "events", 1),
        {"notifications": {"routes": [{"events": ["*", ""]}]}},
    ),
    (
        "plan.route_event",
        ("notifications", "routes", 0, "events", 0),
        {"notifications": {"routes": [{"events": ["hold*"]}]}},
    ),
    (
        "plan.route_event",
        ("notifications", "routes", 0, "events", 1),
        {"notifications": {"routes": [{"events": ["hold.*", "poll.opend"]}]}},
    ),
    # size
    ("plan.size_features", ("features",), features(*({"id": f"f{n}"} for n in range(501)))),
    ("plan.size_checks", ("checks",), {"checks": {f"c{n}": CHECK for n in range(301)}}),
    ("plan.size_items", ("checklists",), lists([{**ITEM, "id": f"i{n}"} for n in range(201)])),
    ("plan.size_stages", ("stages",), {"stages": [{"percent": n} for n in range(1, 52)]}),
    ("plan.size_bytes", (), {"people": {f"p{n}": {"name": "x" * 2000} for n in range(140)}}),
    ("plan.not_json", (), params("\ud800")),
]


@pytest.mark.parametrize(("code", "path", "changes"), BAD, ids=[f"{n}-{code}" for n, (code, _, _) in enumerate(BAD)])
def test_a_bad_plan_is_refused_with_its_code_and_the_place_of_the_culprit(
    code: str, path: tuple[str | int, ...], changes: dict[str, Any]
) -> None:
    found = problems(plan(**changes))
    assert (code, path) in [(problem.code, problem.path) for problem in found], found
    assert {problem.code for problem in found} == {code} or not changes["roles"], "one mistake is told as one mistake"


def test_a_sound_plan_has_no_problems() -> None:
    assert problems(plan()) == ()


def test_a_policy_weaker_than_the_floor_is_refused_field_by_field() -> None:
    floor = Policy(strict_duties=True, environments=("production",))
    found = problems(plan(policy={"environments": ["production"]}), floor)
    assert [(problem.code, problem.path) for problem in found] == [("plan.policy_weaker", ("policy", "strict_duties"))]
    assert problems(plan(policy=floor), floor) == ()


@pytest.mark.parametrize(
    "changes",
    [
        written_by("ann"),
        written_by("cleo", policy={"strict_duties": True}, roles=roles(qa=["cleo", "dan"])),
        {
            "roles": roles(product_manager="ben", release_manager="ben"),
            "policy": {"distinct_managers": False, "one_role_per_person": False},
        },
        {"roles": roles(qa=["ann", "ben"]), "policy": {"one_role_per_person": False}},
        {"roles": roles(qa=["ann", "dan"], release_manager={"people": ["ann", "ben"]})},
        {"roles": roles(release_manager=ROTATION)},
        {"roles": roles(qa={"people": ["ann"], "votes": False})},
        {
            "kind": "hotfix",
            "policy": {"required_roles": ["ops"], "required_checks": ["tests"], "hotfix_may_skip": ["ops", "tests"]},
        },
        {
            "policy": {"required_checks": ["tests"], "require_deployed": True, "max_age_limit_hours": 24},
            **check(kind="deployed"),
        },
        {"flags": {"gift-cards": {"reach": {"percent": 100}}}},
        {"flags": {"gift-cards": {"reach": {"audience": "everyone", "percent": 100}}}},
        {"flags": {"gift-cards": {"reach": {"segments": ["b", "a"]}, "retire_by": {"cycles": 2}, "owner": "qa"}}},
        {
            "stages": [
                {"segments": ["a"]},
                {"segments": ["b"]},
                {"percent": 1},
                {"percent": 1, "segments": ["c"]},
                {"percent": 100},
            ]
        },
        guard(bake="10m", min_samples=10),
        guard(bake="0s", mode="observe"),
        stage(percent=1, question="Wider?"),
        {**features({"flags": [], "no_flag": "a text"}), "flags": {}},
        {
            "scope": {"freeze_at": "2026-03-05T12:00:00Z", "capacity_days": 3},
            "schedule": {"slot": SLOT, "starts": "2026-01-01T00:00:00Z"},
        },
        {"schedule": {"slot": SLOT}},
        params({"secret": "env:HOOK", "a": [1, None, True, "x", {"b": {}}], "secret_name": "x"}),
        lists([{**ITEM, "id": f"i{n}", "kinds": ["major"]} for n in range(201)]),
        {**features({"announce": True}), **item(per="feature", announce_only=True)},
        {"checks": {}, **item()},
        {"checks": {}, "kind": "major", **item(kinds=["major"])},
    ],
)
def test_what_is_clear_is_not_refused(changes: dict[str, Any]) -> None:
    assert problems(plan(**changes)) == ()
    assert problems(normalise(plan(**changes))) == ()


def test_items_per_feature_count_for_each_feature_that_they_apply_to() -> None:
    many = [{"id": f"f{n}", "announce": n < 100} for n in range(201)]
    (found,) = problems(plan(**features(*many), **item(per="feature")))
    assert found.code == "plan.size_items"
    assert problems(plan(**features(*many), **item(per="feature", announce_only=True))) == ()


@pytest.mark.parametrize("pattern", ["*", "hold.*", "hold.raised.*", "hold.raised.guard", "escalated", "flag.*"])
def test_a_route_for_messages_that_are_sent_is_fine(pattern: str) -> None:
    assert problems(plan(notifications={"routes": [{"events": [pattern]}]})) == ()
