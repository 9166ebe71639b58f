"""Exceptions: late changes of the scope or the plan, asked for by anybody, agreed by both managers."""

from dataclasses import replace

from . import commands as c
from . import plan_rules_readiness, plan_rules_scope
from .answers import refuse_answer
from .draft import Draft
from .errors import NotEntitled, Refused
from .events import (
    ExceptionApproved,
    ExceptionRejected,
    ExceptionRequested,
    ExceptionWithdrawn,
    FeatureChanged,
    FeatureEstimated,
    FeatureProposed,
)
from .plan import Feature, Flag
from .plan_defaults import normal_flag
from .plan_problem import known_instead
from .rights import PRODUCT_MANAGER, RELEASE_MANAGER
from .scope import feature_of, require_new
from .state import State
from .state_parts import ExceptionState
from .terms import ExceptionKind, ExceptionStatus, FeatureStatus
from .values import Actor


def request_exception(draft: Draft, command: c.RequestException) -> None:
    """Asks for a late change: more scope, or more time."""
    state = draft.state
    flags: dict[str, Flag] = {}
    if command.flags and command.feature is None:
        raise Refused("exception.shape", "flags come with the feature that names them")
    if command.kind is ExceptionKind.LATE:
        if command.subject is None or command.feature is not None or command.days is not None:
            raise Refused("exception.shape", "kind late names a feature in scope, and until when it will be finished")
        feature_of(state, command.subject)
    elif command.feature is not None:
        require_new(state, command.feature, brings=command.flags)
        flags = _brought(state, command.feature, command.flags)
        taken = [
            x.id
            for x in state.exceptions.values()
            if x.status is ExceptionStatus.OPEN and x.feature and x.feature.id == command.feature.id
        ]
        if taken:
            raise Refused(
                "exception.exists", f"{taken[0]!r} asks for {command.feature.id!r} already", exception=taken[0]
            )
    elif command.subject is not None and command.days is not None:
        feature = feature_of(state, command.subject)
        if feature.estimate_days is not None and command.days <= feature.estimate_days:
            raise Refused(
                "exception.not_up",
                f"{command.days} days is no more than {feature.estimate_days}: `scope estimate` does it",
            )
    else:
        raise Refused(
            "exception.shape", "kind scope names a feature to add, or a feature in scope and its new estimate"
        )
    draft.emit(
        ExceptionRequested(
            exception=f"x{draft.next_seq}",
            kind=command.kind,
            feature=command.feature,
            flags=flags,
            subject=command.subject,
            days=command.days,
            until=command.until,
            why=command.why,
        )
    )


def _brought(state: State, feature: Feature, flags: dict[str, Flag]) -> dict[str, Flag]:
    """Flags that a feature brings, normalised; raises for what no plan may say of a flag."""
    for key in flags:
        if key in state.plan.flags:
            raise Refused(
                "exception.flag_listed", f"the plan lists the flag {key!r}: `gonogo amend` changes it", flag=key
            )
    made = {key: normal_flag(key, flag, (feature,)) for key, flag in flags.items()}
    trial = replace(state.plan, features=(*state.plan.features, feature), flags={**state.plan.flags, **made})
    for problem in (*plan_rules_scope.problems(trial), *plan_rules_readiness.problems(trial)):
        if problem.code == "plan.policy_deployed" or (problem.path[0] == "flags" and problem.path[1] in made):
            raise Refused(problem.code, problem.message)
    return made


def _open(state: State, name: str) -> ExceptionState:
    found = state.exceptions.get(name)
    if found is None:
        hint = known_instead(name, state.exceptions)
        raise Refused("exception.unknown", f"there is no exception {name!r}{hint}", exception=name)
    if found.status is not ExceptionStatus.OPEN:
        raise Refused("exception.closed", f"{name!r} is {found.status.value} already", exception=name)
    return found


def answer_exception(draft: Draft, command: c.AnswerException, actor: Actor) -> None:
    """One of the two managers answers; with both it is in force. Never the requester."""
    asked = draft.state.exceptions.get(command.exception)
    if asked is not None and asked.status is not ExceptionStatus.OPEN:
        text = f"{asked.id!r} is {asked.status.value} already"
        refuse_answer(draft, "exception", "exception.closed", text, question=asked.id)
        return
    asked = _open(draft.state, command.exception)
    mine = [r for r in (PRODUCT_MANAGER, RELEASE_MANAGER) if draft.state.in_role(actor.id, r)]
    if asked.requester == actor.id:
        text = f"{actor.id!r} requested {asked.id!r} and cannot answer it"
        refuse_answer(draft, "exception", "exception.own", text, question=asked.id)
        return
    if command.role is not None and command.role not in mine:
        raise NotEntitled("exception.answer", actor.id, command.role)
    if not command.approve:
        draft.emit(ExceptionRejected(exception=asked.id, reason=command.reason))
        return
    left = [r for r in ([command.role] if command.role else mine) if r not in asked.approved_by]
    if not left:
        raise Refused("exception.answered", f"{actor.id!r} has approved {asked.id!r} already", exception=asked.id)
    # One person who fills both roles approves for one of them at a time: two answers, two people by default.
    if draft.state.plan.policy.distinct_managers and actor.id in asked.approved_by.values():
        raise Refused(
            "exception.one_person", f"{actor.id!r} has approved {asked.id!r} for the other role", exception=asked.id
        )
    role = left[0]
    granted = len(asked.approved_by) == 1
    if granted and asked.feature is not None:
        require_new(draft.state, asked.feature, brings=asked.flags)
    draft.emit(ExceptionApproved(exception=asked.id, role=role, granted=granted, reason=command.reason))
    if granted:
        _grant(draft, asked)


def _grant(draft: Draft, asked: ExceptionState) -> None:
    if asked.kind is ExceptionKind.LATE:
        assert asked.subject is not None
        name = asked.subject
        found = draft.state.features.get(name)
        if found is not None and found.is_in:
            until = asked.until or "later, by exception"
            draft.emit(FeatureChanged(feature=name, status=FeatureStatus.DELAYED, until=until, reason=asked.why))
    elif asked.feature is not None:
        # What another exception has brought meanwhile stays as it is.
        brings = {key: flag for key, flag in asked.flags.items() if key not in draft.state.plan.flags}
        draft.emit(FeatureProposed(feature=asked.feature, by_exception=asked.id, flags=brings))
    else:
        assert asked.subject is not None
        assert asked.days is not None
        found = draft.state.features.get(asked.subject)
        if found is not None and found.is_in:
            by = found.feature.estimated_by or (asked.requester,)
            draft.emit(FeatureEstimated(feature=asked.subject, days=asked.days, by=by, by_exception=asked.id))


def withdraw_exception(draft: Draft, command: c.WithdrawException) -> None:
    """The requester takes the request back."""
    asked = _open(draft.state, command.exception)
    draft.emit(ExceptionWithdrawn(exception=asked.id))


def reject_open_exceptions(draft: Draft) -> None:
    """What nobody answered when the poll opens is rejected."""
    for asked in draft.state.exceptions.values():
        if asked.status is ExceptionStatus.OPEN:
            draft.emit_by_itself(ExceptionRejected(exception=asked.id, reason="unanswered when the poll opened"))
