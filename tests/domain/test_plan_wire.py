"""A plan on its way into a workflow: short, and the same plan again."""

import json
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, to_json

from gonogo.domain.plan import Plan
from gonogo.domain.plan_wire import TravellingPlan
from gonogo.domain.values import value
from tests.domain.machine_plans import random_plan
from tests.domain.worlds import make_plan

DEFAULTS = Path(__file__).parent / "plan_defaults.json"
ADVICE = """a default of the plan's format changed, or a field came or went.
A plan travels without its defaults: every history of a release that was launched with the old one would now be read
with the new one. A new optional field is fine: enter its default in plan_defaults.json. A released default stays."""


@value
class Parcel:
    """A payload with a plan."""

    plan: TravellingPlan


PARCEL: TypeAdapter[Parcel] = TypeAdapter(Parcel)


@pytest.mark.parametrize("seed", range(60))
def test_a_plan_arrives_as_it_left(seed: int) -> None:
    plan = random_plan(seed)
    assert PARCEL.validate_json(to_json(Parcel(plan=plan))).plan == plan


def test_a_plan_that_is_spelt_out_is_read_too() -> None:
    plan = make_plan()
    assert PARCEL.validate_json(b'{"plan":%b}' % to_json(plan)).plan == plan


def test_what_every_plan_says_is_left_out() -> None:
    plan = make_plan()
    sent = json.loads(to_json(Parcel(plan=plan)))["plan"]
    assert sent["product"] == plan.product
    assert "policy" not in sent
    assert "gonogo" not in sent
    assert len(to_json(Parcel(plan=plan))) < len(to_json(plan)) / 2


def _values(kind: Any, seen: set[type]) -> Iterator[type]:
    """Every class of values that a plan can hold."""
    if is_dataclass(kind) and isinstance(kind, type) and kind not in seen:
        seen.add(kind)
        yield kind
        for hint in get_type_hints(kind, include_extras=True).values():
            yield from _values(hint, seen)
    for inner in get_args(kind):
        yield from _values(inner, seen)


def _defaults() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in _values(Plan, set()):
        for field in fields(kind):
            given: Any = field.default
            if isinstance(given, FieldInfo):
                given = given.get_default(call_default_factory=True, validated_data={})
            elif field.default_factory is not MISSING:
                given = field.default_factory()
            if given is not MISSING and given is not PydanticUndefined:
                found[f"{kind.__name__}.{field.name}"] = json.loads(to_json(given))
    return found


def test_a_released_default_never_changes() -> None:
    assert _defaults() == json.loads(DEFAULTS.read_text()), ADVICE
