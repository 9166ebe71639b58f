"""What each event does to the state: `evolve(state, entry) -> state`, and nothing else ever changes it."""

from collections.abc import Callable, Iterable
from typing import Any

from . import events as e
from .evolve_common import _launched
from .evolve_deciding import (
    _ballot_refused,
    _candidate_accepted,
    _go_ended,
    _go_given,
    _overridden,
    _override_proposed,
    _plan_amended,
    _poll_opened,
    _round_ended,
    _vote_cast,
    _vote_withdrawn,
)
from .evolve_holds import _held, _lifted
from .evolve_readiness import (
    _checks_measured,
    _checks_requested,
    _escalated,
    _item_changed,
    _item_opened,
    _reminder_sent,
    _waived,
)
from .evolve_rollout import (
    _bake_completed,
    _closed,
    _flag_changed_elsewhere,
    _flag_settled,
    _flags_answered,
    _flags_requested,
    _flags_written,
    _guard_tripped,
    _guards_measured,
    _nothing,
    _opening_reached,
    _question_answered,
    _question_asked,
    _question_deadline_moved,
    _question_expired,
    _rollback_closing,
    _rollback_confirmed,
    _rollback_started,
    _rollout_started,
    _shipped,
    _stage_exposed,
    _unrestorable_accepted,
    _writes_requested,
)
from .evolve_schedule import (
    _exception_approved,
    _exception_rejected,
    _exception_requested,
    _exception_withdrawn,
    _feature_changed,
    _feature_estimated,
    _feature_proposed,
    _freeze_refused,
    _phase_changed,
    _postponed,
    _scope_frozen,
    _slot_given_up,
    _slot_missed,
    _slot_taken,
    _slots_requested,
    _slots_resolved,
)
from .state import State, numbered, replace

_APPLY: dict[type[Any], Callable[[State, e.Entry, Any], State]] = {
    e.PhaseChanged: _phase_changed,
    e.SlotsRequested: _slots_requested,
    e.SlotsResolved: _slots_resolved,
    e.SlotTaken: _slot_taken,
    e.SlotGivenUp: _slot_given_up,
    e.SlotMissed: _slot_missed,
    e.Postponed: _postponed,
    e.FeatureProposed: _feature_proposed,
    e.FeatureChanged: _feature_changed,
    e.FeatureEstimated: _feature_estimated,
    e.ScopeFrozen: _scope_frozen,
    e.FreezeRefused: _freeze_refused,
    e.ExceptionRequested: _exception_requested,
    e.ExceptionApproved: _exception_approved,
    e.ExceptionRejected: _exception_rejected,
    e.ExceptionWithdrawn: _exception_withdrawn,
    e.ChecksRequested: _checks_requested,
    e.ChecksMeasured: _checks_measured,
    e.ItemOpened: _item_opened,
    e.ItemChanged: _item_changed,
    e.Waived: _waived,
    e.ReminderSent: _reminder_sent,
    e.Escalated: _escalated,
    e.CandidateAccepted: _candidate_accepted,
    e.PlanAmended: _plan_amended,
    e.PollOpened: _poll_opened,
    e.VoteCast: _vote_cast,
    e.VoteWithdrawn: _vote_withdrawn,
    e.BallotRefused: _ballot_refused,
    e.OverrideProposed: _override_proposed,
    e.Overridden: _overridden,
    e.GoGiven: _go_given,
    e.RoundEnded: _round_ended,
    e.GoEnded: _go_ended,
    e.Held: _held,
    e.Lifted: _lifted,
    e.OpeningReached: _opening_reached,
    e.FlagsRequested: _flags_requested,
    e.FlagsAnswered: _flags_answered,
    e.RolloutStarted: _rollout_started,
    e.WritesRequested: _writes_requested,
    e.FlagsWritten: _flags_written,
    e.StageExposed: _stage_exposed,
    e.GuardsMeasured: _guards_measured,
    e.GuardTripped: _guard_tripped,
    e.BakeCompleted: _bake_completed,
    e.QuestionAsked: _question_asked,
    e.QuestionAnswered: _question_answered,
    e.QuestionExpired: _question_expired,
    e.QuestionDeadlineMoved: _question_deadline_moved,
    e.ReleaseShipped: _shipped,
    e.RollbackStarted: _rollback_started,
    e.RollbackClosing: _rollback_closing,
    e.UnrestorableAccepted: _unrestorable_accepted,
    e.RollbackConfirmed: _rollback_confirmed,
    e.FlagChangedElsewhere: _flag_changed_elsewhere,
    e.FlagSettled: _flag_settled,
    e.ReleaseClosed: _closed,
    e.HandlerFaulted: _nothing,
}


def evolve(state: State | None, entry: e.Entry) -> State:
    """The state after `entry`. The first entry of a release is its launch."""
    event = entry.event
    if state is None:
        if not isinstance(event, e.ReleaseLaunched):
            raise TypeError(f"a release begins with ReleaseLaunched, not {event.type}")
        return _launched(entry, event)
    new = _APPLY[type(event)](state, entry, event)
    return numbered(new if new is not state else replace(state), entry.seq, entry.at)


def fold(entries: Iterable[e.Entry], state: State | None = None) -> State:
    """The state that `entries` add up to."""
    for entry in entries:
        state = evolve(state, entry)
    if state is None:
        raise ValueError("a release without entries has no state")
    return state
