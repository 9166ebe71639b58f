"""Reads what other systems answered: bounded JSON without floats, JSON pointers, numbers, one clean line of text."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from gonogo.domain.facts import Finding, Status
from gonogo.domain.plan_problem import Path, Problem

from .errors import BadParams, Unreachable

_T = TypeVar("_T")

MISSING: Final = object()
"""What `at_pointer` gives for a place that the document does not have; null is None."""

_NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,2})?", re.ASCII)
# Everything that could move a terminal's cursor, break a line or reverse the reading direction.
_UNPRINTABLE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def parse(body: bytes) -> Any:
    """The JSON document in `body`; fractions are `Decimal`, NaN and Infinity are None.

    Raises:
        Unreachable: it is empty, not JSON, nested too deep, says one thing twice, or has text that is no Unicode.
    """
    if not body.strip():
        raise Unreachable("the answer is empty")
    try:
        found = json.loads(body, parse_float=Decimal, parse_constant=lambda _: None, object_pairs_hook=_once)
        # Half a character, such as "\ud800", is read as text that can be neither written nor sent anywhere.
        json.dumps(found, default=str, ensure_ascii=False).encode()
        return found
    except UnicodeEncodeError:
        raise Unreachable("the answer has text that is no Unicode") from None
    except (ValueError, RecursionError):
        raise Unreachable(f"the answer is no JSON: {one_line(body[:60].decode(errors='replace'))!r}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's names and values; which of two values under one name is meant, nobody can know."""
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = next(name for n, (name, _) in enumerate(pairs) if name in dict(pairs[:n]))
        raise Unreachable(f"{one_line(twice, 80)!r} stands there twice in the answer")
    return made


def check_pointer(pointer: str) -> str:
    """`pointer` when it is a JSON pointer (RFC 6901): empty, or starting with a slash.

    Raises:
        ValueError: it is not.
    """
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is no JSON pointer: write /{pointer.replace('.', '/')}")
    if re.search(r"~(?![01])", pointer):
        raise ValueError(f"{pointer!r} is no JSON pointer: write ~ as ~0 and / as ~1 inside a name")
    return pointer


def at_pointer(document: Any, pointer: str) -> Any:
    """What stands at `pointer` (RFC 6901); `MISSING` when nothing does."""
    found = document
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and re.fullmatch(r"0|[1-9]\d{0,8}", name) and int(name) < len(found):
            found = found[int(name)]
        else:
            return MISSING
    return found


def number(found: Any) -> Decimal | None:
    """`found` as a number, also from text such as "0.02"; None for everything else.

    NaN, Infinity, booleans, blanks and numbers of an absurd length are none: written out in full, 1e999999999 alone
    would fill the memory.
    """
    if not isinstance(found, int | Decimal | str):
        return None
    if isinstance(found, int) and abs(found) >= 10**40:
        return None
    text = str(found).strip()  # a boolean becomes a word, which is no number
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def one_line(text: str, limit: int = 300) -> str:
    """`text` as one printable line of at most `limit` characters."""
    line = " ".join(_UNPRINTABLE.sub(" ", text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def shown(found: Any) -> str:
    """A JSON value as a short piece of a message."""
    return "nothing" if found is MISSING else one_line(json.dumps(found, default=str, ensure_ascii=False), 80)


def measured(status: Status, text: str) -> Finding:
    """A finding of this moment, its text as one bounded line."""
    return Finding(status=status, at=datetime.now(UTC), finding=one_line(text))


def read_params(kind: type[_T], params: Mapping[str, Any], where: str) -> _T:
    """`params` as the value `kind`.

    Args:
        kind: The value class that documents the parameters.
        params: What the plan says.
        where: What the parameters belong to, for the message.

    Raises:
        BadParams: a parameter is missing, unknown or wrong; values are not repeated, since one could be a secret.
    """
    try:
        return TypeAdapter(kind).validate_python(dict(params))
    except ValidationError as refused:
        _, at, text = _told(kind, refused)[0]
        raise BadParams(f"{where}: {at}{text}") from None


def params_problems(kind: type[Any], params: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Everything for which `read_params` would refuse `params`, each with its path below `params`."""
    try:
        TypeAdapter(kind).validate_python(dict(params))
    except ValidationError as refused:
        told = _told(kind, refused)
        return tuple(Problem(code=BadParams.code, path=("params", *path), message=text) for path, _, text in told)
    return ()


def _told(kind: type[Any], refused: ValidationError) -> list[tuple[Path, str, str]]:
    """Each parameter that is wrong: its path, its name where the sentence does not say it, the sentence.

    Values are not repeated.
    """
    told: list[tuple[Path, str, str]] = []
    for error in refused.errors(include_url=False, include_input=False, include_context=False):
        name, at = ".".join(map(str, error["loc"])) or "params", ""
        if error["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
            known = sorted(getattr(kind, "__dataclass_fields__", {}))
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known) or 'none'}"
            text = f"unknown parameter {name!r}: {hint}"
        elif error["type"] in ("missing", "missing_argument"):
            text = f"the parameter {name!r} is missing: it stands under `params`"
        else:
            at, text = f"{name}: ", error["msg"].removeprefix("Value error, ")
        told.append((error["loc"], at, text))
    return told
