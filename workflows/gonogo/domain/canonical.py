"""Canonical JSON: the one spelling of a value, so that equal values have equal bytes and equal digests.

Sorted keys, no whitespace, UTF-8, no floats (integers, or decimals as strings); what is absent is left out. Value
objects and plain JSON are written by the same writers, one for each type, in one walk: this is where the core spends
most of its time.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, Literal, NoReturn, cast, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter

from .values import format_duration, format_instant, format_number


class CanonicalError(ValueError):
    """A value that has no canonical JSON; the message says where and why."""

    code = "canonical.refused"


class Written(str):
    """A part that is canonical JSON already: it goes into a greater value as it stands."""


_Writer = Callable[[Any], str]


class _Writers(dict[type, _Writer]):
    """Type -> how its values are written. Kinds of value objects are added as they are met."""

    def __missing__(self, cls: type) -> _Writer:
        made = self[cls] = _writer(cls)
        return made


def _sequence(given: Any) -> str:
    return "[" + ",".join([_writers[type(part)](part) for part in given]) + "]" if given else "[]"


def _mapping(given: Mapping[Any, Any]) -> str:
    # The writer of text takes nothing but text: a key of another kind is found by it.
    return (
        "{"
        + ",".join(
            [
                encode_basestring(name) + ":" + _writers[type(part)](part)
                for name in sorted(given)
                if (part := given[name]) is not None
            ]
        )
        + "}"
    )


_WRITTEN: dict[type, _Writer] = {
    str: encode_basestring,
    int: int.__repr__,
    bool: lambda given: "true" if given else "false",
    type(None): lambda given: "null",
    datetime: lambda given: f'"{format_instant(given)}"',
    timedelta: lambda given: f'"{format_duration(given)}"',
    Decimal: lambda given: f'"{format_number(given)}"',
    tuple: _sequence,
    list: _sequence,
    dict: _mapping,
    Written: str.__str__,
}
_writers = _Writers(_WRITTEN)


def _writer(cls: type) -> _Writer:
    """The writer of a type that is met for the first time."""
    if is_dataclass(cls):
        return _writer_of_fields(cls)
    if issubclass(cls, str):  # the members of our enumerations are text too
        return encode_basestring
    if issubclass(cls, Mapping):
        return _mapping
    raise TypeError(f"{cls.__name__} is no JSON")


def _writer_of_fields(cls: type) -> _Writer:
    """A function made for `cls`, as `dataclasses` makes an `__init__`: one f-string takes half the time of a loop."""
    hints = get_type_hints(cls)
    parts = "".join(_field(name, hints[name]) for name in sorted(f.name for f in fields(cls)))
    scope = {"_text": encode_basestring, "_writers": _writers}
    if parts.startswith(","):  # what comes first is always there: its comma is not even written
        return cast("_Writer", eval(f"lambda _given: f'''{{{{{parts[1:]}}}}}'''", scope))
    return cast("_Writer", eval(f"lambda _given: '{{' + f'''{parts}'''[1:] + '}}'", scope))


def _field(name: str, hint: Any) -> str:
    """What stands in the f-string for a field, a comma before it."""
    key, part = f',"{name}":', f"_given.{name}"
    match get_args(hint):
        case (str() as only,) if get_origin(hint) is Literal:  # the type of an event is always the same
            return key + encode_basestring(only)
    if hint is str:
        return f"{key}{{_text({part})}}"
    said = f"_writers[type(_part := {part})](_part)"
    return f"{key}{{{said}}}" if isinstance(hint, type) else f"{{'' if {part} is None else '{key}' + {said}}}"


def keep_last(cls: type) -> None:
    """From now on a `cls` is written once, however often it follows itself: great values, and frozen ones alone."""
    write = _writers[cls]
    last: tuple[Any, str] = (None, "")

    def again(given: Any) -> str:
        nonlocal last
        known, text = last
        if known is not given:
            text = write(given)
            last = (given, text)
        return text

    _writers[cls] = again


def canonical(given: Any) -> bytes:
    """`given`, a value object or JSON, as canonical JSON. None in a mapping or a field counts as absent.

    Raises:
        CanonicalError: it holds a float, a key that is not text, another kind of object, or text that is not Unicode;
            or it is nested too deep, or in itself.
    """
    try:
        return _writers[type(given)](given).encode()
    except TypeError:  # somewhere stands what JSON cannot say; where, is looked for only then
        _refuse(given)
    except UnicodeEncodeError as error:
        raise CanonicalError(f"text with half a surrogate pair is not Unicode: {error.object[:80]!r}") from error
    except RecursionError as error:
        raise CanonicalError("the value is nested too deep") from error


def written(given: Any) -> Written:
    """`given` as canonical JSON, to be put into greater values again and again.

    Raises:
        CanonicalError: as `canonical` does.
    """
    return Written(canonical(given).decode())


def _refuse(given: Any) -> NoReturn:
    """Says what of `given` cannot be written, and where it stands."""
    for path, part in _places(given, "$"):
        if isinstance(part, Mapping):
            odd = [key for key in part if not isinstance(key, str)]
            if odd:
                raise CanonicalError(f"{path}: the key {odd[0]!r} is not text: write it in quotes")
        elif isinstance(part, float):
            raise CanonicalError(f"{path}: {part!r} is a number with a fraction: write it in quotes, as '{part}'")
        elif not is_dataclass(part) and not isinstance(part, str) and type(part) not in _writers:
            raise CanonicalError(
                f"{path}: {part!r} is no JSON value: write text, a whole number, true, false, a list or a mapping"
            )
    raise AssertionError("every part can be written, the whole cannot")


def _places(given: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every part of a value with its place, outermost first."""
    yield path, given
    if is_dataclass(given):
        for field in fields(given):
            yield from _places(getattr(given, field.name), f"{path}.{field.name}")
    elif isinstance(given, Mapping):
        for key, item in given.items():
            yield from _places(item, f"{path}.{key}")
    elif isinstance(given, (list, tuple)):
        for number, item in enumerate(given):
            yield from _places(item, f"{path}[{number}]")


# Building an adapter takes milliseconds, and there are as many as there are classes.
_adapters: dict[type, TypeAdapter[Any]] = {}


def to_json(value: Any) -> Any:
    """A value object as dict, list, str, int, bool: durations, instants and decimals as text, None left out."""
    cls = type(value)
    adapter = _adapters.get(cls)
    if adapter is None:
        adapter = _adapters[cls] = TypeAdapter(cls)
    return adapter.dump_python(value, mode="json", exclude_none=True)


def digest(given: Any) -> str:
    """SHA-256, in hex, of the canonical JSON of a value object or of JSON."""
    return hashlib.sha256(canonical(given)).hexdigest()
