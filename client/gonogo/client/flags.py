"""Flags beyond one release: their own workflows, listed, read and killed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from temporalio.client import Client, WorkflowHandle, WorkflowQueryFailedError, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from gonogo.domain.errors import LedgerBroken
from gonogo.domain.flag_events import FlagEntry
from gonogo.domain.flag_views import FlagView, since_left
from gonogo.domain.ledger import Link, from_bytes, verify
from gonogo.domain.values import Actor
from gonogo.domain.view_values import StatusView
from gonogo.domain.view_values_rollout import FlagView as FlagOfRelease
from gonogo.workflows import search
from gonogo.workflows.flag import FlagWorkflow
from gonogo.workflows.flag_book import FLAG_ENTRY
from gonogo.workflows.flag_messages import FlagAnswer, FlagClosed, FlagKill
from gonogo.workflows.messages import LedgerPage

from .calling import ONE_TRY, Patience, patiently, refusal, update_id
from .errors import AuditFailed, ClientError, NotFound
from .listing import equals

_T = TypeVar("_T")
_PREFIX = "flag/"
_AT_ONCE = 10
"""Flags that are read at the same time: a product can have hundreds."""


async def find_flags(client: Client, patience: Patience, *, product: str | None, gone: bool = False) -> tuple[str, ...]:
    """Ids, `<product>/<environment>/<key>`, of the flags that live; with `gone`, of those that are gone, too."""
    filters = ["WorkflowType = 'FlagWorkflow'"]
    if not gone:
        filters.append("ExecutionStatus = 'Running'")
    if product is not None:
        filters.append(equals(search.PRODUCT.name, product))
    query = " AND ".join(filters)

    async def read() -> list[str]:
        return [one.id.removeprefix(_PREFIX) async for one in client.list_workflows(query)]

    # A flag that went on in another run is found once for each of its runs.
    return tuple(sorted(set(await patiently(read, patience))))


async def read_flags(client: Client, patience: Patience, *, product: str | None, at: datetime) -> tuple[FlagView, ...]:
    """The flags that live, in order of their ids."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def read(flag: str) -> FlagView:
        async with gate:
            return await read_flag(client, flag, patience, at=at)

    return tuple(await asyncio.gather(*(read(flag) for flag in await find_flags(client, patience, product=product))))


async def read_flag(client: Client, flag: str, patience: Patience, *, at: datetime) -> FlagView:
    """One flag, by its id.

    Raises:
        NotFound: there is no such flag.
    """
    handle = _handle(client, flag)
    return await _found(flag, lambda: handle.query(FlagWorkflow.flag, at, rpc_timeout=ONE_TRY), patience)


async def with_flags_now(client: Client, view: StatusView, patience: Patience, *, at: datetime) -> StatusView:
    """The view of a closed release, with what became of its flags since; of a flag that does not answer nothing."""
    gate = asyncio.Semaphore(_AT_ONCE)
    silent = False

    async def told(flag: FlagOfRelease) -> FlagOfRelease:
        nonlocal silent
        async with gate:
            if silent or flag.settled == "gone":
                return flag
            try:
                found = await read_flag(client, f"{view.product}/{view.environment}/{flag.key}", patience, at=at)
            except NotFound:
                return flag
            except (ClientError, RPCError, WorkflowQueryFailedError):
                # The release itself has answered: nobody waits for one flag after the other to be silent.
                silent = True
                return flag
        since = since_left(found, flag.current, view.release_id)
        elsewhere = since and found.phase != "gone" and found.exposure != flag.current
        return replace(flag, since=since, now=found.exposure if elsewhere else None)

    return replace(view, flags=tuple(await asyncio.gather(*map(told, view.flags))))


async def read_history(client: Client, flag: str, patience: Patience) -> tuple[FlagEntry, ...]:
    """Everything that happened to a flag, from its own ledger, verified against the head that the flag gives.

    Raises:
        NotFound: there is no such flag.
        AuditFailed: the ledger does not verify.
    """
    handle = _handle(client, flag)
    lines: list[str] = []

    async def ask() -> LedgerPage:
        return await handle.query(FlagWorkflow.ledger, len(lines), rpc_timeout=ONE_TRY)

    while (page := await _found(flag, ask, patience)).seq > len(lines):
        if not page.lines:
            raise ClientError("ledger.short", f"flag {flag} gives {len(lines)} of {page.seq} ledger entries")
        lines += page.lines
    ledger = from_bytes("\n".join(lines).encode())
    try:
        verify(ledger, link=Link(page.seq, page.head), form=FLAG_ENTRY)
    except LedgerBroken as error:
        raise AuditFailed("audit.ledger_broken", f"flag {flag}: {error}", {"seq": str(error.seq)}) from error
    return tuple(ledger.read(FLAG_ENTRY))


async def kill(
    client: Client, flag: str, actor: Actor, patience: Patience, *, reason: str, request_id: str
) -> FlagAnswer:
    """Takes a flag back to who saw it before its release. Answered with what was decided; the provider is asked until
    it confirms.

    Raises:
        NotFound: there is no such flag, or it is gone.
        Refused: the actor may not.
    """
    handle = _handle(client, flag)
    request = FlagKill(request_id=request_id, actor=actor, reason=reason)
    try:
        return await _found(
            flag,
            lambda: handle.execute_update(FlagWorkflow.kill, request, id=update_id(request), rpc_timeout=ONE_TRY),
            patience,
        )
    except WorkflowUpdateFailedError as error:
        raise refusal(error) from error


def _handle(client: Client, flag: str) -> WorkflowHandle[FlagWorkflow, FlagClosed]:
    return client.get_workflow_handle_for(FlagWorkflow.run, f"{_PREFIX}{flag}")


async def _found(flag: str, call: Callable[[], Awaitable[_T]], patience: Patience) -> _T:
    try:
        return await patiently(call, patience)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise NotFound(
            "flag.not_found",
            f"there is no flag {flag!r}, or it is gone: `gonogo flags` shows those that live",
            {"flag": flag},
        ) from error
