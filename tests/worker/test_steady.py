"""A workflow never acts on a time that is over."""

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
from temporalio.worker import WorkflowInstance
from temporalio.worker._command_aware_visitor import CommandInfo

from gonogo.worker.bootstrap import workflow_runner
from gonogo.worker.steady import StaleTime, SteadyRunner, _Steady

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


def test_what_a_payload_belongs_to_is_asked_once_for_each_command_and_again_when_the_workflow_has_gone_on() -> None:
    inner = Counting()
    guarded = _Steady(inner)
    first, second = (CommandInfo(CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK, seq) for seq in (1, 2))
    child = CommandInfo(CommandType.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION, 1)
    for _ in range(3):
        assert guarded.get_serialization_context(None) == "the 1. answer"
        assert guarded.get_serialization_context(first) == "the 2. answer"
        assert guarded.get_serialization_context(second) == "the 3. answer"
        assert guarded.get_serialization_context(child) == "the 4. answer"
        assert guarded.get_external_store_context(first) == "the 5. answer"
        assert guarded.get_external_store_context(None) == "the 6. answer"
    guarded.activate(activation(1, TIMER))
    assert guarded.get_serialization_context(first) == "the 7. answer"
    assert guarded.get_external_store_context(first) == "the 8. answer"
    assert guarded.get_serialization_context(None) == "the 1. answer"
    assert guarded.get_external_store_context(None) == "the 6. answer"
    assert inner.asked == [None, first, second, child, first, None, first, first]
