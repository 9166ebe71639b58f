"""Fences: every rollout and rollback writes flags under an epoch of its own, and a provider refuses an older one."""

from datetime import datetime

from .state import State


def next_epoch(state: State, at: datetime) -> int:
    """The first half of a new fence: workflow time in ms, or one more than any flag, or this release, has seen."""
    last = max((f.last_epoch for f in state.flags.values()), default=0)
    return max(int(at.timestamp() * 1000), last + 1, state.epoch + 1)


def write_epoch(state: State, at: datetime, refused: int) -> int:
    """The first half of the next writes' fences: as before, until `refused` writes in a row met a newer fence.

    How far ahead that fence is nobody tells: the time overtakes whoever wrote just now, and doubling the step the rest.
    A newer fence that the flag's own workflow told of is overtaken at once: somebody has decided to go on although.
    """
    if not refused and all(flag.last_epoch <= state.epoch for flag in state.flags.values()):
        return state.epoch
    return max(next_epoch(state, at), state.epoch + (1 << min(refused, 40)))
