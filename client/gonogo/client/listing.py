"""Lists of releases, from the server's visibility store."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from temporalio.client import Client

from gonogo.domain.rights import RELEASE_MANAGER
from gonogo.domain.values import Instant, value
from gonogo.domain.view_values import StatusView
from gonogo.workflows import search
from gonogo.workflows.release import ReleaseWorkflow

from .calling import Patience, patiently
from .errors import ClientError, Stuck, Unreachable

MOST_ASKED = 50
"""How many open releases of one list are asked how they stand, the newest first: each is one query to a worker."""
MOST_ENDED = 20
"""How many closed releases of one list are asked how they ended, the newest first: a worker reads each one anew."""
_AT_ONCE = 8
_SILENT = 2
"""Releases in a row that nobody answers for, after which no more are asked."""
_TYPE = "ReleaseWorkflow"
assert ReleaseWorkflow.__name__ == _TYPE


@value
class ReleaseRow:
    """A release in a list."""

    release_id: str
    """`<product>/<version>`."""
    phase: str
    """Where it stands; empty: its first task is not done yet."""
    outcome: str
    """How it ended; empty: it is open."""
    exposure: int
    """Widest exposure of its flags, in percent."""
    launched_at: Instant
    """When it was launched."""
    closed_at: Instant | None = None
    """When it closed; None: it is open."""
    status: str
    """Temporal's word: running, completed, failed, terminated."""
    waits: str = ""
    """The hold that stands, or else the first thing that it waits for; empty: nothing, or it was not asked."""
    responsible: tuple[str, ...] = ()
    """Whom or what that waits for."""
    launched_by: str = ""
    """Who launched it; empty: it was not asked."""
    managers: tuple[str, ...] = ()
    """Its release managers."""
    ending: str = ""
    """How it ended, in one line: what became of it, when, by whom and why; empty: it is open, or was not asked."""


def equals(name: str, given: str) -> str:
    """A condition of a list query."""
    if "'" in given or '"' in given or "\\" in given:
        raise ClientError("list.filter", f"{given!r} cannot be looked for: leave out quotation marks", {"value": given})
    return f"{name} = '{given}'"


async def list_releases(
    client: Client,
    patience: Patience,
    *,
    product: str | None,
    phase: str | None,
    outcome: str | None,
) -> tuple[ReleaseRow, ...]:
    """Releases, newest first."""
    filters = [f"WorkflowType = '{_TYPE}'", "ExecutionStatus != 'ContinuedAsNew'"]
    wanted = ((search.PRODUCT, product), (search.PHASE, phase), (search.OUTCOME, outcome))
    filters += [equals(key.name, given) for key, given in wanted if given is not None]
    query = " AND ".join(filters)

    async def read() -> list[ReleaseRow]:
        rows = []
        async for one in client.list_workflows(query):
            found = one.typed_search_attributes
            rows.append(
                ReleaseRow(
                    release_id=one.id.removeprefix("release/"),
                    phase=found.get(search.PHASE, ""),
                    outcome=found.get(search.OUTCOME, ""),
                    exposure=found.get(search.EXPOSURE, 0),
                    launched_at=one.start_time,
                    closed_at=one.close_time,
                    status=one.status.name.lower() if one.status else "",
                )
            )
        return rows

    return tuple(sorted(await patiently(read, patience), key=lambda row: row.launched_at, reverse=True))


async def with_standing(
    rows: tuple[ReleaseRow, ...], status: Callable[[str], Awaitable[StatusView]]
) -> tuple[ReleaseRow, ...]:
    """The rows, with what each release says of itself; an open one that does not answer says so, and stops no list."""
    room = asyncio.Semaphore(_AT_ONCE)
    silent: list[str] = []

    async def asked(row: ReleaseRow) -> ReleaseRow:
        async with room:
            try:
                # Where one after the other is not answered for, the rest is not waited for.
                if len(silent) >= _SILENT:
                    return replace(row, waits=f"not asked: nobody answers [{silent[-1]}]", responsible=("a worker",))
                told = _standing(row, await status(row.release_id))
            except Unreachable as error:
                if not isinstance(error, Stuck):
                    silent.append(error.code)
                return replace(row, waits=f"it does not answer [{error.code}]", responsible=("a worker",))
            except ClientError as error:
                return replace(row, waits=f"cannot be read [{error.code}]")
            silent.clear()
            return told

    async def answer(row: ReleaseRow) -> ReleaseRow:
        told = await asked(row)
        # What is over waits for nobody, whether it answers or not.
        return told if row.status == "running" or told.ending else row

    running = [row for row in rows if row.status == "running"][:MOST_ASKED]
    ended = [row for row in rows if row.status == "completed"][:MOST_ENDED]
    told = dict(zip(map(_run, (*running, *ended)), await asyncio.gather(*map(answer, (*running, *ended))), strict=True))
    return tuple(told.get(_run(row), row) for row in rows)


def _run(row: ReleaseRow) -> tuple[str, Instant]:
    return row.release_id, row.launched_at


def _standing(row: ReleaseRow, view: StatusView) -> ReleaseRow:
    waits = view.waits
    return replace(
        row,
        ending=view.ending,
        waits=waits.text if waits else "",
        responsible=waits.responsible if waits else (),
        launched_by=view.launched_by.id,
        managers=next((role.people for role in view.roles if role.role == RELEASE_MANAGER), ()),
    )
