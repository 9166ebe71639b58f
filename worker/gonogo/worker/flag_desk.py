"""The way to the flags' own workflows: claims by update-with-start, notes by signal-with-start."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from gonogo.activities.ports import FlagClaim
from gonogo.client.calling import Patience, patiently
from gonogo.domain.flag_notes import FlagNote
from gonogo.domain.flag_state import flag_id
from gonogo.domain.reports import ClaimAnswer
from gonogo.workflows.flag import NOTE, FlagWorkflow
from gonogo.workflows.flag_messages import FlagClaimRequest, FlagStart
from gonogo.workflows.messages import TASK_QUEUE

_AT_ONCE = 8
"""Flags that are spoken to at the same time."""
_PATIENCE = timedelta(seconds=20)
"""How long one flag may take to answer; after that it has not granted anything."""
_STARTS = ("announced", "written", "shipped", "carried")
"""Notes that begin a flag's own workflow; the others mean nothing to a flag that has none."""


class FlagsNotTold(Exception):
    """Some flags could not be told: the same notes are to be sent again."""

    code = "flags.not_told"


class TemporalFlagDesk:
    """The `FlagDesk` of production, and of simulation: each flag is a workflow."""

    def __init__(self, client: Client, *, task_queue: str = TASK_QUEUE) -> None:
        """Takes a connected client, and the task queue on which flags' workflows run."""
        self._client = client
        self._task_queue = task_queue

    async def claim(self, claims: tuple[FlagClaim, ...]) -> tuple[ClaimAnswer, ...]:
        """Asks each flag's workflow, starting it when there is none. A flag that cannot be asked is not granted."""
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(claim: FlagClaim) -> ClaimAnswer:
            async with places:
                try:
                    async with asyncio.timeout(_PATIENCE.total_seconds()):
                        # A flag that goes on in a new run just now lets an update fail: the same claim is asked again.
                        return await patiently(lambda: self._claim(claim), Patience(budget=_PATIENCE))
                except TimeoutError:
                    detail = f"its workflow gave no answer within {_PATIENCE.total_seconds():g} s"
                except Exception as error:  # noqa: BLE001  # whatever went wrong, the flag is not granted
                    detail = f"its workflow could not be asked: {type(error).__name__}: {error}"[:500]
                return ClaimAnswer(flag=claim.target.key, granted=False, detail=detail)

        return tuple(await asyncio.gather(*(one(claim) for claim in claims)))

    async def _claim(self, claim: FlagClaim) -> ClaimAnswer:
        target = claim.target
        start = FlagStart(
            product=claim.product,
            environment=target.environment,
            flag=target.key,
            provider=target.provider,
            driven_from=claim.at if claim.driven else None,
        )
        operation = WithStartWorkflowOperation(
            FlagWorkflow.run,
            start,
            id=flag_id(claim.product, target.environment, target.key),
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"flag {target.key} ({target.environment})",
        )
        return await self._client.execute_update_with_start_workflow(
            FlagWorkflow.claim,
            FlagClaimRequest(release_id=claim.release_id, at=claim.at),
            start_workflow_operation=operation,
        )

    async def tell(self, notes: tuple[FlagNote, ...], *, driven: bool, at: datetime) -> None:
        """Tells flags' workflows what became of them; the same note again changes nothing.

        Raises:
            FlagsNotTold: some could not be told; the others were.
        """
        places = asyncio.Semaphore(_AT_ONCE)
        by_flag: dict[str, list[FlagNote]] = {}
        for note in notes:
            for name in await self._addressees(note):
                by_flag.setdefault(name, []).append(note)

        async def one(name: str, told: Iterable[FlagNote]) -> str:
            async with places:
                try:
                    for note in told:  # in their order: a flag that was shipped was announced before
                        await self._tell(name, note, at if driven else None)
                except RPCError as error:
                    return f"{name}: {error.message}"
            return ""

        failed = [text for text in await asyncio.gather(*(one(*pair) for pair in by_flag.items())) if text]
        if failed:
            raise FlagsNotTold(f"{len(failed)} of {len(by_flag)} flags could not be told: {'; '.join(failed)}"[:2000])

    async def _addressees(self, note: FlagNote) -> tuple[str, ...]:
        """Ids of the flag workflows that a note is for."""
        if note.flag is not None:
            return (flag_id(note.product, note.environment, note.flag),)
        query = open_flags(flag_id(note.product, note.environment, ""))
        return tuple([found.id async for found in self._client.list_workflows(query)])

    async def _tell(self, name: str, note: FlagNote, driven_from: datetime | None) -> None:
        if note.kind not in _STARTS or note.flag is None or note.provider is None:
            try:
                await self._client.get_workflow_handle(name).signal(NOTE, note)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
            return
        await self._client.start_workflow(
            FlagWorkflow.run,
            FlagStart(
                product=note.product,
                environment=note.environment,
                flag=note.flag,
                provider=note.provider,
                driven_from=driven_from,
            ),
            id=name,
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"flag {note.flag} ({note.environment})",
            start_signal=NOTE,
            start_signal_args=[note],
        )


def open_flags(prefix: str) -> str:
    """The visibility query for the flags that are still there, by the beginning of their workflow ids."""
    return f"WorkflowId STARTS_WITH '{prefix}' AND ExecutionStatus = 'Running'"
