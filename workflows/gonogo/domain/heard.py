"""What the people of a check have heard of it: once per change, however often it is measured.

Bad news is told whenever the last word was better: that a check fails, or that it is unclear after it had passed. A
check that was never clear is only not measured yet. Good news ends what was told, and is told at most once a day for
each check: one that flaps is then silent, and the last word on it is the bad one.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from .events import Entry
from .facts import Finding, Status
from .plan import Moment
from .rights import PRODUCT_MANAGER, RELEASE_MANAGER
from .state import State
from .state_parts import Heard
from .telling import people
from .terms import BEFORE_ROLLOUT, Phase

GOOD_NEWS_EVERY = timedelta(days=1)
"""The least time between two messages that one check passes again."""


def heard(state: State, entry: Entry, findings: Mapping[str, Finding]) -> Mapping[str, Heard]:
    """What people have heard once `entry` has brought `findings`; `state` is the release before it."""
    # At the opening a hold says what does not pass.
    if state.phase not in BEFORE_ROLLOUT or state.opening is not None:
        return state.heard
    news = {
        name: _told(state, entry, name, finding.status)
        for name, finding in findings.items()
        if _gates_go(state, name, entry.at) and _is_news(state, name, finding.status, entry.at)
    }
    return {**state.heard, **news} if news else state.heard


def _gates_go(state: State, name: str, now: datetime) -> bool:
    check = state.plan.checks.get(name)
    return check is not None and check.moment is Moment.GO and not state.waived(f"check:{name}", now)


def _is_news(state: State, name: str, status: Status, now: datetime) -> bool:
    last = state.heard.get(name)
    if status is Status.PASS:
        if last is None or last.status is Status.PASS:
            return False
        return last.good_at is None or now - last.good_at >= GOOD_NEWS_EVERY
    # What was said of another build is no word on this one.
    known = last.status if last and last.candidate_at == state.candidate_at else Status.PASS
    if status is Status.FAIL:
        return known is not Status.FAIL
    before = state.findings.get(name)
    return known is Status.PASS and before is not None and before.status is Status.PASS


def _told(state: State, entry: Entry, name: str, status: Status) -> Heard:
    last = state.heard.get(name)
    passes = status is Status.PASS
    return Heard(
        status=status,
        seq=entry.seq,
        to=last.to if last and passes else _whom(state, state.plan.checks[name].owner, entry.at),
        candidate_at=state.candidate_at,
        good_at=entry.at if passes else last.good_at if last else None,
    )


def _whom(state: State, owner: str, now: datetime) -> tuple[str, ...]:
    """The owner's people; near the slot the release manager too, and both managers once a GO stands."""
    if state.phase is Phase.AWAITING_WINDOW:
        return people(state, owner, RELEASE_MANAGER, PRODUCT_MANAGER)
    near = state.slot is not None and state.slot.starts - now <= state.plan.poll.opens_before
    return people(state, owner, RELEASE_MANAGER) if near or state.round else people(state, owner)
