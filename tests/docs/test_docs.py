"""What README and docs say is so: commands exist, plans load, links lead somewhere, made pages are up to date."""

import ast
import importlib
import inspect
import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from temporalio import workflow

import gonogo.client
from gonogo.activities.ports import Checker
from gonogo.activities.registry import AdapterSettings
from gonogo.cli.main import build
from gonogo.client.people import read_people
from gonogo.client.people_verbs import VERBS
from gonogo.client.plan_file import read_plan
from gonogo.client.release_client import ReleaseClient
from gonogo.domain.commands import CastVote
from gonogo.domain.rights import LEGAL
from gonogo.domain.terms import OPEN
from gonogo.workflows import search
from gonogo.workflows.flag import FlagWorkflow
from gonogo.workflows.messages import GO_NO_GO, GoNoGo, Request
from gonogo.workflows.release import ReleaseWorkflow
from gonogo.workflows.signals import ballot_of

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
PAGE_IDS = [page.name for page in PAGES]


def _blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def _commands(page: Path) -> Iterator[str]:
    for block in _blocks(page, "sh"):
        yield from re.findall(r"^gonogo .*$", block, re.MULTILINE)
    # Inline, a command with its words in capitals or cut short by an ellipsis is a form, not a line to type.
    for line in re.findall(r"`(gonogo [^`…]+)`", page.read_text(encoding="utf-8")):
        if not re.search(r"\b[A-Z]{4,}\b", line):
            yield line


def _plan() -> str:
    (text,) = _blocks(README, "yaml")
    return text


def test_the_plan_in_the_readme_loads_and_is_under_25_lines() -> None:
    text = _plan()
    assert len(text.splitlines()) < 25
    assert read_plan(text, name="release.yaml").release_id == "shop/1.4.0"


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_every_command_in_the_docs_is_read_by_the_command_line(page: Path) -> None:
    app = build()
    for line in _commands(page):
        tokens = shlex.split(line, comments=True)[1:]
        names = {command for command in app if not command.startswith("-")}
        assert tokens[0] in names, line
        if len(tokens) == 1 or tokens == ["audit", "replay"]:
            continue  # named, not told with its arguments
        if tokens[0] == "flags" and tokens[1] in app["flags"]:
            assert tokens[1] in app["flags"], line
        if len(tokens) == 2 and tokens[1] in app[tokens[0]]:
            continue  # a command of a group, named
        command, bound, _ = app.parse_args(tokens, exit_on_error=False, print_error=False)
        assert bound.arguments, line
        assert command is not None, line


def test_commands_are_looked_for_where_they_are() -> None:
    assert len(list(_commands(README))) > 20
    assert any(line.startswith("gonogo vote shop/1.4.0 NO_GO") for line in _commands(README))


def test_every_command_of_make_in_the_readme_is_a_target() -> None:
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    said = re.findall(r"\bmake ([a-z]+)", "\n".join(_blocks(README, "sh")))
    assert said
    assert set(said) <= set(targets)


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_every_link_leads_to_something(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {heading.lower().replace(" ", "-") for heading in headings}, target


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_every_page_of_the_code_that_is_named_exists(page: Path) -> None:
    for path in re.findall(r"`((?:workflows|activities|worker|client|tests|docs|examples)/[\w./]*)`", page.read_text()):
        assert (ROOT / path).exists(), path


def test_pages_that_are_made_from_the_code_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "docs")  # as `python docs/generate.py` finds its modules
    made = importlib.import_module("generate").pages()
    assert made
    for name, text in made.items():
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == text, f"run: python docs/generate.py ({name})"


def test_every_page_is_linked_from_the_readme() -> None:
    readme = README.read_text(encoding="utf-8")
    assert [page.name for page in PAGES[1:] if f"(docs/{page.name})" not in readme] == []


def test_the_people_file_in_the_docs_loads() -> None:
    (text,) = _blocks(ROOT / "docs" / "people.md", "yaml")
    plan = read_plan(_plan(), name="release.yaml")
    assert len(read_people(text, name="people.yaml", plan=plan).acts) == 3


def test_every_act_and_every_key_that_it_takes_stands_in_the_docs() -> None:
    table = (ROOT / "docs" / "people.md").read_text(encoding="utf-8").partition("## What people do")[2]
    told: dict[str, set[str]] = {}
    for act, key in re.findall(r"^\| (?:`([\w.]+)`)? \| (`\w+`|none)", table, re.MULTILINE):
        name = act or list(told)[-1]
        told.setdefault(name, set()).update({key.strip("`")} - {"none"})
    assert told == {name: set(verb.keys()) for name, verb in VERBS.items()}


def test_the_adapter_in_the_docs_is_a_checker() -> None:
    (text,) = _blocks(ROOT / "docs" / "adapters.md", "python")
    made: dict[str, Any] = {}
    exec(text, made)
    settings = AdapterSettings(folder=ROOT, env={"TRACKER_TOKEN": "t"})
    assert isinstance(made["OpenBugs"].from_settings(settings), Checker)


_COMMANDS = {
    "scope add": "scope.add",
    "scope drop": "scope.change",
    "scope freeze": "scope.freeze",
    "exception …": "exception.request",
    "check run": "check.run",
    "sign-off": "item.sign_off",
    "poll open": "poll.open",
    "vote": "vote.cast",
    "hold": "hold",
    "postpone": "postpone",
    "amend": "amend",
    "widen": "widen",
    "rollback": "rollback",
    "cancel": "cancel",
}
"""First command of a row in the table of concepts.md -> its name in the core."""


def test_the_table_of_legal_commands_is_that_of_the_core() -> None:
    text = (ROOT / "docs" / "concepts.md").read_text(encoding="utf-8")
    section = text.partition("## Which command is legal where")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert len(rows) == len(_COMMANDS)
    for row in rows:
        name, *cells = [cell.strip() for cell in row.strip("|").split("|")]
        first = name.split("`")[1]
        # "by exception" is another command, so not this one.
        said = {phase for phase, cell in zip(OPEN, cells, strict=True) if cell and cell != "by exception"}
        assert said == set(LEGAL[_COMMANDS[first]]), row


def _inputs(page: str) -> list[str]:
    return re.findall(r"--input '(\{.*?\})'", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.DOTALL)


def test_the_signal_and_the_update_in_the_docs_are_read_as_what_they_are() -> None:
    signal, update = _inputs("temporal.md")
    assert isinstance(ballot_of(TypeAdapter(GoNoGo).validate_json(signal)), CastVote)
    assert TypeAdapter(Request).validate_json(update).command.type == "hold"


def test_every_public_name_of_the_workflows_stands_in_the_docs() -> None:
    text = (ROOT / "docs" / "temporal.md").read_text(encoding="utf-8")
    names = {GO_NO_GO, *(key.name for key in search.ALL), *LEGAL, *(field.name for field in fields(GoNoGo))}
    for kind in (ReleaseWorkflow, FlagWorkflow):
        definition = workflow._Definition.must_from_class(kind)
        names |= {str(name) for name in (definition.name, *definition.queries, *definition.updates) if name}
    names -= {name for name in names if name.startswith("__")}
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []


def test_every_method_of_the_client_stands_in_the_docs() -> None:
    told = set(re.findall(r"^\| `(\w+)\(", (ROOT / "docs" / "client.md").read_text(encoding="utf-8"), re.MULTILINE))
    methods = {name for name, _ in inspect.getmembers(ReleaseClient, inspect.isfunction) if not name.startswith("_")}
    assert told == methods


def test_every_name_in_the_examples_of_the_client_is_there() -> None:
    text = "\n".join(_blocks(ROOT / "docs" / "client.md", "python"))
    assert [name for name in re.findall(r"\bclient\.(\w+)\(", text) if not hasattr(ReleaseClient, name)] == []
    (names,) = re.findall(r"^from gonogo\.client import (.*)$", text, re.MULTILINE)
    assert [name for name in names.split(", ") if not hasattr(gonogo.client, name)] == []
    assert all(
        ast.parse(f"async def example():\n{textwrap.indent(block, '  ')}")
        for block in _blocks(ROOT / "docs" / "client.md", "python")
    )
