"""What events of the rollout, of rollbacks and of the end do to the state."""

from datetime import timedelta
from typing import Any

from . import events as e
from .evolve_common import ROLLBACK_RETRY, _with, rollback_wait
from .evolve_holds import _stop_bake, _watch_anew
from .evolve_readiness import _retry_later
from .facts import WriteStatus
from .plan import Moment
from .state import State, replace
from .state_parts import Claim, FlagState, Opening, Question, Rollback, Rollout, WriteBatch
from .terms import ItemOrigin, ItemStatus, Phase, Settled


def _opening_reached(state: State, entry: e.Entry, event: e.OpeningReached) -> State:
    return replace(state, opening=Opening(slot=event.slot, at=entry.at))


def _flags_requested(state: State, entry: e.Entry, event: e.FlagsRequested) -> State:
    opening = replace(state.opening, measured=True) if state.opening else None
    return replace(state, claim=Claim(ask=event.ask, flags=event.flags), opening=opening)


def _flags_answered(state: State, entry: e.Entry, event: e.FlagsAnswered) -> State:
    flags = dict(state.flags)
    for answer in event.answers:
        flag, shown = flags[answer.flag], answer.shown
        fence = answer.reading.fence if answer.reading else None
        last = max(flag.last_epoch, answer.last_epoch, fence.epoch if fence else 0)
        flag = replace(flag, granted=shown is not None, last_epoch=last)
        if shown is not None and not flag.changed_at:
            # What an earlier claim read may be long out of date: whoever saw it since then must not lose it.
            flag = replace(flag, original=shown, current=shown)
        flags[answer.flag] = flag
    return _retry_later(replace(state, flags=flags, claim=None), entry)


def _rollout_started(state: State, entry: e.Entry, event: e.RolloutStarted) -> State:
    rollout = Rollout(epoch=event.epoch, deployed_at=entry.at)
    return replace(state, rollout=rollout, epoch=event.epoch, opening=None, claim=None)


def _writes_requested(state: State, entry: e.Entry, event: e.WritesRequested) -> State:
    batch = WriteBatch(
        ask=event.ask,
        stage=event.stage,
        epoch=event.epoch,
        first_sequence=event.first_sequence,
        writes=event.writes,
    )
    rollout, rollback = state.rollout, state.rollback
    if rollout and event.stage >= 0:
        # What was measured for these writes says nothing of the next ones.
        after = event.first_sequence + len(event.writes)
        rollout = replace(rollout, sequence=after, retry_at=None, deployed_at=None)
    if rollback and event.stage < 0:
        rollback = replace(rollback, retry_at=None, attempts=rollback.attempts + 1)
    epoch = max(state.epoch, event.epoch)
    return replace(state, writes=batch, epoch=epoch, rollout=rollout, rollback=rollback)


def _flags_written(state: State, entry: e.Entry, event: e.FlagsWritten) -> State:
    batch = state.writes
    assert batch is not None
    flags = dict(state.flags)
    raised = state.exposed_ever
    for result in event.results:
        flag = flags[result.key]
        last = max(flag.last_epoch, result.fence.epoch)
        if result.status is WriteStatus.WRITTEN and result.after is not None:
            changed = flag.changed_at if result.after == flag.current else entry.seq
            flags[result.key] = replace(flag, current=result.after, changed_at=changed, last_epoch=last, changed=None)
            if batch.stage >= 0 and result.after != flag.original:
                raised = True
    refused = any(r.status is WriteStatus.STALE for r in event.results)
    if batch.stage < 0:
        state = replace(state, flags=flags, writes=None, exposed_ever=raised)
        state = _put_back(state, entry, batch, event, refused=refused)
    else:
        # A write without a clear answer may have landed, and one answer that a flag is not there proves nothing: a
        # rollback puts that flag back too.
        clear = {r.key for r in event.results if r.status in (WriteStatus.WRITTEN, WriteStatus.STALE)}
        flags |= {k: replace(flags[k], changed_at=entry.seq) for k in batch.writes if k in flags and k not in clear}
        assert state.rollout is not None
        rollout = replace(state.rollout, refused=state.rollout.refused + 1 if refused else 0)
        state = replace(state, flags=flags, writes=None, exposed_ever=raised, rollout=rollout)
    return _retry_later(state, entry)


def _put_back(state: State, entry: e.Entry, batch: WriteBatch, event: e.FlagsWritten, *, refused: bool) -> State:
    """What a rollback's writes came to: a flag is back when its provider says so, or has it no more."""
    rollback = state.rollback
    assert rollback is not None
    flags, said = dict(state.flags), {r.key: r for r in event.results}
    done, failed = set(), {}
    for key, wanted in batch.writes.items():
        result = said.get(key)
        if result is None:
            failed[key] = "no answer came back"
        elif result.status is WriteStatus.GONE:
            done.add(key)
            flags[key] = replace(flags[key], current=None, changed_at=0)
        elif result.status is not WriteStatus.FAILED and result.after == wanted:
            # Refused and yet back: somebody else, such as the flag's own workflow, put it there with a newer fence.
            done.add(key)
            flags[key] = replace(flags[key], current=wanted, changed_at=0)
        else:
            failed[key] = result.detail or f"{result.status.value}; it is at {result.after}"
    kept = {k: v for k, v in rollback.failed.items() if k not in done}
    rollback = replace(
        rollback,
        left=tuple(k for k in rollback.left if k not in done),
        failed={**kept, **failed},
        refused=rollback.refused + 1 if refused else 0,
    )
    if failed:
        # Whoever wrote since is overtaken at once, and the next a moment later. What does not answer is asked ever less
        # often: a provider that is gone for a month must not fill the ledger.
        late = ROLLBACK_RETRY if rollback.refused else rollback_wait(rollback.attempts)
        wait = timedelta(0) if rollback.refused == 1 else late
        rollback = replace(rollback, retry_at=entry.at + wait)
    return replace(state, flags=flags, rollback=rollback)


def _stage_exposed(state: State, entry: e.Entry, event: e.StageExposed) -> State:
    assert state.rollout is not None
    rollout = replace(
        state.rollout,
        stage=event.stage,
        exposed_at=entry.at,
        baked=timedelta(0),
        baking_since=None if state.holds else entry.at,
        bake_done=False,
        ran=(),
        counts={},
        deployed_at=None,
        answered=False,
        question=None,
        retry_at=None,
        blind_told=False,
    )
    return replace(state, rollout=_watch_anew(state, rollout, entry.at))


def _guards_measured(state: State, entry: e.Entry, event: e.GuardsMeasured) -> State:
    rollout = state.rollout
    assert rollout is not None
    rollout = replace(
        rollout,
        counts={**rollout.counts, **event.counts},
        baked=rollout.baked + event.baked,
        baking_since=None if rollout.baking_since is None else entry.at,
    )
    return replace(state, rollout=_watch_anew(state, rollout, entry.at))


def _guard_tripped(state: State, entry: e.Entry, event: e.GuardTripped) -> State:
    rollout = state.rollout
    if rollout is None or event.mode != "observe" or event.guard not in rollout.counts:
        return state
    count = replace(rollout.counts[event.guard], bad_in_row=0, missing_in_row=0)
    return replace(state, rollout=replace(rollout, counts=_with(rollout.counts, event.guard, count)))


def _bake_completed(state: State, entry: e.Entry, event: e.BakeCompleted) -> State:
    assert state.rollout is not None
    rollout = replace(state.rollout, bake_done=True, baking_since=None)
    return replace(state, rollout=_watch_anew(state, rollout, entry.at))


def _question_asked(state: State, entry: e.Entry, event: e.QuestionAsked) -> State:
    assert state.rollout is not None
    stage = state.stages[event.stage].question
    assert stage is not None
    question = Question(
        id=event.question,
        text=event.text,
        role=event.role,
        asked=entry.at,
        left=stage.deadline,
        left_at=entry.at,
        deadline=event.deadline,
    )
    return replace(state, rollout=replace(state.rollout, question=question), refusals={})


def _question_deadline_moved(state: State, entry: e.Entry, event: e.QuestionDeadlineMoved) -> State:
    assert state.rollout is not None
    assert state.rollout.question is not None
    moved = replace(state.rollout.question, left=event.left, left_at=entry.at, deadline=event.deadline)
    return replace(state, rollout=replace(state.rollout, question=moved))


def _question_answered(state: State, entry: e.Entry, event: e.QuestionAnswered) -> State:
    assert state.rollout is not None
    return replace(state, rollout=replace(state.rollout, question=None, answered=event.yes))


def _question_expired(state: State, entry: e.Entry, event: e.QuestionExpired) -> State:
    assert state.rollout is not None
    return replace(state, rollout=replace(state.rollout, question=None))


def _shipped(state: State, entry: e.Entry, event: e.ReleaseShipped) -> State:
    assert state.rollout is not None
    # The rollout is over; its epoch is kept with the flags, its watch ends.
    return replace(state, released_at=entry.at, rollout=None)


def _rollback_started(state: State, entry: e.Entry, event: e.RollbackStarted) -> State:
    touched = (f for f in state.flags.values() if f.changed_at or (f.original is not None and f.current != f.original))
    changed = sorted((f for f in touched if not f.gone), key=lambda f: -f.changed_at)
    left = [f.key for f in changed]
    # A batch that is out may land: its flags go back first.
    pending = [k for k in reversed(tuple(state.writes.writes)) if k not in left] if state.writes else []
    rollback = Rollback(
        reason=event.reason,
        closing=event.closing,
        at=entry.at,
        left=(*[k for k in pending if not state.flags[k].gone], *left),
    )
    return replace(
        _stop_bake(state, entry),
        rollback=rollback,
        epoch=event.epoch,
        writes=None,
        rollout=replace(state.rollout, question=None) if state.rollout else None,
    )


def _rollback_closing(state: State, entry: e.Entry, event: e.RollbackClosing) -> State:
    assert state.rollback is not None
    return replace(state, rollback=replace(state.rollback, closing=True))


def _unrestorable_accepted(state: State, entry: e.Entry, event: e.UnrestorableAccepted) -> State:
    assert state.rollback is not None
    rollback = state.rollback
    left = tuple(k for k in rollback.left if k != event.flag)
    return replace(state, rollback=replace(rollback, left=left, accepted=(*rollback.accepted, event.flag)))


def _claimed_anew(flag: FlagState) -> FlagState:
    """A flag after a rollback: put back, or accepted as it stands. What is gone stays gone."""
    if flag.gone:
        return replace(flag, granted=False)
    return replace(flag, settled=None, proof="", granted=False, changed=None, taken_by="")


def _rollback_confirmed(state: State, entry: e.Entry, event: e.RollbackConfirmed) -> State:
    rolling = state.phase in (Phase.ROLLING_OUT, Phase.CLEANING_UP)
    commit = state.candidate.commit if state.candidate and rolling else ""
    if not rolling:
        return replace(state, rollback=None, writes=None)
    flags = {k: _claimed_anew(f) for k, f in state.flags.items()}
    items = {
        k: replace(i, status=ItemStatus.OPEN, by="", evidence="", reminded=0, escalated=False)
        if i.gates is Moment.COMPLETION and i.origin is ItemOrigin.PLAN
        else i
        for k, i in state.items.items()
    }
    return replace(
        state,
        rollback=None,
        rollout=None,
        writes=None,
        go=None,
        override=None,
        slot=None,
        opening=None,
        released_at=None,
        flags=flags,
        items=items,
        rolled_back=(*state.rolled_back, commit) if commit else state.rolled_back,
    )


def _flag_changed_elsewhere(state: State, entry: e.Entry, event: e.FlagChangedElsewhere) -> State:
    key = event.reading.key
    epoch = event.reading.fence.epoch if event.reading.fence else 0
    flag = state.flags[key]
    return replace(
        state,
        flags=_with(
            state.flags,
            key,
            replace(
                flag,
                current=event.reading.exposure if event.reading.exposure is not None else flag.current,
                last_epoch=max(flag.last_epoch, epoch),
                changed=event.change,
            ),
        ),
    )


def _flag_settled(state: State, entry: e.Entry, event: e.FlagSettled) -> State:
    flag = state.flags[event.flag]
    gone = flag.gone or event.how is Settled.GONE
    new = replace(flag, settled=event.how, proof=event.proof, gone=gone, taken_by=event.taken_by)
    return replace(state, flags=_with(state.flags, event.flag, new))


def _closed(state: State, entry: e.Entry, event: e.ReleaseClosed) -> State:
    return replace(
        state,
        outcome=event.outcome,
        closed_by=entry.actor,
        ended_because=event.reason,
        round=None,
        opening=None,
        claim=None,
        rollout=None,
        writes=None,
        rollback=None,
        check_rounds={},
        slots_ask=None,
        holds=(),
    )


def _nothing(state: State, entry: e.Entry, event: Any) -> State:
    return state
