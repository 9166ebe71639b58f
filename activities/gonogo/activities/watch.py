"""Watches guards: one activity for a whole bake, not one for every sample."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter
from temporalio import activity

from gonogo.domain.effects import WatchGuards
from gonogo.domain.facts import Sample
from gonogo.domain.guards import Watching
from gonogo.domain.plan import Guard
from gonogo.domain.reports import WatchReport

from .beats import beating
from .ports import SampleRequest
from .registry import Adapters
from .tasks import WatchTask

_REPORT: TypeAdapter[WatchReport] = TypeAdapter(WatchReport)
_SAMPLE_TIMEOUT_S = 20.0
_LONGEST_DRIVEN = timedelta(days=1)
"""A driven watch without an end looks this far ahead; then it reports, and another begins."""


class Watch:
    """The guards of a release, measured by the adapters of their sources."""

    def __init__(self, adapters: Adapters) -> None:
        self._adapters = adapters

    @activity.defn
    async def watch_guards(self, task: WatchTask) -> WatchReport:
        """Samples until the end, or until a guard trips; called off, it reports what it has seen so far."""
        if task.driven:
            return await self._all_at_once(task.effect)
        watching = Watching.begin(task.effect)
        for kept in activity.info().heartbeat_details[:1]:
            watching = watching.resumed(_REPORT.validate_python(kept))
        return await self._live(task.effect, watching)

    async def _all_at_once(self, effect: WatchGuards) -> WatchReport:
        watching = Watching.begin(effect)
        end = effect.until or effect.since + _LONGEST_DRIVEN
        while (due := watching.next_due()) <= end:
            activity.heartbeat()
            for guard in watching.due(due):
                watching = watching.seen(guard, await self._sample(effect, guard, due))
                if watching.tripped:
                    return watching.report(due)
        return watching.report(end)

    async def _live(self, effect: WatchGuards, watching: Watching) -> WatchReport:
        # Heartbeats of its own: samples that time out one after another are a longer silence than is allowed.
        seen = [watching.report(datetime.now(UTC))]
        async with beating(lambda: tuple(seen)):
            return await self._sampling(effect, watching, seen)

    async def _sampling(self, effect: WatchGuards, watching: Watching, seen: list[WatchReport]) -> WatchReport:
        try:
            while True:
                now = datetime.now(UTC)
                seen[0] = watching.report(now)
                due = watching.next_due()
                wake = min(due, effect.until) if effect.until else due
                if wake > now:
                    await asyncio.sleep(min((wake - now).total_seconds(), 5.0))
                    continue
                if effect.until and effect.until <= now and due > effect.until:
                    return watching.report(effect.until)
                for guard in watching.due(now):
                    watching = watching.seen(guard, await self._sample(effect, guard, now))
                    if watching.tripped:
                        return watching.report(now)
        except asyncio.CancelledError:
            return watching.report(datetime.now(UTC))

    async def _sample(self, effect: WatchGuards, guard: Guard, at: datetime) -> Sample:
        request = SampleRequest(release_id=effect.release_id, environment=effect.environment, guard=guard, at=at)
        try:
            async with asyncio.timeout(_SAMPLE_TIMEOUT_S):
                return replace(await self._adapters.metric_source(guard.source).sample(request), at=at)
        except TimeoutError:
            return Sample(at=at, error=f"no answer within {_SAMPLE_TIMEOUT_S:g} s")
        except Exception as error:  # noqa: BLE001  # a sample that cannot be taken is counted apart from bad ones
            return Sample(at=at, error=f"{type(error).__name__}: {error}"[:300])
