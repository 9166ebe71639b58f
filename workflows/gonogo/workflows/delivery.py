"""Tells people and flags what is in the outbox: never awaited by a release, never lost by it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from gonogo.activities.flags import Flags
from gonogo.activities.notices import Notices
from gonogo.activities.tasks import NotifyTask, TellTask

from .book import Book
from .clock import Clock
from .leftovers import Leftovers, LeftoversWorkflow
from .running import activity_options

_FIRST_RETRY = timedelta(minutes=1)
_LAST_RETRY = timedelta(hours=1)


class Delivery:
    """At most one batch of messages and one batch of notes is on its way at a time."""

    LONGEST = timedelta(minutes=30)
    """After so long a batch has arrived, or comes back. Timers depend on it: once released it never changes."""

    def __init__(self, clock: Clock, book: Book, stir: Callable[[], None]) -> None:
        self._clock = clock
        self._book = book
        self._stir = stir
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._wait: dict[str, timedelta] = {}
        self._retry: dict[str, datetime] = {}
        self._touched: dict[str, None] = {}

    @property
    def busy(self) -> bool:
        """True while anything is on its way; what waits to be tried again is not."""
        return any(not name.endswith("-retry") for name in self._tasks)

    @property
    def retry_at(self) -> datetime | None:
        """Driven: when what could not be delivered is tried again."""
        return min(self._retry.values(), default=None) if self._clock.driven else None

    def touched(self) -> tuple[str, ...]:
        """Flags that were told something since this was last asked."""
        found = tuple(self._touched)
        self._touched.clear()
        return found

    def start(self) -> None:
        """Sends what is in the outbox, unless it is on its way or waits to be tried again."""
        outbox = self._book.outbox
        if outbox.messages:
            self._send("notify")
        if outbox.notes:
            self._send("tell")

    def _send(self, name: str) -> None:
        retry = self._retry.get(name)
        if name in self._tasks or (retry is not None and self._clock.now() < retry):
            return
        self._retry.pop(name, None)
        self._tasks[name] = asyncio.create_task(self._deliver(name))

    async def _deliver(self, name: str) -> None:
        done = False
        try:
            done = await (self._notify() if name == "notify" else self._tell())
        except ActivityError as error:
            workflow.logger.warning("%s: not delivered yet: %s", name, error.cause or error)
        except Exception:  # noqa: BLE001  # a bug: tried again later, as everything that did not arrive
            workflow.logger.exception("%s: could not be delivered", name)
        finally:
            # However it ended: the release arms no timer while it waits for this.
            del self._tasks[name]
            self._stir()
        if done:
            self._wait.pop(name, None)
        else:
            wait = self._wait.get(name, _FIRST_RETRY)
            self._wait[name] = min(wait * 2, _LAST_RETRY)
            self._retry[name] = self._clock.now() + wait
            if self._clock.driven is None:
                self._tasks[f"{name}-retry"] = asyncio.create_task(self._later(name, wait))

    async def _later(self, name: str, wait: timedelta) -> None:
        try:
            await workflow.sleep(wait, summary="try again what could not be delivered")
        finally:
            self._tasks.pop(f"{name}-retry", None)
        self._retry.pop(name, None)
        self._stir()

    async def _notify(self) -> bool:
        outbox = self._book.outbox
        batch = outbox.next_messages()
        task = NotifyTask(messages=batch, channels=self._book.state.plan.notifications.channels, link=self._book.link)
        done = await workflow.execute_activity_method(
            Notices.notify, task, **activity_options("notify", summary=f"{len(batch)} messages")
        )
        for key in done.delivered:
            outbox.messages.pop(key, None)
        return len(done.delivered) == len(batch)

    async def _tell(self) -> bool:
        outbox = self._book.outbox
        batch = outbox.next_notes()
        driven = self._clock.driven is not None
        task = TellTask(notes=batch, driven=driven, at=self._clock.now(), link=self._book.link)
        await workflow.execute_activity_method(
            Flags.tell_flags, task, **activity_options("tell_flags", summary=f"{len(batch)} notes to flags")
        )
        for note in batch:
            outbox.notes.pop(note.key, None)
            if note.flag is not None:
                self._touched[f"flag/{note.product}/{note.environment}/{note.flag}"] = None
        return True

    async def finish(self) -> None:
        """At the end of a release: sends what is left once more; what still cannot go passes to one abandoned child."""
        self._call_off_retries()
        outbox = self._book.outbox
        while True:
            self.start()
            await workflow.wait_condition(lambda: not self.busy)
            if self._retry or not outbox.undelivered():
                break
        self._call_off_retries()
        if outbox.undelivered():
            left = Leftovers(
                messages=tuple(outbox.messages.values()),
                channels=self._book.state.plan.notifications.channels,
                notes=tuple(outbox.notes.values()),
                link=self._book.link,
            )
            await workflow.start_child_workflow(
                LeftoversWorkflow.run,
                left,
                id=f"leftovers/{self._book.state.release_id}",
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                static_summary="messages that could not be delivered before the release closed",
            )

    def _call_off_retries(self) -> None:
        for name, task in tuple(self._tasks.items()):
            if name.endswith("-retry"):
                task.cancel()
        self._retry.clear()
