"""What the folds share."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar

from . import events as e
from .items import plan_items
from .state import State, replace
from .state_parts import FeatureState, FlagState
from .terms import Phase

RETRY = timedelta(minutes=5)
"""How often a release that is held for readiness is measured again while its window is open."""
ROLLBACK_RETRY = timedelta(minutes=1)
"""How soon a flag that could not be put back is tried again, the first time."""
_MOST_WAITS = 60

_K = TypeVar("_K")
_V = TypeVar("_V")


def rollback_wait(attempts: int) -> timedelta:
    """How long a rollback waits after so many attempts that nobody answered: a minute more each time, up to an hour."""
    return ROLLBACK_RETRY * min(max(attempts, 1), _MOST_WAITS)


def _with(mapping: Mapping[_K, _V], key: _K, value: _V) -> dict[_K, _V]:
    changed = dict(mapping)
    changed[key] = value
    return changed


def _without(mapping: Mapping[_K, _V], *keys: _K) -> dict[_K, _V]:
    return {k: v for k, v in mapping.items() if k not in keys}


def _launched(entry: e.Entry, event: e.ReleaseLaunched) -> State:
    plan = event.plan
    state = State(
        plan=plan,
        plan_digest=event.plan_digest,
        people=event.people,
        launcher=entry.actor,
        trust_local=event.trust_local,
        launched_at=entry.at,
        phase=Phase.SCOPING,
        phase_since=entry.at,
        seq=entry.seq,
        at=entry.at,
        features={f.id: FeatureState(feature=f) for f in plan.features},
        flags={key: FlagState(key=key) for key in plan.flags},
        candidate=plan.candidate,
        dated=plan.schedule.slot,
        not_before=plan.schedule.not_before,
    )
    return replace(state, items=plan_items(state))
