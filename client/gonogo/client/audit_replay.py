"""Audit by replay: the installed code derives the ledger again from the server's history, and must find the same.

Temporal's own replayer compares what a workflow commands, never what it says. So the derived ledger is compared with
`(seq, head)` at every place where it was recorded: answers to updates, inputs of activities, the result.
"""

from typing import Any

from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    Replayer,
    UnsandboxedWorkflowRunner,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from gonogo.domain.ledger import Ledger, from_bytes
from gonogo.domain.values import value
from gonogo.workflows.release import ReleaseWorkflow

from .audit import Recorded, no_history, verify_all
from .errors import AuditFailed
from .history import Run


@value
class Replayed:
    """What a replay came to."""

    runs: int
    """Runs that were replayed."""
    events: int
    """History events in them."""
    compared: int
    """Recorded places that were compared."""
    seq: int
    """Entries of the derived ledger."""
    head: str
    """SHA-256 of the last one."""


async def replay(runs: tuple[Run, ...], ledger: Ledger, places: tuple[Recorded, ...]) -> Replayed:
    """Replays every run with the installed code.

    Args:
        runs: All runs, first to newest.
        ledger: The ledger that the release gives, or that a bundle holds.
        places: Where the histories recorded how far it went.

    Raises:
        AuditFailed: `audit.replay_failed`: the code takes another path than was recorded, or nothing can be replayed;
            `audit.contradiction`, `audit.cut_off`: a place differs; `audit.ledger_differs`: the ledger given is not
            the derived one, or goes on behind it; `audit.no_history`: there is no run.
    """
    if not runs:
        raise no_history()
    derived = await derive(runs)
    verify_all(derived, places)
    shorter = min(len(ledger.lines), len(derived.lines))
    for seq in range(shorter):
        if ledger.lines[seq] != derived.lines[seq]:
            raise AuditFailed(
                "audit.ledger_differs",
                f"entry {seq + 1} of the ledger is not what the replay derives",
                {"seq": str(seq + 1)},
            )
    if len(derived.lines) > len(ledger.lines):
        raise AuditFailed(
            "audit.cut_off", f"the replay derives {len(derived.lines)} entries, the ledger has {len(ledger.lines)}"
        )
    if len(ledger.lines) > len(derived.lines):
        raise AuditFailed(
            "audit.ledger_differs",
            f"the ledger has {len(ledger.lines)} entries, and the replay derives {len(derived.lines)}: nothing in its "
            f"history leads to entry {len(derived.lines) + 1}",
            {"seq": str(len(derived.lines) + 1)},
        )
    return Replayed(
        runs=len(runs),
        events=sum(len(run.history.events) for run in runs),
        compared=len(places),
        seq=len(derived.lines),
        head=derived.head,
    )


async def derive(runs: tuple[Run, ...]) -> Ledger:
    """The ledger that the installed code derives from the histories of all runs.

    Raises:
        AuditFailed: `audit.replay_failed`, or `audit.ledger_differs`: one run does not go on from the one before.
    """
    derived = Ledger()
    for number, run in enumerate(runs, 1):
        lines = await _derive(run, number)
        if lines[: len(derived.lines)] != derived.lines:
            raise AuditFailed("audit.ledger_differs", f"run {number} does not go on from what the run before it said")
        derived = from_bytes(b"\n".join(lines))
    return derived


async def _derive(run: Run, number: int) -> tuple[bytes, ...]:
    capture = _Capture()
    replayer = Replayer(
        workflows=[ReleaseWorkflow],
        data_converter=pydantic_data_converter,
        interceptors=[capture],
        # The sandbox guards new code against impurity; here it would hide the instance whose ledger is wanted.
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    result = await replayer.replay_workflow(_settled(run.history), raise_on_replay_failure=False)
    if result.replay_failure is not None:
        raise AuditFailed(
            "audit.replay_failed",
            f"run {number} does not replay with the installed code: {result.replay_failure}",
            {"run_id": run.run_id},
        ) from result.replay_failure
    if capture.instance is None:
        raise AuditFailed("audit.replay_failed", f"run {number} has no finished task yet: there is nothing to replay")
    return _lines(capture.instance)


def _lines(instance: ReleaseWorkflow) -> tuple[bytes, ...]:
    lines: list[bytes] = []
    while True:
        page = instance.ledger(len(lines))
        lines += (line.encode() for line in page.lines)
        if len(lines) >= page.seq:
            return tuple(lines)


def _settled(history: WorkflowHistory) -> WorkflowHistory:
    """The history up to the last task that was finished: what came since was not decided on yet."""
    done = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    begun = (EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED)
    events = list(history.events)
    last = max((n for n, event in enumerate(events) if event.event_type == done), default=-1)
    # The commands of that task stand right behind it; the next task, or what woke it, ends them.
    end = next((n for n in range(last + 1, len(events)) if events[n].event_type in begun), len(events))
    return WorkflowHistory(history.workflow_id, events[:end])


class _Capture(Interceptor):
    """Keeps the workflow's instance."""

    def __init__(self) -> None:
        self.instance: ReleaseWorkflow | None = None

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        capture = self

        class Inbound(WorkflowInboundInterceptor):
            async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
                capture.instance = workflow.instance()
                return await super().execute_workflow(input)

        return Inbound
