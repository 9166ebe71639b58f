"""Every rule of a plan, with one plan that breaks it; and what normalising fills in."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from gonogo.domain.canonical import to_json
from gonogo.domain.plan import DEFAULT_STAGES, ListMoment, Plan, RetireBy
from gonogo.domain.plan_defaults import normalise, plan_digest
from gonogo.domain.plan_rules import problems
from gonogo.domain.plan_rules_people import required_roles, unfilled
from gonogo.domain.policy import Policy, weaknesses
from gonogo.domain.values import Audience

ADAPTER = TypeAdapter(Plan)

ROLES = {"product_manager": "ann", "release_manager": "ben", "qa": "cleo"}
FEATURE: dict[str, Any] = {"id": "gifts", "title": "Gift cards", "flags": ["gift-cards"]}
GUARD: dict[str, Any] = {"id": "errors", "query": "https://m.example.org", "healthy": "<", "threshold": "0.01"}
ITEM: dict[str, Any] = {"id": "docs", "title": "Documentation is ready"}
CHECK: dict[str, Any] = {"kind": "pushed", "owner": "ben"}
SLOT = "2026-03-05T14:00:00Z"


def plan(**changes: Any) -> Plan:
    """A sound plan with some fields of another kind."""
    sound: dict[str, Any] = {
        "product": "shop",
        "version": "1.4.0",
        "roles": ROLES,
        "features": [FEATURE],
        "flags": {"gift-cards": {}},
        "checks": {"built": CHECK},
    }
    made: Plan = ADAPTER.validate_python({**sound, **changes})
    return made


def roles(**changes: Any) -> dict[str, Any]:
    return {name: role for name, role in {**ROLES, **changes}.items() if role is not None}


def features(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"features": [{**FEATURE, **change} for change in changes]}


def stage(**fields: Any) -> dict[str, Any]:
    return {"stages": [fields]}


def guard(bake: str = "1h", **changes: Any) -> dict[str, Any]:
    return stage(percent=10, bake=bake, guards=[{**GUARD, **changes}])


def item(**changes: Any) -> dict[str, Any]:
    return lists([{**ITEM, **changes}])


def lists(items: list[dict[str, Any]], owner: str = "ben") -> dict[str, Any]:
    return {"checklists": {"ready": {"moment": "before_go_no_go", "owner": owner, "items": items}}}


def check(**changes: Any) -> dict[str, Any]:
    return {"checks": {"built": CHECK, "tests": {**CHECK, **changes}}}


def params(given: Any) -> dict[str, Any]:
    return check(params={"k": given})


def nested(levels: int, *, lists: bool = False) -> Any:
    made: Any = "x"
    for _ in range(levels):
        made = [made] if lists else {"k": made}
    return made


def written_by(*authors: str, policy: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"candidate": {"commit": "abc", "authors": authors}, "policy": policy or {}, **more}


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


def test_all_problems_are_told_at_once() -> None:
    found = problems(plan(roles=roles(qa=[]), environment="moon", poll={"roles": []}, stages=[]))
    assert {"plan.role_people", "plan.environment_unknown", "plan.poll_roles_empty", "plan.stages_empty"} <= {
        problem.code for problem in found
    }


def test_a_problem_with_the_schedule_is_told_under_schedule() -> None:
    (found,) = problems(plan(schedule={"zone": "Europe/Berln"}))
    assert found.path == ("schedule", "zone")


def test_a_policy_weaker_than_the_floor_is_refused_field_by_field() -> None:
    floor = Policy(strict_duties=True, environments=("production",))
    found = problems(plan(policy={"environments": ["production"]}), floor)
    assert [(problem.code, problem.path) for problem in found] == [("plan.policy_weaker", ("policy", "strict_duties"))]
    assert problems(plan(policy=floor), floor) == ()


def test_a_misspelt_name_is_answered_with_the_right_one() -> None:
    (found,) = problems(plan(**features({"owner": "anne"})))
    assert "did you mean 'ann'?" in found.message


def test_a_secret_is_never_repeated_in_the_message() -> None:
    (found,) = problems(plan(**params({"password": "hunter2"})))
    assert "hunter2" not in found.message


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


# --- what the vocabulary of plans says by itself --------------------------------------------------------------------


FLOOR = Policy(
    environments=("production",),
    required_roles=("qa",),
    required_checks=("tests",),
    min_quorum=2,
    strict_duties=True,
    max_age_limit_hours=4,
    require_deployed=True,
    allow_unfenced=False,
)


def test_every_way_of_being_weaker_than_the_floor_is_found() -> None:
    weak = Policy(
        voting_services=("bot",),
        hotfix_may_skip=("qa",),
        one_role_per_person=False,
        distinct_managers=False,
        second_person_override=False,
    )
    assert {name for name, _ in weaknesses(weak, FLOOR)} == {field.name for field in fields(Policy)}
    assert weaknesses(FLOOR, FLOOR) == ()
    assert [name for name, _ in weaknesses(replace(FLOOR, max_age_limit_hours=5), FLOOR)] == ["max_age_limit_hours"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("everyone", "everyone"),
        ("10%", "10 %"),
        ("5 %", "5 %"),
        ({"segments": ["b", "a"]}, "b, a"),
        ({"audience": "opt_in"}, "opt-in"),
    ],
)
def test_the_short_forms_of_a_reach_are_read(written: Any, meant: str) -> None:
    assert str(plan(flags={"gift-cards": {"reach": written}}).flags["gift-cards"].reach) == meant


@pytest.mark.parametrize(
    "changes",
    [
        {"flags": {"gift-cards": {"reach": "101%"}}},
        {"flags": {"gift-cards": {"reach": 10}}},
        {"flags": {"gift-cards": {"reach": {}}}},
        {"stages": ["10%"]},
    ],
)
def test_what_is_no_exposure_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        plan(**changes)


def test_a_checklist_gates_what_its_moment_says() -> None:
    assert [moment.gates.value for moment in ListMoment] == ["freeze", "freeze", "go", "go", "go", "completion"]


def test_a_schedule_says_how_its_slots_come_about() -> None:
    train = {"rrule": "FREQ=WEEKLY", "start": "2026-01-01T10:00"}
    schedules = [{}, {"slot": SLOT}, {"train": train}]
    assert [plan(schedule=one).schedule.mode for one in schedules] == ["on_demand", "dated", "train"]


def test_a_release_is_named_by_product_and_version() -> None:
    assert plan().release_id == "shop/1.4.0"


# --- who can fill the roles ----------------------------------------------------------------------------------------


def test_a_seat_is_filled_when_somebody_can_move_to_another_one() -> None:
    assert unfilled([("a", ["x", "y"]), ("b", ["x"]), ("c", ["y", "z"])]) is None
    assert unfilled([("a", ["x", "y"]), ("b", ["x"]), ("c", ["y"])]) == "c"


@given(st.lists(st.lists(st.sampled_from("vwxyz"), unique=True), max_size=5))
def test_the_matching_agrees_with_trying_everything(seats: list[list[str]]) -> None:
    def possible(left: list[list[str]], used: frozenset[str]) -> bool:
        return not left or any(possible(left[1:], used | {p}) for p in left[0] if p not in used)

    assert (unfilled([(str(n), people) for n, people in enumerate(seats)]) is None) == possible(seats, frozenset())


# --- defaults ------------------------------------------------------------------------------------------------------


def test_normalising_fills_in_what_depends_on_other_fields() -> None:
    made = normalise(
        plan(
            features=[
                {**FEATURE, "id": "a"},
                {**FEATURE, "id": "b", "owner": "ann", "rank": 7},
                {**FEATURE, "id": "c"},
            ],
            flags={
                "gift-cards": {},
                "off": {"kind": "kill_switch", "reach": {"percent": 100}},
                "op": {"kind": "operational"},
            },
            roles={"qa": "cleo", "advice": {"people": ["dan"], "votes": False}, **ROLES},
            schedule={
                "zone": "Europe/Berlin",
                "windows": [{"id": "w", "action": "deny", "start": "2026-01-01T00:00", "lasts": "1h"}],
            },
            stages=[{"segments": ["a"]}, {"percent": 1}, {"audience": "everyone"}],
            **item(),
        )
    )
    assert [feature.rank for feature in made.features] == [1, 7, 3]
    assert made.flags["gift-cards"].owner == "ann"
    assert made.flags["gift-cards"].retire_by == RetireBy(days=40)
    assert (made.flags["off"].owner, made.flags["off"].retire_by) == ("release_manager", None)
    assert made.flags["off"].reach.audience is Audience.EVERYONE
    assert made.flags["op"].retire_by == RetireBy(days=7)
    assert made.poll.roles == ("release_manager", "qa", "product_manager")
    assert (made.schedule.windows[0].zone, made.schedule.windows[0].reason) == ("Europe/Berlin", "w")
    assert [str(one.exposure) for one in made.stages] == ["a", "1 % and a", "everyone"]
    assert made.checklists["ready"].items[0].owner == "ben"


def test_the_floor_is_the_policy_of_a_plan_that_says_nothing() -> None:
    floor = Policy(strict_duties=True)
    assert normalise(plan(), floor).policy == floor
    stricter = Policy(strict_duties=True, min_quorum=2)
    assert normalise(plan(policy=stricter), floor).policy == stricter


def test_the_release_manager_is_always_asked() -> None:
    assert required_roles(plan(poll={"roles": ["qa"]})) == ("release_manager", "qa")


def test_default_stages_are_left_as_they_are() -> None:
    assert normalise(plan()).stages == DEFAULT_STAGES


def test_equal_plans_have_equal_digests_however_they_are_written() -> None:
    one = plan(roles=roles(), stages=[{"percent": 10, "bake": "60m"}], **features({"rank": 1}))
    other = plan(roles=dict(reversed(roles().items())), stages=[{"percent": 10, "bake": "1h"}])
    assert plan_digest(one) == plan_digest(other) == plan_digest(normalise(other))
    assert plan_digest(one) != plan_digest(plan(stages=[{"percent": 11}]))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Sound plans of many forms."""
    names = draw(st.lists(st.sampled_from(["qa", "ops", "docs", "sales"]), unique=True))
    flags = draw(st.lists(st.sampled_from(["a", "b", "c"]), unique=True, min_size=1))
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return plan(
        roles={**ROLES, **{name: [f"{name}-{n}" for n in range(draw(st.integers(1, 3)))] for name in names}},
        features=[
            {"id": f"f-{key}", "title": key, "flags": [key], "rank": draw(st.none() | st.integers(1, 9))}
            for key in flags
        ],
        flags={
            key: {
                "kind": draw(st.sampled_from(["release", "kill_switch", "operational"])),
                "reach": draw(st.sampled_from(["everyone", "10%", "opt_in", {"segments": ["z", "a"]}])),
                "owner": draw(st.sampled_from([None, "ann", "qa"])),
            }
            for key in flags
        },
        poll={"roles": draw(st.none() | st.just(["qa", "release_manager"]))},
        schedule={"slot": draw(st.none() | st.just(start.isoformat()))},
        stages=draw(
            st.sampled_from(
                [[{"segments": ["b"]}, {"percent": 3}], [{"audience": "everyone"}], [{"percent": 5, "segments": ["x"]}]]
            )
        ),
        **item(owner=draw(st.sampled_from([None, "qa"])), per=draw(st.sampled_from(["release", "feature"]))),
    )


@settings(max_examples=60, deadline=None)
@given(plans())
def test_normalising_twice_changes_nothing_and_survives_json(one: Plan) -> None:
    made = normalise(one)
    assert normalise(made) == made
    again = ADAPTER.validate_python(to_json(made))
    assert again == made
    assert plan_digest(again) == plan_digest(one)
    assert problems(made) == problems(one) == ()


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("poll.opend", "no message is of the type 'poll.opend'; did you mean 'poll.opened'?"),
        ("hold.rased.*", "did you mean 'hold.raised.*'?"),
        ("deployment", "types begin with candidate, escalated, exception,"),
    ],
)
def test_a_route_for_messages_that_nobody_sends_says_what_was_meant(pattern: str, said: str) -> None:
    [found] = problems(plan(notifications={"routes": [{"events": [pattern]}]}))
    assert said in found.message


@pytest.mark.parametrize("pattern", ["*", "hold.*", "hold.raised.*", "hold.raised.guard", "escalated", "flag.*"])
def test_a_route_for_messages_that_are_sent_is_fine(pattern: str) -> None:
    assert problems(plan(notifications={"routes": [{"events": [pattern]}]})) == ()
