"""Claims, changes and looks at flags: their own workflows give the right, their providers do the rest."""

import asyncio
from dataclasses import replace
from datetime import datetime

from temporalio import activity

from gonogo.domain.effects import ClaimFlags, FlagWrite
from gonogo.domain.facts import Fencing, Finding, FlagTarget, WriteResult, WriteStatus
from gonogo.domain.reports import ClaimAnswer

from .beats import beating
from .ports import FlagClaim, FlagDesk
from .registry import Adapters
from .tasks import ClaimsDone, ClaimTask, ProbeTask, TellTask, WritesDone, WriteTask

_AT_ONCE = 8


def _unfenced(target: FlagTarget) -> str:
    return f"its provider {target.provider!r} is unfenced, and the policy says allow_unfenced: false"


class Flags:
    """The flags of a release."""

    def __init__(self, adapters: Adapters, desk: FlagDesk) -> None:
        self._adapters = adapters
        self._desk = desk

    @activity.defn
    async def claim_flags(self, task: ClaimTask) -> ClaimsDone:
        """Asks each flag's workflow for the flag, and its provider who sees it now."""
        effect = task.effect
        claims = tuple(
            FlagClaim(release_id=effect.release_id, product=effect.product, target=flag, driven=task.driven, at=task.at)
            for flag in effect.flags
        )
        async with beating():
            return await self._claim(effect, claims, task.at)

    async def _claim(self, effect: ClaimFlags, claims: tuple[FlagClaim, ...], at: datetime) -> ClaimsDone:
        answers = {a.flag: a for a in await self._desk.claim(claims)}
        places = asyncio.Semaphore(_AT_ONCE)

        async def read(target: FlagTarget) -> ClaimAnswer:
            answer = answers.get(target.key) or ClaimAnswer(flag=target.key, granted=False, detail="no answer")
            if not answer.granted:
                return answer
            async with places:
                try:
                    provider = self._adapters.flag_provider(target.provider)
                    if provider.fencing is Fencing.UNFENCED and not effect.allow_unfenced:
                        return replace(answer, granted=False, detail=_unfenced(target))
                    reading = await provider.read(target, at=at)
                except Exception as error:  # noqa: BLE001  # unreadable is unclear: the flag is not rolled out
                    return replace(answer, detail=f"{type(error).__name__}: {error}"[:500])
            if reading.exists and reading.exposure is None:
                detail = "its provider holds rules that are no exposure: a rollback could not put them back"
                return replace(answer, detail=detail)
            return replace(answer, reading=reading)

        return ClaimsDone(answers=tuple(await asyncio.gather(*(read(t) for t in effect.flags))))

    @activity.defn
    async def write_flags(self, task: WriteTask) -> WritesDone:
        """Writes flags one after another, each read back. A rollback waits until no older write can land any more."""
        async with beating():
            results = [await self._write(write, task.at) for write in task.effect.writes]
            if task.effect.rollback:
                results = await self._settled(task, results)
        return WritesDone(results=tuple(results))

    async def _write(self, write: FlagWrite, at: datetime) -> WriteResult:
        try:
            provider = self._adapters.flag_provider(write.target.provider)
            return await provider.write(write.target, write.wanted, write.fence, key=write.key, at=at)
        except Exception as error:  # noqa: BLE001  # the domain decides what a failed write means, and when it is tried again
            detail = f"{type(error).__name__}: {error}"[:500]
            return WriteResult(key=write.target.key, status=WriteStatus.FAILED, fence=write.fence, at=at, detail=detail)

    async def _settled(self, task: WriteTask, results: list[WriteResult]) -> list[WriteResult]:
        """Where the provider cannot refuse an old write: waits until the last of them is over, and reads back again."""
        unfenced = [
            w
            for w in task.effect.writes
            if self._adapters.flag_provider(w.target.provider).fencing is not Fencing.FENCED
        ]
        if not unfenced:
            return results
        longest = max(self._adapters.flag_provider(w.target.provider).longest_write for w in unfenced)
        await asyncio.sleep(longest.total_seconds())
        by_key = {r.key: r for r in results}
        for write in unfenced:
            by_key[write.target.key] = await self._read_back(write, by_key[write.target.key], task.at)
        return [by_key[r.key] for r in results]

    async def _read_back(self, write: FlagWrite, result: WriteResult, at: datetime) -> WriteResult:
        if result.status is not WriteStatus.WRITTEN:
            return result
        try:
            reading = await self._adapters.flag_provider(write.target.provider).read(write.target, at=at)
        except Exception as error:  # noqa: BLE001  # not read back is not confirmed
            return replace(result, status=WriteStatus.FAILED, detail=f"not read back: {error}"[:500])
        if reading.exposure == write.wanted:
            return replace(result, after=reading.exposure)
        detail = f"an older write landed: it is at {reading.exposure}"
        return replace(result, status=WriteStatus.FAILED, after=reading.exposure, detail=detail)

    @activity.defn
    async def tell_flags(self, task: TellTask) -> None:
        """Tells flags' workflows what became of them."""
        async with beating():
            await self._desk.tell(task.notes, driven=task.driven, at=task.at)

    @activity.defn
    async def probe_flag(self, task: ProbeTask) -> Finding:
        """Whether a flag is gone, with proof."""
        async with beating():
            return await self._adapters.flag_provider(task.target.provider).references(task.target, at=task.at)
