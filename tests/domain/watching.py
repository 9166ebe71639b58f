"""What a watch over guards reports, when the guards are known beforehand to be good, bad or silent."""

from collections.abc import Mapping
from datetime import datetime

from gonogo.domain.effects import WatchGuards
from gonogo.domain.plan import NoData
from gonogo.domain.reports import GuardCount, WatchReport
from gonogo.domain.resolution import Interval


def next_report(watch: WatchGuards, guards: Mapping[str, str], now: datetime) -> WatchReport | None:
    """The next report of `watch`; `guards`: guard -> good, bad, none (no data) or error, default good.

    None: there is nothing to report, ever.
    """
    trips = []
    for guard in watch.guards:
        says = guards.get(guard.id, "good")
        if says != "good":
            no_data = says != "bad" and guard.no_data is NoData.HOLD
            trips.append((watch.since + guard.interval * guard.bad_in_row, guard.id, no_data))
    first = min(trips, default=None)
    if first is not None and (watch.until is None or first[0] <= watch.until):
        at, tripped, no_data = first
    elif watch.until is not None:
        at, tripped, no_data = watch.until, None, False
    else:
        return None
    at = max(at, now)
    counts, blind = {}, True
    for guard in watch.guards:
        old, n = watch.counts.get(guard.id, GuardCount()), int((at - watch.since) / guard.interval)
        says = guards.get(guard.id, "good")
        blind = blind and says in ("none", "error")
        counts[guard.id] = GuardCount(
            good=old.good + (n if says == "good" else 0),
            bad_in_row=old.bad_in_row + n if says == "bad" else 0,
            missing_in_row=old.missing_in_row + n if says in ("none", "error") else 0,
            errors=old.errors + (n if says == "error" else 0),
        )
    unmeasured = (Interval(start=watch.since, end=at),) if blind else ()
    return WatchReport(since=watch.since, at=at, counts=counts, unmeasured=unmeasured, tripped=tripped, no_data=no_data)
