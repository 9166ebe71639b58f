"""Cross-checks of the free parameters of checks, guards and channels: plain JSON without floats, no secrets."""

import re
from typing import Any

from .plan import Params
from .plan_problem import Path, Problem, Problems

_SECRET = re.compile(r"(^|[_-])(secret|token|password|passwd|api_?key|authorization)$", re.IGNORECASE)
_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")


_DEPTH = 16
"""Deepest nesting of parameters, so that no reader of them runs out of stack."""


def problems(params: Params, at: Path) -> Problems:
    """What is wrong with `params`, which stand at `at`."""
    yield from _mapping(params, at, _DEPTH)


def _mapping(params: Params, at: Path, depth: int) -> Problems:
    for key, given in params.items():
        here = (*at, key)
        if not isinstance(key, str):
            yield Problem(code="plan.params_key", path=here, message=f"the key {key!r} is not text: write it in quotes")
        elif _SECRET.search(key) and not (isinstance(given, str) and _REFERENCE.fullmatch(given)):
            # The value stays out of the message: it may be the secret, and messages are shown and logged.
            message = f"{key!r} holds a secret, and plans are stored: write a reference, as `{key}: env:NAME`"
            yield Problem(code="plan.params_secret", path=here, message=message)
        else:
            yield from _value(given, here, depth - 1)


def _value(given: Any, at: Path, depth: int) -> Problems:
    if not depth:
        message = f"nested more than {_DEPTH} levels deep"
        yield Problem(code="plan.params_deep", path=at, message=message)
    elif isinstance(given, dict):
        yield from _mapping(given, at, depth)
    elif isinstance(given, list):
        for place, item in enumerate(given):
            yield from _value(item, (*at, place), depth - 1)
    elif isinstance(given, float):
        message = f"{given!r} has a fraction, and the ledger has no such numbers: write it in quotes, as '{given}'"
        yield Problem(code="plan.params_float", path=at, message=message)
    elif given is not None and not isinstance(given, (str, int)):
        message = f"{given!r} is no JSON value: write text, a whole number, true, false, a list or a mapping"
        yield Problem(code="plan.params_type", path=at, message=message)
