"""How checks and items stand at an instant, as facts: what passes, what does not, and what has been overridden."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

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


class _Standing(NamedTuple):
    """How a check stands: its code, since when, and when that changes by itself."""

    code: str
    at: datetime
    changes: datetime | None = None


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
        return _Standing("check.unmeasured", state.candidate_at or state.launched_at)
    at = min(finding.at, now)
    if state.candidate_at is not None and finding.at + CLOCK_SKEW < state.candidate_at:
        return _Standing("check.before_candidate", at)
    if finding.status is not Status.PASS:
        return _Standing("check.failed" if finding.status is Status.FAIL else "check.unclear", at)
    ends = at + check.max_age
    if now >= ends:
        return _Standing("check.stale", ends)
    # A pushed result is nobody's to measure again: it counts as it stands, while it is young.
    if since is not None and check.kind != PUSHED and ((asked := state.found_for.get(name)) is None or asked < since):
        return _Standing("check.not_remeasured", at)
    return _Standing("check.passed", at, ends)


def check_fact(state: State, name: str, check: Check, now: datetime, *, since: datetime | None = None) -> Fact:
    """How a check counts at `now`; with `since`, only a measurement asked for at or after that instant counts."""
    subject = f"check:{name}"
    found = _standing(state, name, check, now, since)
    finding = state.findings.get(name)
    says = f": {finding.finding}" if finding is not None and finding.finding else ""
    detail = _DETAILS.get(found.code, "{name} has not been measured")
    return Fact(
        subject,
        _STATUS.get(found.code, Status.UNCLEAR),
        found.code,
        detail.format(name=name, says=says, since=when(since) if since is not None else ""),
        state.people_of(check.owner),
        found.at,
        f"`gonogo check run {name}`" if check.kind != PUSHED else f"{check.owner} pushes its result",
        state.waived(subject, now),
        _waiver_end(state, subject, found.changes),
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
    found: list[tuple[str, str, datetime, bool]] = []
    for name, check in state.plan.checks.items():
        if check.moment is Moment.GO:
            standing, subject = _standing(state, name, check, now, None), f"check:{name}"
            found.append((subject, standing.code, standing.at, subject in state.waivers and state.waived(subject, now)))
    for item in state.items.values():
        if item.required and item.gates is Moment.GO:
            subject, since = f"item:{item.id}", item.since or state.launched_at
            waived = subject in state.waivers and state.waived(subject, now)
            found.append((subject, f"item.{item.status.value}", since, waived))
    return _digest(tuple(found))


@lru_cache(maxsize=256)  # the voters of a round are shown the same facts, one after another
def _digest(found: tuple[tuple[str, str, datetime, bool], ...]) -> str:
    return digest(found)


def _not_met(state: State, moment: Moment, now: datetime, since: datetime | None) -> Iterator[tuple[str, Check | None]]:
    """The checks and items (None) that neither pass nor are waived: asked at every step, so no fact is made of them."""
    for name, check in state.plan.checks.items():
        if (
            check.moment is moment
            and _standing(state, name, check, now, since).code != "check.passed"
            and not state.waived(f"check:{name}", now)
        ):
            yield name, check
    for item in state.items.values():
        if (
            item.required
            and item.gates is moment
            and item.status is not ItemStatus.DONE
            and not state.waived(f"item:{item.id}", now)
        ):
            yield item.id, None


def unmet(state: State, moment: Moment, now: datetime, *, since: datetime | None = None) -> tuple[Fact, ...]:
    """The required facts of a moment that neither pass nor are waived."""
    return tuple(
        check_fact(state, name, check, now, since=since) if check else item_fact(state, state.items[name], now)
        for name, check in _not_met(state, moment, now, since)
    )


def met(state: State, moment: Moment, now: datetime) -> bool:
    """True when `unmet` is empty."""
    return next(_not_met(state, moment, now, None), None) is None


def overridden(state: State, subject: str, *, fails: bool) -> bool:
    """True when the override in force covers a fact: it counts as passed.

    Who named a failure accepted the worst that can be found. Who named a doubt did not: when the fact `fails`, that is
    news, and nobody has decided to ship in spite of it.
    """
    named = state.override.codes if state.override else ()
    if fails:
        return f"check.failed:{subject}" in named
    return any(code.partition(":")[2] == subject for code in named)
