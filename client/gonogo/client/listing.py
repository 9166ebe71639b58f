"""Lists of releases, from the server's visibility store."""

from temporalio.client import Client

from gonogo.domain.values import Instant, value
from gonogo.workflows import search
from gonogo.workflows.release import ReleaseWorkflow

from .calling import Patience, patiently
from .errors import ClientError

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
