"""The workflows run in the default sandbox with nothing passed through: every module of theirs is loaded inside it.

There every clock, every source of chance and every look at the machine raises, whichever of our modules asks.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from temporalio.worker.workflow_sandbox._importer import Importer

from gonogo.domain.terms import Phase
from gonogo.worker.bootstrap import WORKFLOWS, activities
from tests.domain.worlds import MONDAY, make_plan
from tests.workflows.scenes import Scene, Surroundings, version

OURS = ("gonogo.domain", "gonogo.activities", "gonogo.workflows")


@contextmanager
def nothing_passed_through() -> Iterator[None]:
    yield


@pytest.fixture
def no_finalizers() -> Iterator[None]:
    """Nothing is collected meanwhile: pydantic parses our sources as the sandbox loads them, and on Python 3.11 a
    finalizer in the middle of that makes `ast.parse` raise a SystemError (python/cpython issue 106905).
    """
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of our modules that the sandbox loads for itself, while the SDK passes none through."""
    found: set[str] = set()
    whole = Importer._import

    def noted(self: Importer, name: str, *args: Any, **kwargs: Any) -> Any:
        made = whole(self, name, *args, **kwargs)
        found.update(m for m, module in list(self.new_modules.items()) if m.startswith(OURS) and foreign(m, module))
        return made

    def foreign(name: str, module: Any) -> bool:
        return module is not outside.get(name)

    outside = dict(sys.modules)
    # Of the SDK, not of ours: our modules ask it to pass our modules through, which is what is wanted in production.
    monkeypatch.setattr(workflow.unsafe, "imports_passed_through", nothing_passed_through)
    monkeypatch.setattr(Importer, "_import", noted)
    return found


@pytest.mark.usefixtures("no_finalizers")
async def test_a_whole_release_runs_with_nothing_passed_through(server: Client, loaded: set[str]) -> None:
    around = Surroundings()
    plan = make_plan(version=version())
    async with Worker(
        server,
        task_queue=plan.version,
        workflows=WORKFLOWS,
        activities=activities(around.adapters, around.desk, trust_local=True, simulation=True),
        workflow_runner=SandboxedWorkflowRunner(),
    ):
        release = Scene(server, plan, plan.version, around, MONDAY)
        await release.launch()
        await release.to(Phase.COMPLETED)
        assert not await release.failed_tasks()
    assert {
        "gonogo.domain.release",
        "gonogo.domain.evolve",
        "gonogo.workflows.book",
        "gonogo.workflows.clock",
    } <= loaded
