"""What each entry does to a flag: `evolve_flag(state, entry) -> state`, and nothing else ever changes it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from . import flag_events as f
from .events import HandlerFaulted
from .facts import FlagChange, WriteStatus
from .flag_notes import FlagNote
from .flag_state import FlagLife, Life, Switch

SWITCH_RETRY = timedelta(minutes=1)
"""How soon a change that could not be carried out is tried again."""
PROOF_EVERY = timedelta(days=1)
"""How often it is asked whether a flag that has shipped is gone."""
_KEPT_NOTES = 500
"""Keys of notes that are remembered: a note that comes twice comes within a few days."""


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


# --- notes ---------------------------------------------------------------------------------------------------------


def _described(state: FlagLife, note: FlagNote) -> FlagLife:
    if note.owner is None:
        return state
    return replace(
        state,
        owner=note.owner,
        people=note.people,
        managers=note.managers,
        others=note.others,
        trust_local=note.trust_local,
        notifications=note.notifications,
        kind=note.flag_kind or state.kind,
        provider=note.provider or state.provider,
    )


def _left(state: FlagLife, note: FlagNote) -> FlagLife:
    release = note.release_id
    return replace(
        state,
        listed_by=tuple(r for r in state.listed_by if r != release),
        holder="" if state.holder == release else state.holder,
        left={**state.left, release: note.at},
    )


def _life(state: FlagLife, note: FlagNote) -> FlagLife:
    before = replace(state.life, before=None) if state.life and state.life.release != note.release_id else None
    life = Life(since=note.at, release=note.release_id, retire_by=note.retire_by, before=before)
    if note.retire_by is not None and note.retire_by.cycles == 0:
        life = replace(life, cycles_done_at=note.at)
    return replace(state, life=life, reminded=0, escalated=0, proof_at=note.at)


def _announced(state: FlagLife, note: FlagNote) -> FlagLife:
    left = state.left.get(note.release_id)
    if left is not None and note.at <= left:
        return state
    # A proof from before somebody wanted the flag again proves nothing after.
    return replace(_described(state, note), listed_by=_with(state.listed_by, note.release_id), proof=None)


def _written(state: FlagLife, note: FlagNote) -> FlagLife:
    # Notes can overtake one another: only the newest write says who sees it now.
    if note.fence is None or (state.fence is not None and note.fence.order < state.fence.order):
        return state
    return replace(
        state,
        exposure=note.exposure if note.exposure is not None else state.exposure,
        original=note.original if note.original is not None else state.original,
        fence=note.fence,
        changed=None,
    )


def _let_go(state: FlagLife, note: FlagNote) -> FlagLife:
    at = max(note.at, state.let_go.get(note.release_id, note.at))
    state = replace(state, let_go={**state.let_go, note.release_id: at})
    if state.holder == note.release_id:
        state = replace(state, holder="")
    if state.life and state.life.release == note.release_id:
        # It shipped and was rolled back: what was awaited before it is awaited again, and it still lists the flag.
        listed = _with(state.listed_by, note.release_id)
        state = replace(state, life=state.life.before, last_release="", listed_by=listed, reminded=0, escalated=0)
    return state


def _shipped(state: FlagLife, note: FlagNote) -> FlagLife:
    state = _left(_described(state, note), note)
    return replace(
        _life(state, note),
        last_release=note.release_id,
        exposure=note.exposure if note.exposure is not None else state.exposure,
        original=note.original if note.original is not None else state.original,
    )


def _carried(state: FlagLife, note: FlagNote) -> FlagLife:
    state = _left(state, note)
    if state.life is None:
        # Left behind by a release that never shipped it: from now on somebody has to remove it.
        state = _life(_described(state, note), note)
    return state


def _waived(state: FlagLife, note: FlagNote) -> FlagLife:
    if note.until is None:
        return state
    return replace(state, waived_until=max(note.until, state.waived_until or note.until), waiver=note.reason)


def _cycle(state: FlagLife, note: FlagNote) -> FlagLife:
    life = state.life
    if life is None or life.release == note.release_id:
        return state
    cycles = life.cycles + 1
    done = life.cycles_done_at
    if done is None and life.retire_by is not None and life.retire_by.cycles is not None:
        done = note.at if cycles >= life.retire_by.cycles else None
    return replace(state, life=replace(life, cycles=cycles, cycles_done_at=done))


_NOTES: dict[str, Callable[[FlagLife, FlagNote], FlagLife]] = {
    "announced": _announced,
    "written": _written,
    "let_go": _let_go,
    "shipped": _shipped,
    "carried": _carried,
    "waived": _waived,
    "cycle": _cycle,
}


def _noted(state: FlagLife, entry: f.FlagEntry, event: f.FlagNoted) -> FlagLife:
    notes = (*state.notes, event.note.key)[-_KEPT_NOTES:]
    return replace(_NOTES[event.note.kind](state, event.note), notes=notes)


# --- the rest ------------------------------------------------------------------------------------------------------


def _granted(state: FlagLife, entry: f.FlagEntry, event: f.FlagGranted) -> FlagLife:
    last = "" if event.carried_from else state.last_release
    listed = _with(state.listed_by, event.release_id)
    return replace(state, holder=event.release_id, last_release=last, listed_by=listed, proof=None)


def _switched(state: FlagLife, entry: f.FlagEntry, event: f.FlagSwitched) -> FlagLife:
    return replace(
        state,
        switch=Switch(
            how=event.how, wanted=event.wanted, reason=event.reason, by=entry.actor, at=entry.at, retry_at=entry.at
        ),
    )


def _switch_requested(state: FlagLife, entry: f.FlagEntry, event: f.SwitchRequested) -> FlagLife:
    assert state.switch is not None
    switch = replace(state.switch, ask=event.ask, fence=event.fence, retry_at=None, attempts=state.switch.attempts + 1)
    return replace(state, switch=switch, fence=event.fence)


def _switch_answered(state: FlagLife, entry: f.FlagEntry, event: f.SwitchAnswered) -> FlagLife:
    switch = state.switch
    assert switch is not None
    result = event.result
    if result.status is WriteStatus.WRITTEN:
        change = FlagChange(how=switch.how, wanted=switch.wanted, by=switch.by, reason=switch.reason, at=switch.at)
        return replace(state, switch=None, exposure=result.after, changed=change)
    if result.status is WriteStatus.GONE:
        # Nobody sees a flag that is not there; the proof is asked for at once.
        return replace(state, switch=None, exposure=None, proof_at=entry.at)
    # Somebody wrote with a newer fence: at once again with a newer one. Unreachable: a moment later.
    wait = timedelta(0) if result.status is WriteStatus.STALE else SWITCH_RETRY
    tried = replace(switch, ask="", retry_at=entry.at + wait, failed=result.detail or result.status.value)
    return replace(state, switch=tried)


def _proof_taken(state: FlagLife, entry: f.FlagEntry, event: f.ProofTaken) -> FlagLife:
    found = None if state.waits else event.finding
    return replace(state, proof=found, proof_at=entry.at + PROOF_EVERY)


def _reminded(state: FlagLife, entry: f.FlagEntry, event: f.OwnerReminded) -> FlagLife:
    return replace(state, reminded=event.step)


def _escalated(state: FlagLife, entry: f.FlagEntry, event: f.OverdueEscalated) -> FlagLife:
    return replace(state, escalated=event.step)


def _gone(state: FlagLife, entry: f.FlagEntry, event: f.FlagGone) -> FlagLife:
    return replace(state, gone=True)


_APPLY: dict[type[Any], Callable[[FlagLife, f.FlagEntry, Any], FlagLife]] = {
    f.FlagNoted: _noted,
    f.FlagGranted: _granted,
    f.FlagSwitched: _switched,
    f.SwitchRequested: _switch_requested,
    f.SwitchAnswered: _switch_answered,
    f.ProofTaken: _proof_taken,
    f.OwnerReminded: _reminded,
    f.OverdueEscalated: _escalated,
    f.FlagGone: _gone,
    HandlerFaulted: lambda state, entry, event: state,
}


def evolve_flag(state: FlagLife | None, entry: f.FlagEntry) -> FlagLife:
    """The flag after `entry`. The first entry opens it."""
    event = entry.event
    if state is None:
        if not isinstance(event, f.FlagOpened):
            raise TypeError(f"a flag begins with FlagOpened, not {event.type}")
        return FlagLife(
            product=event.product,
            environment=event.environment,
            key=event.flag,
            provider=event.provider,
            opened_at=entry.at,
            seq=entry.seq,
            at=entry.at,
        )
    return replace(_APPLY[type(event)](state, entry, event), seq=entry.seq, at=entry.at)


def fold_flag(entries: Iterable[f.FlagEntry], state: FlagLife | None = None) -> FlagLife:
    """The flag that `entries` add up to."""
    for entry in entries:
        state = evolve_flag(state, entry)
    if state is None:
        raise ValueError("a flag without entries has no state")
    return state
