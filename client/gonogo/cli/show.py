"""Printing: JSON of a stable shape, and a console that has colours only on a terminal."""

import json
import sys
from collections.abc import Iterable
from dataclasses import is_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console, RenderableType

from gonogo.domain.canonical import to_json
from gonogo.domain.values import format_duration

_PLAIN_WIDTH = 120


def console() -> Console:
    """A console on the output as it is now. rich leaves colours out where that is no terminal, or NO_COLOR is set."""
    return Console(
        file=sys.stdout,
        highlight=False,
        width=None if sys.stdout.isatty() else _PLAIN_WIDTH,
        soft_wrap=not sys.stdout.isatty(),
    )


def display(what: RenderableType) -> None:
    """Prints what people read. What must stay whole, such as a command, is longer than a narrow terminal is wide."""
    console().print(what, crop=False)


def emit_json(given: Any) -> None:
    """Prints one JSON value on one line."""
    print(json.dumps(_plain(given), ensure_ascii=False), flush=True)


def _plain(given: Any) -> Any:
    if is_dataclass(given) and not isinstance(given, type):
        return to_json(given)
    if isinstance(given, dict):
        return {name: _plain(item) for name, item in given.items()}
    if isinstance(given, (list, tuple)):
        return [_plain(item) for item in given]
    return given


def instant(at: datetime | None) -> str:
    """An instant as a person reads it: to the minute, in UTC; `-` for none."""
    return "-" if at is None else f"{at.astimezone(UTC):%a %Y-%m-%d %H:%M}Z"


def ago(at: datetime, now: datetime) -> str:
    """How long ago `at` was, or how far ahead it is, in its two largest units."""
    far = abs(now - at)
    text = _short(far)
    return f"in {text}" if at > now else f"{text} ago"


def _short(length: timedelta) -> str:
    if length < timedelta(minutes=1):
        return format_duration(timedelta(seconds=int(length.total_seconds())))
    minutes = int(length.total_seconds()) // 60
    if minutes >= 24 * 60:
        minutes -= minutes % 60
    return format_duration(timedelta(minutes=minutes))


def names(people: Iterable[str]) -> str:
    """People in one line; `nobody` for none."""
    return ", ".join(people) or "nobody"
