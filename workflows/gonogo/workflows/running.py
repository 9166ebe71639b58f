"""Effects under way: starts what is outstanding, calls off what is not any more, brings results back as commands."""

import asyncio
import functools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from gonogo.activities.calendar import Calendar
from gonogo.activities.checks import Checks
from gonogo.activities.flags import Flags
from gonogo.activities.options import OPTIONS
from gonogo.activities.tasks import ChecksTask, ClaimTask, SlotsTask, WatchTask, WriteTask
from gonogo.activities.watch import Watch
from gonogo.domain import commands as c
from gonogo.domain import effects as e
from gonogo.domain.ledger import Link
from gonogo.domain.reports import WatchReport
from gonogo.domain.resolution import Interval

from .clock import Clock

_Result = tuple[datetime, Any]
"""The instant at which a result is true, and the command that carries it."""

Deliver = Callable[[datetime, int, Any], None]
"""Takes a result: the instant at which it is true, its place in the order of asking, the command that carries it."""


def activity_options(name: str, **more: Any) -> dict[str, Any]:
    """The options of an activity, as Temporal takes them."""
    row = OPTIONS[name]
    return {
        "start_to_close_timeout": row.start_to_close,
        "schedule_to_close_timeout": row.schedule_to_close,
        "heartbeat_timeout": row.heartbeat,
        "retry_policy": row.retry,
        **more,
    }


class Running:
    """The effects of one release that are under way."""

    def __init__(self, clock: Clock, deliver: Deliver, stir: Callable[[], None]) -> None:
        self._clock = clock
        self._deliver = deliver
        self._stir = stir
        self._tasks: dict[str, asyncio.Task[_Result]] = {}
        self._answered: set[str] = set()
        """Effects whose result came back; driven, it may be applied only later."""
        self._called_off: set[str] = set()
        self._started = 0

    @property
    def busy(self) -> bool:
        """True while anything is under way."""
        return bool(self._tasks)

    def reconcile(self, wanted: tuple[e.Effect, ...], link: Link, *, watch: bool) -> None:
        """Starts what is wanted and not running; calls off what is running and not wanted any more.

        Without `watch`, no watch is wanted: each that runs is called off, and answers with what it has counted so far.
        """
        asks = {effect.ask for effect in wanted}
        self._answered &= asks
        now = {effect.ask: effect for effect in wanted if watch or not isinstance(effect, e.WatchGuards)}
        for ask, task in self._tasks.items():
            if ask not in now and ask not in self._called_off:
                self._called_off.add(ask)
                task.cancel()
        for ask, effect in now.items():
            if ask not in self._tasks and ask not in self._answered:
                self._started += 1
                self._tasks[ask] = task = asyncio.create_task(self._perform(effect, link))
                # Not by the task itself: one that is called off before its first step never runs a line.
                task.add_done_callback(functools.partial(self._ended, ask, self._started))

    def _ended(self, ask: str, place: int, task: asyncio.Task[_Result]) -> None:
        del self._tasks[ask]
        self._called_off.discard(ask)
        if task.cancelled():
            self._stir()
        elif (error := task.exception()) is not None:
            # Not stirred: what fails at once would be started again and again.
            workflow.logger.error("%s ended unexpectedly and is asked for again: %r", ask, error)
        else:
            at, command = task.result()
            self._answered.add(ask)
            self._deliver(at, place, command)

    async def _perform(self, effect: e.Effect, link: Link) -> _Result:
        """The effect's result as a command. What failed comes back as "nothing was found out", which is unclear."""
        now = self._clock.now()
        match effect:
            case e.ResolveSlots():
                return now, await self._slots(effect, link)
            case e.MeasureChecks():
                checks = ChecksTask(effect=effect, at=now, link=link)
                try:
                    found = await workflow.execute_activity_method(
                        Checks.measure_checks,
                        checks,
                        **activity_options("measure_checks", summary=f"checks: {', '.join(effect.checks)}"[:200]),
                    )
                except ActivityError:
                    return now, c.TakeFindings(ask=effect.ask, findings={})
                return found.at, c.TakeFindings(ask=effect.ask, findings=found.findings)
            case e.ClaimFlags():
                claim = ClaimTask(effect=effect, driven=self._clock.driven is not None, at=now, link=link)
                try:
                    claims = await workflow.execute_activity_method(
                        Flags.claim_flags, claim, **activity_options("claim_flags", summary="claim the flags")
                    )
                except ActivityError:
                    return now, c.TakeClaims(ask=effect.ask, answers=())
                return now, c.TakeClaims(ask=effect.ask, answers=claims.answers)
            case e.WriteFlags():
                write = WriteTask(effect=effect, at=now, link=link)
                what = "put flags back" if effect.rollback else "change flags"
                try:
                    done = await workflow.execute_activity_method(
                        Flags.write_flags, write, **activity_options("write_flags", summary=what)
                    )
                except ActivityError:
                    return now, c.TakeWrites(ask=effect.ask, results=())
                return now, c.TakeWrites(ask=effect.ask, results=done.results)
            case e.WatchGuards():
                return await self._watch(effect, link)

    async def _slots(self, effect: e.ResolveSlots, link: Link) -> c.TakeSlots:
        """The calendar's answer: asked until it answers, and `why` shows that it is asked."""
        while True:
            task = SlotsTask(effect=effect, at=self._clock.now(), link=link)
            try:
                found = await workflow.execute_activity_method(
                    Calendar.resolve_slots, task, **activity_options("resolve_slots", summary="ask the calendar")
                )
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise asyncio.CancelledError from error
                await workflow.sleep(timedelta(minutes=10), summary="ask the calendar again")
            else:
                return c.TakeSlots(ask=effect.ask, resolution=found)

    async def _watch(self, effect: e.WatchGuards, link: Link) -> _Result:
        driven = self._clock.driven is not None
        task = WatchTask(effect=effect, driven=driven, at=self._clock.now(), link=link)
        options = activity_options(
            "watch_guards",
            summary=f"watch {', '.join(g.id for g in effect.guards)}"[:200],
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )
        try:
            report = await workflow.execute_activity_method(Watch.watch_guards, task, **options)
        except ActivityError:
            # Nothing was measured since it began: none of that time counts as baked.
            now = self._clock.now()
            blind = (Interval(start=effect.since, end=now),)
            report = WatchReport(since=effect.since, at=now, counts=effect.counts, unmeasured=blind)
        # Driven, the report comes at once and is true later; live, it is true now.
        return (report.at if driven else self._clock.now()), c.TakeWatch(ask=effect.ask, report=report)
