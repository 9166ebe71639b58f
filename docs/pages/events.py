"""events.md: an entry of a ledger, and everything that can stand in one."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, get_args

from pydantic import TypeAdapter

from gonogo.domain.events import Entry, Event
from gonogo.domain.flag_events import FlagEvent

from .tables import cell, table


def text() -> str:
    """The page."""
    head = """\
# Events

Everything that can happen to a release, and to a flag in its own life, is one of these. An event stands in the ledger
inside an entry, as canonical JSON: sorted keys, no spaces, no floats, instants in UTC with microseconds and `Z`, absent
fields left out. The `hash` of an entry is the SHA-256 of the line before it, so that nothing can be changed, dropped or
put in unnoticed.

## An entry
"""
    flag_events = [
        "## Events of a flag",
        "",
        "A flag's own workflow outlives releases, and keeps a ledger of its own.",
        "",
    ]
    return "\n".join(
        [
            head,
            *table((field.name for field in fields(Entry)), TypeAdapter(Entry).json_schema()),
            "",
            "## Events of a release",
            "",
            *_each(Event),
            *flag_events,
            *_each(FlagEvent),
        ]
    )


def _each(union: Any) -> Iterator[str]:
    for kind in get_args(get_args(union)[0]):
        schema = TypeAdapter(kind).json_schema()
        yield from (f"### {kind.__name__}", "", cell(kind.__doc__), "")
        names = [field.name for field in fields(kind) if field.name != "type"]
        if names:
            yield from (*table(names, schema), "")
