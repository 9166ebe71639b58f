"""The opening: at the slot everything is measured once more, the flags are claimed, and the rollout starts."""

from datetime import datetime

from . import commands as c
from .draft import Draft
from .events import FlagsAnswered, FlagsRequested, OpeningReached, PhaseChanged, RolloutStarted, SlotMissed
from .facts import Status
from .fences import next_epoch
from .holds import BUT_READINESS, lift_all, raise_hold
from .plan import Moment
from .readiness import ask, measurable
from .reports import ClaimAnswer
from .resolution import open_until
from .schedule import end_go, fresh, give_up, request_slots
from .standing import overridden, unmet
from .state import State
from .state_parts import Opening
from .terms import AskedFor, HoldReason, Phase
from .verdict import Fact


def open_window(draft: Draft) -> None:
    """At the slot: measures every required fact once more, claims the flags, and starts; or misses the slot."""
    state = draft.state
    slot = state.slot
    if state.phase is not Phase.AWAITING_WINDOW or slot is None or draft.at < slot.starts:
        return
    standing = state.held(*BUT_READINESS)
    if standing:
        _miss(draft, f"held ({standing[0].reason.value}): {standing[0].text}")
    elif draft.at >= slot.ends:
        held = state.held(HoldReason.READINESS)
        _miss(draft, "its opening ended first" + (f": {held[0].text}" if held else ""))
    elif state.opening is None:
        draft.emit_by_itself(OpeningReached(slot=slot))
        if not fresh(draft.state, draft.at):
            request_slots(draft)
        ask(draft, measurable(draft.state, Moment.GO), AskedFor.OPENING)
    else:
        _try_to_start(draft)


def _miss(draft: Draft, why: str) -> None:
    slot = draft.state.slot
    assert slot is not None
    draft.emit_by_itself(SlotMissed(slot=slot, why=why[:2000]))
    end_go(draft, f"the slot was missed: {why}")
    give_up(draft, f"missed: {why}"[:2000])


def _try_to_start(draft: Draft) -> None:
    state = draft.state
    opening = state.opening
    assert opening is not None
    out = any(r.why is AskedFor.OPENING for r in state.check_rounds.values())
    if out or state.claim is not None or state.slots_ask is not None or state.rollback:
        return
    if not _is_open(state, draft.at):
        return
    again = opening.retry_at is not None and draft.at >= opening.retry_at
    left = _left_at_opening(state, opening, draft.at)
    unmet_now = {f.subject for f in left}
    for hold in state.held(HoldReason.READINESS):
        if not hold.subject.startswith("flag:") and hold.subject not in unmet_now:
            lift_all(draft, "it passes now", HoldReason.READINESS, subject=hold.subject)
    state = draft.state
    if left:
        text = "; ".join(f.detail for f in left)
        raise_hold(draft, HoldReason.READINESS, text, subject=left[0].subject)
        if again:
            _measure_again(draft)
        return
    if not _all_granted(state) and state.flags:
        held = state.held(HoldReason.READINESS)
        if not held or again or not opening.measured:
            flags = tuple(state.flags)
            draft.emit_by_itself(FlagsRequested(ask=f"flags-{draft.next_seq}", flags=flags))
        return
    _start(draft)


def _is_open(state: State, at: datetime) -> bool:
    """True when the windows let the first stage begin at `at`: a freeze may concern its segments alone."""
    return state.resolution is not None and open_until(state.resolution, at, state.stages[0].segments) is not None


def _left_at_opening(state: State, opening: Opening, now: datetime) -> tuple[Fact, ...]:
    found = unmet(state, Moment.GO, now, since=opening.at)
    return tuple(f for f in found if not overridden(state, f.subject, fails=f.status is Status.FAIL))


def opening_retry(state: State, now: datetime) -> datetime | None:
    """When an opening that is held for readiness is tried again; None while it waits for an answer, or for people."""
    opening = state.opening
    if opening is None or opening.retry_at is None or state.claim or state.slots_ask or state.rollback:
        return None
    if any(r.why is AskedFor.OPENING for r in state.check_rounds.values()):
        return None
    if not _is_open(state, max(now, opening.retry_at)):
        return None
    if _left_at_opening(state, opening, now) and not measurable(state, Moment.GO):
        return None
    return opening.retry_at


def _measure_again(draft: Draft) -> None:
    checks = measurable(draft.state, Moment.GO)
    if checks:
        ask(draft, checks, AskedFor.OPENING)


def _all_granted(state: State) -> bool:
    return all(f.granted for f in state.flags.values())


def take_claims(draft: Draft, command: c.TakeClaims) -> None:
    """The flags' workflows answered. Without a grant and a reading of every flag nothing starts."""
    claim = draft.state.claim
    if claim is None or claim.ask != command.ask:
        return
    known = tuple(a for a in command.answers if a.flag in claim.flags)
    draft.emit_by_itself(FlagsAnswered(ask=command.ask, answers=known))
    said = {a.flag: a for a in known}
    refused = {k: why for k in claim.flags if (why := _refusal(said.get(k)))}
    for key, why in refused.items():
        raise_hold(draft, HoldReason.READINESS, f"flag {key}: {why}", subject=f"flag:{key}")
    for hold in draft.state.held(HoldReason.READINESS):
        if hold.subject.startswith("flag:") and hold.subject.removeprefix("flag:") not in refused:
            lift_all(draft, "the flag is granted", HoldReason.READINESS, subject=hold.subject)


def _refusal(answer: ClaimAnswer | None) -> str:
    """Why a flag cannot be rolled out; empty when it can: one that does not exist may be made by its first write."""
    if answer is None:
        return "its workflow did not answer"
    if answer.shown is not None:
        return ""
    if answer.detail:
        return answer.detail
    if answer.held_by:
        return f"held by {answer.held_by}"
    if answer.reading is not None:
        return "what its provider holds is no exposure: a rollback could not put it back"
    return "its provider did not say who sees it" if answer.granted else "it was not granted"


def _start(draft: Draft) -> None:
    lift_all(draft, "every required fact passes", HoldReason.READINESS)
    draft.emit_by_itself(PhaseChanged(before=Phase.AWAITING_WINDOW, after=Phase.ROLLING_OUT))
    draft.emit_by_itself(RolloutStarted(epoch=next_epoch(draft.state, draft.at)))
