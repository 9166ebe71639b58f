"""The histories of a release: every run of the chain that continuing as new makes."""

from dataclasses import dataclass
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory

from .calling import Patience
from .errors import AuditFailed
from .reading import found, handle_of


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a release's workflow."""

    run_id: str
    """Its id."""
    history: WorkflowHistory
    """Its events, as the server keeps them."""

    @property
    def last(self) -> HistoryEvent:
        """Its last event."""
        return self.history.events[-1]


async def read_runs(client: Client, release_id: str, patience: Patience) -> tuple[Run, ...]:
    """Every run, first to newest, by following the chain itself rather than the eventually consistent list.

    Raises:
        NotFound: there is no such release.
        AuditFailed: `audit.reset`: the chain does not lead to the newest run, so somebody reset the workflow.
    """
    newest = handle_of(client, release_id)
    description = await found(release_id, newest.describe, patience)
    run_id = description.raw_info.first_run_id or description.run_id
    runs: list[Run] = []
    while run_id:
        handle: Any = client.get_workflow_handle(newest.id, run_id=run_id)
        history = await found(release_id, handle.fetch_history, patience)
        runs.append(Run(run_id, history))
        run_id = _next_run(runs[-1].last)
    # It may have continued while it was read: then the chain goes on from the run that was the newest.
    if description.run_id not in {run.run_id for run in runs}:
        raise AuditFailed(
            "audit.reset",
            f"the runs of {release_id} lead from {runs[0].run_id} to {runs[-1].run_id}, and the newest is "
            f"{description.run_id}: somebody reset the workflow",
            {"release_id": release_id, "newest": description.run_id},
        )
    return tuple(runs)


def _next_run(last: HistoryEvent) -> str:
    if last.event_type != EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
        return ""
    return last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
