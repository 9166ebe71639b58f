"""A sound plan and its parts, to be changed in one place at a time."""

from typing import Any

from pydantic import TypeAdapter

from gonogo.domain.plan import Plan

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
