"""Writes the pages of this folder that are made from the code: python docs/generate.py."""

import io
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from cyclopts import App
from pydantic import TypeAdapter
from rich.console import Console

from gonogo.adapters.command_check import CommandParams
from gonogo.adapters.deployed_check import DeployedParams
from gonogo.adapters.http_check import HttpParams
from gonogo.adapters.http_metrics import HttpMetricParams
from gonogo.adapters.webhook import WebhookParams
from gonogo.cli.exits import EXIT_TABLE
from gonogo.cli.main import build
from gonogo.cli.plans import POLICY_VARIABLE
from gonogo.client import people
from gonogo.client.connect import ACTOR_VARIABLE
from gonogo.client.people import People
from gonogo.client.people_verbs import VERBS, Verb
from gonogo.client.plan_schema import plan_schema
from gonogo.domain import plan, policy, values
from gonogo.domain.events import Entry, Event
from gonogo.domain.flag_events import FlagEvent
from gonogo.domain.notice_types import NOTICE_TYPES
from gonogo.domain.plan import Plan
from gonogo.worker.settings import Settings

FOLDER = Path(__file__).parent
_MADE = "<!-- Made by docs/generate.py: change the docstrings in the code instead. -->\n\n"
_WIDTH = 110
_DURATION = r"^(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?$"

Schema = dict[str, Any]

_KINDS: dict[str, Any] = {
    name: found
    for module in (values, policy, plan, people)
    for name, found in vars(module).items()
    if isinstance(found, type)
}
"""Name in a schema -> the class that it describes."""


def pages() -> dict[str, str]:
    """File name -> text, for every page that is made from the code."""
    made = {
        "plan.md": _plan(),
        "people.md": _people(),
        "events.md": _events(),
        "cli.md": _cli(),
        "settings.md": _settings(),
        "kinds.md": _shipped(),
    }
    return {name: _MADE + text.rstrip() + "\n" for name, text in made.items()}


# --- words for a JSON schema -----------------------------------------------------------------------------------------


def _type(given: Schema, linked: frozenset[str]) -> str:
    """What may stand in a field, in a few words; definitions in `linked` have a section of their own."""
    if "$ref" in given:
        name = given["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})" if name in linked else name
    if "anyOf" in given:
        kinds = [one for one in given["anyOf"] if one.get("type") != "null"]
        if {"number", "string"} == {one.get("type") for one in kinds}:
            return "number"
        return " or ".join(dict.fromkeys(_type(one, linked) for one in kinds))
    if "oneOf" in given:
        return " or ".join(dict.fromkeys(_type(one, linked) for one in given["oneOf"]))
    if "const" in given:
        return f"`{given['const']}`"
    if "enum" in given:
        return ", ".join(f"`{one}`" for one in given["enum"])
    match given.get("type"):
        case "array":
            return f"list of {_type(given.get('items', {}), linked)}"
        case "object":
            inner = next(iter(given.get("patternProperties", {}).values()), given.get("additionalProperties"))
            return f"mapping to {_type(inner, linked)}" if isinstance(inner, dict) and inner else "mapping"
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


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table(names: Iterable[str], schema: Schema, linked: frozenset[str]) -> Iterator[str]:
    yield "| field | what it takes | meaning |"
    yield "|---|---|---|"
    required = schema.get("required", ())
    for name in names:
        given = schema["properties"][name]
        needed = " **Needed.**" if name in required else ""
        yield f"| `{name}` | {_cell(_type(given, linked))} | {_cell(given.get('description', ''))}{needed} |"


def _sections(kind: Any, schema: Schema) -> Iterator[str]:
    """The table of `kind`, then one for each definition that it uses, in the order of first use."""
    definitions: dict[str, Schema] = schema["$defs"]
    whole = {name: _object(given) for name, given in definitions.items()}
    linked = frozenset(name for name, given in whole.items() if "properties" in given or "enum" in given)
    yield from _table(_names(kind.__name__, schema), schema, linked)
    for name in _in_order(kind.__name__, schema, whole):
        given = whole[name]
        yield from ("", f"## {name}", "", _cell(given.get("description", "")), "")
        if "properties" in given:
            forms = [one for one in definitions[name].get("anyOf", ()) if "properties" not in one]
            for one in forms:
                if "description" in one:
                    yield from (f"Short form, {_type(one, linked)}: {one['description']}", "")
            yield from _table(_names(name, given), given, linked)
        else:
            yield f"One of {', '.join(f'`{one}`' for one in given['enum'])}."


def _object(given: Schema) -> Schema:
    """The form of a definition that is a mapping, where it has short forms, too."""
    return next((one for one in given.get("anyOf", ()) if "properties" in one), given)


def _in_order(kind: str, schema: Schema, whole: dict[str, Schema]) -> tuple[str, ...]:
    """Definitions in the order in which somebody who reads the tables meets them."""
    found: dict[str, None] = {}
    waiting = [(kind, schema)]
    while waiting:
        name, given = waiting.pop(0)
        used = [ref for field in _names(name, given) for ref in _references(given["properties"][field])]
        for ref in used:
            if ref not in found:
                found[ref] = None
                waiting.append((ref, whole[ref]))
    return tuple(found)


def _references(given: Any) -> Iterator[str]:
    if isinstance(given, list):
        for one in given:
            yield from _references(one)
    elif isinstance(given, dict):
        if "$ref" in given:
            yield str(given["$ref"]).rsplit("/", 1)[1]
        yield from _references(list(given.values()))


def _names(kind: str, given: Schema) -> tuple[str, ...]:
    """The fields in the order of the code: a schema has those with made defaults first."""
    if "properties" not in given:
        return ()
    return tuple(field.name for field in fields(_KINDS[kind]))


# --- pages -----------------------------------------------------------------------------------------------------------


def _plan() -> str:
    head = """\
# The plan file

Every field of a plan, with its default. `gonogo plan new` writes a plan to begin with, `gonogo plan check` says
everything that is wrong with one, with line and column, and `gonogo plan schema` prints the JSON schema that editors
use. A *duration* is written `90m`, `4h`, `1d12h` or `2w`; an *instant* with its offset, `2026-12-01T09:00:00Z`. Names
are made of lower-case letters, digits, `_`, `.` and `-`. A key that is not in these tables is an error.

`plan check` also warns, and `--strict` makes an error of it: of an adapter that is not installed beside it (a worker
without it refuses the launch), of dates that have passed, of a slot without room for its poll. A calendar that leaves
no slot at all, seen from `schedule.starts`, or without it from now, is an error.

## The plan
"""
    types = ", ".join(f"`{name}`" for name in NOTICE_TYPES)
    told = f"A route names them alone, or by a pattern such as `hold.*`:\n\n{types}."
    return "\n".join([head, *_sections(Plan, plan_schema()), "", "## Message types", "", told])


def _people() -> str:
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
    return "\n".join([head, *_sections(People, TypeAdapter(People).json_schema()), "", *_acts()])


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
    whole = {name: _object(given) for name, given in schema.get("$defs", {}).items()}
    given = schema["properties"][key]
    listed = [f"`{one}`" for ref in _references(given) for one in whole[ref].get("enum", ())]
    takes = ", ".join(listed) or _linked_to_plan(_type(given, frozenset(whole)))
    needed = _NEEDED if key in {*schema.get("required", ()), *verb.needs} and key not in verb.guessed else " |"
    text = _cell(given.get("description", ""))
    default = verb.guessed.get(key) or given.get("default")
    if isinstance(default, str | bool) and default != "" and "efault:" not in text:
        text += f" Default: {json.dumps(default) if isinstance(default, bool) else default}."
    return f"| `{key}` | {_cell(takes)} | {text}{needed}"


def _linked_to_plan(takes: str) -> str:
    """Parts of a plan are described on its page."""
    return takes.replace("](#", "](plan.md#")


_NEEDED = " **Needed.** |"
_ACTS_TEXT = """\
Beside `at` or `on`, `who` and `do`, an act takes the keys of this table, and no others. What is open when it is done
need not be named: a vote answers the open poll, `widen` the open question, and without a `role` the one counts that
`who` fills. With `on: item.due` every act takes the `item`."""


def _events() -> str:
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
            *_table((field.name for field in fields(Entry)), TypeAdapter(Entry).json_schema(), frozenset()),
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
        yield from (f"### {kind.__name__}", "", _cell(kind.__doc__), "")
        names = [field.name for field in fields(kind) if field.name != "type"]
        if names:
            yield from (*_table(names, schema, frozenset()), "")


def _cli() -> str:
    app = build()
    app.help_formatter = "plain"
    head = f"""\
# Commands

What `gonogo COMMAND --help` says, for every command.

{EXIT_TABLE}
"""
    lines = [head]
    for words, command in _commands(app):
        if next(_commands(command), None):
            continue  # a group: its commands follow
        text = "\n".join(line.rstrip() for line in _help(app, words).strip().splitlines())
        lines.append(f"## gonogo {' '.join(words)}\n\n```text\n{text}\n```\n")
    return "\n".join(lines)


def _commands(app: App, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], App]]:
    for name in app:
        if not name.startswith("-"):
            yield (*path, name), app[name]
            yield from _commands(app[name], (*path, name))


def _help(app: App, words: tuple[str, ...]) -> str:
    out = io.StringIO()
    app.help_print(list(words), console=Console(file=out, width=_WIDTH, color_system=None, force_terminal=False))
    return out.getvalue()


def _settings() -> str:
    rows = [f"| {_cell(field.description or '')} |".replace(": ", " | ", 1) for field in Settings.model_fields.values()]
    return "\n".join(
        [
            f"""\
# Settings

Everything is set by environment variables, read once when a program starts; an empty one counts as not set. A value
that cannot be used is refused by name.

## The worker and `gonogo up`

| variable | meaning |
|---|---|
{chr(10).join(rows)}

## Commands

| variable | meaning |
|---|---|
| `{ACTOR_VARIABLE}` | Who asks. Default: the user of this machine. `--as PERSON` comes before it. |
| `{POLICY_VARIABLE}` | The organisation's policy file. Default: none. `--policy FILE` comes before it. |
| `GONOGO_HOME` | The data folder, in which commands find the server of `gonogo up`. Default: as above. |
| `GONOGO_TASK_QUEUE` | The task queue on which releases are launched: the worker's. Default: gonogo. |

## Adapters

| variable | meaning |
|---|---|
| `GONOGO_FLAGS_DIR` | Flag provider `file`: the folder of the flag files. Default: `flags/` in the data folder. |

A secret never stands in a plan: a parameter such as `secret: env:CHAT_SECRET` names a variable of the worker.

## The connection to Temporal

Temporal's own variables and configuration file: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`,
`TEMPORAL_TLS_…`, `TEMPORAL_CONFIG_FILE`, `TEMPORAL_PROFILE`. Without an address the server of `gonogo up` is used."""
        ]
    )


def _shipped() -> str:
    head = """\
# Checks, metrics, flags and channels that come with gonogo

What stands under `params`, by kind. Each works without an account anywhere; [adapters.md](adapters.md) says how to
write another one.
"""
    sections = [head]
    for title, text, kind in _SHIPPED:
        sections.append(f"## {title}\n\n{text}\n")
        if kind is not None:
            sections += [*_table([field.name for field in fields(kind)], TypeAdapter(kind).json_schema(), _NONE), ""]
    return "\n".join(sections)


_NONE: frozenset[str] = frozenset()
_SHIPPED: tuple[tuple[str, str, Any], ...] = (
    (
        "Check `http`",
        "Asks a URL. Another status, a redirect, no answer, or an answer that is not JSON is unclear.",
        HttpParams,
    ),
    (
        "Check `command`",
        "Runs a program, without a shell, within the check's `timeout`. It finds the release in `GONOGO_RELEASE`, "
        "`GONOGO_ENVIRONMENT`, `GONOGO_CHECK` and `GONOGO_COMMIT`, and nothing else of the worker's environment but "
        "PATH, HOME and LANG. The last line of its output is the finding.",
        CommandParams,
    ),
    (
        "Check `deployed`",
        "Whether the candidate's commit is what runs in the release's environment; asked at the opening and before "
        "each stage.",
        DeployedParams,
    ),
    ("Check `pushed`", "Your pipeline gives the result: `gonogo check push`. It has no parameters.", None),
    (
        "Check `flag_debt`",
        "Whether the product has overdue flags. Of moment `freeze`; it has no parameters.",
        None,
    ),
    ("Metrics `http`", "Asks the guard's `query`, a URL, for a number. No number is no data.", HttpMetricParams),
    (
        "Flags `file`",
        "Writes `ENVIRONMENT.flagd.json`, which flagd and OpenFeature providers read: whole, fenced, read back. Users "
        "who are in stay in as exposure grows. The folder is set by the worker, see [settings.md](settings.md).",
        None,
    ),
    ("Channel `inbox`", "One JSON file a message, in `inbox/` of the data folder. It has no parameters.", None),
    (
        "Channel `webhook`",
        "Posts a CloudEvents envelope, signed as Standard Webhooks say. What cannot be delivered is tried again, and "
        "never blocks the release.",
        WebhookParams,
    ),
)


def _setting(description: str) -> str:
    variable, _, meaning = _cell(description).partition(": ")
    return f"| {variable} | {meaning[0].upper()}{meaning[1:]} |"


if __name__ == "__main__":
    for page, text in pages().items():
        (FOLDER / page).write_text(text, encoding="utf-8")
        sys.stdout.write(f"docs/{page}\n")
