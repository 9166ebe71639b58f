"""What events of launch, slots and scope do to the state."""

from dataclasses import replace as value_replace

from . import events as e
from .evolve_common import _with, _without
from .items import feature_items
from .plan import Moment
from .state import State, replace
from .state_parts import ExceptionState, FeatureState, FlagState, ItemState
from .terms import ExceptionStatus, Phase


def _phase_changed(state: State, entry: e.Entry, event: e.PhaseChanged) -> State:
    state = replace(state, phase=event.after, phase_since=entry.at)
    if state.plan.schedule.mode != "on_demand" or event.after not in (Phase.READYING, Phase.DECIDING):
        return state
    # On demand due dates follow the poll, and so do their reminders.
    items = {
        k: _not_reminded(i) if i.gates is Moment.GO and i.plan_item is not None else i for k, i in state.items.items()
    }
    return replace(state, items=items)


def _not_reminded(item: ItemState) -> ItemState:
    return replace(item, reminded=0, escalated=False) if item.reminded or item.escalated else item


def _slots_requested(state: State, entry: e.Entry, event: e.SlotsRequested) -> State:
    return replace(state, slots_ask=event.ask, dated=event.slot, slots_after=event.after or state.not_before)


def _slots_resolved(state: State, entry: e.Entry, event: e.SlotsResolved) -> State:
    return replace(state, slots_ask=None, resolution=event.resolution)


def _slot_taken(state: State, entry: e.Entry, event: e.SlotTaken) -> State:
    if state.slot == event.slot:
        return state
    # Due dates follow the slot, and so do their reminders.
    items = {k: _not_reminded(i) for k, i in state.items.items()}
    # Only a round for the slot that was kept follows at once.
    kept = state.slot is not None and state.slot.starts == event.slot.starts
    return replace(state, slot=event.slot, items=items, superseded=state.superseded and kept)


def _slot_given_up(state: State, entry: e.Entry, event: e.SlotGivenUp) -> State:
    return replace(
        state,
        slot=None,
        superseded=False,
        given_up=event.count,
        retry_at=event.retry_at,
        not_before=event.not_before or state.not_before,
        opening=None,
        claim=None,
    )


def _slot_missed(state: State, entry: e.Entry, event: e.SlotMissed) -> State:
    return replace(state, opening=None, claim=None, go=None)


def _postponed(state: State, entry: e.Entry, event: e.Postponed) -> State:
    # A named date starts the count of slots given up again.
    return replace(state, given_up=0, not_before=event.to) if event.to else state


def _feature_proposed(state: State, entry: e.Entry, event: e.FeatureProposed) -> State:
    feature = event.feature
    items = {**state.items, **feature_items(state.plan, feature)}
    flags = {**state.flags, **{key: FlagState(key=key) for key in feature.flags if key not in state.flags}}
    by = state.exceptions[event.by_exception].requester if event.by_exception else entry.actor.id
    made = FeatureState(feature=feature, proposed_by=by)
    plan = value_replace(state.plan, flags={**state.plan.flags, **event.flags}) if event.flags else state.plan
    return replace(state, plan=plan, features=_with(state.features, feature.id, made), items=items, flags=flags)


def _feature_changed(state: State, entry: e.Entry, event: e.FeatureChanged) -> State:
    old = state.features[event.feature]
    new = replace(old, status=event.status, until=event.until, reason=event.reason, changed=old.changed + 1)
    features = _with(state.features, event.feature, new)
    state = replace(state, features=features, churn=state.churn + (state.frozen_at is not None and not new.is_in))
    if new.is_in:
        return state
    # What only this feature brought goes with it: its own items, and flags that no other feature in scope names.
    named = {key for f in features.values() if f.is_in for key in f.feature.flags}
    left = [key for key in old.feature.flags if key not in named]
    suffix = f".{event.feature}"
    items = {k: i for k, i in state.items.items() if not (i.plan_item and k == i.plan_item.id + suffix)}
    return replace(state, flags=_without(state.flags, *left), items=items)


def _feature_estimated(state: State, entry: e.Entry, event: e.FeatureEstimated) -> State:
    old = state.features[event.feature]
    feature = replace(old.feature, estimate_days=event.days, estimated_by=event.by)
    new = replace(old, feature=feature, changed=old.changed + 1)
    return replace(
        state,
        features=_with(state.features, event.feature, new),
        # By exception it was counted when that was granted.
        churn=state.churn + (state.frozen_at is not None and event.by_exception is None),
    )


def _scope_frozen(state: State, entry: e.Entry, event: e.ScopeFrozen) -> State:
    return replace(state, frozen_at=entry.at, freeze_refused=(), not_before=state.not_before or entry.at)


def _freeze_refused(state: State, entry: e.Entry, event: e.FreezeRefused) -> State:
    return replace(state, freeze_refused=event.reasons)


def _exception_requested(state: State, entry: e.Entry, event: e.ExceptionRequested) -> State:
    asked = ExceptionState(
        id=event.exception,
        kind=event.kind,
        requester=entry.actor.id,
        why=event.why,
        feature=event.feature,
        flags=event.flags,
        subject=event.subject,
        days=event.days,
        until=event.until,
        since=entry.at,
    )
    return replace(state, exceptions=_with(state.exceptions, asked.id, asked))


def _exception_approved(state: State, entry: e.Entry, event: e.ExceptionApproved) -> State:
    old = state.exceptions[event.exception]
    status = ExceptionStatus.APPROVED if event.granted else old.status
    new = replace(old, approved_by=_with(old.approved_by, event.role, entry.actor.id), status=status)
    return replace(state, exceptions=_with(state.exceptions, new.id, new), churn=state.churn + event.granted)


def _exception_rejected(state: State, entry: e.Entry, event: e.ExceptionRejected) -> State:
    new = replace(state.exceptions[event.exception], status=ExceptionStatus.REJECTED)
    return replace(state, exceptions=_with(state.exceptions, new.id, new))


def _exception_withdrawn(state: State, entry: e.Entry, event: e.ExceptionWithdrawn) -> State:
    new = replace(state.exceptions[event.exception], status=ExceptionStatus.WITHDRAWN)
    return replace(state, exceptions=_with(state.exceptions, new.id, new))
