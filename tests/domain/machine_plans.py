"""Random plans for the machine: all modes of schedule, guards, checks, items, flags and policies, all of them valid."""

from datetime import UTC, datetime
from functools import lru_cache
from random import Random
from typing import Any

from pydantic import TypeAdapter

from gonogo.domain.plan import Plan
from gonogo.domain.plan_defaults import normalise
from gonogo.domain.plan_rules import problems

START = datetime(2026, 11, 16, 9, tzinfo=UTC)
"""A Monday morning: every release of the machine is launched then."""
LAUNCHER = "dev"
STRANGER = "eve"
PEOPLE = ("ann", "bob", "ben", "cid", "dan", "dee", "fay", LAUNCHER)
_PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)


def _schedule(r: Random) -> dict[str, Any]:
    made: dict[str, Any] = {"zone": r.choice(("UTC", "Europe/Berlin")), "open_for": r.choice(("2h", "6h"))}
    mode = r.choice(("on_demand", "on_demand", "dated", "train", "train"))
    if mode == "dated":
        made["slot"] = "2026-11-19T12:00:00Z"
    elif mode == "train":
        made["train"] = {"rrule": r.choice(("FREQ=DAILY", "FREQ=WEEKLY;BYDAY=TH")), "start": "2026-11-01T13:00"}
    windows: list[dict[str, Any]] = []
    if r.random() < 0.3:
        windows.append(
            {"id": "frozen", "action": "deny", "start": "2026-11-20T00:00", "lasts": "2d", "rrule": "FREQ=WEEKLY"}
        )
    if r.random() < 0.3:
        windows.append(
            {"id": "days", "action": "allow", "start": "2026-11-01T08:00", "lasts": "11h", "rrule": "FREQ=DAILY"}
        )
    if r.random() < 0.3:
        windows.append(
            {
                "id": "beta-shut",
                "action": "deny",
                "start": "2026-11-19T00:00",
                "lasts": "20h",
                "rrule": "FREQ=DAILY",
                "segments": ["beta"],
            }
        )
    made["windows"] = windows
    if r.random() < 0.3:
        made["max_postponements"] = r.choice((0, 1))
    return made


def _guard(r: Random, name: str) -> dict[str, Any]:
    return {
        "id": name,
        "query": "http://metrics",
        "healthy": "<",
        "threshold": "0.1",
        "interval": "5m",
        "mode": r.choice(("observe", "pause", "rollback")),
        "no_data": r.choice(("hold", "bad")),
        "min_samples": r.choice((1, 2)),
    }


def _stages(r: Random) -> list[dict[str, Any]]:
    steps = ({"audience": "opt_in"}, {"segments": ["beta"]}, {"percent": 10}, {"percent": 50}, {"audience": "everyone"})
    chosen = sorted(r.sample(range(len(steps)), r.randint(1, 4)))
    made: list[dict[str, Any]] = []
    for place, number in enumerate(chosen):
        stage: dict[str, Any] = {**steps[number], "bake": r.choice(("30m", "1h", "1d"))}
        if r.random() < 0.5:
            stage["guards"] = [_guard(r, f"g{place}-{n}") for n in range(r.randint(1, 2))]
        if r.random() < 0.4:
            stage["question"] = {"deadline": r.choice(("2h", "24h"))}
        made.append(stage)
    return made


def _checks(r: Random) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if r.random() < 0.8:
        made["ci"] = {"kind": "http", "owner": "qa", "max_age": r.choice(("2h", "24h", "7d"))}
    if r.random() < 0.5:
        made["dep"] = {"kind": "deployed", "owner": "qa"}
        if r.random() < 0.3:
            made["dep2"] = {"kind": "deployed", "owner": "cid"}
    if r.random() < 0.3:
        made["load"] = {"kind": "pushed", "owner": "cid", "max_age": "3d"}
    if r.random() < 0.2:
        made["debt"] = {"kind": "flag_debt", "owner": "release_manager", "moment": "freeze"}
    if r.random() < 0.2:
        made["after"] = {"kind": "http", "owner": "qa", "moment": "completion"}
    if r.random() < 0.2:
        made["slow"] = {"kind": "http", "owner": "qa", "every": "6h", "max_age": "8h"}
    return made


def _lists(r: Random) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if r.random() < 0.6:
        items: list[dict[str, Any]] = [{"id": "tested", "title": "Tested", "due": "1d"}]
        if r.random() < 0.5:
            items.append({"id": "docs", "title": "Documented", "per": "feature", "announce_only": r.random() < 0.5})
        made["tech"] = {"moment": "before_go_no_go", "owner": "qa", "items": items}
    if r.random() < 0.3:
        item = {"id": "clear", "title": "Well defined"}
        made["plan"] = {"moment": "before_planning", "owner": "product_manager", "items": [item]}
    if r.random() < 0.4:
        item = {"id": "review", "title": "Flags reviewed", **({"due": "1d"} if r.random() < 0.5 else {})}
        made["after"] = {"moment": "after_release", "owner": "qa", "items": [item]}
    return made


def _flags(r: Random) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    flags: dict[str, Any] = {}
    features: list[dict[str, Any]] = [{"id": "plain", "title": "Plain", "no_flag": "nothing to see"}]
    for key in ("x", "y", "z")[: r.choice((0, 1, 1, 2, 3))]:
        flag: dict[str, Any] = {"kind": r.choice(("release", "release", "operational", "kill_switch"))}
        if r.random() < 0.3:
            flag["reach"] = r.choice(("opt_in", "10%", "20%", {"segments": ["beta"]}))
        if r.random() < 0.2:
            flag["can_be_disabled"] = False
        if r.random() < 0.3:
            flag["owner"] = "fay"
        flags[key] = flag
        features.append({"id": f"f{key}", "title": f"F {key}", "flags": [key], "announce": r.random() < 0.5})
    return features, flags


def _written(r: Random) -> dict[str, Any]:
    features, flags = _flags(r)
    made: dict[str, Any] = {
        "product": "shop",
        "version": "1.2.0",
        "kind": r.choice(("minor", "minor", "major", "hotfix")),
        "people": {
            LAUNCHER: {},
            "fay": {"on_call": True},
        },
        "roles": {
            "product_manager": "ann",
            "release_manager": ["bob", "ben"],
            "qa": {"people": ["cid", "dan", "dee"], "quorum": r.choice((1, 1, 2)), "may": ["hold"]},
        },
        "features": features,
        "flags": flags,
        "checks": _checks(r),
        "checklists": _lists(r),
        "stages": _stages(r),
        "schedule": _schedule(r),
        "policy": {
            "strict_duties": r.random() < 0.3,
            "second_person_override": r.random() < 0.6,
            "one_role_per_person": r.random() < 0.7,
        },
    }
    if r.random() < 0.85:
        made["candidate"] = {"commit": "c0", "authors": [LAUNCHER]}
    if r.random() < 0.3:
        made["scope"] = {"freeze_at": "2026-11-17T09:00:00Z"}
        if r.random() < 0.5:
            made["scope"].update(capacity_days=str(r.choice((1, 10))), drop_lowest_rank=r.random() < 0.5)
            for feature in features:
                feature.update(owner="ann", estimate_days="2", estimated_by=["cid"])
    if r.random() < 0.2:
        made["schedule"]["not_before"] = "2026-11-18T00:00:00Z"
    return made


@lru_cache(maxsize=4096)
def random_plan(seed: int) -> Plan:
    """A valid, normalised plan; the same for the same seed."""
    r = Random(seed)
    while True:
        plan = normalise(_PLAN.validate_python(_written(r)))
        if not problems(plan):
            return plan
