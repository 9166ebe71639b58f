"""Every public field of every value says what it means: it ends up in the JSON schema that users read."""

import importlib
import pkgutil
from typing import Any, Literal, get_args, get_origin

import gonogo.activities
import gonogo.domain
from gonogo.domain.values import value


def undescribed(kind: Any) -> list[str]:
    """The public fields of `kind` without a description. A tag of one literal value says itself what it is."""
    return [
        f"{kind.__module__}.{kind.__qualname__}.{name}"
        for name, field in kind.__pydantic_fields__.items()
        if not name.startswith("_")
        and not field.description
        and not (get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1)
    ]


def values() -> list[Any]:
    modules = [
        importlib.import_module(module.name)
        for package in (gonogo.domain, gonogo.activities)
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    ]
    members = {member for module in modules for member in vars(module).values() if isinstance(member, type)}
    # Plain dataclasses, which hold our own state between two calls, have no such fields.
    return [member for member in members if hasattr(member, "__pydantic_fields__")]


@value
class Planted:
    told: int
    """A number."""

    untold: int
    tag: Literal["planted"] = "planted"


def test_a_field_without_a_description_is_found() -> None:
    assert undescribed(Planted) == [f"{__name__}.Planted.untold"]


def test_every_public_field_of_every_value_is_described() -> None:
    found = values()
    assert len(found) > 20
    assert sorted(field for kind in found for field in undescribed(kind)) == []
