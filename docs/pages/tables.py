"""Words and tables for the fields that a JSON schema describes."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from gonogo.client import people
from gonogo.domain import plan, policy, values

Schema = dict[str, Any]

_DURATION = r"^(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?$"
_KINDS: dict[str, Any] = {
    name: found
    for module in (values, policy, plan, people)
    for name, found in vars(module).items()
    if isinstance(found, type)
}
"""Name in a schema -> the class that it describes."""


def type_words(given: Schema, linked: frozenset[str]) -> str:
    """What may stand in a field, in a few words; definitions in `linked` have a section of their own."""
    if "$ref" in given:
        name = given["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})" if name in linked else name
    if "anyOf" in given:
        kinds = [one for one in given["anyOf"] if one.get("type") != "null"]
        if {"number", "string"} == {one.get("type") for one in kinds}:
            return "number"
        return " or ".join(dict.fromkeys(type_words(one, linked) for one in kinds))
    if "oneOf" in given:
        return " or ".join(dict.fromkeys(type_words(one, linked) for one in given["oneOf"]))
    if "const" in given:
        return f"`{given['const']}`"
    if "enum" in given:
        return ", ".join(f"`{one}`" for one in given["enum"])
    match given.get("type"):
        case "array":
            return f"list of {type_words(given.get('items', {}), linked)}"
        case "object":
            inner = next(iter(given.get("patternProperties", {}).values()), given.get("additionalProperties"))
            return f"mapping to {type_words(inner, linked)}" if isinstance(inner, dict) and inner else "mapping"
        case "string":
            return _text(given)
        case "boolean":
            return "true or false"
        case str(other):
            return other
        case _:
            return "any value"


def _text(given: Schema) -> str:
    if given.get("pattern") == _DURATION:
        return "duration"
    return "instant" if given.get("format") == "date-time" else "text"


def cell(text: str) -> str:
    """`text` as it may stand in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def table(names: Iterable[str], schema: Schema, linked: frozenset[str] = frozenset()) -> Iterator[str]:
    """The fields `names` of `schema`, a row each; definitions in `linked` have a section of their own."""
    yield "| field | what it takes | meaning |"
    yield "|---|---|---|"
    required = schema.get("required", ())
    for name in names:
        given = schema["properties"][name]
        needed = " **Needed.**" if name in required else ""
        yield f"| `{name}` | {cell(type_words(given, linked))} | {cell(given.get('description', ''))}{needed} |"


def sections(kind: Any, schema: Schema) -> Iterator[str]:
    """The table of `kind`, then one for each definition that it uses, in the order of first use."""
    definitions: dict[str, Schema] = schema["$defs"]
    whole = {name: whole_form(given) for name, given in definitions.items()}
    linked = frozenset(name for name, given in whole.items() if "properties" in given or "enum" in given)
    yield from table(_names(kind.__name__, schema), schema, linked)
    for name in _in_order(kind.__name__, schema, whole):
        given = whole[name]
        yield from ("", f"## {name}", "", cell(given.get("description", "")), "")
        if "properties" in given:
            forms = [one for one in definitions[name].get("anyOf", ()) if "properties" not in one]
            for one in forms:
                if "description" in one:
                    yield from (f"Short form, {type_words(one, linked)}: {one['description']}", "")
            yield from table(_names(name, given), given, linked)
        else:
            yield f"One of {', '.join(f'`{one}`' for one in given['enum'])}."


def whole_form(given: Schema) -> Schema:
    """The form of a definition that is a mapping, where it has short forms, too."""
    return next((one for one in given.get("anyOf", ()) if "properties" in one), given)


def _in_order(kind: str, schema: Schema, whole: dict[str, Schema]) -> tuple[str, ...]:
    """Definitions in the order in which somebody who reads the tables meets them."""
    found: dict[str, None] = {}
    waiting = [(kind, schema)]
    while waiting:
        name, given = waiting.pop(0)
        used = [ref for field in _names(name, given) for ref in references(given["properties"][field])]
        for ref in used:
            if ref not in found:
                found[ref] = None
                waiting.append((ref, whole[ref]))
    return tuple(found)


def references(given: Any) -> Iterator[str]:
    """The names of the definitions that a schema points to, in its order."""
    if isinstance(given, list):
        for one in given:
            yield from references(one)
    elif isinstance(given, dict):
        if "$ref" in given:
            yield str(given["$ref"]).rsplit("/", 1)[1]
        yield from references(list(given.values()))


def _names(kind: str, given: Schema) -> tuple[str, ...]:
    """The fields in the order of the code: a schema has those with made defaults first."""
    if "properties" not in given:
        return ()
    return tuple(field.name for field in fields(_KINDS[kind]))
