"""The poll: when it opens, what a ballot is worth, when it closes and how."""

from datetime import datetime, timedelta

from . import commands as c
from .answers import refuse_answer
from .draft import Draft
from .errors import Refused
from .events import (
    GoGiven,
    ItemOpened,
    Lifted,
    Overridden,
    OverrideProposed,
    PhaseChanged,
    PollOpened,
    ReminderSent,
    SlotTaken,
    VoteCast,
    VoteWithdrawn,
)
from .facts import Status
from .holds import raise_hold
from .material import material_digest, required_roles
from .plan import Moment, ReleaseKind
from .readiness import ask, facts, measurable, met
from .resolution import add_working
from .rights import RELEASE_MANAGER
from .schedule import end_go, end_round, fresh, give_up, on_demand_slot, poll_closes, request_slots
from .scope import reject_open_exceptions
from .state import Round, State
from .terms import AskedFor, Choice, Ended, HoldReason, Outcome, Phase
from .values import Actor
from .verdict import Electorate, Facts, Verdict, Votes, verdict

REVIEW_DUE_HOURS = 48
"""An override, or a hotfix, is reviewed within this time."""


# --- the verdict over a release ------------------------------------------------------------------------------------


def electorate(state: State) -> tuple[Electorate, ...]:
    """Who can answer for each required role; with strict duties neither launcher nor authors."""
    barred = involved(state) if state.plan.policy.strict_duties else ()
    made = []
    for name in required_roles(state.plan):
        role = state.plan.roles[name]
        people = tuple(p for p in state.people.get(name, ()) if p not in barred)
        made.append(Electorate(name, people, max(role.quorum, state.plan.policy.min_quorum), role.min_proof))
    return tuple(made)


def involved(state: State) -> tuple[str, ...]:
    """The launcher and the candidate's authors."""
    authors = state.candidate.authors if state.candidate else ()
    return (state.launcher.id, *authors)


def assess(state: State, now: datetime) -> Verdict:
    """The verdict over a release at `now`; before a round there are no votes."""
    current = state.round
    votes = Votes(
        ballots=current.ballots if current else {},
        electorate=electorate(state),
        closes=current.closes if current else None,
        opened=current.opened if current else state.phase_since,
        involved=involved(state),
    )
    override = state.override
    known = Facts(
        required=facts(state, Moment.GO, now),
        holds=state.holds,
        candidate=state.candidate is not None,
        release_managers=state.people_of(RELEASE_MANAGER),
        overridden=override.codes if override and override.confirmed else (),
    )
    return verdict(state.plan.policy, known, votes, now)


# --- opening the poll ----------------------------------------------------------------------------------------------


def poll_due(state: State, now: datetime) -> datetime | None:
    """When the poll opens by itself; None when that is not known (a hold, no slot, on demand with facts unmet)."""
    if state.phase is not Phase.READYING or state.held(HoldReason.SCHEDULE, HoldReason.ROLLED_BACK):
        return None
    if state.plan.schedule.mode == "on_demand":
        if state.retry_at is not None:
            return max(state.retry_at, state.phase_since)
        if state.candidate is None or not met(state, Moment.GO, now):
            return None
        return state.phase_since
    if state.slot is None:
        return None
    if state.superseded:
        return state.phase_since
    return state.slot.starts - state.plan.poll.opens_before


def open_by_itself(draft: Draft) -> None:
    """Opens the poll when it is due, on what the calendar says now."""
    due = poll_due(draft.state, draft.at)
    if due is None or due > draft.at or (draft.state.check_rounds and draft.state.plan.schedule.mode == "on_demand"):
        return
    if not fresh(draft.state, draft.at):
        request_slots(draft)
        return
    _open(draft)


def open_by_command(draft: Draft) -> None:
    """Opens the poll now, on what the calendar said last."""
    state = draft.state
    blocking = state.held(HoldReason.SCHEDULE, HoldReason.ROLLED_BACK)
    if blocking:
        raise Refused(
            "poll.held", f"no poll while {blocking[0].reason.value} holds: {blocking[0].text}", hold=blocking[0].id
        )
    if state.resolution is None:
        raise Refused("poll.no_calendar", "the calendar has not answered yet: try again in a moment")
    if state.plan.schedule.mode != "on_demand":
        if state.slot is None:
            raise Refused("poll.no_slot", "the release aims at no slot: `gonogo postpone --to` a date")
        if poll_closes(state, state.slot) - draft.at < state.plan.poll.min:
            raise Refused("poll.no_room", f"a round needs {state.plan.poll.min}, less is left before the slot")
    _open(draft)


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


# --- ballots -------------------------------------------------------------------------------------------------------


def _fault(state: State, current: Round, command: c.CastVote, actor: Actor) -> tuple[str, str] | None:
    """Why a ballot does not count: (code, message); None when it does."""
    if command.request_id != current.request_id:
        return "vote.stale", f"this answers {command.request_id!r}; the open question is {current.request_id!r}"
    if command.role not in current.roles:
        return "vote.not_asked", f"the poll does not ask {command.role!r}; it asks {', '.join(current.roles)}"
    role = state.plan.roles[command.role]
    if actor.proof < role.min_proof:
        return "vote.proof", f"{command.role!r} needs proof of level {role.min_proof}, this ballot has {actor.proof}"
    if state.plan.policy.strict_duties and actor.id in involved(state):
        return "vote.own_release", f"{actor.id!r} launched the release or wrote the candidate, and cannot fill a role"
    if state.plan.policy.one_role_per_person:
        other = next((r for r, p in current.ballots if p == actor.id and r != command.role), None)
        if other:
            return "vote.one_role", f"{actor.id!r} fills {other!r} in this round, and one person fills one role"
    if command.choice is not Choice.GO and not command.reason.strip():
        return "vote.no_reason", f"{command.choice.value} needs a reason"
    if command.conditions and command.choice is not Choice.GO:
        return "vote.conditions", f"conditions go with GO, not with {command.choice.value}"
    return None


def vote(draft: Draft, command: c.CastVote, actor: Actor) -> None:
    """A ballot on the open question: counted, or recorded as refused. The same ballot id again changes nothing."""
    state = draft.state
    if state.has_answered(actor.id, command.ballot_id):
        _require_same(state, command, actor)
        return
    if state.round is None:
        after = "; GO stands: use hold" if state.go else ""
        refuse_answer(draft, "ballot", "vote.late", f"the round of {command.request_id!r} is over{after}", command)
        return
    fault = _fault(state, state.round, command, actor)
    if fault:
        refuse_answer(draft, "ballot", fault[0], fault[1], command)
        return
    _count(draft, command, actor)


def _require_same(state: State, command: c.CastVote, actor: Actor) -> None:
    """Raises when a ballot id that is known comes again with another answer: it must not pass as said and done."""
    standing = [b for (_, p), b in state.round.ballots.items() if p == actor.id] if state.round else []
    for ballot in standing:
        if ballot.ballot_id == command.ballot_id and (ballot.role, ballot.choice) != (command.role, command.choice):
            raise Refused(
                "vote.ballot_id",
                f"{command.ballot_id!r} is {ballot.choice.value} for {ballot.role} already: another answer needs "
                "another ballot id",
                ballot_id=command.ballot_id,
            )


def _count(draft: Draft, command: c.CastVote, actor: Actor) -> None:
    current = draft.state.round
    assert current is not None
    owner = command.condition_owner or RELEASE_MANAGER
    if owner not in draft.state.plan.roles and owner not in draft.state.plan.people and not draft.state.roles_of(owner):
        raise Refused("vote.condition_owner", f"{owner!r} is nobody in the plan", owner=owner)
    conditions = tuple(f"condition-{draft.next_seq}-{n}" for n, _ in enumerate(command.conditions, 1))
    draft.emit(
        VoteCast(
            round=current.number,
            role=command.role,
            choice=command.choice,
            ballot_id=command.ballot_id,
            digest=current.digest,
            reason=command.reason,
            conditions=conditions,
            acting_for=command.acting_for,
        )
    )
    for name, title in zip(conditions, command.conditions, strict=True):
        draft.emit(ItemOpened(item=name, title=title, owner=owner, gates="go", condition_of=command.role))
    subject = f"role:{command.role}"
    if command.choice is Choice.NO_GO:
        text = f"{actor.id} says NO-GO for {command.role}: {command.reason}"
        raise_hold(draft, HoldReason.NO_GO, text, subject=subject, by=actor)
    else:
        _lift_no_go(draft, command.role, actor, f"{actor.id} votes {command.choice.value}")


def _lift_no_go(draft: Draft, role: str, actor: Actor, why: str) -> None:
    """Lifts the hold of this voter's own NO_GO; another voter's stands."""
    for hold in draft.state.held(HoldReason.NO_GO):
        if hold.by.id == actor.id and hold.subject == f"role:{role}":
            draft.emit(Lifted(hold=hold.id, why=why))


def withdraw(draft: Draft, command: c.WithdrawVote, actor: Actor) -> None:
    """A voter takes a ballot back."""
    current = draft.state.round
    assert current is not None
    if (command.role, actor.id) not in current.ballots:
        raise Refused("vote.none", f"{actor.id!r} has no ballot for {command.role!r} in this round", role=command.role)
    draft.emit(VoteWithdrawn(round=current.number, role=command.role, reason=command.reason))
    _lift_no_go(draft, command.role, actor, f"{actor.id} withdrew")


def call(draft: Draft, command: c.Call, actor: Actor) -> None:
    """The release manager's own last word: a GO that completes the verdict, or the end of the round."""
    current = draft.state.round
    assert current is not None
    if command.choice == "no_go":
        end_round(draft, Ended.NO_GO, command.reason or f"called by {actor.id}")
        give_up(draft, "no_go: called by the release manager")
        return
    if command.choice == "postpone":
        end_round(draft, Ended.POSTPONED, command.reason or f"called by {actor.id}")
        give_up(draft, "postponed: called by the release manager")
        return
    if draft.state.has_answered(actor.id, command.ballot_id):
        return
    ballot = c.CastVote(
        request_id=current.request_id,
        role=RELEASE_MANAGER,
        choice=Choice.GO,
        ballot_id=command.ballot_id,
        reason=command.reason,
    )
    fault = _fault(draft.state, current, ballot, actor)
    if fault:
        raise Refused(*fault)
    trial = Draft(draft.state, draft.at, actor, draft.cause)
    _count(trial, ballot, actor)
    found = assess(trial.state, draft.at)
    if found.outcome is not Outcome.GO:
        texts = "; ".join(r.text for r in found.reasons)
        raise Refused(
            "call.not_go", f"your GO would not complete it: {texts}", reasons=", ".join(r.name for r in found.reasons)
        )
    _count(draft, ballot, actor)


# --- overrides -----------------------------------------------------------------------------------------------------


def propose_override(draft: Draft, command: c.ProposeOverride, actor: Actor) -> None:
    """The release manager names reasons of the verdict, one by one; a second person confirms."""
    state = draft.state
    if actor.id in involved(state) and not state.plan.policy.second_person_override:
        others = [p for p in state.people_of(RELEASE_MANAGER) if p not in involved(state)]
        refuse_answer(
            draft,
            "override",
            "override.own_release",
            f"{actor.id!r} launched the release or wrote the candidate, and cannot override alone"
            + (f"; {', '.join(others)} can" if others else ""),
        )
        return
    standing = {r.name: r for r in assess(state, draft.at).reasons}
    for name in command.codes:
        if name not in standing:
            raise Refused(
                "override.unknown",
                f"{name!r} is no reason of the verdict; reasons: {', '.join(standing) or 'none'}",
                reason=name,
            )
        if name.startswith(("candidate.missing:", "duties.")):
            raise Refused("override.forbidden", f"{name!r} cannot be overridden", reason=name)
    override = f"o{draft.next_seq}"
    # What an override in force names stays named: another one adds to it.
    before = state.override.codes if state.override and state.override.confirmed else ()
    codes = tuple(dict.fromkeys((*before, *command.codes)))
    draft.emit(OverrideProposed(override=override, codes=codes, reason=command.reason))
    if not state.plan.policy.second_person_override:
        _override(draft, override)


def confirm_override(draft: Draft, command: c.ConfirmOverride, actor: Actor) -> None:
    """A second person agrees; the override is in force."""
    made = draft.state.override
    if made is None or made.id != command.override:
        raise Refused(
            "override.none", f"there is no override {command.override!r} to confirm", override=command.override
        )
    if made.confirmed:
        raise Refused("override.confirmed", f"{made.id!r} is in force already", override=made.id)
    if made.proposed_by == actor.id:
        raise Refused("override.second_person", f"{actor.id!r} proposed it; a second person confirms", override=made.id)
    if actor.id in involved(draft.state) and made.proposed_by in involved(draft.state):
        refuse_answer(
            draft,
            "override",
            "override.own_release",
            f"{actor.id!r} and {made.proposed_by!r} launched it or wrote the candidate: somebody else confirms",
        )
        return
    _override(draft, made.id)


def _override(draft: Draft, name: str) -> None:
    made = draft.state.override
    assert made is not None
    draft.emit(Overridden(override=name, codes=made.codes, proposed_by=made.proposed_by, reason=made.reason))
    for hold in draft.state.holds:
        if f"hold.{hold.reason.value}:hold:{hold.id}" in made.codes:
            draft.emit(Lifted(hold=hold.id, why=f"overridden by {made.proposed_by}"))
    open_review(draft, f"review-{name}", "the override was reviewed")


def open_review(draft: Draft, name: str, title: str) -> None:
    """Opens an item that gates completion: somebody looks at what was skipped, within 48 h."""
    due = draft.at + timedelta(hours=REVIEW_DUE_HOURS)
    draft.emit_by_itself(ItemOpened(item=name, title=title, owner=RELEASE_MANAGER, gates="completion", due=due))


# --- closing -------------------------------------------------------------------------------------------------------


def close_when_go(draft: Draft) -> None:
    """Closes the poll as GO at the instant at which the verdict is GO."""
    state = draft.state
    if state.phase is not Phase.DECIDING or state.round is None or draft.at >= state.round.closes:
        return
    if any(r.why is AskedFor.POLL for r in state.check_rounds.values()):
        return  # what was asked for when the poll opened is still out
    overridden = state.override is not None and state.override.confirmed
    if not overridden and any(role not in {r for r, _ in state.round.ballots} for role in state.round.roles):
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
