"""Frozen values at the price of plain ones, for what the core makes at every step.

A frozen dataclass sets each field through `object.__setattr__`, which costs most of making it. A twin has the same
slots and is not frozen: it is filled, and then taken for the value itself. Nothing is checked on the way, so it is for
values that the core makes of values that were checked.
"""

from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, TypeVar, cast

_T = TypeVar("_T")


def maker(cls: type[_T]) -> Callable[..., _T]:
    """A function that makes a `cls` of its fields, by name; what has a plain default may be left out."""
    names, scope = _twin(cls)
    scope |= {f"default_{f.name}": f.default for f in scope["fields"] if f.default is not MISSING}
    takes = ", ".join(f"{n} = default_{n}" if f"default_{n}" in scope else n for n in names)
    sets = "".join(f"\n made.{n} = {n}" for n in names)
    exec(f"def make(*, {takes}):\n made = twin(){sets}\n made.__class__ = cls\n return made", scope)
    return cast("Callable[..., _T]", scope["make"])


def copier(cls: type) -> Callable[[Any], Any]:
    """A function that copies a `cls` into a twin; whoever calls it takes the twin for the value when it is complete."""
    names, scope = _twin(cls)
    sets = "".join(f"\n made.{n} = given.{n}" for n in names)
    exec(f"def copy(given):\n made = twin(){sets}\n return made", scope)
    return cast("Callable[[Any], Any]", scope["copy"])


def _twin(cls: Any) -> tuple[tuple[str, ...], dict[str, Any]]:
    names = tuple(f.name for f in fields(cls))
    return names, {"cls": cls, "fields": fields(cls), "twin": type(cls.__name__, (), {"__slots__": names})}
