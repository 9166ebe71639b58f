"""Reminders of due items: before due, at due, after, then escalation. Overdue steps fold into one."""

from datetime import datetime

from .draft import Draft
from .events import Escalated, ReminderSent
from .items import due_at
from .plan import Moment
from .rights import RELEASE_MANAGER
from .state import State
from .state_parts import ItemState
from .terms import BEFORE_ROLLOUT, ItemOrigin, ItemStatus, Phase

_GATED_IN = {
    Moment.FREEZE: (Phase.SCOPING,),
    Moment.GO: (Phase.SCOPING, Phase.READYING, Phase.DECIDING, Phase.AWAITING_WINDOW),
    Moment.COMPLETION: (Phase.CLEANING_UP,),
}
_REVIEWED_IN = (*BEFORE_ROLLOUT, Phase.CLEANING_UP)
"""A review has a date of its own; only while the rollout goes on nobody signs anything off."""


def waits(state: State, item: ItemState, now: datetime) -> bool:
    """True while an item still has to be done for what it gates."""
    settled = item.status is ItemStatus.DONE or state.waived(f"item:{item.id}", now)
    phases = _REVIEWED_IN if item.origin is ItemOrigin.REVIEW else _GATED_IN[item.gates]
    return not settled and state.phase in phases


def ladder(state: State, due: datetime) -> tuple[datetime, ...]:
    """When the owner of something due is reminded."""
    plan = state.plan.reminders
    steps = {due, *(due - b for b in plan.before), *(due + a for a in plan.after)}
    return tuple(sorted(steps))


def next_reminder(state: State, item: ItemState) -> tuple[datetime, int] | None:
    """The next step of an item's ladder: (when, step from 1); None when none is left."""
    due = due_at(state, item)
    if due is None:
        return None
    began = state.launched_at
    left = [(at, n) for n, at in enumerate(ladder(state, due), 1) if n > item.reminded and at >= began]
    return left[0] if left else None


def escalates_at(state: State, item: ItemState) -> datetime | None:
    """When the release manager is told of an item that is overdue; None when they were, or it has no date."""
    due = due_at(state, item)
    return None if due is None or item.escalated else due + state.plan.reminders.escalate_after


def remind(draft: Draft) -> None:
    """Reminds owners of what is due, and tells the release manager of what is long overdue."""
    for name in tuple(draft.state.items):
        item = draft.state.items[name]
        if not waits(draft.state, item, draft.at):
            continue
        due = due_at(draft.state, item)
        if due is None:
            continue
        steps = ladder(draft.state, due)
        passed = sum(1 for at in steps if at <= draft.at)
        started = sum(1 for at in steps if at < draft.state.launched_at)
        if passed > max(item.reminded, started):
            to = draft.state.people_of(item.owner)
            draft.emit_by_itself(ReminderSent(subject=f"item:{name}", to=to, due=due, step=passed))
        over = escalates_at(draft.state, draft.state.items[name])
        if over is not None and over <= draft.at:
            managers = draft.state.people_of(RELEASE_MANAGER)
            draft.emit_by_itself(Escalated(subject=f"item:{name}", to=managers, since=due))
