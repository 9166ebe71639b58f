"""The poll: when it opens, when it closes and how, and who is reminded."""

from datetime import datetime

from .assessing import assess, electorate
from .draft import Draft
from .errors import Refused
from .events import GoGiven, PhaseChanged, PollOpened, ReminderSent, SlotTaken
from .exceptions import reject_open_exceptions
from .facts import Status
from .holds import raise_hold
from .material import material_digest, required_roles
from .overrides import open_review
from .plan import Moment, ReleaseKind
from .readiness import aged, ages_out, ask, measurable
from .resolution import add_working
from .schedule import end_go, end_round, fresh, give_up, on_demand_slot, poll_closes, request_slots
from .standing import items_met, met, unmet
from .state import State
from .terms import AskedFor, Choice, Ended, HoldReason, Outcome, Phase

# --- opening the poll ----------------------------------------------------------------------------------------------


def poll_due(state: State, now: datetime) -> datetime | None:
    """When the poll opens by itself; None when that is not known (a hold, no slot, on demand with facts unmet)."""
    if state.phase is not Phase.READYING or state.held(HoldReason.SCHEDULE, HoldReason.ROLLED_BACK):
        return None
    if state.plan.schedule.mode == "on_demand":
        earliest = max(state.phase_since, state.not_before or state.phase_since)
        if state.retry_at is not None:
            return max(state.retry_at, earliest)
        if state.candidate is None or not met(state, Moment.GO, now):
            return None
        return earliest
    if state.slot is None:
        return None
    if state.superseded:
        return state.phase_since
    return state.slot.starts - state.plan.poll.opens_before


def _waits_on_demand(state: State) -> bool:
    """True while nothing but facts keeps a poll on demand from opening, today or at its date."""
    return (
        state.phase is Phase.READYING
        and state.plan.schedule.mode == "on_demand"
        and state.retry_at is None
        and state.candidate is not None
        and not state.held(HoldReason.SCHEDULE, HoldReason.ROLLED_BACK)
    )


def _aged_on_demand(state: State, now: datetime) -> tuple[str, ...]:
    """Checks that are measured once more for a poll on demand: passes that aged out, when everything else is met."""
    old = [f"check:{name}" for name in measurable(state, Moment.GO) if aged(state, name, now)]
    left = unmet(state, Moment.GO, now) if old else ()
    names = tuple(f.subject.removeprefix("check:") for f in left if f.code == "check.stale" and f.subject in old)
    return names if len(names) == len(left) else ()


def age_out_on_demand(state: State, now: datetime) -> datetime | None:
    """When the first pass ages out that a poll on demand, which waits for its date alone, would open on."""
    if not _waits_on_demand(state) or not met(state, Moment.GO, now):
        return None
    ends = [over for n in measurable(state, Moment.GO) if (over := ages_out(state, n)) is not None and over > now]
    return min(ends, default=None)


def open_by_itself(draft: Draft) -> None:
    """Opens the poll when it is due, on what the calendar says now."""
    if _waits_on_demand(draft.state):
        if not items_met(draft.state, Moment.GO, draft.at):
            return  # the one thing that is asked at every step, long before anything else counts
        ask(draft, _aged_on_demand(draft.state, draft.at), AskedFor.AGED)
    due = poll_due(draft.state, draft.at)
    if due is None or due > draft.at or (draft.state.check_rounds and draft.state.plan.schedule.mode == "on_demand"):
        return
    if not fresh(draft.state, draft.at):
        request_slots(draft)
        return
    _open(draft)


def open_by_command(draft: Draft) -> None:
    """Opens the poll now, on what the calendar said last; what it says now may then end the round."""
    state = draft.state
    blocking = state.held(HoldReason.SCHEDULE, HoldReason.ROLLED_BACK)
    if blocking:
        raise Refused(
            "poll.held", f"no poll while {blocking[0].reason.value} holds: {blocking[0].text}", hold=blocking[0].id
        )
    if state.resolution is None:
        raise Refused("poll.no_calendar", "the calendar has not answered yet: try again in a moment")
    if state.plan.schedule.mode != "on_demand" and state.slot is None:
        raise Refused("poll.no_slot", "the release aims at no slot: `gonogo postpone --to` a date")
    _open(draft)
    if not fresh(draft.state, draft.at):
        request_slots(draft)


def _closes(state: State, now: datetime) -> datetime:
    if state.plan.schedule.mode != "on_demand":
        assert state.slot is not None
        return poll_closes(state, state.slot)
    lasts = state.plan.poll.lasts
    known = add_working(state.resolution, now, lasts) if state.resolution else None
    return known or now + lasts


def _open(draft: Draft) -> None:
    state = draft.state
    reject_open_exceptions(draft)
    number = state.rounds + 1
    found = material_digest(draft.state)
    draft.emit(
        PollOpened(
            round=number,
            request_id=f"{state.release_id}/r{number}/{found[:16]}",
            digest=found,
            closes=_closes(state, draft.at),
            roles=required_roles(state.plan),
        )
    )
    draft.emit_by_itself(PhaseChanged(before=Phase.READYING, after=Phase.DECIDING))
    ask(draft, measurable(draft.state, Moment.GO), AskedFor.POLL)


# --- closing -------------------------------------------------------------------------------------------------------


def close_when_go(draft: Draft) -> None:
    """Closes the poll as GO at the instant at which the verdict is GO."""
    state = draft.state
    if state.phase is not Phase.DECIDING or state.round is None or draft.at >= state.round.closes:
        return
    if any(r.why is AskedFor.POLL for r in state.check_rounds.values()):
        return  # what was asked for when the poll opened is still out
    if state.override is None and any(role not in {r for r, _ in state.round.ballots} for role in state.round.roles):
        return  # not everybody has answered: no need to look at the facts
    found = assess(state, draft.at)
    if found.outcome is not Outcome.GO:
        return
    current = state.round
    how = Ended.OVERRIDDEN if found.overridden else Ended.VOTED
    slot = on_demand_slot(state, draft.at) if state.plan.schedule.mode == "on_demand" else state.slot
    if slot is None:
        raise_hold(
            draft, HoldReason.SCHEDULE, "no window is known to open: `gonogo postpone --to` a date", subject="slots"
        )
        return
    draft.emit_by_itself(
        GoGiven(round=current.number, digest=current.digest, waived=found.waived, overridden=found.overridden)
    )
    end_round(draft, how, "every required role is GO" if how is Ended.VOTED else "an override names what was left")
    if state.plan.kind is ReleaseKind.HOTFIX and "review-hotfix" not in draft.state.items:
        open_review(draft, "review-hotfix", "the hotfix was reviewed")
    if state.plan.schedule.mode == "on_demand":
        draft.emit_by_itself(SlotTaken(slot=slot, on_demand=True))
    draft.emit_by_itself(PhaseChanged(before=Phase.DECIDING, after=Phase.AWAITING_WINDOW))


def close_at_deadline(draft: Draft) -> None:
    """At the deadline a round without GO ends as no_go or expired, and the release is postponed."""
    current = draft.state.round
    if draft.state.phase is not Phase.DECIDING or current is None or draft.at < current.closes:
        return
    found = assess(draft.state, draft.at)
    texts = "; ".join(r.text for r in found.reasons) or "no verdict in time"
    if any(r.status is Status.FAIL for r in found.reasons):
        end_round(draft, Ended.NO_GO, texts)
        give_up(draft, "no_go: the round ended without GO")
    else:
        end_round(draft, Ended.EXPIRED, texts)
        give_up(draft, "expired: the round ended without GO")


def end_by_change(draft: Draft, why: str, *, always: bool = False) -> None:
    """A material change ends the round, or a GO that stands: nobody voted on what there is now."""
    state = draft.state
    if state.phase is Phase.DECIDING and state.round is not None:
        if always or material_digest(state) != state.round.digest:
            end_round(draft, Ended.SUPERSEDED, why)
    elif (
        state.phase is Phase.AWAITING_WINDOW
        and state.go is not None
        and (always or material_digest(state) != state.go.digest)
    ):
        end_go(draft, why)


def remind_voters(draft: Draft) -> None:
    """Reminds those who have not answered, before the poll closes."""
    step = poll_reminder(draft.state, draft.at)
    current = draft.state.round
    if current is None or step is None or step[0] > draft.at or draft.at >= current.closes:
        return
    waiting = tuple(
        dict.fromkeys(
            p
            for b in electorate(draft.state)
            for p in b.people
            if (b.role, p) not in current.ballots
            and sum(1 for (r, _), x in current.ballots.items() if r == b.role and x.choice is Choice.GO) < b.quorum
        )
    )
    draft.emit_by_itself(ReminderSent(subject=f"poll:{current.number}", to=waiting, due=current.closes, step=step[1]))


def poll_reminder(state: State, now: datetime) -> tuple[datetime, int] | None:
    """The next reminder of the open round: (when, step from 1); None when there is none left."""
    current = state.round
    if current is None or state.phase is not Phase.DECIDING:
        return None
    ladder = sorted(current.closes - r for r in state.plan.poll.reminders)
    left = [(at, n) for n, at in enumerate(ladder, 1) if n > current.reminded and at > current.opened]
    # Steps that have passed fold into the last of them.
    passed = [step for step in left if step[0] <= now]
    return passed[-1] if passed else next(iter(left), None)
