"""What the code of the workflows may not do, read from the source: the rules that keep a release from being blocked."""

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import activity, workflow

from gonogo.activities.options import OPTIONS
from gonogo.worker.bootstrap import WORKFLOWS
from gonogo.workflows.delivery import Delivery

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "workflows" / "gonogo" / "workflows"
SOURCES = sorted(FOLDER.glob("*.py"))
EVERYWHERE = sorted(p for part in ("workflows", "activities", "worker", "client") for p in (ROOT / part).rglob("*.py"))

BANNED_MODULES = {"time", "random", "secrets", "uuid", "os", "socket", "subprocess", "threading", "tempfile", "pathlib"}
BANNED_CALLS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "getenv", "urandom", "random", "uuid4"}
NOW = "workflow.now"
_ASKS_OURS = {"self._clock.now", "clock.now"}
"""How the time is asked for: of our own clock."""

# What in a workflow's code waits: everything else a handler may not do.
_UPDATES_THAT_WAIT = {"advance"}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def dotted(node: ast.AST) -> str:
    """`workflow.unsafe.is_replaying` of such an expression; empty when it is something else."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}" if dotted(node.value) else node.attr
    return node.id if isinstance(node, ast.Name) else ""


def impurities(module: ast.Module) -> Iterator[str]:
    """Where a module asks for the time, for chance or for the machine it runs on."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (f"{node.lineno}: import {a.name}" for a in node.names if a.name.split(".")[0] in BANNED_MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in BANNED_MODULES:
            yield f"{node.lineno}: from {node.module}"
        elif isinstance(node, ast.Attribute) and node.attr == "environ":
            yield f"{node.lineno}: environ"
        elif isinstance(node, ast.Call):
            called = dotted(node.func)
            if called.split(".")[-1] in BANNED_CALLS and called not in _ASKS_OURS:
                yield f"{node.lineno}: {called}()"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_only_the_clock_asks_what_time_it_is_and_nothing_asks_for_chance(path: Path) -> None:
    found = [x for x in impurities(tree(path)) if not (path.stem == "clock" and x.endswith(f"{NOW}()"))]
    assert not found


@pytest.mark.parametrize(
    "code",
    [
        "import time",
        "from random import choice",
        "from os import environ",
        "at = datetime.now(UTC)",
        "at = workflow.now()",
        "id = workflow.uuid4()",
        "where = os.environ['HOME']",
    ],
)
def test_an_impurity_that_is_planted_is_found(code: str) -> None:
    assert list(impurities(ast.parse(code)))


def handlers(kind: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Functions with the decorator `workflow.<kind>`, with or without arguments."""
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for decorator in node.decorator_list:
                    call = decorator.func if isinstance(decorator, ast.Call) else decorator
                    if dotted(call) == f"workflow.{kind}":
                        yield f"{path.stem}.{node.name}", node


def test_there_are_handlers_to_look_at() -> None:
    assert {name.split(".")[0] for name, _ in handlers("signal")} == {"release", "flag"}
    assert {name for name, _ in handlers("update")} >= {"release.act", "release.advance", "flag.kill"}


def test_no_signal_handler_waits() -> None:
    assert not [name for name, node in handlers("signal") if isinstance(node, ast.AsyncFunctionDef)]


def test_every_signal_is_taken_as_raw_bytes() -> None:
    for name, node in handlers("signal"):
        types = [ast.unparse(a.annotation) for a in node.args.args[1:] if a.annotation is not None]
        assert types == ["str", "Sequence[RawValue]"], f"{name} takes {types}"


def test_no_update_handler_waits_but_those_of_simulation() -> None:
    waiting = {name for name, node in handlers("update") if isinstance(node, ast.AsyncFunctionDef)}
    assert {name.split(".")[1] for name in waiting} <= _UPDATES_THAT_WAIT


@pytest.mark.parametrize("kind", WORKFLOWS, ids=lambda kind: kind.__name__)
def test_signals_of_every_name_have_one_handler(kind: type) -> None:
    # One with a name of its own raises, before its first line, when a signal has too few or too many arguments.
    assert set(workflow._Definition.must_from_class(kind).signals) <= {None}


@pytest.mark.parametrize("path", EVERYWHERE, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_error_in_a_handler_may_close_a_release(path: Path) -> None:
    # With it a bad signal, or a fault in the main loop, would end the release as failed.
    assert "failure_exception_types" not in path.read_text()


def activities_used() -> Iterator[tuple[str, str]]:
    """(where, activity) of every call of an activity in the workflows."""
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and dotted(node.func).startswith("workflow.execute_activity"):
                yield f"{path.stem}:{node.lineno}", dotted(node.args[0]).split(".")[-1]


def test_every_activity_has_a_row_of_options_and_every_row_an_activity() -> None:
    assert {name for _, name in activities_used()} == set(OPTIONS)


def test_what_is_on_its_way_ends_before_a_timer_that_waits_for_it_would_ring() -> None:
    assert max(OPTIONS[name].schedule_to_close for name in ("notify", "tell_flags")) <= Delivery.LONGEST
    # Timers of released histories depend on it.
    assert timedelta(minutes=30) == Delivery.LONGEST


def test_every_call_of_an_activity_takes_its_options_from_the_table() -> None:
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            if not (isinstance(node, ast.Call) and dotted(node.func).startswith("workflow.execute_activity")):
                continue
            assert not [k.arg for k in node.keywords if k.arg], f"{path.stem}:{node.lineno} has options of its own"
            (options,) = [k.value for k in node.keywords if k.arg is None]
            if isinstance(options, ast.Call):
                assert dotted(options.func) == "activity_options"
                assert ast.literal_eval(options.args[0]) == dotted(node.args[0]).split(".")[-1]


def test_the_worker_offers_every_activity_that_is_used() -> None:
    from gonogo.activities.calendar import Admissions, Calendar
    from gonogo.activities.checks import Checks
    from gonogo.activities.flags import Flags
    from gonogo.activities.notices import Notices
    from gonogo.activities.watch import Watch

    known = {
        name
        for kind in (Admissions, Calendar, Checks, Flags, Notices, Watch)
        for name, member in vars(kind).items()
        if activity._Definition.from_callable(member)
    }
    assert known == set(OPTIONS)
