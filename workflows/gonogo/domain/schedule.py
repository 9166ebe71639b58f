"""Slots: which one a release aims at, when it gives one up, when the calendar is asked again.

Reads only what was resolved.
"""

from datetime import datetime, timedelta

from . import commands as c
from .draft import Draft
from .errors import Refused
from .events import GoEnded, PhaseChanged, Postponed, RoundEnded, SlotGivenUp, SlotsRequested, SlotsResolved, SlotTaken
from .holds import lift_all, raise_hold
from .questions import move_deadline
from .readiness import measure_on_readying
from .resolution import Resolution, Slot, next_open, open_until
from .state import State
from .terms import Ended, HoldReason, Phase
from .values import format_instant

RENEW_BEFORE = timedelta(days=14)
"""What the calendar said is asked for again when it reaches less far ahead than this."""
FRESH = timedelta(hours=1)
"""At poll and window opening, an answer younger than this is good enough."""
_PAST = timedelta(seconds=1)
"""The next slot begins at least this long after one that was given up."""
_NO_SLOT = (HoldReason.SCHEDULE, HoldReason.ROLLED_BACK)


def request_slots(
    draft: Draft, *, dated: datetime | None = None, after: datetime | None = None, anew: bool = False
) -> None:
    """Asks the calendar, unless it is being asked; `anew`: even then, because something else is asked for."""
    if draft.state.slots_ask is None or anew:
        wanted = dated or draft.state.dated
        draft.emit_by_itself(SlotsRequested(ask=f"slots-{draft.next_seq}", slot=wanted, after=after))


def fresh(state: State, now: datetime) -> bool:
    """True when the calendar was asked a short while ago and has answered."""
    return state.slots_ask is None and state.resolution is not None and now - state.resolution.at <= FRESH


def take_slots(draft: Draft, command: c.TakeSlots) -> None:
    """The calendar answered. A slot that begins at another instant is another slot: the one before is given up."""
    if command.ask != draft.state.slots_ask:
        return
    before = draft.state.resolution
    draft.emit_by_itself(SlotsResolved(ask=command.ask, resolution=command.resolution))
    move_deadline(draft, before)
    state = draft.state
    slot = state.slot
    if slot is None or state.opening is not None or slot.starts <= draft.at:
        return
    if state.plan.schedule.mode == "on_demand":
        if state.phase is Phase.AWAITING_WINDOW:
            _take_on_demand(draft, slot)
        return
    found = next((s for s in command.resolution.slots if s.starts == slot.starts), None)
    if found is None:
        give_up(draft, "the slot is not in the calendar any more", vanished=True)
    elif state.not_before is not None and slot.starts < state.not_before:
        give_up(draft, f"the release is not to begin before {format_instant(state.not_before)}", vanished=True)
    elif found != slot:
        draft.emit_by_itself(SlotTaken(slot=found))


def _take_on_demand(draft: Draft, slot: Slot) -> None:
    """The GO stands for the first instant that is open, and that may be another one now."""
    found = on_demand_slot(draft.state, draft.at)
    if found is None:
        end_go(draft, "no window is known to open any more")
        give_up(draft, "no window is known to open any more")
    elif found != slot:
        draft.emit_by_itself(SlotTaken(slot=found, on_demand=True))


def renew(draft: Draft) -> None:
    """Asks the calendar again before what it said runs out."""
    at = renew_at(draft.state)
    if at is not None and at <= draft.at:
        request_slots(draft)


def renew_at(state: State) -> datetime | None:
    """When the calendar is asked again by itself."""
    if state.resolution is None or state.slots_ask is not None:
        return None
    if state.phase not in (Phase.SCOPING, Phase.READYING, Phase.DECIDING, Phase.AWAITING_WINDOW, Phase.ROLLING_OUT):
        return None
    # Never sooner than a day after the last answer, however short that was.
    return max(state.resolution.until - RENEW_BEFORE, state.resolution.at + timedelta(days=1))


# --- aiming --------------------------------------------------------------------------------------------------------


def poll_closes(state: State, slot: Slot) -> datetime:
    """When the poll for a slot closes."""
    return slot.starts - state.plan.poll.closes_before


def _has_room(state: State, slot: Slot, now: datetime) -> bool:
    earliest = state.not_before or (state.plan.scope.freeze_at if state.frozen_at is None else None) or now
    # A release that names no date and freezes at launch has its first slot from now on.
    return slot.starts >= max(earliest, now) and poll_closes(state, slot) - now >= state.plan.poll.min


def aim(draft: Draft) -> None:
    """Takes the first slot with room for a poll, when the release has none and may have one."""
    state = draft.state
    if state.slot is not None or state.resolution is None or state.slots_ask is not None:
        return
    if state.phase not in (Phase.SCOPING, Phase.READYING) or state.plan.schedule.mode == "on_demand":
        return
    if state.held(*_NO_SLOT):
        return
    found = next((s for s in state.resolution.slots if _has_room(state, s, draft.at)), None)
    if found is not None:
        draft.emit_by_itself(SlotTaken(slot=found))
    elif (after := _unasked(state, state.resolution)) is not None:
        request_slots(draft, after=after)
    else:
        text = "no slot is left: `gonogo postpone --to` a date"
        raise_hold(draft, HoldReason.SCHEDULE, text, subject="slots")


def _unasked(state: State, known: Resolution) -> datetime | None:
    """From when on a train may have slots that the calendar was not asked for; None: it was, and there are none.

    An answer speaks to 60 days past the first slot that it was asked for, and the next one may leave later than that.
    """
    if state.plan.schedule.mode != "train":
        return None
    wanted = max(state.not_before or known.at, *(s.starts + _PAST for s in known.slots[-1:]), known.at)
    asked = max(state.slots_after or known.at, known.at)
    return wanted if wanted > asked else None


def skip_without_room(draft: Draft) -> None:
    """Gives up a slot for which no poll can be held any more."""
    state = draft.state
    last = skip_at(state)
    if last is not None and draft.at > last and state.phase in (Phase.SCOPING, Phase.READYING):
        give_up(draft, "no room is left for a poll")


def skip_at(state: State) -> datetime | None:
    """The last instant at which a poll for the slot still has room."""
    if state.slot is None or state.plan.schedule.mode == "on_demand":
        return None
    return poll_closes(state, state.slot) - state.plan.poll.min


def give_up(draft: Draft, why: str, *, to: datetime | None = None, hold: bool = True, vanished: bool = False) -> None:
    """The release does not aim at its slot any more; what is given up is counted, by whatever cause.

    The next slot is a later one, also when the opening of this one has not begun; not when it has `vanished`, and the
    train may now leave earlier.
    """
    state = draft.state
    schedule = state.plan.schedule
    retry = (to or draft.at + state.plan.poll.retry_after) if schedule.mode == "on_demand" else None
    count = state.given_up + 1
    later = state.slot is not None and schedule.mode != "on_demand" and not vanished
    after = state.slot.starts + _PAST if state.slot and later else None
    draft.emit_by_itself(SlotGivenUp(slot=state.slot, why=why, count=count, retry_at=retry, not_before=to or after))
    if hold and count > schedule.max_postponements:
        text = f"{count} slots were given up, {schedule.max_postponements} are allowed: `gonogo postpone --to` a date"
        raise_hold(draft, HoldReason.SCHEDULE, text, subject="slots")


def end_round(draft: Draft, how: Ended, reason: str) -> None:
    """Ends the open round, and the holds that its NO_GO ballots raised; the release is readying again."""
    state = draft.state
    assert state.round is not None
    draft.emit_by_itself(RoundEnded(round=state.round.number, how=how, reason=reason[:2000]))
    lift_all(draft, "the round ended", HoldReason.NO_GO)
    if how not in (Ended.VOTED, Ended.OVERRIDDEN):
        draft.emit_by_itself(PhaseChanged(before=Phase.DECIDING, after=Phase.READYING))
    if how not in (Ended.VOTED, Ended.OVERRIDDEN, Ended.SUPERSEDED):
        measure_on_readying(draft)


def end_go(draft: Draft, why: str) -> None:
    """Ends a GO that stands; the release is readying again."""
    draft.emit_by_itself(GoEnded(why=why[:2000]))
    lift_all(draft, "the GO ended", HoldReason.READINESS)
    draft.emit_by_itself(PhaseChanged(before=Phase.AWAITING_WINDOW, after=Phase.READYING))
    measure_on_readying(draft)


def postpone(draft: Draft, command: c.Postpone) -> None:
    """A person gives up the slot; a named date starts the count again and lifts the schedule's hold."""
    state = draft.state
    if command.to is not None and command.to <= draft.at:
        raise Refused(
            "postpone.past",
            f"{format_instant(command.to)} has passed: name a later instant",
            to=format_instant(command.to),
        )
    if state.plan.schedule.mode == "dated" and command.to is None:
        raise Refused("postpone.no_date", "a dated slot has no successor: name one with `--to`")
    on_demand = state.plan.schedule.mode == "on_demand"
    if state.slot is None and command.to is None and not on_demand:
        raise Refused("postpone.no_slot", "the release aims at no slot that it could give up: name a date with `--to`")
    reason = command.reason or "postponed"
    if state.phase is Phase.DECIDING:
        end_round(draft, Ended.POSTPONED, reason)
    elif state.phase is Phase.AWAITING_WINDOW:
        end_go(draft, reason)
    if state.slot is not None or on_demand:
        give_up(draft, f"postponed: {reason}"[:2000], to=command.to, hold=command.to is None)
    draft.emit(Postponed(to=command.to, reason=command.reason))
    if command.to is not None:
        lift_all(draft, "postponed to a date", HoldReason.SCHEDULE, subject="slots")
    request_slots(draft, dated=command.to if state.plan.schedule.mode == "dated" else None, anew=True)


def on_demand_slot(state: State, now: datetime) -> Slot | None:
    """The first instant from now on, and not before its date, at which the windows are open.

    It lasts for `open_for`, or until they close.
    """
    assert state.resolution is not None, "no poll opens before the calendar has answered"
    starts = next_open(state.resolution, max(now, state.not_before or now))
    if starts is None:
        return None
    closes = open_until(state.resolution, starts)
    assert closes is not None
    ends = min(starts + state.plan.schedule.open_for, closes)
    return Slot(starts=starts, ends=ends, local=f"on demand, {state.resolution.zone}")
