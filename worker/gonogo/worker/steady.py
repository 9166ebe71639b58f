"""The sandbox, guarded against a clock that stands still.

When a query reaches a worker that does not hold the workflow, and something has happened that no workflow task has
taken up yet (a timer fired while every worker was down), the SDK plays that event too, with the time of the task before
(seen in temporalio 1.35: `workflow.now()` was earlier than the timer's own end). The workflow stays in the worker's
cache in that state: what it then does differs from what a replay does, and after the next restart it is stuck for good.
So such an activation is refused: the worker forgets the workflow, and the next task plays it anew with the right time.
The query fails, and is asked again.
"""

from typing import Any

from temporalio.bridge.proto.workflow_activation import WorkflowActivation, WorkflowActivationJob
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from gonogo.workflows.messages import STALE_TIME

from .lean import compile_once, within, without_first_activation

_EVENTS = {
    "fire_timer",
    "signal_workflow",
    "resolve_child_workflow_execution",
    "resolve_child_workflow_execution_start",
    "resolve_signal_external_workflow",
}


class StaleTime(Exception):
    """An event came with the time of the task before."""


class SteadyRunner(SandboxedWorkflowRunner):
    """The sandboxed runner, whose workflows never act on a time that is over."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """A guarded instance."""
        inner = super().create_instance(without_first_activation(det))
        compile_once(inner)
        return _Steady(inner)


class _Steady(WorkflowInstance):
    def __init__(self, inner: WorkflowInstance) -> None:
        self._inner = inner
        self._within = within(inner)
        self._before = 0

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """Activates, unless something new comes with an old time."""
        now = act.timestamp.ToNanoseconds()
        if now == self._before and any(_is_event(job) for job in act.jobs):
            raise StaleTime(f"{STALE_TIME}: an event came with the time of the task before; ask again")
        self._before = now
        return self._inner.activate(act)

    def get_serialization_context(self, command_info: Any) -> Any:
        """As the workflow's own instance says."""
        return self._within.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        """As the workflow's own instance says."""
        return self._within.get_external_store_context(command_info)

    def get_info(self) -> Any:
        """As the sandbox says."""
        return self._inner.get_info()

    def get_thread_id(self) -> int | None:
        """As the sandbox says."""
        return self._inner.get_thread_id()


def _is_event(job: WorkflowActivationJob) -> bool:
    """True for what is an event of the history, of which a new task brings a new time.

    An activity that was called off is answered within the task, and a local one is part of it.
    """
    kind = job.WhichOneof("variant")
    if kind == "resolve_activity":
        resolved = job.resolve_activity
        return not resolved.is_local and resolved.result.WhichOneof("status") in ("completed", "failed")
    return kind in _EVENTS
