"""What holds do to the state: the bake clock stands while one does."""

from datetime import datetime

from . import events as e
from .evolve_common import _with
from .evolve_readiness import _retry_later
from .state import State, replace
from .state_parts import Hold, Rollout, WriteBatch
from .terms import HoldReason


def _stop_bake(state: State, entry: e.Entry) -> State:
    rollout = state.rollout
    if rollout is None or rollout.baking_since is None:
        return state
    if state.stages[rollout.stage].guards:
        # The watch's report says how much of it counts as baked.
        ran = (*rollout.ran, (rollout.baking_since, entry.at))
        return replace(state, rollout=replace(rollout, ran=ran, baking_since=None))
    baked = rollout.baked + (entry.at - rollout.baking_since)
    return replace(state, rollout=replace(rollout, baked=baked, baking_since=None))


def _watch_anew(state: State, rollout: Rollout, at: datetime) -> Rollout:
    """A new watch over the guards: until the bake can be done, or open-ended while its clock stands."""
    stage = state.stages[rollout.stage]
    if not stage.guards:
        return rollout
    until = None
    if rollout.baking_since is not None:
        until = at + max(stage.bake - rollout.baked, min(g.interval for g in stage.guards))
    return replace(rollout, watch_no=rollout.watch_no + 1, watch_since=at, watch_until=until, ran=())


def _call_off(state: State, entry: e.Entry, batch: WriteBatch) -> State:
    """A stage's writes that are out are called off: nobody is exposed under a hold. Lifted, it asks for them anew.

    They may have landed all the same: a rollback puts their flags back too.
    """
    flags = {k: replace(f, changed_at=entry.seq) if k in batch.writes else f for k, f in state.flags.items()}
    return replace(state, writes=None, flags=flags, exposed_ever=True)


def _held(state: State, entry: e.Entry, event: e.Held) -> State:
    hold = Hold(
        id=event.hold,
        reason=event.reason,
        by=entry.actor,
        since=entry.at,
        text=event.text,
        subject=event.subject,
        measurement=event.measurement,
    )
    state = replace(_stop_bake(state, entry), holds=(*state.holds, hold))
    if event.reason is not HoldReason.READINESS and state.writes is not None and state.writes.stage >= 0:
        state = _call_off(state, entry, state.writes)
    if event.reason in (HoldReason.SCHEDULE, HoldReason.ROLLED_BACK):
        # While one of these stands there is no slot.
        state = replace(state, slot=None)
    return _retry_later(state, entry) if event.reason is HoldReason.READINESS else state


def _lifted(state: State, entry: e.Entry, event: e.Lifted) -> State:
    lifted = next(h for h in state.holds if h.id == event.hold)
    state = replace(state, holds=tuple(h for h in state.holds if h.id != event.hold))
    rollout = state.rollout
    if rollout and lifted.reason is HoldReason.GUARD and lifted.subject in rollout.counts:
        # Continued against one measurement: what is bad or missing is counted afresh.
        count = replace(rollout.counts[lifted.subject], bad_in_row=0, missing_in_row=0)
        rollout = replace(rollout, counts=_with(rollout.counts, lifted.subject, count))
    if rollout and rollout.stage >= 0 and not state.rollback:
        starts = not state.holds and not rollout.bake_done and rollout.baking_since is None
        if starts:
            rollout = replace(rollout, baking_since=entry.at)
        # A watch that has an end goes on through a hold: what it saw before is in its report. One without an end, and
        # one from which a guard was kept by its own hold, began while the clock stood: nothing baked is lost with it.
        one_more = any(g.id == lifted.subject for g in state.stages[rollout.stage].guards)
        if one_more or (starts and rollout.watch_until is None):
            rollout = _watch_anew(state, rollout, entry.at)
    return replace(state, rollout=rollout)
