"""A workflow never acts on a time that is over."""

from types import CodeType

import pytest
from temporalio.api.enums.v1 import CommandType
from temporalio.bridge.proto.activity_result import ActivityResolution, Cancellation, Success
from temporalio.bridge.proto.workflow_activation import (
    FireTimer,
    QueryWorkflow,
    ResolveActivity,
    SignalWorkflow,
    WorkflowActivation,
    WorkflowActivationJob,
)
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import Replayer, WorkflowInstance
from temporalio.worker._command_aware_visitor import CommandInfo
from temporalio.worker.workflow_sandbox._runner import _Instance as SdkSandbox

from gonogo.worker.bootstrap import WORKFLOWS, workflow_runner
from gonogo.worker.steady import StaleTime, SteadyRunner, _Steady
from gonogo.workflows.converter import data_converter
from tests.replay.histories import read

TIMER = WorkflowActivationJob(fire_timer=FireTimer(seq=1))
SIGNAL = WorkflowActivationJob(signal_workflow=SignalWorkflow(signal_name="go_no_go"))
QUERY = WorkflowActivationJob(query_workflow=QueryWorkflow(query_id="q"))
DONE = WorkflowActivationJob(resolve_activity=ResolveActivity(result=ActivityResolution(completed=Success())))
CALLED_OFF = WorkflowActivationJob(
    resolve_activity=ResolveActivity(result=ActivityResolution(cancelled=Cancellation()))
)
LOCAL = WorkflowActivationJob(
    resolve_activity=ResolveActivity(is_local=True, result=ActivityResolution(completed=Success()))
)


class Counting(WorkflowInstance):
    """Counts how often it is activated, and is asked for a context."""

    def __init__(self) -> None:
        self.count = 0
        self.asked: list[object] = []

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        self.count += 1
        return WorkflowActivationCompletion()

    def get_serialization_context(self, command_info: object) -> str:  # type: ignore[override]
        self.asked.append(command_info)
        return f"the {len(self.asked)}. answer"

    def get_external_store_context(self, command_info: object) -> str:  # type: ignore[override]
        return self.get_serialization_context(command_info)

    def get_info(self) -> None:  # type: ignore[override]
        return None


def activation(second: int, job: WorkflowActivationJob) -> WorkflowActivation:
    made = WorkflowActivation(jobs=[job])
    made.timestamp.FromSeconds(second)
    return made


def test_workers_and_replays_are_guarded() -> None:
    assert isinstance(workflow_runner(), SteadyRunner)


@pytest.mark.parametrize("job", [TIMER, SIGNAL, DONE])
def test_an_event_with_the_time_of_the_task_before_is_refused(job: WorkflowActivationJob) -> None:
    inner = Counting()
    guarded = _Steady(inner)
    guarded.activate(activation(1, TIMER))
    with pytest.raises(StaleTime, match="ask again"):
        guarded.activate(activation(1, job))
    assert inner.count == 1


@pytest.mark.parametrize("job", [QUERY, CALLED_OFF, LOCAL])
def test_what_belongs_to_the_same_task_passes(job: WorkflowActivationJob) -> None:
    guarded = _Steady(Counting())
    guarded.activate(activation(1, TIMER))
    guarded.activate(activation(1, job))


def test_a_new_task_passes() -> None:
    guarded = _Steady(Counting())
    guarded.activate(activation(1, TIMER))
    guarded.activate(activation(2, TIMER))


def test_what_a_payload_belongs_to_is_answered_by_the_instance_within_the_sandbox() -> None:
    """A sandbox of the SDK keeps it there; where one does not, the sandbox itself is asked."""
    inner = Counting()
    _Steady(inner).get_serialization_context(None)
    assert inner.asked == [None]
    within = Counting()
    inner.globals_and_locals = {"__temporal_in_sandbox": within}  # type: ignore[attr-defined]
    guarded = _Steady(inner)
    command = CommandInfo(CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK, 1)
    guarded.get_serialization_context(command)
    guarded.get_external_store_context(None)
    assert within.asked == [command, None]
    assert inner.asked == [None]


@pytest.fixture
def entered(monkeypatch: pytest.MonkeyPatch) -> list[str | CodeType]:
    """What the SDK's sandboxes are entered with."""
    found: list[str | CodeType] = []
    run = SdkSandbox._run_code

    def noted(self: SdkSandbox, code: str, **names: object) -> None:
        found.append(code)
        run(self, code, **names)

    monkeypatch.setattr(SdkSandbox, "_run_code", noted)
    return found


async def test_the_sandbox_is_entered_with_compiled_code_for_what_a_workflow_does_alone(
    entered: list[str | CodeType],
) -> None:
    run = read("happy_train").runs[0]
    await Replayer(
        workflows=WORKFLOWS, workflow_runner=workflow_runner(), data_converter=data_converter
    ).replay_workflow(run.history)
    compiled = {id(code) for code in entered if isinstance(code, CodeType)}
    assert len(compiled) == 1, "activations, and nothing else"
    assert not [code for code in entered if isinstance(code, str) and "import " not in code]
    assert len(entered) > 20
