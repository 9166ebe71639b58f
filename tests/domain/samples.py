"""The sample plan, its people and its times, for tests of the core and of what stands around it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from gonogo.domain.plan import Plan
from gonogo.domain.plan_defaults import normalise
from gonogo.domain.plan_rules import problems
from gonogo.domain.values import Actor

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
"""When a release is launched, unless a test says otherwise."""
SLOT = datetime(2026, 11, 19, 10, tzinfo=UTC)
"""The slot that the sample plan then aims at: Thursday; its poll is open from Wednesday 10:00 to Thursday 09:00."""
POLL = SLOT - DAY
CLOSES = SLOT - HOUR
WEEK = timedelta(days=7)

TRAIN: dict[str, Any] = {"train": {"rrule": "FREQ=WEEKLY;BYDAY=TH", "start": "2026-01-01T10:00"}}
ON_DEMAND: dict[str, Any] = {}
DATED: dict[str, Any] = {"slot": SLOT}

GUARD: dict[str, Any] = {
    "id": "errors",
    "query": "https://metrics.example.org/errors",
    "healthy": "<",
    "threshold": "0.05",
    "interval": "5m",
    "bad_in_row": 3,
    "mode": "pause",
}

SAMPLE: dict[str, Any] = {
    "product": "shop",
    "version": "1.2.0",
    "candidate": {"commit": "c1", "authors": ["dev"]},
    "people": {"eve": {"on_call": True}, "sam": {}, "fay": {}, "dev": {}},
    "roles": {"product_manager": "ann", "release_manager": "bob", "qa": ["cid", "dan"]},
    "features": [{"id": "gifts", "title": "Gift cards", "flags": ["gifts"], "owner": "fay"}],
    "flags": {"gifts": {"owner": "fay"}},
    "checks": {"ci": {"kind": "http", "owner": "qa"}, "live": {"kind": "deployed", "owner": "qa"}},
    "checklists": {
        "tech": {"moment": "before_go_no_go", "owner": "qa", "items": [{"id": "tested", "title": "Tested"}]},
        "after": {"moment": "after_release", "owner": "qa", "items": [{"id": "looked", "title": "Flags reviewed"}]},
    },
    "schedule": TRAIN,
    "stages": [
        {"percent": 10, "bake": "1h", "guards": [GUARD], "question": "Ready to go wider?"},
        {"audience": "everyone", "bake": "1h"},
    ],
}
"""A release with one of everything. ann, bob, cid and dan fill its roles; fay owns feature and flag; dev launches."""

_PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)


def make_plan(**changes: Any) -> Plan:
    """The sample plan with some of its fields replaced, normalised; it must be a sound one."""
    plan = normalise(_PLAN.validate_python({**SAMPLE, **changes}))
    assert not problems(plan), problems(plan)
    return plan


def person(name: str, proof: int = 0) -> Actor:
    """A person."""
    return Actor(id=name, proof=proof)
