"""What pydantic found wrong, in plain sentences that name the value and say what to write instead."""

from difflib import get_close_matches
from typing import Any

from .positions import Path

_PATTERNS = {
    r"^[a-z0-9][a-z0-9_.-]*$": "is not a name: use lower case letters, digits, `_`, `.`, `-`, a letter or digit first",
    r"^[A-Za-z0-9][A-Za-z0-9_.-]*$": "is not a flag key: use letters, digits, `_`, `.`, `-`, a letter or digit first",
    r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$": "is not a version: use letters, digits, `_`, `.`, `+` and `-`",
    r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$": "is not a local time: write 2026-12-19T18:00, without an offset",
    r"^\d{2}:\d{2}$": "is not a time of day: write 09:00",
    r"^[0-9A-Za-z._/-]{1,128}$": "is not a commit: use letters, digits, `_`, `.`, `/` and `-`, at most 128 of them",
    r"^[a-z0-9]+:[0-9a-f]{8,128}$": "is not a digest: write sha256: and its hexadecimal digits",
    r"^(check|item|flag):[A-Za-z0-9_.-]+$": "names nothing: write check:ID, item:ID or flag:KEY",
    r"^[A-Z]{2}(-[A-Z0-9]{1,4})?$": "is not a country: write DE, or DE-BY for a part of it",
    r"\S": "is blank: needs some words",
}
_EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "finite_number": "a number",
    "tuple_type": "a list, as [one, two]",
    "list_type": "a list, as [one, two]",
    "dict_type": "a mapping of names to values",
    "dataclass_type": "a mapping of names to values",
    "dataclass_exact_type": "a mapping of names to values",
}
_LIMITS = {
    "less_than_equal": ("above", "le"),
    "less_than": ("not below", "lt"),
    "greater_than_equal": ("below", "ge"),
    "greater_than": ("not above", "gt"),
}


def shown(given: Any) -> str:
    """`given` as people write it in YAML, shortened."""
    if given is None:
        return "nothing"
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, dict):
        return "a mapping"
    if isinstance(given, (list, tuple)):
        return "a list"
    text = repr(given) if isinstance(given, str) else str(given)
    return text if len(text) <= 60 else text[:57] + "..."


def sentence(error: dict[str, Any], text: str | None, fields: list[str]) -> str:
    """What is wrong, as one sentence without the path.

    Args:
        error: One of pydantic's errors.
        text: The scalar as it stands in the file, if there is one.
        fields: Names of the fields that stand beside the culprit, for `did you mean`.
    """
    kind, given, ctx = error["type"], error["input"], error.get("ctx", {})
    value = shown(given)
    if kind == "missing":
        return "needs a value"
    if kind == "unexpected_keyword_argument":
        close = get_close_matches(str(error["loc"][-1]), fields, n=1)
        return "unknown key; " + (f"did you mean `{close[0]}`?" if close else f"known are {', '.join(sorted(fields))}")
    if kind == "string_type" and isinstance(given, (int, float)):
        what = "a truth value" if isinstance(given, bool) else "a number"
        return f'{text} is {what} here: put it in quotes, as "{text}"'
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, got {value}"
    if kind in _LIMITS:
        words, limit = _LIMITS[kind]
        return f"{value} is {words} {ctx[limit]}"
    if kind in ("enum", "literal_error"):
        return _choice(given, value, str(ctx["expected"]))
    if kind == "string_pattern_mismatch":
        return f"{value} {_PATTERNS.get(ctx['pattern'], 'does not match ' + ctx['pattern'])}"
    if kind == "string_too_long":
        return f"is longer than {ctx['max_length']} characters"
    if kind in ("string_too_short", "too_short"):
        return "is empty: needs a value" if kind == "string_too_short" else "an empty list: needs at least one"
    if kind.startswith(("datetime", "timezone")):
        return f"{value} is not an instant: write 2026-03-05T14:00:00Z"
    if kind == "value_error":
        return str(ctx["error"])
    message = str(error["msg"])
    return f"{value}: {message[0].lower()}{message[1:]}"


def _choice(given: Any, value: str, expected: str) -> str:
    names = [name.strip("'") for name in expected.replace(" or ", ", ").split(", ")]
    close = get_close_matches(str(given), names, n=1)
    hint = f"; did you mean `{close[0]}`?" if close else ""
    return f"{value} is not known here: expected {'one of ' if len(names) > 1 else ''}{', '.join(names)}{hint}"


def fields_at(schema: dict[str, Any], path: Path) -> list[str]:
    """Names of the fields of the mapping at `path`, read from a JSON schema; empty where any key goes."""
    found = [schema]
    for part in path:
        found = [below for one in found for form in _forms(schema, one) for below in _below(form, part)]
    return sorted({name for one in found for form in _forms(schema, one) for name in form.get("properties", ())})


def _forms(root: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in schema:
        return _forms(root, root["$defs"][schema["$ref"].rsplit("/", 1)[1]])
    if "anyOf" in schema or "oneOf" in schema:
        return [form for one in schema.get("anyOf") or schema["oneOf"] for form in _forms(root, one)]
    return [schema]


def _below(schema: dict[str, Any], part: str | int) -> list[dict[str, Any]]:
    if isinstance(part, int):
        return [schema["items"]] if "items" in schema else list(schema.get("prefixItems", ()))[part : part + 1]
    if part in schema.get("properties", {}):
        return [schema["properties"][part]]
    rest = schema.get("additionalProperties")
    return [*([rest] if isinstance(rest, dict) else ()), *schema.get("patternProperties", {}).values()]
