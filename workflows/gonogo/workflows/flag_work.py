"""What a flag's workflow has under way: one change, one proof, news to releases, messages to people."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from gonogo.activities.flags import Flags
from gonogo.activities.notices import Notices
from gonogo.activities.tasks import NotifyTask, ProbeTask, WriteTask
from gonogo.domain.effects import WriteFlags
from gonogo.domain.facts import Finding, Status, WriteResult, WriteStatus
from gonogo.domain.flag_commands import TakeProof, TakeSwitch
from gonogo.domain.flag_effects import proof_wanted, switch_wanted

from .clock import Clock
from .flag_book import FlagBook
from .flag_messages import AddressedNews
from .leftovers import Leftovers, LeftoversWorkflow
from .running import activity_options

_RETRY = timedelta(hours=1)
"""When messages that a channel did not take are sent again."""
_BATCH = 50


class FlagWork:
    """Starts what is outstanding and not under way. What comes back is handed over as a command."""

    def __init__(self, clock: Clock, book: FlagBook, take: Callable[[Any], None], stir: Callable[[], None]) -> None:
        self._clock = clock
        self._book = book
        self._take = take
        self._stir = stir
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.retry_at: datetime | None = None
        """When messages that could not be delivered are sent again; None: none wait, or they are on their way."""

    @property
    def busy(self) -> bool:
        """True while anything is under way."""
        return bool(self._tasks)

    def start(self) -> None:
        """Starts what is outstanding."""
        state, now = self._book.state, self._clock.now()
        write = switch_wanted(state)
        if write is not None and write.ask not in self._tasks:
            self._begin(write.ask, self._switch(write))
        if proof_wanted(state, now) and "proof" not in self._tasks:
            self._begin("proof", self._prove())
        if self._book.news and "news" not in self._tasks:
            self._begin("news", self._tell())
        if self._book.messages and "notify" not in self._tasks and (self.retry_at is None or now >= self.retry_at):
            self.retry_at = None
            self._begin("notify", self._notify())

    def _begin(self, name: str, work: Awaitable[None]) -> None:
        async def run() -> None:
            try:
                await work
            except Exception:  # noqa: BLE001  # a bug: it must not block the flag
                # Not stirred: what fails at once would be started again and again.
                workflow.logger.exception("%s of %s ended unexpectedly", name, self._book.state.id)
                del self._tasks[name]
            else:
                del self._tasks[name]
                self._stir()

        self._tasks[name] = asyncio.create_task(run())

    async def _switch(self, effect: WriteFlags) -> None:
        task = WriteTask(effect=effect, at=self._clock.now(), link=self._book.link)
        write = effect.writes[0]
        result: WriteResult | None = None
        detail = "the provider gave no answer"
        try:
            done = await workflow.execute_activity_method(
                Flags.write_flags,
                task,
                **activity_options("write_flags", summary=f"{write.target.key} to {write.wanted}"[:200]),
            )
            result = next((r for r in done.results if r.key == write.target.key), None)
        except ActivityError as error:
            detail = str(error.cause or error)[:500]
        if result is None:
            result = WriteResult(
                key=write.target.key, status=WriteStatus.FAILED, fence=write.fence, at=task.at, detail=detail
            )
        self._take(TakeSwitch(ask=effect.ask, result=result))

    async def _prove(self) -> None:
        task = ProbeTask(target=self._book.state.target, at=self._clock.now(), link=self._book.link)
        try:
            finding = await workflow.execute_activity_method(
                Flags.probe_flag, task, **activity_options("probe_flag", summary="is it gone?")
            )
        except ActivityError as error:
            text = f"could not be asked: {error.cause or error}"[:500]
            finding = Finding(status=Status.UNCLEAR, at=task.at, finding=text)
        self._take(TakeProof(finding=finding))

    async def _tell(self) -> None:
        while self._book.news:
            await self._tell_one(self._book.news[0])
            del self._book.news[0]

    async def _tell_one(self, told: AddressedNews) -> None:
        release = workflow.get_external_workflow_handle(f"release/{told.release_id}")
        try:
            # By name: the release reads this signal as raw bytes, since anybody may send it.
            await release.signal("flag_news", told.news)
        except ApplicationError as error:
            # It has closed, or never was. Nothing waits for the news there.
            workflow.logger.info("%s was not told of its flag: %s", told.release_id, error)

    async def _notify(self) -> None:
        batch = tuple(self._book.messages.values())[:_BATCH]
        notifications = self._book.state.notifications
        channels = notifications.channels if notifications else {}
        task = NotifyTask(messages=batch, channels=channels, link=self._book.link)
        delivered: tuple[str, ...] = ()
        try:
            done = await workflow.execute_activity_method(
                Notices.notify, task, **activity_options("notify", summary=f"{len(batch)} messages")
            )
            delivered = done.delivered
        except ActivityError as error:
            workflow.logger.warning("messages about %s were not delivered yet: %s", self._book.state.id, error)
        for key in delivered:
            self._book.messages.pop(key, None)
        left = any(m.key in self._book.messages for m in batch)
        self.retry_at = self._clock.now() + _RETRY if left else None

    async def finish(self) -> None:
        """At the end of the flag: what could not be delivered passes to one abandoned child."""
        messages = tuple(self._book.messages.values())
        notifications = self._book.state.notifications
        if not messages or notifications is None:
            return
        left = Leftovers(messages=messages, channels=notifications.channels, notes=(), link=self._book.link)
        await workflow.start_child_workflow(
            LeftoversWorkflow.run,
            left,
            id=f"leftovers/{self._book.state.id}/{self._book.link.seq}",
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            static_summary="messages that could not be delivered before the flag was gone",
        )
