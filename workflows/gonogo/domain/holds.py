"""Holds: one mechanism. A hold blocks GO, the opening and every widening, and stops the bake clock; nothing else."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from . import commands as c
from .draft import Draft
from .errors import NotEntitled, Refused, Unmet
from .events import Escalated, Held, Lifted
from .rights import RELEASE_MANAGER, flag_owner, named
from .state import State
from .state_parts import Hold
from .telling import quoted
from .terms import HoldReason
from .values import ENGINE, Actor

ESCALATE_AFTER = timedelta(hours=24)
"""After this long, and then as often, whoever can lift a hold is told."""

BUT_READINESS = tuple(r for r in HoldReason if r is not HoldReason.READINESS)
"""The reasons that only somebody's word lifts, not a measurement that passes."""


def raise_hold(
    draft: Draft, reason: HoldReason, text: str, *, subject: str = "", measurement: str = "", by: Actor = ENGINE
) -> None:
    """Raises a hold, unless the same one stands already. What another measurement found is another hold."""
    same = (reason, subject, measurement, by.id)
    if any((h.reason, h.subject, h.measurement, h.by.id) == same for h in draft.state.holds):
        return
    hold = f"h{draft.next_seq}"
    draft.emit(Held(hold=hold, reason=reason, text=text[:2000], subject=subject, measurement=measurement), actor=by)


def lift_all(draft: Draft, why: str, *reasons: HoldReason, subject: str | None = None, by: Actor = ENGINE) -> None:
    """Lifts every hold for one of `reasons` (and about `subject`, when given)."""
    for hold in draft.state.held(*reasons):
        if subject is None or hold.subject == subject:
            draft.emit(Lifted(hold=hold.id, why=why), actor=by)


def place(draft: Draft, command: c.PlaceHold, actor: Actor) -> None:
    """Somebody with a role holds the release, with a text. The same again is the same hold."""
    mine = [h for h in draft.state.held(HoldReason.MANUAL) if h.subject == f"by:{actor.id}"]
    if mine and mine[0].text != command.text:
        raise Refused(
            "hold.stands", f"{actor.id!r} holds it already: {mine[0].text}; lift {mine[0].id!r} first", hold=mine[0].id
        )
    raise_hold(draft, HoldReason.MANUAL, command.text, subject=f"by:{actor.id}", by=actor)


def may_lift(state: State, hold: Hold, person: str) -> bool:
    """True when `person` can lift `hold` by `lift` or `resume`."""
    if hold.reason is HoldReason.MANUAL:
        return person == hold.by.id or state.in_role(person, RELEASE_MANAGER)
    if hold.reason is HoldReason.GUARD:
        owners = [flag_owner(state, k) for k in state.flags]
        return state.in_role(person, RELEASE_MANAGER) or any(state.is_owner(person, o) for o in owners)
    return False


def _who_lifts(state: State, hold: Hold) -> str:
    """Who can lift a hold that is lifted by hand, by role and name."""
    if hold.reason is HoldReason.MANUAL:
        return named(state, hold.by.id, RELEASE_MANAGER)
    return named(state, *dict.fromkeys((RELEASE_MANAGER, *(flag_owner(state, k) for k in state.flags))))


def _how_it_ends(state: State, hold: Hold) -> str:
    match hold.reason:
        case HoldReason.NO_GO:
            ends = "the voter withdraws or votes otherwise"
        case HoldReason.READINESS:
            ends = "it lifts by itself when what it is about passes"
        case HoldReason.SCHEDULE:
            date = quoted(state, "postpone", "--to INSTANT")
            ends = f"freeze the scope: {quoted(state, 'scope freeze')}, or name a date: {date}"
        case HoldReason.ROLLED_BACK:
            ends = f"give a new candidate: {quoted(state, 'candidate', 'COMMIT')}"
        case HoldReason.GUARD:
            ends = f"{_who_lifts(state, hold)} may go on: {_resume(state, hold)}"
        case _:
            ends = f"{_who_lifts(state, hold)} may lift it"
    return f"{hold.id} ({hold.reason.value}), raised by {hold.by.id}: {ends}"


def _resume(state: State, hold: Hold) -> str:
    return quoted(state, "resume", f"--measurement {hold.measurement}")


def _against_another(state: State, given: str | None, holds: Sequence[Hold]) -> Refused:
    """The refusal to go on against no measurement, or one that holds the release no more."""
    why = f"the measurement is another by now, not {given!r}" if given else "name the one measurement to go on against"
    found = "; or ".join(f"{_resume(state, h)} ({h.text})" for h in holds)
    return Refused("hold.measurement", f"{why}: {found}", measurement=", ".join(h.measurement for h in holds))


_BY_HAND = (HoldReason.MANUAL, HoldReason.GUARD)


def lift(draft: Draft, command: c.LiftHold, actor: Actor) -> None:
    """Somebody lifts a hold; a guard's hold only against the measurement that raised it."""
    state = draft.state
    if command.hold is None:
        mine = [h for h in state.holds if may_lift(state, h, actor.id)]
        if command.measurement:
            guards = [h for h in mine if h.reason is HoldReason.GUARD]
            mine = [h for h in mine if h.measurement == command.measurement]
            if guards and not mine:
                raise _against_another(state, command.measurement, guards)
        if len(mine) != 1:
            if not state.holds:
                raise Refused("hold.which", "no hold stands: there is nothing to lift")
            what = "name the hold that you lift" if mine else f"{actor.id!r} can lift none of the holds that stand"
            raise Unmet("hold.which", what, (_how_it_ends(state, h) for h in state.holds))
        hold = mine[0]
    else:
        found = next((h for h in state.holds if h.id == command.hold), None)
        if found is None:
            names = ", ".join(h.id for h in state.holds) or "none"
            raise Refused("hold.unknown", f"no hold {command.hold!r} stands; standing: {names}", hold=command.hold)
        hold = found
    if hold.reason not in _BY_HAND:
        raise Unmet("hold.not_liftable", "that hold is not lifted by hand", (_how_it_ends(state, hold),))
    if not may_lift(state, hold, actor.id):
        raise NotEntitled("lift", actor.id, _who_lifts(state, hold))
    if hold.reason is HoldReason.GUARD and command.measurement != hold.measurement:
        raise _against_another(state, command.measurement, (hold,))
    draft.emit(Lifted(hold=hold.id, why=command.note or "lifted", measurement=command.measurement))


def next_escalation(hold: Hold) -> datetime:
    """When whoever can lift a hold is told (again)."""
    return (hold.escalated or hold.since) + ESCALATE_AFTER


def escalate(draft: Draft) -> None:
    """Tells whoever can lift what has been standing for long."""
    for hold in draft.state.holds:
        if next_escalation(hold) <= draft.at:
            to = draft.state.people_of(RELEASE_MANAGER)
            draft.emit_by_itself(Escalated(subject=f"hold:{hold.id}", to=to, since=hold.since))
