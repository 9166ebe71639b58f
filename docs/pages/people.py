"""people.md: the people file of a simulation, and what an act takes."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter

from gonogo.client.people import People
from gonogo.client.people_verbs import VERBS, Verb

from .tables import cell, references, sections, type_words, whole_form

_NEEDED = " **Needed.** |"
_ACTS_TEXT = """\
Beside `at` or `on`, `who` and `do`, an act takes the keys of this table, and no others. What is open when it is done
need not be named: a vote answers the open poll, `widen` the open question, and without a `role` the one counts that
`who` fills. With `on: item.due` every act takes the `item`."""


def text() -> str:
    """The page."""
    head = """\
# The people file of a simulation

`gonogo simulate PLAN.yaml --people PEOPLE.yaml` runs a plan with these people and this world. Whoever is not scripted
answers well and in time. An act happens `at` an instant or `on` a moment (an event of [events.md](events.md) in dotted
form, such as `poll.opened`, or `item.due`); [what else it takes](#what-people-do) depends on what is done. A plan
without a date begins a day before the first act that has one. After the release has closed, each of its flags that is
to be gone by a date goes on until it is gone (`removed` says when), or 30 days late. These are three bad days of the
README's plan:

```yaml
acts:
  - {at: 2026-12-01T09:00:00Z, who: ben, do: candidate, commit: a1b2c3d}
  - {on: poll.opened, after: 30m, who: quinn, do: vote, choice: NO_GO, reason: the login page is broken}
  - {on: held, after: 1h, who: ben, do: candidate, commit: b2c3d4e}
checks:
  tests:
    - {at: 2026-12-01T00:00:00Z, status: fail, finding: 3 tests fail}
    - {at: 2026-12-02T08:00:00Z, status: pass}
```

## The file
"""
    return "\n".join([head, *sections(People, TypeAdapter(People).json_schema()), "", *_acts()])


def _acts() -> Iterator[str]:
    """What each act takes, read from its command as a people file is checked."""
    yield from ("## What people do", "", _ACTS_TEXT, "", "| act | key | what it takes | meaning |", "|---|---|---|---|")
    for name, verb in sorted(VERBS.items()):
        act = f"`{name}`"
        rows = [_key(verb, key, kind) for key, kind in verb.keys().items()]
        # What it cannot do without comes first; the order is otherwise the command's.
        for row in sorted(rows, key=lambda row: not row.endswith(_NEEDED)) or ["| none | | |"]:
            yield f"| {act} {row}"
            act = ""


def _key(verb: Verb, key: str, kind: Any) -> str:
    schema = TypeAdapter(kind).json_schema()
    whole = {name: whole_form(given) for name, given in schema.get("$defs", {}).items()}
    given = schema["properties"][key]
    listed = [f"`{one}`" for ref in references(given) for one in whole[ref].get("enum", ())]
    takes = ", ".join(listed) or _linked_to_plan(type_words(given, frozenset(whole)))
    needed = _NEEDED if key in {*schema.get("required", ()), *verb.needs} and key not in verb.guessed else " |"
    text = cell(given.get("description", ""))
    default = verb.guessed.get(key) or given.get("default")
    if isinstance(default, str | bool) and default != "" and "efault:" not in text:
        text += f" Default: {json.dumps(default) if isinstance(default, bool) else default}."
    return f"| `{key}` | {cell(takes)} | {text}{needed}"


def _linked_to_plan(takes: str) -> str:
    """Parts of a plan are described on its page."""
    return takes.replace("](#", "](plan.md#")
