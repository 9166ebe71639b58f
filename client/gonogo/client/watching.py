"""Following a release live: a long poll on the history says that something happened, a query says what.

Neither adds an event to the history, however many people watch and however long.
"""

from collections.abc import AsyncIterator

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from gonogo.domain.events import Entry
from gonogo.domain.ledger import from_bytes

from .calling import Patience, patiently
from .reading import found, handle_of, read_page, refuse_ended_badly

_NEWS = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
"""Entries are made in workflow tasks and nowhere else."""


async def watch(client: Client, release_id: str, *, after: int, patience: Patience) -> AsyncIterator[Entry]:
    """Entries from the one behind place `after` on, as they are made, until the release closes.

    Raises:
        NotFound: there is no such release.
        Stopped: its workflow was ended from outside.
        Unreachable: nobody answers for as long as the patience lasts.
    """
    newest = handle_of(client, release_id)
    while True:
        run_id = (await found(release_id, newest.describe, patience)).run_id
        run = client.get_workflow_handle(newest.id, run_id=run_id)
        events = run.fetch_history_events(wait_new_event=True)
        last = EventType.EVENT_TYPE_UNSPECIFIED
        while True:
            await patiently(events.fetch_next_page, patience)
            page = events.current_page or ()
            if page:
                last = page[-1].event_type
            if any(event.event_type == _NEWS for event in page):
                async for entry in _since(client, release_id, after, patience):
                    after = entry.seq
                    yield entry
            if events.next_page_token is None:
                break
        if last == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
            continue
        await refuse_ended_badly(run, release_id)
        return


async def _since(client: Client, release_id: str, after: int, patience: Patience) -> AsyncIterator[Entry]:
    while True:
        page = await read_page(client, release_id, after, patience)
        for entry in from_bytes("\n".join(page.lines).encode()).entries():
            yield entry
        after += len(page.lines)
        if after >= page.seq or not page.lines:
            return
