"""The release that is measured: 6 roles, 10 checks, 8 items, 4 stages, 3 flags."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter

from gonogo.domain.plan import Plan
from gonogo.domain.plan_defaults import normalise

VOTERS = {
    "release_manager": "rita",
    "product_manager": "pete",
    "qa": "quin",
    "operations": "olga",
    "support": "sven",
    "docs": "dora",
}
ITEMS = tuple(f"item-{n}" for n in range(1, 9))
_ADAPTER: TypeAdapter[Plan] = TypeAdapter(Plan)


def plan_values(version: str, *, bake: str = "1h", guard: bool = True) -> dict[str, Any]:
    """The plan as a file would say it."""
    watched = [{"id": "errors", "query": "errors", "healthy": "<", "threshold": "0.01", "interval": "10m"}]
    return {
        "product": "bench",
        "version": version,
        "candidate": {"commit": "4f2a9c1d", "authors": ["lena"]},
        "people": {"lena": {}},
        "roles": {role: [person] for role, person in VOTERS.items()},
        # Flags of its own for every release: two releases never roll out the same flag at once.
        "features": [{"id": f"f{n}", "title": f"Feature {n}", "flags": [f"{version}-{n}"]} for n in (1, 2, 3)],
        "flags": {f"{version}-{n}": {"kind": "kill_switch", "owner": "pete"} for n in (1, 2, 3)},
        "checks": {f"check-{n}": {"kind": "http", "owner": "qa"} for n in range(1, 11)},
        "checklists": {
            "ready": {
                "moment": "before_go_no_go",
                "owner": "qa",
                "items": [{"id": item, "title": f"Ready: {item}"} for item in ITEMS],
            }
        },
        "poll": {"lasts": "8h"},
        "stages": [
            {"audience": "opt_in", "bake": bake},
            {"percent": 10, "bake": bake, "guards": watched if guard else []},
            {"percent": 50, "bake": bake},
            {"audience": "everyone", "bake": bake},
        ],
    }


@cache
def service_plan(version: str, bake: str = "1h", guard: bool = True) -> Plan:  # a cache key
    """The plan, normalised."""
    return normalise(_ADAPTER.validate_python(plan_values(version, bake=bake, guard=guard)))
