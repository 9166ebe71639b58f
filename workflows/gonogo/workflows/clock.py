"""Time as the workflows see it: real, or driven by a simulation. The only place that asks Temporal what time it is."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from temporalio import workflow


class Clock:
    """Tells the time.

    Real: the workflow's own time. Driven: the instant that the last `advance` set, which exists only when the launch
    message carries one; only a worker that was started for simulation lets such a workflow run.
    """

    def __init__(self, driven_from: datetime | None) -> None:
        self._driven = driven_from

    @property
    def driven(self) -> datetime | None:
        """The driven instant; None when time is real."""
        return self._driven

    def now(self) -> datetime:
        """The instant that the workflow believes in."""
        return self._driven if self._driven is not None else workflow.now()

    def set(self, to: datetime) -> None:
        """Takes a driven clock to `to`; it never goes back."""
        assert self._driven is not None
        self._driven = max(self._driven, to)


class Alarm:
    """One durable timer for many wake-ups: armed again only when the next wake-up is earlier than the armed one.

    A timer that fires too early (what it was for has moved) costs one look, which is cheaper than cancelling it. A
    driven clock has no timers: its alarm is a number that `advance` asks for.
    """

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._at: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    def arm(self, at: datetime | None, summary: str) -> None:
        """Sees to it that `ring` is called at `at` at the latest; None: nothing to wait for."""
        if at is None or self._clock.driven is not None or (self._at is not None and self._at <= at):
            return
        if self._task is not None:
            self._task.cancel()
        self._at = at
        self._task = asyncio.create_task(self._sleep(at, summary))

    async def _sleep(self, at: datetime, summary: str) -> None:
        delay = at - workflow.now()
        if delay.total_seconds() > 0:
            await workflow.sleep(delay, summary=summary[:200])
        self._at = None
        self._task = None
        self._ring()

    def disarm(self) -> None:
        """Cancels the timer, when one is armed."""
        if self._task is not None:
            self._task.cancel()
        self._at = None
        self._task = None
