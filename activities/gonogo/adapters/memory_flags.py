"""Flags in memory: for simulation, demos and tests. The same fence rules as a real provider; nothing outlives it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from gonogo.domain.facts import Fence, Fencing, Finding, FlagReading, FlagTarget, Status, WriteResult, WriteStatus
from gonogo.domain.resolution import Interval
from gonogo.domain.values import NOBODY, Exposure

from .errors import Unreachable


@dataclass(slots=True)
class _Stored:
    exposure: Exposure
    fence: Fence | None = None
    wrote: Exposure | None = None


class MemoryFlags:
    """Keeps who sees which flag, for every provider and environment; a flag that nothing is said of is at nobody."""

    fencing = Fencing.FENCED
    """An older fence is refused."""
    longest_write = timedelta(0)
    """A write is over when it returns."""

    def __init__(
        self,
        start: Mapping[str, Exposure] | None = None,
        *,
        missing: frozenset[str] = frozenset(),
        removed: Mapping[str, datetime] | None = None,
        outages: Mapping[str, tuple[Interval, ...]] | None = None,
    ) -> None:
        """Sets the scene.

        Args:
            start: Flag key -> exposure at the start. Default: nobody.
            missing: Flags that do not exist.
            removed: Flag key -> when it is archived; from then on it is gone, with proof.
            outages: Provider -> when it cannot be reached.
        """
        self._start = dict(start or {})
        self._missing = missing
        self._removed = dict(removed or {})
        self._outages = dict(outages or {})
        self._stored: dict[FlagTarget, _Stored] = {}

    async def read(self, target: FlagTarget, *, at: datetime) -> FlagReading:
        """What is in force at `at`. Raises `Unreachable` in an outage."""
        self._reach(target, at)
        stored = self._find(target, at)
        return FlagReading(
            key=target.key,
            exists=stored is not None,
            exposure=stored.exposure if stored else None,
            fence=stored.fence if stored else None,
            at=at,
        )

    async def write(self, target: FlagTarget, wanted: Exposure, fence: Fence, *, key: str, at: datetime) -> WriteResult:
        """Makes `wanted` the flag's exposure unless a newer fence was there. Raises `Unreachable` in an outage."""
        self._reach(target, at)
        stored = self._find(target, at)
        before = stored.exposure if stored else None
        status, detail = WriteStatus.WRITTEN, ""
        if stored is None:
            status, detail = WriteStatus.GONE, f"there is no flag {target.key!r}"
        elif stored.fence is not None and stored.fence.order > fence.order:
            status, detail = WriteStatus.STALE, f"a newer write was there: {stored.fence.epoch}/{stored.fence.sequence}"
        elif stored.fence is not None and stored.fence.order == fence.order:
            # A second delivery writes nothing: it could undo what somebody did by hand since.
            if stored.wrote != wanted:
                status, detail = WriteStatus.STALE, f"this fence already wrote another exposure: {stored.wrote}"
            elif stored.exposure != wanted:
                status, detail = WriteStatus.FAILED, "it was written, and somebody changed the flag by hand since"
        else:
            stored.exposure, stored.fence, stored.wrote = wanted, fence, wanted
        after = stored.exposure if stored else None
        return WriteResult(key=target.key, status=status, before=before, after=after, fence=fence, at=at, detail=detail)

    async def references(self, target: FlagTarget, *, at: datetime) -> Finding:
        """Passes when the flag is gone; unclear in an outage."""
        try:
            self._reach(target, at)
        except Unreachable as unclear:
            return Finding(status=Status.UNCLEAR, at=at, finding=str(unclear))
        gone = self._find(target, at) is None
        text = "archived, no references" if gone else "still there"
        return Finding(status=Status.PASS if gone else Status.FAIL, at=at, finding=text)

    def edit(self, target: FlagTarget, exposure: Exposure) -> None:
        """Changes a flag as somebody would by hand at the provider: without a fence."""
        self._slot(target).exposure = exposure

    def remove(self, key: str, at: datetime) -> None:
        """Archives a flag as of `at`, as somebody would at the provider."""
        self._removed[key] = at

    def exposures(self) -> dict[str, Exposure]:
        """Flag key -> exposure, of every flag that was ever read or written."""
        return {target.key: stored.exposure for target, stored in self._stored.items()}

    def _slot(self, target: FlagTarget) -> _Stored:
        return self._stored.setdefault(target, _Stored(self._start.get(target.key, NOBODY)))

    def _find(self, target: FlagTarget, at: datetime) -> _Stored | None:
        removed = self._removed.get(target.key)
        if target.key in self._missing or (removed is not None and at >= removed):
            return None
        return self._slot(target)

    def _reach(self, target: FlagTarget, at: datetime) -> None:
        if any(outage.start <= at < outage.end for outage in self._outages.get(target.provider, ())):
            raise Unreachable(f"the flag provider {target.provider!r} cannot be reached")
