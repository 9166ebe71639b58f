"""Canonical JSON: the one spelling of a value, so that equal values have equal bytes and equal digests.

Sorted keys, no whitespace, UTF-8, no floats (integers, or decimals as strings); what is absent is left out.
"""

import hashlib
import json
from dataclasses import is_dataclass
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]  # typeshed leaves them out
from typing import Any

from pydantic import TypeAdapter


class CanonicalError(ValueError):
    """A value that has no canonical JSON; the message says where and why."""

    code = "canonical.refused"


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False).encode
_PLAIN = frozenset({str, int, bool})


def _cleaned(given: Any, path: str) -> Any:
    """`given` without None in mappings; the same object when there was nothing to leave out."""
    # One walk in Python: the C encoder has no hook for floats or keys. Exact types first, they are nearly all.
    kind = type(given)
    if kind in _PLAIN or given is None:
        return given
    if isinstance(given, dict):
        cleaned = given
        for key, item in given.items():
            if not isinstance(key, str):
                raise CanonicalError(f"{path}: the key {key!r} is not text: write it in quotes")
            if type(item) in _PLAIN:
                continue
            new = None if item is None else _cleaned(item, f"{path}.{key}")
            if new is None or new is not item:
                if cleaned is given:
                    cleaned = dict(given)
                if new is None:
                    del cleaned[key]
                else:
                    cleaned[key] = new
        return cleaned
    if isinstance(given, (list, tuple)):
        return [_cleaned(item, f"{path}[{place}]") for place, item in enumerate(given)]
    if isinstance(given, float):
        raise CanonicalError(f"{path}: {given!r} is a number with a fraction: write it in quotes, as '{given}'")
    if isinstance(given, (str, int)):
        return given
    raise CanonicalError(
        f"{path}: {given!r} is no JSON value: write text, a whole number, true, false, a list or a mapping"
    )


def canonical(given: Any) -> bytes:
    """`given`, made of dict, list, str, int, bool and None, as canonical JSON. None in a mapping counts as absent.

    Raises:
        CanonicalError: it holds a float, a key that is not text, another kind of object, or text that is not Unicode;
            or it is nested too deep, or in itself.
    """
    try:
        return _encode(_cleaned(given, "$")).encode()
    except UnicodeEncodeError as error:
        raise CanonicalError(f"text with half a surrogate pair is not Unicode: {error.object[:80]!r}") from error
    except RecursionError as error:
        raise CanonicalError("the value is nested too deep") from error


# Building an adapter takes milliseconds, and there are as many as there are classes.
_adapters: dict[type, TypeAdapter[Any]] = {}


def to_json(value: Any) -> Any:
    """A value object as dict, list, str, int, bool: durations, instants and decimals as text, None left out."""
    cls = type(value)
    adapter = _adapters.get(cls)
    if adapter is None:
        adapter = _adapters[cls] = TypeAdapter(cls)
    return adapter.dump_python(value, mode="json", exclude_none=True)


# Whether values of a class may hold what pydantic does not check: parameters that plan authors make up.
_open: dict[type, bool] = {}


def _names_any(schema: Any) -> bool:
    if isinstance(schema, dict):
        return schema.get("type") == "any" or any(_names_any(part) for part in schema.values())
    return isinstance(schema, (list, tuple)) and any(_names_any(part) for part in schema)


def is_open(cls: type) -> bool:
    """True when values of `cls` can hold anything somewhere, so that only a walk can tell that no float is in them."""
    found = _open.get(cls)
    if found is None:
        found = _open[cls] = _names_any(TypeAdapter(cls).core_schema)
    return found


# What `_encode` builds anew for every call: half of the time that a small entry takes.
_quick = c_make_encoder(None, None, encode_basestring, None, ":", ",", True, False, False)


def canonical_of_closed(given: Any) -> bytes:
    """Canonical JSON of what `to_json` gave for a class that is not open: the same bytes, without the walk."""
    return "".join(_quick(given, 0)).encode()


def digest(given: Any) -> str:
    """SHA-256, in hex, of the canonical JSON of a value object or of JSON."""
    return hashlib.sha256(canonical(to_json(given) if is_dataclass(given) else given)).hexdigest()
