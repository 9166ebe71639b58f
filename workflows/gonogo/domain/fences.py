"""Fences: every rollout and rollback writes flags under an epoch of its own, and a provider refuses an older one."""

from datetime import datetime

from .state import State


def next_epoch(state: State, at: datetime) -> int:
    """The first half of a new fence: workflow time in ms, or one more than any flag, or this release, has seen."""
    last = max((f.last_epoch for f in state.flags.values()), default=0)
    return max(int(at.timestamp() * 1000), last + 1, state.epoch + 1)
