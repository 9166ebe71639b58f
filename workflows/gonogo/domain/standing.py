"""How checks and items stand at an instant, as facts: what passes, what does not, and what has been overridden."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from .canonical import digest
from .facts import Status
from .items import due_at
from .plan import Check, Moment
from .state import State
from .state_parts import ItemState
from .telling import when
from .terms import ItemStatus
from .verdict import Fact

PUSHED = "pushed"
"""The kind of check that nobody measures: its result is pushed."""
DEPLOYED = "deployed"
"""The kind of check that finds the candidate's commit in the environment."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of the workflow's clock a system's own clock may be."""


_Standing = tuple[str, datetime, datetime | None]
"""How a check stands: its code, since when, and when that changes by itself."""


_DETAILS = {
    "check.before_candidate": "{name} was observed before the candidate was given{says}",
    "check.failed": "{name} fails{says}",
    "check.unclear": "{name} is unclear{says}",
    "check.stale": "{name} passed too long ago",
    "check.not_remeasured": "{name} has not been measured since {since}",
    "check.passed": "{name} passes{says}",
}
_STATUS = {"check.failed": Status.FAIL, "check.passed": Status.PASS}


def _standing(state: State, name: str, check: Check, now: datetime, since: datetime | None) -> _Standing:
    finding = state.findings.get(name)
    if finding is None:
        return "check.unmeasured", state.candidate_at or state.launched_at, None
    at = finding.at if finding.at < now else now
    if state.candidate_at is not None and finding.at + CLOCK_SKEW < state.candidate_at:
        return "check.before_candidate", at, None
    if finding.status is not Status.PASS:
        return "check.failed" if finding.status is Status.FAIL else "check.unclear", at, None
    ends = at + check.max_age
    if now >= ends:
        return "check.stale", ends, None
    # A pushed result is nobody's to measure again: it counts as it stands, while it is young.
    if since is not None and check.kind != PUSHED and ((asked := state.found_for.get(name)) is None or asked < since):
        return "check.not_remeasured", at, None
    return "check.passed", at, ends


def check_fact(state: State, name: str, check: Check, now: datetime, *, since: datetime | None = None) -> Fact:
    """How a check counts at `now`; with `since`, only a measurement asked for at or after that instant counts."""
    subject = f"check:{name}"
    code, at, changes = _standing(state, name, check, now, since)
    finding = state.findings.get(name)
    says = f": {finding.finding}" if finding is not None and finding.finding else ""
    detail = _DETAILS.get(code, "{name} has not been measured")
    return Fact(
        subject,
        _STATUS.get(code, Status.UNCLEAR),
        code,
        detail.format(name=name, says=says, since=when(since) if since is not None else ""),
        state.people_of(check.owner),
        at,
        f"`gonogo check run {name}`" if check.kind != PUSHED else f"{check.owner} pushes its result",
        state.waived(subject, now),
        _waiver_end(state, subject, changes),
    )


def item_fact(state: State, item: ItemState, now: datetime) -> Fact:
    """How an item counts at `now`."""
    subject = f"item:{item.id}"
    done = item.status is ItemStatus.DONE
    code = f"item.{item.status.value}"
    due = due_at(state, item)
    late = " (overdue)" if due is not None and now >= due and not done else ""
    return Fact(
        subject,
        Status.PASS if done else Status.UNCLEAR,
        code,
        f"{item.title}: {item.status.value.replace('_', ' ')}{late}" + (f", {item.note}" if item.note else ""),
        state.people_of(item.owner),
        item.since or state.launched_at,
        f"{item.owner} signs it off: `gonogo sign-off {item.id}`",
        state.waived(subject, now),
        _waiver_end(state, subject, None),
    )


def _waiver_end(state: State, subject: str, changes: datetime | None) -> datetime | None:
    waiver = state.waivers.get(subject)
    if waiver is None or waiver.until is None:
        return changes
    return waiver.until if changes is None else min(changes, waiver.until)


def facts(state: State, moment: Moment, now: datetime, *, since: datetime | None = None) -> tuple[Fact, ...]:
    """Every required check and item of a moment, as it counts at `now`."""
    checks = [check_fact(state, n, k, now, since=since) for n, k in state.plan.checks.items() if k.moment is moment]
    items = [item_fact(state, i, now) for i in state.items.values() if i.required and i.gates is moment]
    return (*checks, *items)


def shown(state: State, now: datetime) -> str:
    """SHA-256 of the facts that a voter is shown: every required check and item of the decision, as it counts at `now`.

    What is digested is `[subject, code, since, waived]` of each fact in their order, and nothing of how it is worded.
    """
    waived = frozenset(s for s in state.waivers if state.waived(s, now)) if state.waivers else frozenset()
    checks = [
        (name, *_standing(state, name, check, now, None)[:2])
        for name, check in state.plan.checks.items()
        if check.moment is Moment.GO
    ]
    items = [
        (item.id, item.status, item.since or state.launched_at)
        for item in state.items.values()
        if item.required and item.gates is Moment.GO
    ]
    return _digest(tuple(checks), tuple(items), waived)


@lru_cache(maxsize=256)  # the voters of a round are shown the same facts, one after another
def _digest(
    checks: tuple[tuple[str, str, datetime], ...],
    items: tuple[tuple[str, ItemStatus, datetime], ...],
    waived: frozenset[str],
) -> str:
    found = [(f"check:{name}", code, since) for name, code, since in checks]
    found += [(f"item:{name}", f"item.{status.value}", since) for name, status, since in items]
    return digest([(subject, code, since, subject in waived) for subject, code, since in found])


def _checks_not_met(state: State, moment: Moment, now: datetime, since: datetime | None) -> Iterator[tuple[str, Check]]:
    """The checks that neither pass nor are waived: asked at every step, so no fact is made of them."""
    for name, check in state.plan.checks.items():
        if (
            check.moment is moment
            and _standing(state, name, check, now, since)[0] != "check.passed"
            and not state.waived(f"check:{name}", now)
        ):
            yield name, check


def _items_not_met(state: State, moment: Moment, now: datetime) -> Iterator[ItemState]:
    """The items that are neither done nor waived."""
    for item in state.items.values():
        if (
            item.required
            and item.gates is moment
            and item.status is not ItemStatus.DONE
            and not state.waived(f"item:{item.id}", now)
        ):
            yield item


def unmet(state: State, moment: Moment, now: datetime, *, since: datetime | None = None) -> tuple[Fact, ...]:
    """The required facts of a moment that neither pass nor are waived."""
    checks = [check_fact(state, n, k, now, since=since) for n, k in _checks_not_met(state, moment, now, since)]
    return (*checks, *(item_fact(state, item, now) for item in _items_not_met(state, moment, now)))


def items_met(state: State, moment: Moment, now: datetime) -> bool:
    """True when no item is in `unmet`."""
    return next(_items_not_met(state, moment, now), None) is None


def met(state: State, moment: Moment, now: datetime) -> bool:
    """True when `unmet` is empty."""
    return items_met(state, moment, now) and next(_checks_not_met(state, moment, now, None), None) is None


def overridden(state: State, subject: str, *, fails: bool) -> bool:
    """True when the override in force covers a fact: it counts as passed.

    Who named a failure accepted the worst that can be found. Who named a doubt did not: when the fact `fails`, that is
    news, and nobody has decided to ship in spite of it.
    """
    named = state.override.codes if state.override else ()
    if fails:
        return f"check.failed:{subject}" in named
    return any(code.partition(":")[2] == subject for code in named)
