"""The check kind `flag_debt`: with overdue flags that nobody waived, a product's next scope is not frozen."""

import asyncio
from datetime import datetime, timedelta

from temporalio.client import Client, WorkflowHandle

from gonogo.activities.ports import CheckRequest
from gonogo.activities.registry import FLAG_DEBT
from gonogo.domain.facts import Finding, Status
from gonogo.domain.flag_views import FlagView
from gonogo.workflows.flag import FlagWorkflow
from gonogo.workflows.flag_messages import FlagClosed

from .flag_desk import open_flags

KIND = FLAG_DEBT
"""Name of the check kind."""
_AT_ONCE = 8
_PATIENCE = timedelta(seconds=10)
_NAMED = 10
"""Most flags that a finding names."""


class FlagDebt:
    """Asks every flag of the release's product, in every environment, whether it is overdue."""

    def __init__(self, client: Client, *, patience: timedelta = _PATIENCE) -> None:
        """Takes a connected client, and how long one flag may take to answer."""
        self._client = client
        self._patience = patience

    async def measure(self, request: CheckRequest) -> Finding:
        """Passes when no flag is overdue, fails naming those that are, else unclear. What is waived does not count."""
        product = request.release_id.partition("/")[0]
        try:
            names = sorted([f.id async for f in self._client.list_workflows(open_flags(f"flag/{product}/"))])
        except Exception as error:  # noqa: BLE001  # without the list nothing is known
            text = f"the flags of {product} could not be listed: {type(error).__name__}: {error}"
            return Finding(status=Status.UNCLEAR, at=request.at, finding=text[:500])
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(name: str) -> FlagView | None:
            async with places:
                return await self._read(name, request.at)

        views = await asyncio.gather(*(one(name) for name in names))
        return _finding(names, views, request.at)

    async def _read(self, name: str, at: datetime) -> FlagView | None:
        handle: WorkflowHandle[FlagWorkflow, FlagClosed] = self._client.get_workflow_handle_for(FlagWorkflow.run, name)
        try:
            return await handle.query(FlagWorkflow.flag, at, rpc_timeout=self._patience)
        except Exception:  # noqa: BLE001  # a flag that does not answer may be overdue: the finding says which
            return None


def _finding(names: list[str], views: list[FlagView | None], at: datetime) -> Finding:
    due = [v for v in views if v is not None and v.overdue]
    silent = [name for name, v in zip(names, views, strict=True) if v is None]
    if due:
        named = [f"{v.key} in {v.environment} ({v.owner}, since {v.due:%Y-%m-%d})" for v in due if v.due]
        text = f"{_count(len(due))} overdue: {_list(named)}: remove, or waive with a date"
        return Finding(status=Status.FAIL, at=at, finding=text[:2000])
    if silent:
        text = f"{_count(len(silent))} did not answer: {_list(silent)}"
        return Finding(status=Status.UNCLEAR, at=at, finding=text[:2000])
    return Finding(status=Status.PASS, at=at, finding=f"{_count(len(names))} open, none overdue")


def _count(number: int) -> str:
    return "1 flag" if number == 1 else f"{number} flags"


def _list(texts: list[str]) -> str:
    more = len(texts) - _NAMED
    return ", ".join(texts[:_NAMED]) + (f" and {more} more" if more > 0 else "")
