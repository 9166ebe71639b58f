"""Ballots: what one is worth, what NO_GO does, how it is taken back, and the release manager's last word."""

from . import commands as c
from .answers import refuse_answer
from .assessing import assess, involved
from .ballot_ids import Earlier, earlier
from .draft import Draft
from .errors import Refused, Unmet
from .events import ItemOpened, Lifted, VoteCast, VoteWithdrawn
from .holds import raise_hold
from .rights import RELEASE_MANAGER
from .schedule import end_round, give_up
from .standing import shown
from .state import State
from .state_parts import Round
from .terms import Choice, Ended, HoldReason, Outcome
from .values import Actor


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
    if unfit := _no_deputy(state, current, command, actor):
        return "vote.acting_for", unfit
    if command.choice is not Choice.GO and not command.reason.strip():
        return "vote.no_reason", f"{command.choice.value} needs a reason"
    if command.conditions and command.choice is not Choice.GO:
        return "vote.conditions", f"conditions go with GO, not with {command.choice.value}"
    return None


def _no_deputy(state: State, current: Round, command: c.CastVote, actor: Actor) -> str:
    """Why the actor cannot stand in for whom they name; empty when they can, or name nobody."""
    absent, role = command.acting_for, command.role
    if absent is None:
        return ""
    if absent == actor.id:
        return f"{absent!r} is you: nobody stands in for themselves; leave it out"
    barred = involved(state) if state.plan.policy.strict_duties else ()
    can = [p for p in state.people_of(role) if p not in barred]
    if absent not in can:
        others = ", ".join(p for p in can if p != actor.id) or "nobody else"
        return f"{absent!r} cannot answer for {role!r}, so nobody stands in for them there; besides you, {others} can"
    if any(person == absent for _, person in current.ballots):
        return f"{absent!r} has voted in this round: that ballot stands, and nobody stands in for them"
    deputy = next((p for (_, p), b in current.ballots.items() if b.acting_for == absent and p != actor.id), None)
    return f"{deputy!r} stands in for {absent!r} in this round already" if deputy else ""


def vote(draft: Draft, command: c.CastVote, actor: Actor) -> None:
    """A ballot on the open question: counted, or recorded as refused. The same ballot id again changes nothing."""
    state = draft.state
    if _is_repeat(state, command, actor):
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


def _is_repeat(state: State, command: c.CastVote, actor: Actor) -> bool:
    """True when the very ballot counted before, in whatever round: then it changes nothing.

    Raises:
        Refused: its id stands for something else, and this one must not pass as said and done.
    """
    found = earlier(state, actor.id, command)
    if found in (Earlier.COUNTED, Earlier.NOTHING):
        return found is Earlier.COUNTED
    if found is Earlier.REFUSED:
        why = "was refused already: what is mended needs another ballot id"
    elif found is Earlier.OTHER_WORDS:
        why = "counts with another reason or other conditions already: other words need another ballot id"
    else:
        question, role, choice, absent = state.said(actor.id, command.ballot_id)[0].answer
        instead = f", standing in for {absent}," if absent else ""
        why = f"is {choice} for {role}{instead} on {question!r} already: another answer needs another ballot id"
    raise Refused("vote.ballot_id", f"{command.ballot_id!r} {why}", ballot_id=command.ballot_id)


def _count(draft: Draft, command: c.CastVote, actor: Actor) -> None:
    current = draft.state.round
    assert current is not None
    owner = command.condition_owner or RELEASE_MANAGER
    if owner not in draft.state.plan.roles and owner not in draft.state.plan.people and not draft.state.roles_of(owner):
        raise Refused("vote.condition_owner", f"{owner!r} is nobody in the plan", owner=owner)
    deputies = [b for b in current.ballots.values() if b.acting_for == actor.id]
    conditions = tuple(f"condition-{draft.next_seq}-{n}" for n, _ in enumerate(command.conditions, 1))
    draft.emit(
        VoteCast(
            round=current.number,
            role=command.role,
            choice=command.choice,
            ballot_id=command.ballot_id,
            digest=current.digest,
            shown=shown(draft.state, draft.at),
            reason=command.reason,
            conditions=conditions,
            acting_for=command.acting_for,
        )
    )
    for name, title in zip(conditions, command.conditions, strict=True):
        draft.emit(ItemOpened(item=name, title=title, owner=owner, gates="go", condition_of=command.role))
    for deputy in deputies:  # their ballots went with this one: who votes is stood in for by nobody
        _lift_no_go(draft, deputy.role, deputy.voter, f"{actor.id}, for whom {deputy.voter.id} stood in, votes")
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
    ballot = c.CastVote(
        request_id=current.request_id,
        role=RELEASE_MANAGER,
        choice=Choice.GO,
        ballot_id=command.ballot_id,
        reason=command.reason,
    )
    if _is_repeat(draft.state, ballot, actor):
        return
    fault = _fault(draft.state, current, ballot, actor)
    if fault:
        raise Refused(*fault)
    trial = Draft(draft.state, draft.at, actor, draft.cause)
    _count(trial, ballot, actor)
    found = assess(trial.state, draft.at)
    if found.outcome is not Outcome.GO:
        texts = (r.text for r in found.reasons)
        names = ", ".join(r.name for r in found.reasons)
        raise Unmet("call.not_go", "your GO would not complete it", texts, reasons=names)
    _count(draft, ballot, actor)
