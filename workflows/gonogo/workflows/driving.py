"""The part of a release's workflow that simulation speaks to: a driven clock, which goes where it is told."""

import asyncio
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from gonogo.domain.terms import TERMINAL
from gonogo.domain.wakeups import wakeups

from .book import Book
from .clock import Clock
from .delivery import Delivery
from .messages import Advanced
from .running import Running


class Driving:
    """What a release needs to be driven; `ReleaseWorkflow` has it all."""

    _clock: Clock
    _book: Book
    _running: Running
    _delivery: Delivery
    _later: list[tuple[datetime, int, Any]]
    _stirred: bool
    _over: bool

    def _stir(self) -> None:
        """The release is to look at everything once more."""
        self._stirred = True

    def _too_long(self) -> bool:
        raise NotImplementedError

    @property
    def _closed(self) -> bool:
        return self._book.begun and self._book.state.phase in TERMINAL

    @workflow.update(description="Simulation only: takes the driven clock to an instant.")
    async def advance(self, to: datetime) -> Advanced:
        """Goes to `to`, stopping at everything that happens by itself before, and answers when all is quiet."""
        await self._quiet()
        while (at := self._next_instant()) is not None and at <= to and not self._closed:
            self._clock.set(at)
            self._stir()
            await self._quiet()
        self._clock.set(to)
        self._stir()
        await self._quiet()
        # A release that has to go on in a new run does so when nobody is being answered: it looks again after this.
        self._stirred = self._stirred or self._too_long()
        link = self._book.link
        return Advanced(
            at=self._clock.now(),
            next_wakeup=None if self._closed else self._next_instant(),
            seq=link.seq,
            head=link.head,
            closed=self._closed,
            touched=self._delivery.touched(),
        )

    @advance.validator
    def _check_advance(self, to: datetime) -> None:
        if self._clock.driven is None:
            raise ApplicationError("this release runs in real time", type="release.not_driven", non_retryable=True)
        if to.tzinfo is None:
            raise ApplicationError(f"{to} has no offset", type="release.instant", non_retryable=True)

    def _next_instant(self) -> datetime | None:
        now = self._clock.now()
        coming = wakeups(self._book.state, now)
        found = [x[0] for x in self._later] + [x[0] for x in coming if x[0] > now][:1]
        if (again := self._delivery.retry_at) is not None:
            found.append(again)
        return min(found, default=None)

    async def _quiet(self) -> None:
        """Waits until nothing is under way that could still say something at this instant."""

        def quiet() -> bool:
            return self._over or (
                self._book.begun
                and not self._stirred
                and not self._running.busy
                and not self._delivery.busy
                and not (self._later and self._later[0][0] <= self._clock.now())
            )

        while not quiet():
            await workflow.wait_condition(quiet)
            await asyncio.sleep(0)
