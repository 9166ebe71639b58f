"""What events of checks and items do to the state."""

from . import events as e
from .evolve_common import RETRY, _with, _without
from .heard import heard
from .plan import Moment
from .state import State, replace
from .state_parts import CheckRound, ItemState, Waiver
from .terms import AskedFor, HoldReason, ItemOrigin


def _checks_requested(state: State, entry: e.Entry, event: e.ChecksRequested) -> State:
    commit = state.candidate.commit if state.candidate else ""
    asked = CheckRound(ask=event.ask, checks=event.checks, why=event.why, at=entry.at, commit=commit)
    return replace(
        state,
        check_rounds=_with(state.check_rounds, event.ask, asked),
        asked_at={**state.asked_at, **dict.fromkeys(event.checks, entry.at)},
    )


def _checks_measured(state: State, entry: e.Entry, event: e.ChecksMeasured) -> State:
    asked = state.check_rounds.get(event.ask) if event.ask else None
    since = asked.at if asked else entry.at
    state = replace(
        state,
        check_rounds=_without(state.check_rounds, event.ask) if event.ask else state.check_rounds,
        findings={**state.findings, **event.findings},
        found_for={**state.found_for, **dict.fromkeys(event.findings, since)},
        heard=heard(state, entry, event.findings),
    )
    state = _retry_later(state, entry)
    rollout = state.rollout
    if rollout and asked and asked.why is AskedFor.STAGE:
        rollout = replace(rollout, deployed_at=entry.at)
    return replace(state, rollout=rollout)


def _retry_later(state: State, entry: e.Entry) -> State:
    """An opening or a stage that is held for readiness is tried again after `RETRY`."""
    if not state.held(HoldReason.READINESS):
        return state
    opening = replace(state.opening, retry_at=entry.at + RETRY) if state.opening else None
    rollout = replace(state.rollout, retry_at=entry.at + RETRY) if state.rollout else None
    return replace(state, opening=opening, rollout=rollout)


def _item_opened(state: State, entry: e.Entry, event: e.ItemOpened) -> State:
    item = ItemState(
        id=event.item,
        title=event.title,
        owner=event.owner,
        gates=Moment(event.gates),
        required=True,
        origin=ItemOrigin.CONDITION if event.condition_of else ItemOrigin.REVIEW,
        due_at=event.due,
        since=entry.at,
        condition_of=event.condition_of,
    )
    return replace(state, items=_with(state.items, item.id, item))


def _item_changed(state: State, entry: e.Entry, event: e.ItemChanged) -> State:
    new = replace(
        state.items[event.item],
        status=event.status,
        evidence=event.evidence,
        note=event.note,
        by=entry.actor.id,
        since=entry.at,
    )
    return replace(state, items=_with(state.items, event.item, new))


def _waived(state: State, entry: e.Entry, event: e.Waived) -> State:
    waiver = Waiver(subject=event.subject, by=entry.actor.id, reason=event.reason, until=event.until)
    return replace(state, waivers=_with(state.waivers, event.subject, waiver))


def _reminder_sent(state: State, entry: e.Entry, event: e.ReminderSent) -> State:
    kind, _, name = event.subject.partition(":")
    if kind == "item":
        item = replace(state.items[name], reminded=event.step)
        return replace(state, items=_with(state.items, name, item))
    assert state.round is not None
    return replace(state, round=replace(state.round, reminded=event.step))


def _escalated(state: State, entry: e.Entry, event: e.Escalated) -> State:
    kind, _, name = event.subject.partition(":")
    if kind == "item" and name in state.items:
        return replace(state, items=_with(state.items, name, replace(state.items[name], escalated=True)))
    if kind == "check":
        return replace(state, told=_with(state.told, name, entry.at))
    if kind == "stage" and state.rollout:
        return replace(state, rollout=replace(state.rollout, blind_told=True))
    holds = tuple(replace(h, escalated=entry.at) if h.id == name else h for h in state.holds)
    return replace(state, holds=holds)
