"""The JSON schema of plan files, for editors: every field with its description, and the short forms that are read."""

import re
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter

from gonogo.domain.values import format_duration

from .plan_file import plan_adapter

_NAME = {"type": "string", "pattern": "^[a-z0-9][a-z0-9_.-]*$"}
_SHORT_FORMS: dict[str, list[dict[str, Any]]] = {
    "Role": [
        {**_NAME, "description": "The one person who fills the role."},
        {"type": "array", "items": _NAME, "minItems": 1, "description": "The people who fill the role."},
    ],
    "Exposure": [
        {"enum": ["everyone", "opt_in"], "description": "A whole audience."},
        {"type": "string", "pattern": r"^\d{1,3}\s*%$", "description": "A share of users, such as 10%."},
    ],
    "Question": [{"type": "string", "minLength": 1, "description": "The question; everything else is the default."}],
}
"""Definition -> what a plan file may say instead of the mapping; read by `gonogo.domain.plan`."""
_IMPLIED = ("Stage", "Exposure")
"""Definitions whose `audience` may be left out where `percent` or `segments` says it."""


_ISO = re.compile(r"P(?:\d+D)?(?:T[\dHMS.]+)?")
_DURATION: TypeAdapter[timedelta] = TypeAdapter(timedelta)


def _spell_defaults(node: Any) -> None:
    """Writes durations in defaults as a plan does (4h): pydantic writes them as PT4H, which a plan refuses."""
    if isinstance(node, dict):
        if "default" in node:
            node["default"] = _spelled(node["default"])
        for part in node.values():
            _spell_defaults(part)
    elif isinstance(node, list):
        for part in node:
            _spell_defaults(part)


def _spelled(default: Any) -> Any:
    if isinstance(default, dict):
        return {name: _spelled(part) for name, part in default.items()}
    if isinstance(default, list):
        return [_spelled(part) for part in default]
    if isinstance(default, str) and len(default) > 1 and _ISO.fullmatch(default):
        return format_duration(_DURATION.validate_python(default))
    return default


def plan_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of a plan file, as JSON values."""
    schema = plan_adapter().json_schema()
    definitions = schema["$defs"]
    for name in _IMPLIED:
        definitions[name]["anyOf"] = [{"required": [field]} for field in ("audience", "percent", "segments")]
        definitions[name]["required"] = [field for field in definitions[name]["required"] if field != "audience"]
    for name, forms in _SHORT_FORMS.items():
        whole = definitions[name]
        definitions[name] = {"description": whole["description"], "anyOf": [*forms, whole]}
    _spell_defaults(schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gonogo release plan",
        **{key: value for key, value in schema.items() if key != "title"},
    }
