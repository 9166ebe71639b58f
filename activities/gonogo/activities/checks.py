"""Measures rounds of checks: all at once, each within its own time; whatever goes wrong is unclear, never a pass."""

import asyncio
from datetime import datetime

from temporalio import activity

from gonogo.domain.effects import MeasureChecks
from gonogo.domain.facts import Finding, Status
from gonogo.domain.plan import Check

from .beats import beating
from .ports import CheckRequest
from .registry import Adapters
from .tasks import ChecksDone, ChecksTask

_AT_ONCE = 16


class Checks:
    """The checks of a release, measured by the adapters of their kinds."""

    def __init__(self, adapters: Adapters) -> None:
        self._adapters = adapters

    @activity.defn
    async def measure_checks(self, task: ChecksTask) -> ChecksDone:
        """Measures every check of the round."""
        places = asyncio.Semaphore(_AT_ONCE)
        effect = task.effect

        async def one(name: str, check: Check) -> Finding:
            async with places:
                return await self._measure(effect, name, check, task.at)

        async with beating():
            found = await asyncio.gather(*(one(n, k) for n, k in effect.checks.items()))
        return ChecksDone(findings=dict(zip(effect.checks, found, strict=True)), at=task.at)

    async def _measure(self, effect: MeasureChecks, name: str, check: Check, at: datetime) -> Finding:
        request = CheckRequest(
            release_id=effect.release_id,
            environment=effect.environment,
            check=name,
            kind=check.kind,
            params=check.params,
            commit=effect.commit,
            timeout=check.timeout,
            at=at,
        )
        try:
            async with asyncio.timeout(check.timeout.total_seconds()):
                return await self._adapters.checker(check.kind).measure(request)
        except TimeoutError:
            why = f"no answer within {check.timeout.total_seconds():g} s"
        except Exception as error:  # noqa: BLE001  # whatever an adapter raises, the check is unclear and says why
            why = f"{type(error).__name__}: {error}"
        return Finding(status=Status.UNCLEAR, at=at, finding=why[:500])
