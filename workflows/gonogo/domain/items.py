"""Checklist items: which ones a plan makes, when they are due, who is reminded."""

from datetime import datetime, timedelta

from .plan import Checklist, Feature, Item, ItemScope, ListMoment, Moment, Plan
from .resolution import add_working
from .state import State
from .state_parts import ItemState
from .terms import ItemOrigin, Phase
from .twins import maker

_REOPENS = (ListMoment.BEFORE_MERGE, ListMoment.BEFORE_GO_NO_GO)


_state = maker(ItemState)


def _item(plan_item: Item, checklist: Checklist, feature: Feature | None) -> ItemState:
    return _state(
        id=f"{plan_item.id}.{feature.id}" if feature else plan_item.id,
        title=f"{plan_item.title} ({feature.title})" if feature else plan_item.title,
        owner=plan_item.owner or checklist.owner,
        gates=checklist.moment.gates,
        required=plan_item.required,
        origin=ItemOrigin.PLAN,
        plan_item=plan_item,
        reopens=checklist.moment in _REOPENS,
    )


def _applies(item: Item, plan: Plan, feature: Feature | None) -> bool:
    if item.kinds and plan.kind not in item.kinds:
        return False
    return feature is None or feature.announce or not item.announce_only


def feature_items(plan: Plan, feature: Feature) -> dict[str, ItemState]:
    """The items that a feature brings."""
    made = [
        _item(item, checklist, feature)
        for checklist in plan.checklists.values()
        for item in checklist.items
        if item.per is ItemScope.FEATURE and _applies(item, plan, feature)
    ]
    return {i.id: i for i in made}


def plan_items(state: State) -> dict[str, ItemState]:
    """All items of a release as its plan and its features in scope make them, in plan order, every one open."""
    plan = state.plan
    made: list[ItemState] = []
    for checklist in plan.checklists.values():
        for item in checklist.items:
            if item.per is ItemScope.RELEASE and _applies(item, plan, None):
                made.append(_item(item, checklist, None))
            elif item.per is ItemScope.FEATURE:
                made += [
                    _item(item, checklist, f.feature)
                    for f in state.features.values()
                    if f.is_in and _applies(item, plan, f.feature)
                ]
    return {i.id: i for i in made}


def _poll_on_demand(state: State) -> tuple[datetime, datetime] | None:
    """When the poll opened and closes; before it, as if it opened as early as it can: it waits for these very items."""
    if state.round is not None:
        return state.round.opened, state.round.closes
    if state.phase is not Phase.READYING:
        return None
    opens = max(at for at in (state.phase_since, state.not_before, state.retry_at) if at is not None)
    lasts = state.plan.poll.lasts
    return opens, (add_working(state.resolution, opens, lasts) if state.resolution else None) or opens + lasts


def due_at(state: State, item: ItemState) -> datetime | None:
    """When an item is due: its date, else before the slot, else with the poll; None while that is not known."""
    if item.due_at is not None:
        return item.due_at
    planned = item.plan_item
    if planned is None:
        return None
    if planned.due_at is not None:
        return planned.due_at
    if item.gates is Moment.FREEZE and planned.due is None:
        return state.plan.scope.freeze_at
    if item.gates is Moment.COMPLETION:
        # After the release, `due` counts from the moment it shipped; without it the item is due then, or nobody would
        # ever be reminded of the one thing that keeps the release open.
        return state.released_at + (planned.due or timedelta(0)) if state.released_at else None
    if state.plan.schedule.mode == "on_demand":
        poll = _poll_on_demand(state)
        if poll is None:
            return None
        return poll[0] + planned.due if planned.due is not None else poll[1]
    if state.slot is None:
        return None
    return state.slot.starts - (planned.due if planned.due is not None else state.plan.poll.closes_before)
