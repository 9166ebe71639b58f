"""A worker spares what the SDK does again and again, and keeps for good."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, SimpleNamespace

import pytest
from temporalio.bridge.proto.workflow_activation import InitializeWorkflow
from temporalio.client import Client
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox._runner import _Instance as SdkSandbox

from gonogo.domain.terms import Phase
from gonogo.worker.bootstrap import WORKFLOWS, workflow_runner
from gonogo.worker.lean import compile_once, within
from gonogo.workflows.converter import data_converter
from tests.replay.histories import read
from tests.workflows.scenes import live_scene


@contextmanager
def entering(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str | CodeType]]:
    """What the SDK's sandboxes are entered with meanwhile."""
    found: list[str | CodeType] = []
    run = SdkSandbox._run_code

    def noted(self: SdkSandbox, code: str, **names: object) -> None:
        found.append(code)
        run(self, code, **names)

    with monkeypatch.context() as patched:
        patched.setattr(SdkSandbox, "_run_code", noted)
        yield found


async def test_the_sandbox_is_entered_with_compiled_code_and_for_what_a_workflow_does_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replayer = Replayer(workflows=WORKFLOWS, workflow_runner=workflow_runner(), data_converter=data_converter)
    with entering(monkeypatch) as entered:
        await replayer.replay_workflow(read("happy_train").runs[0].history)
    compiled = {id(code) for code in entered if isinstance(code, CodeType)}
    assert len(compiled) == 1, "activations, and nothing else"
    assert not [code for code in entered if isinstance(code, str) and "import " not in code]
    assert len(entered) > 20


async def test_a_release_that_waits_keeps_nothing_of_its_first_activation(server: Client) -> None:
    async with live_scene(
        server, schedule={}, checklists={}, checks={"ci": {"kind": "http", "owner": "qa"}}
    ) as release:
        assert (await release.state()).phase is Phase.DECIDING  # the worker holds it
        gc.collect()
        kept = [x.workflow_id for x in gc.get_objects() if isinstance(x, InitializeWorkflow)]
        assert release.handle.id not in kept


def test_a_sandbox_of_another_making_is_left_as_it_is() -> None:
    other = SimpleNamespace()
    compile_once(other)
    assert within(other) is other
    assert not vars(other)
