"""The words that every part of a plan shares."""

from datetime import timedelta
from enum import StrEnum
from typing import Any

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]
Params = dict[str, Any]
"""Parameters of a check, a metric or a channel: JSON values without floats; each kind documents its own."""


def _hours(n: int) -> timedelta:
    return timedelta(hours=n)


class ReleaseKind(StrEnum):
    """How large a release is; a hotfix may skip what the policy lists, never go/no-go."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    HOTFIX = "hotfix"


class Moment(StrEnum):
    """What a check or an item gates: the scope freeze, GO, or the completion of the release."""

    FREEZE = "freeze"
    GO = "go"
    COMPLETION = "completion"
