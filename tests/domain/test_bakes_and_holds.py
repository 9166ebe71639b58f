"""How long a stage has baked: holds, reports that come late, times in which no guard could measure."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.effects import WatchGuards, outstanding
from gonogo.domain.events import BakeCompleted, GuardsMeasured, GuardTripped
from gonogo.domain.facts import Sample
from gonogo.domain.guards import MOST_GAPS, Watching
from gonogo.domain.reports import GuardCount, WatchReport
from gonogo.domain.resolution import Interval
from gonogo.domain.terms import Phase
from tests.domain.worlds import GUARD, HOUR, MINUTE, SLOT, World


def stages(*guards: dict[str, Any], bake: str = "1h") -> list[dict[str, Any]]:
    return [{"percent": 10, "bake": bake, "guards": guards or (GUARD,)}, {"audience": "everyone", "bake": "1h"}]


def rolling(*guards: dict[str, Any], bake: str = "1h") -> World:
    return World(stages=stages(*guards, bake=bake)).to(Phase.ROLLING_OUT)


def watch(world: World) -> WatchGuards:
    (found,) = [e for e in outstanding(world.state) if isinstance(e, WatchGuards)]
    return found


def report(world: World, ends: datetime, *gaps: tuple[timedelta, timedelta], **more: Any) -> None:
    """The watch reports that it ended at `ends`, blind in `gaps` (from the slot on)."""
    blind = tuple(Interval(start=SLOT + a, end=SLOT + b) for a, b in gaps)
    counts = more.pop("counts", {"errors": GuardCount(good=9)})
    found = WatchReport(since=watch(world).since, at=ends, counts=counts, unmeasured=blind, **more)
    world.do(c.TakeWatch(ask=watch(world).ask, report=found))


def held(world: World, start: timedelta, end: timedelta) -> None:
    world.at = SLOT + start
    world.do(c.PlaceHold(text="wait"), "dan")
    world.at = SLOT + end
    world.do(c.LiftHold(), "dan")


def baked(world: World) -> timedelta:
    assert world.state.rollout is not None
    return world.state.rollout.baked


@pytest.mark.parametrize(
    ("interval", "late"), [("1m", 0 * MINUTE), ("5m", 4 * MINUTE)], ids=["each minute", "every 5 minutes"]
)
def test_a_hold_only_stops_the_bake_clock_what_was_baked_before_it_stays(interval: str, late: timedelta) -> None:
    world = rolling({**GUARD, "interval": interval})
    held(world, 30 * MINUTE, 31 * MINUTE)
    world.wait(event="BakeCompleted")
    # The hold's minute later; a watch is never shorter than one sample of its guards.
    assert world.at == SLOT + HOUR + MINUTE + late


def test_holds_of_every_kind_take_nothing_but_their_own_time_from_the_bake() -> None:
    world = rolling({**GUARD, "interval": "1m", "bad_in_row": 2}, {**GUARD, "id": "latency", "interval": "1m"})
    held(world, 10 * MINUTE, 20 * MINUTE)
    world.at = SLOT + 25 * MINUTE
    counts = {"errors": GuardCount(good=20, bad_in_row=2), "latency": GuardCount(good=20)}
    report(world, world.at, counts=counts, tripped="errors")
    assert (world.holds, baked(world)) == (["guard"], 15 * MINUTE)
    assert [g.id for g in watch(world).guards] == ["latency"]
    world.do(c.PlaceHold(text="wait"), "dan")
    world.at += 10 * MINUTE
    world.do(c.LiftHold(measurement=world.hold("guard").measurement), "bob")
    assert [g.id for g in watch(world).guards] == ["errors", "latency"]
    world.at += 10 * MINUTE
    world.do(c.LiftHold(), "dan")
    held(world, 50 * MINUTE, 60 * MINUTE)
    world.wait(event="BakeCompleted")
    assert world.at == SLOT + 60 * MINUTE + (60 - 15 - 5) * MINUTE


@pytest.mark.parametrize(
    ("start", "end", "counts"),
    [(30, 60, 60), (40, 50, 60), (20, 40, 50), (50, 70, 50), (20, 70, 40), (0, 90, 0)],
)
def test_time_that_nothing_measured_is_lost_only_while_the_bake_clock_ran(start: int, end: int, counts: int) -> None:
    world = rolling({**GUARD, "bad_in_row": 100}, bake="4h")
    held(world, 30 * MINUTE, 60 * MINUTE)
    world.at = SLOT + 90 * MINUTE
    report(world, world.at, (start * MINUTE, end * MINUTE))
    assert baked(world) == counts * MINUTE, "of the hour that the clock ran"


def test_a_bake_does_not_count_the_time_after_a_report_that_comes_late() -> None:
    watching = {**GUARD, "id": "seen", "mode": "observe"}
    world = rolling(GUARD, watching, bake="8h")
    world.at = SLOT + 10 * HOUR
    counts = {"errors": GuardCount(good=3), "seen": GuardCount(good=0, bad_in_row=3)}
    report(world, SLOT + 15 * MINUTE, counts=counts, tripped="seen")
    assert (baked(world), world.events(BakeCompleted)) == (15 * MINUTE, [])
    assert world.last(GuardTripped).guard == "seen"
    world.wait(event="BakeCompleted")
    assert world.at == SLOT + 10 * HOUR + 8 * HOUR - 15 * MINUTE


def test_a_report_from_ahead_of_its_time_counts_up_to_now() -> None:
    world = rolling(bake="8h")
    world.at = SLOT + HOUR
    report(world, SLOT + 9 * HOUR)
    assert baked(world) == HOUR


def test_a_bake_is_counted_in_whole_seconds_as_the_ledger_writes_it() -> None:
    world = rolling(bake="8h")
    world.at = SLOT + HOUR + timedelta(milliseconds=700)
    report(world, world.at)
    assert world.last(GuardsMeasured).baked == HOUR


def test_a_watch_says_when_it_was_blind() -> None:
    world = rolling({**GUARD, "interval": "1m", "bad_in_row": 100})
    found = Watching.begin(watch(world))
    (guard,) = watch(world).guards
    blind = {5, 6, 7, 12, 13}
    for minute in range(1, 15):
        value = None if minute in blind else Decimal(0)
        found = found.seen(guard, Sample(at=SLOT + minute * MINUTE, value=value))
    gaps = [(g.start - SLOT, g.end - SLOT) for g in found.report(SLOT + 15 * MINUTE).unmeasured]
    assert gaps == [(4 * MINUTE, 7 * MINUTE), (11 * MINUTE, 13 * MINUTE)]
    found = found.seen(guard, Sample(at=SLOT + 15 * MINUTE, error="refused"))
    lost = found.report(SLOT + 16 * MINUTE)
    assert (lost.unmeasured[-1].start - SLOT, lost.unmeasured[-1].end - SLOT) == (14 * MINUTE, 16 * MINUTE)
    # The worker died; another goes on from its last heartbeat, still blind: one gap, not two.
    again = Watching.begin(watch(world)).resumed(lost).seen(guard, Sample(at=SLOT + 17 * MINUTE, error="refused"))
    assert len(again.report(SLOT + 17 * MINUTE).unmeasured) == len(lost.unmeasured)


@pytest.mark.parametrize(
    ("late", "gaps"), [(timedelta(milliseconds=2), 0), (30 * MINUTE / 60, 0), (31 * MINUTE / 60, 1), (5 * MINUTE, 1)]
)
def test_a_sample_that_is_a_moment_late_leaves_no_gap_and_a_worker_that_slept_does(late: timedelta, gaps: int) -> None:
    world = rolling({**GUARD, "interval": "1m"})
    found = Watching.begin(watch(world))
    (guard,) = watch(world).guards
    for at in (SLOT + MINUTE, SLOT + 2 * MINUTE + late, SLOT + 3 * MINUTE + late):
        found = found.seen(guard, Sample(at=at, value=Decimal(0)))
    report = found.report(SLOT + 4 * MINUTE + late)
    assert [g.end - g.start for g in report.unmeasured] == [late] * gaps


def test_a_source_that_comes_and_goes_without_end_makes_no_report_without_end() -> None:
    world = rolling({**GUARD, "interval": "1m", "bad_in_row": 100})
    found = Watching.begin(watch(world))
    (guard,) = watch(world).guards
    for minute in range(1, 3 * MOST_GAPS):
        value = None if minute % 2 else Decimal(0)
        found = found.seen(guard, Sample(at=SLOT + minute * MINUTE, value=value))
    gaps = found.report(SLOT + 3 * MOST_GAPS * MINUTE).unmeasured
    assert (len(gaps), gaps[-1].end) == (MOST_GAPS, SLOT + (3 * MOST_GAPS) * MINUTE)


@pytest.mark.parametrize(
    ("says", "no_data", "tripped"),
    [
        (Sample(at=SLOT, value=Decimal(1)), "hold", (True, False)),
        (Sample(at=SLOT), "bad", (True, False)),
        (Sample(at=SLOT), "hold", (True, True)),
        (Sample(at=SLOT, error="refused"), "bad", (True, True)),
    ],
    ids=["bad", "no data that is bad", "no data", "an error is never bad"],
)
def test_a_watch_trips_for_bad_samples_and_apart_from_them_for_want_of_data(
    says: Sample, no_data: str, tripped: tuple[bool, bool]
) -> None:
    world = rolling({**GUARD, "no_data": no_data})
    found = Watching.begin(watch(world))
    (guard,) = watch(world).guards
    for _ in range(guard.bad_in_row):
        assert not found.tripped
        found = found.seen(guard, says)
    assert (bool(found.tripped), found.no_data) == tripped
