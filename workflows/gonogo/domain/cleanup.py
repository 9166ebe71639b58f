"""The end of a release: flags settled, after-release items done, closed; or cancelled."""

from datetime import datetime, timedelta
from typing import Literal

from . import commands as c
from .draft import Draft
from .events import Escalated, FlagChangedElsewhere, FlagSettled, PhaseChanged, ReleaseClosed, RollbackClosing
from .events_closing import TAKEN_OVER
from .facts import FlagReading, Status
from .holds import ESCALATE_AFTER, raise_hold
from .plan import Flag, FlagKind, Moment
from .readiness import ask, measurable, unsettled
from .rights import RELEASE_MANAGER
from .rollback import start_rollback
from .standing import facts, unmet
from .state import State
from .telling import change_told
from .terms import AskedFor, HoldReason, Phase, Settled
from .values import ENGINE, Actor, Audience
from .verdict import Fact

HORIZON = timedelta(days=90)
"""A flag that lives longer than this after the release is carried: its clean-up lies beyond the release."""


def carried(flag: Flag) -> str:
    """Why a flag's end lies beyond the release; empty when it does not."""
    if flag.kind in (FlagKind.KILL_SWITCH, FlagKind.PERMISSION):
        return f"{flag.kind.value} flags are permanent"
    if flag.reach.audience is not Audience.EVERYONE:
        return f"its reach ends at {flag.reach}"
    due = flag.retire_by
    if due is not None and due.cycles:
        return f"it is due in {due.cycles} cycles"
    if due is not None and due.days is not None and timedelta(days=due.days) > HORIZON:
        return f"it is due in {due.days} days"
    return ""


def settle_flags(draft: Draft) -> None:
    """Settles what is waived or carried; what is gone is settled on the proof of its own workflow."""
    state = draft.state
    if state.phase is not Phase.CLEANING_UP or state.rollback:
        return
    for key in unsettled(state, draft.at):
        plan = state.plan.flags[key]
        waiver = state.waivers.get(f"flag:{key}")
        if waiver is not None and waiver.stands(draft.at):
            draft.emit_by_itself(
                FlagSettled(flag=key, how=Settled.WAIVED, proof=f"{waiver.by}: {waiver.reason}"[:2000])
            )
        elif carried(plan):
            draft.emit_by_itself(FlagSettled(flag=key, how=Settled.CARRIED, proof=carried(plan)))


def take_flag_news(draft: Draft, command: c.TakeFlagNews) -> None:
    """A flag's own workflow says that it is gone, taken over, or was changed by somebody else."""
    state = draft.state
    flag = state.flags.get(command.flag)
    reading = command.reading
    if flag is None or (reading is not None and reading.key != command.flag):
        return
    # A waiver is only for a while: what is known for good replaces it.
    cleaning = state.phase is Phase.CLEANING_UP and flag.settled in (None, Settled.WAIVED)
    if command.gone and cleaning:
        draft.emit_by_itself(FlagSettled(flag=command.flag, how=Settled.GONE, proof=command.proof))
    elif command.carried_to and (cleaning or _carried_only(state, command.flag)):
        proof = f"{TAKEN_OVER}{command.carried_to}"[:2000]
        draft.emit_by_itself(FlagSettled(flag=command.flag, how=Settled.CARRIED, proof=proof))
    elif reading is not None and state.phase in (Phase.ROLLING_OUT, Phase.CLEANING_UP):
        _changed(draft, command, reading)


def _carried_only(state: State, key: str) -> bool:
    """True for a flag that lives on by itself: a later release that takes it over is news all the same."""
    flag = state.flags[key]
    return state.phase is Phase.CLEANING_UP and flag.settled is Settled.CARRIED and not flag.taken_by


def _changed(draft: Draft, command: c.TakeFlagNews, reading: FlagReading) -> None:
    """Records a change that this release did not make, in the name of whoever made it; a rollout is held by it."""
    key, change = command.flag, command.change
    by = command.proof or "somebody else"
    actor = change.by if change else ENGINE
    draft.emit(FlagChangedElsewhere(reading=reading, by=by, change=change), actor=actor)
    if draft.state.phase is Phase.ROLLING_OUT and draft.state.rollback is None:
        text = change_told(key, change) if change else f"flag {key} was changed elsewhere by {by}"
        fence = reading.fence
        # The same news twice is one measurement; without a fence nothing tells that it is the same.
        name = f"m-{key}-{fence.epoch if fence else draft.state.seq}"
        raise_hold(draft, HoldReason.GUARD, text, subject=f"flag:{key}", measurement=name, by=actor)


def complete(draft: Draft) -> None:
    """Closes the release when every flag is settled and what gates completion is met."""
    state = draft.state
    if state.phase is not Phase.CLEANING_UP or state.rollback or unsettled(state, draft.at):
        return
    # What was found before it shipped says nothing of what is out there now.
    if not unmet(state, Moment.COMPLETION, draft.at, since=state.released_at):
        # What a person changed since is how it ended, too: a flag that was killed reaches nobody.
        changed = "; ".join(change_told(key, flag.changed) for key, flag in state.flags.items() if flag.changed)
        _close(draft, "completed", changed[:2000])


def measure_completion(draft: Draft) -> None:
    """Asks for the checks of moment completion once, each time that the release has shipped."""
    state = draft.state
    asked, shipped = state.asked_at, state.released_at
    assert shipped is not None, "a release is cleaning up because it has shipped"
    due = tuple(n for n in measurable(state, Moment.COMPLETION) if n not in asked or asked[n] < shipped)
    ask(draft, due, AskedFor.COMPLETION)


def check_escalations(state: State, now: datetime) -> tuple[tuple[datetime, Fact], ...]:
    """When somebody is told (again) of a check that keeps a shipped release from being completed: (when, the check)."""
    if state.released_at is None:
        return ()  # between two entries of one decision: it is rolled back, and the phase follows
    out = {f"check:{name}" for r in state.check_rounds.values() for name in r.checks}
    found: list[tuple[datetime, Fact]] = []
    for fact in facts(state, Moment.COMPLETION, now):
        if not fact.subject.startswith("check:") or fact.subject in out:
            continue
        # What passes, or is waived, keeps it open only from when that ends.
        since = fact.changes_at if fact.status is Status.PASS or fact.waived else fact.since
        if since is not None:
            last = state.told.get(fact.subject.removeprefix("check:"), since)
            found.append((max(last, since, state.released_at) + ESCALATE_AFTER, fact))
    return tuple(found)


def escalate_checks(draft: Draft) -> None:
    """Tells owners and the release manager of checks that keep a shipped release open: nothing else has a date then."""
    for at, fact in check_escalations(draft.state, draft.at):
        if at <= draft.at:
            to = dict.fromkeys((*fact.responsible, *draft.state.people_of(RELEASE_MANAGER)))
            draft.emit_by_itself(Escalated(subject=fact.subject, to=tuple(to), since=fact.since))


def cancel(draft: Draft, command: c.Cancel, actor: Actor) -> None:
    """Closes the release; what is exposed goes back first."""
    if draft.state.phase is Phase.ROLLING_OUT:
        if draft.state.rollback is None:
            start_rollback(draft, command.reason, closing=True, by=actor)
        else:
            draft.emit(RollbackClosing(reason=command.reason))
        return
    close(draft, command.reason, by=actor)


def close(draft: Draft, reason: str, *, by: Actor | None = None) -> None:
    """Closes as cancelled, or as rolled_back when this release ever raised an exposure."""
    outcome: Literal["cancelled", "rolled_back"] = "rolled_back" if draft.state.exposed_ever else "cancelled"
    _close(draft, outcome, reason, by=by)


def _close(
    draft: Draft, outcome: Literal["completed", "cancelled", "rolled_back"], reason: str, *, by: Actor | None = None
) -> None:
    left = () if outcome == "completed" else unsettled(draft.state, draft.at)
    before = draft.state.phase
    event = ReleaseClosed(outcome=outcome, reason=reason, carried=left)
    if by is None:
        draft.emit_by_itself(event)
    else:
        draft.emit(event, actor=by)
    draft.emit_by_itself(PhaseChanged(before=before, after=Phase(outcome)))
