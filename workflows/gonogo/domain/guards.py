"""What guards make of their samples: good, bad in a row, missing in a row, and the time that nothing measured."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from operator import ge, gt, le, lt

from .effects import WatchGuards
from .facts import Sample
from .plan import Guard, GuardMode, NoData
from .reports import GuardCount, WatchReport
from .resolution import Interval

MOST_GAPS = 1_000
"""Most gaps that a report names; beyond, the time between the last ones counts as unmeasured too."""
LATE = 0.5
"""The share of its interval by which a sample may be late before the time until it counts as unmeasured."""
_COMPARE = {"<": lt, "<=": le, ">": gt, ">=": ge}


def is_good(guard: Guard, value: Decimal) -> bool:
    """True when a sample's value is on the healthy side of the threshold."""
    return bool(_COMPARE[guard.healthy](value, guard.threshold))


def counted(guard: Guard, count: GuardCount, sample: Sample) -> GuardCount:
    """The count after one more sample. No value is missing, unless the guard says that it is bad."""
    if sample.value is None:
        error = sample.error or "no data"
        errors = count.errors + (1 if sample.error else 0)
        if guard.no_data is NoData.BAD and not sample.error:
            return replace(
                count, bad_in_row=count.bad_in_row + 1, missing_in_row=0, last_error=error, last_at=sample.at
            )
        return replace(
            count, missing_in_row=count.missing_in_row + 1, errors=errors, last_error=error, last_at=sample.at
        )
    good = is_good(guard, sample.value)
    return replace(
        count,
        good=count.good + good,
        bad_in_row=0 if good else count.bad_in_row + 1,
        missing_in_row=0,
        last=sample.value,
        last_at=sample.at,
        last_error="",
    )


def trips(guard: Guard, count: GuardCount) -> tuple[bool, bool]:
    """Whether the guard trips, and whether for want of data."""
    if count.bad_in_row >= guard.bad_in_row:
        return True, False
    no_data = count.missing_in_row >= guard.bad_in_row and guard.mode is not GuardMode.OBSERVE
    return no_data, no_data


def _with_gap(gaps: tuple[Interval, ...], start: datetime, end: datetime) -> tuple[Interval, ...]:
    if end <= start:
        return gaps
    if gaps and (gaps[-1].end >= start or len(gaps) >= MOST_GAPS):
        return (*gaps[:-1], Interval(start=gaps[-1].start, end=end))
    return (*gaps, Interval(start=start, end=end))


@dataclass(frozen=True, slots=True)
class Watching:
    """A watch under way: pure, so that a live watch and a simulated one count alike.

    A sample with a value covers the interval before it, and as it always comes a moment late, that moment too. Time
    that no guard's sample covers is unmeasured, and does not count as baked.
    """

    effect: WatchGuards
    counts: Mapping[str, GuardCount]
    next_at: Mapping[str, datetime]
    """Guard -> when its next sample is due."""
    covered_to: datetime
    """Until when samples with a value cover the time, gaps counted in `unmeasured`."""
    missing: bool = False
    """True: a sample without a value was taken since `covered_to`."""
    unmeasured: tuple[Interval, ...] = ()
    tripped: str = ""
    no_data: bool = False

    @staticmethod
    def begin(effect: WatchGuards) -> "Watching":
        """A watch that begins: each guard's first sample is due one interval after it."""
        counts = {g.id: effect.counts.get(g.id, GuardCount()) for g in effect.guards}
        first = {g.id: effect.since + g.interval for g in effect.guards}
        return Watching(effect, counts, first, effect.since)

    def resumed(self, report: WatchReport) -> "Watching":
        """Goes on from what a try that was lost with its worker had reported."""
        counts = {**self.counts, **{k: v for k, v in report.counts.items() if k in self.counts}}
        return replace(self, counts=counts, covered_to=report.at, unmeasured=report.unmeasured)

    def next_due(self) -> datetime:
        """When the next sample is due."""
        return min(self.next_at.values())

    def due(self, at: datetime) -> tuple[Guard, ...]:
        """The guards whose samples are due at `at`, in plan order; samples that were missed are one sample now."""
        return tuple(g for g in self.effect.guards if self.next_at[g.id] <= at)

    def seen(self, guard: Guard, sample: Sample) -> "Watching":
        """After one more sample."""
        count = counted(guard, self.counts[guard.id], sample)
        tripped, no_data = trips(guard, count)
        covered_to, missing, unmeasured = self.covered_to, True, self.unmeasured
        if sample.value is not None:
            starts = sample.at - guard.interval
            if self.missing or starts - covered_to > guard.interval * LATE:
                unmeasured = _with_gap(unmeasured, covered_to, starts)
            covered_to, missing = max(covered_to, sample.at), False
        return replace(
            self,
            counts={**self.counts, guard.id: count},
            next_at={**self.next_at, guard.id: sample.at + guard.interval},
            covered_to=covered_to,
            missing=missing,
            unmeasured=unmeasured,
            tripped=guard.id if tripped else "",
            no_data=no_data,
        )

    def report(self, at: datetime) -> WatchReport:
        """What was seen up to `at`."""
        return WatchReport(
            since=self.effect.since,
            at=at,
            counts=dict(self.counts),
            unmeasured=_with_gap(self.unmeasured, self.covered_to, at) if self.missing else self.unmeasured,
            tripped=self.tripped or None,
            no_data=self.no_data,
        )
