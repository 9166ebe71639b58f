"""Words of a closed set as people type them: in any case, with `-` or `_`."""

from typing import Any, get_args

from cyclopts import CoercionError, Parameter


def _any_case(type_: Any, tokens: Any) -> str:
    given = tokens[0]
    for known in get_args(type_):
        if _plain(known) == _plain(given.value):
            return str(known)
    raise CoercionError(token=given, target_type=type_)


def _plain(word: str) -> str:
    return word.lower().replace("-", "_")


ANY_CASE = Parameter(converter=_any_case, n_tokens=1)
"""Beside a `Literal` of words: `go`, `Go` and `GO` are the same answer, and `no-go` is `NO_GO`."""
