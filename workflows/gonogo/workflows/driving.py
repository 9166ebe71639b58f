"""What simulation says to a workflow: a driven clock goes where it is told, and stops at all that happens before."""

import asyncio
from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, ClassVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from gonogo.domain.ledger import Link
from gonogo.domain.terms import TERMINAL
from gonogo.domain.wakeups import wakeups

from .book import Book
from .clock import Clock
from .delivery import Delivery
from .messages import Advanced
from .running import Running


class Driving(ABC):
    """The part that a release's and a flag's workflow share."""

    _KIND: ClassVar[str]
    """What is driven, for refusals and their codes."""
    _clock: Clock
    _stirred: bool

    def _stir(self) -> None:
        """It is to look at everything once more."""
        self._stirred = True

    @property
    @abstractmethod
    def _link(self) -> Link:
        """Where its ledger ends."""

    @property
    @abstractmethod
    def _closed(self) -> bool:
        """True: nothing happens by itself any more."""

    @abstractmethod
    def _too_long(self) -> bool:
        """True: it goes on in a new run."""

    @abstractmethod
    def _next_instant(self) -> datetime | None:
        """When something happens by itself next."""

    @abstractmethod
    def _is_quiet(self) -> bool:
        """True: nothing is under way that could still say something at this instant."""

    def _touched(self) -> tuple[str, ...]:
        """Workflows that it told something since this was last asked."""
        return ()

    async def _advanced(self, to: datetime) -> Advanced:
        """Goes to `to`, stopping at everything that happens by itself before, and answers when all is quiet."""
        await self._quiet()
        while (at := self._next_instant()) is not None and at <= to and not self._closed:
            self._clock.set(at)
            self._stir()
            await self._quiet()
        self._clock.set(to)
        self._stir()
        await self._quiet()
        # What has to go on in a new run does so when nobody is being answered: it looks again after this.
        self._stirred = self._stirred or self._too_long()
        link = self._link
        return Advanced(
            at=self._clock.now(),
            next_wakeup=None if self._closed else self._next_instant(),
            seq=link.seq,
            head=link.head,
            closed=self._closed,
            touched=self._touched(),
        )

    def _refuse_to_advance(self, to: datetime) -> None:
        """Raises where time is real, or the instant is none."""
        kind = self._KIND
        if self._clock.driven is None:
            raise ApplicationError(f"this {kind} runs in real time", type=f"{kind}.not_driven", non_retryable=True)
        if to.tzinfo is None:
            raise ApplicationError(f"{to} has no offset", type=f"{kind}.instant", non_retryable=True)

    async def _quiet(self) -> None:
        while not self._is_quiet():
            await workflow.wait_condition(self._is_quiet)
            await asyncio.sleep(0)


class DrivenRelease(Driving):
    """A release as it is driven; `ReleaseWorkflow` does the rest."""

    _KIND = "release"
    _book: Book
    _running: Running
    _delivery: Delivery
    _later: list[tuple[datetime, int, Any]]
    _over: bool

    @property
    def _link(self) -> Link:
        return self._book.link

    @property
    def _closed(self) -> bool:
        return self._book.begun and self._book.state.phase in TERMINAL

    def _next_instant(self) -> datetime | None:
        now = self._clock.now()
        coming = wakeups(self._book.state, now)
        found = [x[0] for x in self._later] + [x[0] for x in coming if x[0] > now][:1]
        if (again := self._delivery.retry_at) is not None:
            found.append(again)
        return min(found, default=None)

    def _is_quiet(self) -> bool:
        return self._over or (
            self._book.begun
            and not self._stirred
            and not self._running.busy
            and not self._delivery.busy
            and not (self._later and self._later[0][0] <= self._clock.now())
        )

    def _touched(self) -> tuple[str, ...]:
        return self._delivery.touched()
