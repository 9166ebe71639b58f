"""Reading a release: queries and its ledger, page by page. A query adds nothing to the history."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from gonogo.domain.errors import LedgerBroken
from gonogo.domain.ledger import Ledger, Link, from_bytes, verify
from gonogo.workflows.messages import STALE_TIME, Closed, LedgerPage
from gonogo.workflows.release import ReleaseWorkflow

from .calling import ONE_TRY, NotBegun, Patience, patiently, task_fails
from .errors import AuditFailed, ClientError, NotFound, Refused, Stopped, Stuck

_T = TypeVar("_T")
Release = WorkflowHandle[ReleaseWorkflow, Closed]
"""A handle on a release's workflow."""
_ENDED_BADLY = (
    WorkflowExecutionStatus.FAILED,
    WorkflowExecutionStatus.TERMINATED,
    WorkflowExecutionStatus.TIMED_OUT,
    WorkflowExecutionStatus.CANCELED,
)


def workflow_id(release_id: str) -> str:
    """The id of a release's workflow."""
    return f"release/{release_id}"


def handle_of(client: Client, release_id: str) -> Release:
    """A handle on the release's newest run."""
    return client.get_workflow_handle_for(ReleaseWorkflow.run, workflow_id(release_id))


async def found(release_id: str, call: Callable[[], Awaitable[_T]], patience: Patience) -> _T:
    """What `call` answers about a release.

    Raises:
        NotFound: there is no such release.
        Stuck: its workflow task fails again and again.
        Unreachable: nobody answers.
    """
    try:
        return await patiently(call, patience)
    except RPCError as error:
        if task_fails(error):
            raise _failing(release_id) from error
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise NotFound(
            "release.not_found",
            f"there is no release {release_id!r}: `gonogo list` shows those that there are",
            {"release_id": release_id},
        ) from error


async def ask(
    client: Client, release_id: str, call: Callable[[Release, timedelta], Awaitable[_T]], patience: Patience
) -> _T:
    """What a query answers; `call` makes it, with the handle and the time for one attempt.

    Raises:
        NotFound: there is no such release.
        Refused: the release refused to begin.
        Stopped: its workflow was ended from outside before it could say anything.
        Stuck: its history does not replay.
        Unreachable: nobody answers.
    """
    handle = handle_of(client, release_id)

    async def attempt() -> _T:
        try:
            return await call(handle, ONE_TRY)
        except WorkflowQueryFailedError as error:
            if STALE_TIME not in str(error):
                await _refuse_not_begun(handle, release_id)
            raise

    return await found(release_id, attempt, patience)


async def _refuse_not_begun(handle: Release, release_id: str) -> None:
    if (await _first_page(handle, release_id)).seq == 0:
        await refuse_ended_badly(handle, release_id)
        raise NotBegun


async def _first_page(handle: Release, release_id: str) -> LedgerPage:
    try:
        return await handle.query(ReleaseWorkflow.ledger, 0, rpc_timeout=ONE_TRY)
    except WorkflowQueryFailedError as error:
        if STALE_TIME in str(error):
            raise
        # Reading the ledger cannot fail by itself: the workflow could not be brought to where it was.
        raise Stuck(release_id, str(error)) from error


async def refuse_stuck(handle: Release, release_id: str) -> None:
    """Raises `Stuck` when no worker can go on with the release; says nothing when that is not known."""
    try:
        await _first_page(handle, release_id)
    except RPCError as error:
        if task_fails(error):
            raise _failing(release_id) from error
    except WorkflowQueryFailedError:
        return


def _failing(release_id: str) -> Stuck:
    return Stuck(release_id, "its last task failed, as the worker's log says")


async def refuse_ended_badly(handle: WorkflowHandle[Any, Any], release_id: str) -> None:
    """Raises what ended the release's workflow, when it did not come to its own end."""
    status = (await handle.describe()).status
    if status not in _ENDED_BADLY:
        return
    try:
        await handle.result()
    except WorkflowFailureError as error:
        if isinstance(error.cause, ApplicationError) and error.cause.type:
            details = error.cause.details[0] if error.cause.details else {}
            raise Refused(
                error.cause.type,
                error.cause.message,
                {str(k): str(v) for k, v in details.items()} if isinstance(details, dict) else None,
            ) from error
        raise Stopped(
            "release.stopped",
            f"the workflow of {release_id} is {status.name.lower()}: {error.cause}; see it in Temporal's own UI",
            {"release_id": release_id, "status": status.name.lower()},
        ) from error


async def read_page(client: Client, release_id: str, start: int, patience: Patience) -> LedgerPage:
    """The ledger's lines from place `start` on, as many as one answer holds."""

    async def query(handle: Release, one_try: timedelta) -> LedgerPage:
        page = await handle.query(ReleaseWorkflow.ledger, start, rpc_timeout=one_try)
        if page.seq == 0:
            await _refuse_not_begun(handle, release_id)
            # It has begun between the two questions: the next one sees it.
            raise NotBegun
        return page

    return await ask(client, release_id, query, patience)


async def read_ledger(client: Client, release_id: str, patience: Patience) -> Ledger:
    """The whole ledger, verified against the head that the release itself gives.

    Raises:
        AuditFailed: it does not verify.
        ClientError: it cannot be read; see `ask`.
    """
    lines: list[str] = []
    while True:
        page = await read_page(client, release_id, len(lines), patience)
        lines += page.lines
        if len(lines) >= page.seq:
            break
        if not page.lines:
            raise ClientError("ledger.short", f"{release_id} gives {len(lines)} of {page.seq} ledger entries")
    ledger = from_bytes("\n".join(lines).encode())
    try:
        verify(ledger, link=Link(page.seq, page.head))
    except LedgerBroken as error:
        raise AuditFailed("audit.ledger_broken", f"{release_id}: {error}", {"seq": str(error.seq)}) from error
    return ledger
