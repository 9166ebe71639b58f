"""A workflow never acts on a time that is over."""

import pytest
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
    """Counts how often it is activated."""

    def __init__(self) -> None:
        self.count = 0

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        self.count += 1
        return WorkflowActivationCompletion()

    def get_serialization_context(self, command_info: object) -> None:
        return None

    def get_external_store_context(self, command_info: object) -> None:  # type: ignore[override]
        return None

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
