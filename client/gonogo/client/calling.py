"""Calls that outlast a restart of server or worker: what is tried again, for how long, and what it is turned into.

Tried again with the same request id, so that an answer that was lost on the way is given again and counted once:
FAILED_PRECONDITION and DEADLINE_EXCEEDED (no worker took it, or the workflow's last task failed), UNAVAILABLE and
UNKNOWN (no server, or a connection that broke), an update whose call timed out, an update that was accepted by a run
that then ended, and `release.launching` (the first task is not done yet).
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from temporalio.client import (
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from gonogo.domain.canonical import digest
from gonogo.workflows.flag_messages import FlagKill
from gonogo.workflows.messages import STALE_TIME, Request

from .errors import ClientError, Refused, Unreachable

_T = TypeVar("_T")

ONE_TRY = timedelta(seconds=5)
"""How long one attempt may take before it counts as lost."""
_LONGEST_PAUSE = 5.0
_A_MOMENT_S = 3.0
_LAUNCHING = "the release is being launched"
_NO_SERVER = "the server does not answer"
_NO_WORKER = "no worker answers"
_FAILS = "the workers fail to go on with it"
_REASONS = {
    RPCStatusCode.UNAVAILABLE: _NO_SERVER,
    # What a connection that breaks in the middle of a call comes out as: "transport error".
    RPCStatusCode.UNKNOWN: _NO_SERVER,
    RPCStatusCode.FAILED_PRECONDITION: _NO_WORKER,
    RPCStatusCode.DEADLINE_EXCEEDED: _NO_WORKER,
    # What the SDK makes of a call that ran out of its own time.
    RPCStatusCode.CANCELLED: _NO_WORKER,
}


def task_fails(error: RPCError) -> bool:
    """True when the server asks no worker, because the workflow's last task failed."""
    return "Workflow Task in failed state" in error.message


class NotBegun(Exception):
    """The release's first task is not done yet: it has nothing to say. Tried again, and never seen outside."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call is tried again, and who is told that it waits."""

    budget: timedelta = timedelta(minutes=2)
    """From the first attempt to the last."""
    on_wait: Callable[[str], None] | None = None
    """Called once per call with the reason for which it is tried again; not for a launch that takes a moment."""


def _why_again(error: Exception) -> str | None:
    """Why `error` is worth another attempt; None when it is not."""
    if isinstance(error, RPCError):
        return _FAILS if task_fails(error) else _REASONS.get(error.status)
    if isinstance(error, WorkflowUpdateRPCTimeoutOrCancelledError):
        return _NO_WORKER
    if isinstance(error, WorkflowQueryFailedError):
        return "the worker takes the release up anew" if STALE_TIME in str(error) else None
    if isinstance(error, NotBegun):
        return _LAUNCHING
    if isinstance(error, WorkflowUpdateFailedError) and isinstance(error.cause, ApplicationError):
        if error.cause.type == "release.launching":
            return _LAUNCHING
        if error.cause.type == "UnprocessedUpdate":
            # The server was killed between the two: it asked, and the worker's task was of before.
            return _NO_WORKER
        if error.cause.type == "AcceptedUpdateCompletedWorkflow":
            return "the release's run ended before it answered"
    return None


def refusal(error: WorkflowUpdateFailedError) -> ClientError:
    """The refusal behind a failed update."""
    cause = error.cause
    if not isinstance(cause, ApplicationError):
        return Refused("request.failed", f"the request failed: {cause}")
    first = cause.details[0] if cause.details and isinstance(cause.details[0], dict) else {}
    details = {str(name): str(given) for name, given in first.items()}
    return Refused(cause.type or "request.failed", cause.message, details)


def update_id(request: Request | FlagKill) -> str:
    """The id under which the server gives one answer to a request: other persons and other words get another id, since
    the server would give them this request's answer.
    """
    return f"{request.request_id}-{digest(request)[:16]}"


async def patiently(call: Callable[[], Awaitable[_T]], patience: Patience) -> _T:
    """What `call` answers, tried again until it does or the budget is used up.

    Raises:
        Unreachable: nobody answered in time.
        RPCError: until then no worker could go on with it; see `task_fails`.
        Exception: whatever else `call` raises.
    """
    began = time.monotonic()
    until = began + patience.budget.total_seconds()
    pause = 0.1
    told = False
    while True:
        try:
            return await call()
        except (
            RPCError,
            WorkflowUpdateRPCTimeoutOrCancelledError,
            WorkflowUpdateFailedError,
            WorkflowQueryFailedError,
            NotBegun,
        ) as error:
            # The SDK makes a lost call of the cancellation of the caller's own task: it must stay one.
            if isinstance(error.__cause__, asyncio.CancelledError):
                raise error.__cause__ from None
            reason = _why_again(error)
            if reason is None:
                raise
            # A release that is just being launched is there in a moment: not worth a word.
            soon = reason is _LAUNCHING and time.monotonic() - began < _A_MOMENT_S
            if patience.on_wait is not None and not told and not soon:
                patience.on_wait(reason)
                told = True
            if time.monotonic() + pause >= until:
                if reason is _FAILS:
                    raise
                code = "server.unreachable" if reason is _NO_SERVER else "worker.silent"
                seconds = patience.budget.total_seconds()
                raise Unreachable(
                    code, f"{reason}, tried for {seconds:g} s: is `gonogo up` running, or a worker? see `gonogo doctor`"
                ) from error
        # Jitter: after a restart not everybody comes back at the same instant.
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))
        pause = min(pause * 2, _LONGEST_PAUSE)
