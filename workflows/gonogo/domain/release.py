"""The release itself: `launch`, and `decide(state, command, at) -> entries`. `evolve` stands beside it.

A command leads to events, or is refused by raising `Refused`; then what follows by itself at that instant is decided
too, until nothing more does. Everything here is pure: the same state, command and instant give the same entries.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from . import (
    amend,
    answers,
    baking,
    ballots,
    cleanup,
    deciding,
    exceptions,
    holds,
    opening,
    overrides,
    questions,
    readiness,
    reminders,
    rollback,
    rollout,
    schedule,
    scope,
)
from . import commands as c
from .canonical import digest, keep_last
from .draft import Draft
from .errors import Refused
from .events import Entry, HandlerFaulted, ReleaseLaunched, SlotsRequested
from .evolve import evolve
from .plan import Moment, Plan
from .rights import require_entitled, require_legal, require_proof
from .state import State
from .terms import TERMINAL, AskedFor, Phase
from .values import ENGINE, Actor

keep_last(Plan)  # a launch writes its plan twice: for its digest, and into the ledger

# --- what follows by itself ----------------------------------------------------------------------------------------

_Rule = Callable[[Draft], None]
_RULES: dict[Phase, tuple[_Rule, ...]] = {
    Phase.SCOPING: (
        scope.freeze_by_timer,
        schedule.skip_without_room,
        schedule.aim,
        rollback.carry_on,
    ),
    Phase.READYING: (
        schedule.skip_without_room,
        schedule.aim,
        rollback.carry_on,
        deciding.open_by_itself,
    ),
    Phase.DECIDING: (deciding.close_when_go, deciding.close_at_deadline, rollback.carry_on),
    Phase.AWAITING_WINDOW: (rollback.carry_on, opening.open_window),
    Phase.ROLLING_OUT: (rollback.carry_on, rollout.go_on),
    Phase.CLEANING_UP: (
        rollback.carry_on,
        cleanup.measure_completion,
        cleanup.settle_flags,
        cleanup.escalate_checks,
        cleanup.complete,
    ),
}
"""What moves a release by itself, by phase: asked in this order, again and again, until none has anything to add."""

_AFTER: tuple[_Rule, ...] = (
    schedule.renew,
    readiness.run_again,
    deciding.remind_voters,
    reminders.remind,
    holds.escalate,
)
"""What only time brings, and nothing else follows from: asked once for each tick."""

_MOST_PASSES = 1_000
"""A release that does not come to rest at one instant is a bug, and is said to be one."""


def _settle(draft: Draft) -> None:
    for _ in range(_MOST_PASSES):
        before = draft.state.seq
        phase = draft.state.phase
        for rule in _RULES.get(phase, ()):
            rule(draft)
            if draft.state.phase is not phase:
                break
        if draft.state.seq == before:
            break
    else:
        raise AssertionError(f"the release does not come to rest: {draft.entries[-1].event.type} again and again")


# --- commands ------------------------------------------------------------------------------------------------------

_HANDLERS: dict[type[Any], Callable[[Draft, Any, Actor], None]] = {
    c.AddFeature: lambda d, x, a: scope.add(d, x),
    c.SplitFeature: lambda d, x, a: scope.split(d, x),
    c.EstimateFeature: scope.estimate,
    c.ChangeFeature: lambda d, x, a: scope.change(d, x),
    c.FreezeScope: lambda d, x, a: scope.freeze(d),
    c.RequestException: lambda d, x, a: exceptions.request_exception(d, x),
    c.AnswerException: exceptions.answer_exception,
    c.WithdrawException: lambda d, x, a: exceptions.withdraw_exception(d, x),
    c.RunChecks: lambda d, x, a: readiness.run_checks(d, x),
    c.PushResult: lambda d, x, a: readiness.push_result(d, x),
    c.SignOff: lambda d, x, a: readiness.sign_off(d, x),
    c.UnSign: lambda d, x, a: readiness.un_sign(d, x),
    c.Waive: readiness.waive,
    c.OpenPoll: lambda d, x, a: deciding.open_by_command(d),
    c.CastVote: ballots.vote,
    c.WithdrawVote: ballots.withdraw,
    c.Call: ballots.call,
    c.ProposeOverride: overrides.propose_override,
    c.ConfirmOverride: overrides.confirm_override,
    c.PlaceHold: holds.place,
    c.LiftHold: holds.lift,
    c.Postpone: lambda d, x, a: schedule.postpone(d, x),
    c.Amend: lambda d, x, a: amend.amend(d, x),
    c.SetCandidate: lambda d, x, a: amend.accept_candidate(d, x),
    c.Widen: questions.widen,
    c.RollBack: rollback.roll_back,
    c.AcceptUnrestorable: lambda d, x, a: rollback.accept(d, x),
    c.Cancel: cleanup.cancel,
}

_MATERIAL = (c.AddFeature, c.SplitFeature, c.ChangeFeature, c.Amend, c.SetCandidate, c.TakeSlots)
"""Commands after which the material content may be another."""


def _engine(draft: Draft, command: Any) -> None:
    match command:
        case c.Tick():
            pass
        case c.TakeSlots():
            schedule.take_slots(draft, command)
        case c.TakeFindings(ask=name):
            asked = draft.state.check_rounds.get(name)
            readiness.take_findings(draft, command)
            if asked is not None and asked.why is AskedFor.STAGE:
                rollout.hold_for_deployed(draft)
        case c.TakeClaims():
            opening.take_claims(draft, command)
        case c.TakeWrites():
            rollout.take_writes(draft, command)
        case c.TakeWatch():
            baking.take_watch(draft, command)
        case c.TakeFlagNews():
            cleanup.take_flag_news(draft, command)
        case c.RecordMalformed() | c.RecordRefusal() if draft.state.full:
            pass
        case c.RecordMalformed():
            draft.emit(HandlerFaulted(handler=command.handler, message=command.message))
        case c.RecordRefusal():
            answers.record_refusal(draft, command)
        case _:
            raise TypeError(f"{type(command).__name__} is no command")


def launch(plan: Plan, actor: Actor, at: datetime, *, trust_local: bool = False) -> tuple[Entry, ...]:
    """The first entries of a release. `plan` is normalised and has no problems: both are the client's business.

    Raises:
        Refused: the launcher's name was proved by nobody, and local names do not count here; or with this launcher no
            round could ever be GO.
    """
    if actor.proof == 0 and not trust_local:
        raise Refused(
            "actor.unproved",
            f"nobody proved that this is {actor.id!r}; anybody may launch whose name is proved: come through the "
            "gateway or sign, or start the worker with local trust",
            actor=actor.id,
        )
    people = amend.resolve_people(plan, at)
    amend.require_duties(plan, people, actor.id, plan.candidate)
    event = ReleaseLaunched(
        plan=plan,
        plan_digest=digest(plan),
        people=people,
        trust_local=trust_local,
    )
    first = Entry(seq=1, at=at, actor=actor, cause="launch", event=event)
    draft = Draft(evolve(None, first), at, actor, "launch")
    draft.emit_by_itself(SlotsRequested(ask="slots-2", slot=plan.schedule.slot))
    readiness.ask(draft, readiness.measurable(draft.state, Moment.FREEZE), AskedFor.FREEZE)
    _settle(draft)
    return (first, *draft.entries)


def decide(state: State, command: c.Command, at: datetime, *, actor: Actor = ENGINE) -> tuple[Entry, ...]:
    """What `command` leads to at `at`, what follows by itself included. Nothing of it is applied: `evolve` does that.

    Raises:
        Refused: the command is not carried out; nothing changes.
    """
    return step(state, command, at, actor=actor)[0]


def step(state: State, command: c.Command, at: datetime, *, actor: Actor = ENGINE) -> tuple[tuple[Entry, ...], State]:
    """`decide`, with the state that its entries lead to: what folding them gives, without folding them twice."""
    at = max(at, state.at)
    draft = Draft(state, at, actor, command.type)
    if at > state.at and not isinstance(command, c.Tick):
        # What time has decided by now comes first: a word that comes late finds the slot missed, the round over.
        draft.cause = c.Tick().type
        _settle(draft)
        draft.cause = command.type
    settled = len(draft.entries)
    handler = _HANDLERS.get(type(command))
    if handler is not None:
        if (
            draft.state.phase in TERMINAL
            or not isinstance(command, c.CastVote)
            or not _answers_old_round(draft.state, command)
        ):
            require_legal(draft.state, command)
        require_proof(draft.state, actor)
        require_entitled(draft.state, command, actor)
        handler(draft, command, actor)
    elif draft.state.phase in TERMINAL:
        return tuple(draft.entries), draft.state
    else:
        _engine(draft, command)
    if isinstance(command, _MATERIAL):
        # Another candidate ends round and GO also when only its authors differ: they decide whose GO is independent.
        always = isinstance(command, c.SetCandidate) and len(draft.entries) > settled
        deciding.end_by_change(draft, f"a material change: {command.type}", always=always)
    _settle(draft)
    if isinstance(command, c.Tick) and draft.state.phase not in TERMINAL:
        for rule in _AFTER:
            rule(draft)
    return tuple(draft.entries), draft.state


def _answers_old_round(state: State, command: c.CastVote) -> bool:
    """True for a ballot that comes after its round: it is answered with a recorded refusal, not with an error."""
    return state.round is None and state.rounds > 0 and command.request_id.startswith(f"{state.release_id}/r")


__all__ = ["decide", "evolve", "launch", "step"]
