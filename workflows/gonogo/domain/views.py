"""`status_view`: where a release stands, for pictures, lists and scripts; a pure function of state and instant."""

from datetime import datetime

from . import status_parts as part
from .bypasses import overrides, waivers
from .ending import ending
from .state import State
from .status_parts import exposure_percent
from .telling import when
from .terms import TERMINAL, Phase
from .view_values import StatusView
from .why import matters, upcoming, verdict_view, waits_for, why_view
from .why_values import VerdictView, WhyView


def mode_line(state: State) -> str:
    """How slots come about, and which one it aims at: the first line of every picture."""
    mode = {"train": "train", "dated": "dated slot", "on_demand": "on demand"}[state.plan.schedule.mode]
    if state.released_at is not None:
        return f"{mode}, released {when(state.released_at)}"
    if state.phase in TERMINAL:
        return mode
    slot = state.slot
    if slot is None and mode == "on demand":
        return f"{mode}, the window opens with GO"
    if slot is None:
        return f"{mode}, no slot" + (" yet" if state.slots_ask else "")
    shown = when(slot.starts) if mode == "on demand" else slot.local or when(slot.starts)
    if state.phase is Phase.ROLLING_OUT:
        return f"{mode}, slot {shown}" if mode == "train" else f"{mode}, {shown}"
    return f"{mode}, next slot {shown}" if mode == "train" else f"{mode}, {shown}"


def _reasons(state: State, found: VerdictView) -> tuple[str, ...]:
    """What stands against GO; that somebody has not answered counts only when they are asked and nobody said NO-GO."""
    refused = {r.subject for r in found.reasons if r.code == "vote.no_go"}
    told = tuple(
        r.text
        for r in found.reasons
        if r.code != "vote.missing" or (state.round is not None and r.subject not in refused)
    )
    return told or (("nobody is asked yet: the poll is not open",) if found.reasons else ())


def status_view(state: State, now: datetime, *, head: str = "") -> StatusView:
    """Where a release stands at `now`. `head` is the hash of the ledger's last entry, where it is known."""
    plan = state.plan
    found = verdict_view(state, now)
    return StatusView(
        mode=mode_line(state),
        release_id=state.release_id,
        product=plan.product,
        version=plan.version,
        kind=plan.kind.value,
        environment=plan.environment,
        title=plan.title,
        phase=state.phase.value,
        phase_since=state.phase_since,
        outcome=state.outcome,
        outcome_reason=state.ended_because,
        ending=ending(state),
        launched_at=state.launched_at,
        launched_by=state.launcher,
        released_at=state.released_at,
        slot=state.slot.starts if state.slot else None,
        slot_ends=state.slot.ends if state.slot else None,
        postponements=state.given_up,
        max_postponements=plan.schedule.max_postponements,
        commit=state.candidate.commit if state.candidate else "",
        revision=state.revision,
        scope=part.scope(state),
        features=part.features(state),
        checks=part.checks(state, now),
        items=part.items(state, now),
        roles=part.roles(state),
        round=part.poll(state),
        verdict=found.outcome,
        reasons=_reasons(state, found),
        holds=part.holds(state),
        overrides=overrides(state),
        waivers=waivers(state, now),
        exposure_percent=part.widest(state),
        rollout=part.rollout(state, now),
        flags=part.flags(state, now),
        exceptions=part.exceptions(state),
        waits=next(iter(waits_for(state, now)), None),
        next=matters(upcoming(state, now)),
        at=now,
        seq=state.seq,
        head=head,
    )


__all__ = [
    "StatusView",
    "VerdictView",
    "WhyView",
    "exposure_percent",
    "mode_line",
    "status_view",
    "verdict_view",
    "why_view",
]
