"""Rollback: always allowed, at once. Every flag goes back to what it was, newest change first, until confirmed."""

from datetime import datetime

from . import commands as c
from .draft import Draft
from .errors import Refused
from .events import PhaseChanged, RollbackConfirmed, RollbackStarted, UnrestorableAccepted, WritesRequested
from .fences import next_epoch, write_epoch
from .holds import lift_all, raise_hold
from .readiness import measure_on_readying
from .state import State
from .terms import HoldReason, Phase
from .values import ENGINE, NOBODY, Actor, format_instant

_EXPOSED = (Phase.ROLLING_OUT, Phase.CLEANING_UP)


def start_rollback(draft: Draft, reason: str, *, closing: bool = False, by: Actor = ENGINE) -> None:
    """Begins a rollback under a new epoch, or adds `closing` to nothing: one rollback at a time."""
    epoch = next_epoch(draft.state, draft.at)
    draft.emit(RollbackStarted(epoch=epoch, reason=reason[:2000], closing=closing), actor=by)
    if draft.state.phase in _EXPOSED:
        lift_all(draft, "rolled back", HoldReason.GUARD, HoldReason.READINESS)
        raise_hold(draft, HoldReason.ROLLED_BACK, reason, by=by)


def roll_back(draft: Draft, command: c.RollBack, actor: Actor) -> None:
    """Somebody entitled rolls back."""
    if draft.state.rollback is not None:
        raise Refused("rollback.under_way", f"a rollback is under way since {format_instant(draft.state.rollback.at)}")
    start_rollback(draft, command.reason, by=actor)
    if draft.state.phase is Phase.AWAITING_WINDOW:
        # Nobody has to say anything more for this release to reach users: it must not do so against this word.
        text = f"{actor.id} rolls back before the rollout: {command.reason}"
        raise_hold(draft, HoldReason.MANUAL, text, subject=f"by:{actor.id}", by=actor)


def cannot_restore(state: State) -> tuple[str, ...]:
    """Flags of the rollback that is under way that cannot be switched off: listed, until accepted by name."""
    assert state.rollback is not None
    return tuple(k for k in state.rollback.left if k in state.plan.flags and not state.plan.flags[k].can_be_disabled)


def accept(draft: Draft, command: c.AcceptUnrestorable) -> None:
    """The release manager accepts, by name, that a flag is not put back."""
    rollback = draft.state.rollback
    if rollback is None:
        raise Refused("rollback.none", "no rollback is under way")
    if command.flag not in rollback.left:
        left = ", ".join(rollback.left) or "none"
        raise Refused("rollback.not_left", f"{command.flag!r} is not waiting to be put back; waiting: {left}")
    if command.flag not in cannot_restore(draft.state) and command.flag not in rollback.failed:
        raise Refused("rollback.not_failed", f"{command.flag!r} is being put back; it has not failed")
    draft.emit(UnrestorableAccepted(flag=command.flag, reason=command.reason))


def retry_at(state: State) -> datetime | None:
    """When flags that could not be put back are tried again."""
    rollback = state.rollback
    if rollback is None or state.writes or set(rollback.left) <= set(cannot_restore(state)):
        return None  # what cannot be switched off waits for a person
    return rollback.retry_at


def carry_on(draft: Draft) -> None:
    """Writes what is left to put back; confirms when nothing is."""
    state = draft.state
    rollback = state.rollback
    if rollback is None or state.writes is not None:
        return
    if not rollback.left:
        _confirm(draft)
        return
    stuck = cannot_restore(state)
    todo = {k: state.flags[k].original or NOBODY for k in rollback.left if k not in stuck}
    if not todo or (rollback.retry_at is not None and draft.at < rollback.retry_at):
        return
    draft.emit_by_itself(
        WritesRequested(
            ask=f"writes-{draft.next_seq}",
            stage=-1,
            epoch=write_epoch(state, draft.at, rollback.refused),
            writes=todo,
            first_sequence=rollback.attempts * 1000,
        )
    )


def _confirm(draft: Draft) -> None:
    rollback = draft.state.rollback
    assert rollback is not None
    phase = draft.state.phase
    draft.emit_by_itself(RollbackConfirmed(unrestorable=rollback.accepted))
    if phase in _EXPOSED:
        draft.emit_by_itself(PhaseChanged(before=phase, after=Phase.READYING))
    if rollback.closing:
        from .cleanup import close  # cleanup imports rollback for `cancel`

        close(draft, rollback.reason)
    elif phase in _EXPOSED:
        measure_on_readying(draft)
