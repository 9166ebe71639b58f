"""Scope: features, their size, the freeze, and what may still change after it."""

from datetime import datetime
from decimal import Decimal

from . import commands as c
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
    FreezeRefused,
    PhaseChanged,
    ScopeFrozen,
)
from .holds import lift_all, raise_hold
from .plan import Feature, Moment
from .readiness import ask, measurable, unmet
from .rights import PRODUCT_MANAGER, RELEASE_MANAGER
from .state import ExceptionState, State
from .terms import OUT, AskedFor, ExceptionKind, ExceptionStatus, FeatureStatus, HoldReason, Phase
from .values import ENGINE, Actor

# --- features ------------------------------------------------------------------------------------------------------


def _feature(state: State, name: str) -> Feature:
    found = state.features.get(name)
    if found is None or not found.is_in:
        known = ", ".join(f.feature.id for f in state.features.values() if f.is_in) or "none"
        raise Refused("feature.unknown", f"{name!r} is not in scope; in scope: {known}", feature=name)
    return found.feature


def require_new(state: State, feature: Feature, *, replacing: str | None = None) -> None:
    """Raises when a feature cannot join: its name is taken, or it names a flag that the plan does not list."""
    old = state.features.get(feature.id)
    if old is not None and feature.id != replacing:
        raise Refused(
            "feature.exists", f"there is a feature {feature.id!r} already ({old.status.value})", feature=feature.id
        )
    for key in feature.flags:
        if key not in state.plan.flags:
            raise Refused(
                "feature.unlisted_flag",
                f"{feature.id!r} names the flag {key!r}, which the plan does not list: amend the plan first",
                flag=key,
            )
    if not feature.flags and not feature.no_flag.strip():
        raise Refused(
            "feature.no_flag",
            f"{feature.id!r} names no flag: give one, or say why not with no_flag",
            feature=feature.id,
        )
    if feature.owner is not None and feature.owner not in _known(state):
        raise Refused(
            "feature.unknown_owner",
            f"{feature.owner!r}, owner of {feature.id!r}, is nobody in the plan",
            owner=feature.owner,
        )


def _known(state: State) -> set[str]:
    return {*state.plan.people, *(p for people in state.people.values() for p in people)}


def add(draft: Draft, command: c.AddFeature) -> None:
    """Proposes a feature. Too large or over capacity is accepted as proposed; the freeze is what is refused."""
    require_new(draft.state, command.feature)
    draft.emit(FeatureProposed(feature=command.feature))


def split(draft: Draft, command: c.SplitFeature) -> None:
    """Replaces a feature by smaller ones."""
    _feature(draft.state, command.feature)
    names = [f.id for f in command.into]
    if len(set(names)) != len(names):
        raise Refused("feature.exists", f"the parts of {command.feature!r} share a name: {', '.join(names)}")
    for part in command.into:
        require_new(draft.state, part)
    draft.emit(
        FeatureChanged(feature=command.feature, status=FeatureStatus.DROPPED, reason=f"split into {', '.join(names)}")
    )
    for part in command.into:
        draft.emit(FeatureProposed(feature=part, split_from=command.feature))


def estimate(draft: Draft, command: c.EstimateFeature, actor: Actor) -> None:
    """Says how much work a feature is. After the freeze it can only go down; up is an exception."""
    feature = _feature(draft.state, command.feature)
    if command.days < 0:
        raise Refused("estimate.negative", f"{command.days} person-days is below 0", days=str(command.days))
    old = feature.estimate_days
    if draft.state.phase is not Phase.SCOPING and (old is None or command.days > old):
        raise Refused(
            "estimate.up_after_freeze",
            f"the scope is frozen: raising {command.feature!r} to {command.days} days needs an exception of kind "
            f"scope, requested in {Phase.READYING.value}",
            feature=command.feature,
        )
    by = tuple(dict.fromkeys(command.by or (actor.id,)))
    draft.emit(FeatureEstimated(feature=command.feature, days=command.days, by=by))


def change(draft: Draft, command: c.ChangeFeature) -> None:
    """Says where a feature stands: in progress, merged, delayed, deferred, dropped."""
    _feature(draft.state, command.feature)
    if command.status is FeatureStatus.PROPOSED:
        raise Refused("feature.status", "'proposed' is where a feature begins; it is not set", feature=command.feature)
    if command.status in (FeatureStatus.DELAYED, FeatureStatus.DEFERRED) and not command.until.strip():
        raise Refused(
            "feature.until", f"{command.status.value}: say until when, or to which release", feature=command.feature
        )
    if command.status in OUT:
        _require_back(draft.state, command.feature)
    draft.emit(
        FeatureChanged(feature=command.feature, status=command.status, until=command.until, reason=command.reason)
    )


def _require_back(state: State, name: str) -> None:
    """Raises when users still see a feature by this release: after a rollback that could not put its flag back."""
    for key in state.features[name].feature.flags:
        if key in state.flags and state.flags[key].changed_at:
            raise Refused(
                "feature.exposed",
                f"{name!r} is live: its flag {key!r} is not back to what it was before the release; roll back first",
                flag=key,
            )


# --- the freeze ----------------------------------------------------------------------------------------------------


def obstacles(state: State, now: datetime) -> tuple[tuple[str, str, str], ...]:
    """What stands in the way of the freeze: (code, subject, text)."""
    limits = state.plan.scope
    found: list[tuple[str, str, str]] = []
    total = Decimal(0)
    limited = limits.max_feature_days is not None or limits.capacity_days is not None
    for held in state.features.values():
        feature = held.feature
        if not held.is_in or not limited:
            continue
        subject = f"feature:{feature.id}"
        if feature.owner is None:
            found.append(("feature.no_owner", subject, f"{feature.id} has no owner"))
        if feature.estimate_days is None:
            found.append(("feature.no_estimate", subject, f"{feature.id} has no estimate"))
            continue
        total += feature.estimate_days
        if not [p for p in feature.estimated_by if p != feature.owner]:
            found.append(("feature.own_estimate", subject, f"{feature.id} was estimated by its owner alone"))
        if limits.max_feature_days is not None and feature.estimate_days > limits.max_feature_days:
            found.append(
                (
                    "feature.too_large",
                    subject,
                    f"{feature.id} is {feature.estimate_days} days, {limits.max_feature_days} is the most: split it",
                )
            )
    if limits.capacity_days is not None and total > limits.capacity_days:
        found.append(
            (
                "scope.over_capacity",
                "scope",
                f"{total} days are in scope, {limits.capacity_days} fit: drop or defer something",
            )
        )
    found += [(f.code, f.subject, f.detail) for f in unmet(state, Moment.FREEZE, now)]
    return tuple(found)


def freeze(draft: Draft) -> None:
    """Freezes by command: refused while anything stands in the way."""
    stands = obstacles(draft.state, draft.at)
    if stands:
        raise Refused(
            "scope.not_freezable", "; ".join(text for _, _, text in stands), reasons=", ".join(c for c, _, _ in stands)
        )
    _freeze(draft, draft.actor)


def _freeze(draft: Draft, by: Actor) -> None:
    in_scope = tuple(f.feature.id for f in draft.state.features.values() if f.is_in)
    draft.emit(ScopeFrozen(features=in_scope), actor=by)
    lift_all(draft, "the scope is frozen", HoldReason.SCHEDULE, subject="freeze")
    draft.emit_by_itself(PhaseChanged(before=Phase.SCOPING, after=Phase.READYING))
    ask(draft, measurable(draft.state, Moment.GO), AskedFor.READYING)


def freeze_due(state: State) -> datetime | None:
    """When the scope freezes by itself; None when it has, or when its timer was refused."""
    if state.phase is not Phase.SCOPING or state.freeze_refused:
        return None
    return state.plan.scope.freeze_at or state.launched_at


def freeze_by_timer(draft: Draft) -> None:
    """At the freeze timer: freezes, or holds the release and names what stands in the way."""
    due = freeze_due(draft.state)
    if due is None or due > draft.at:
        return
    if any(r.why is AskedFor.FREEZE for r in draft.state.check_rounds.values()):
        return
    # What was measured before the timer may be too old by now: asked once more, at the timer.
    asked = draft.state.asked_at
    stale = {f.subject for f in unmet(draft.state, Moment.FREEZE, draft.at) if f.code == "check.stale"}
    again = tuple(
        n
        for n in measurable(draft.state, Moment.FREEZE)
        if n not in asked or (f"check:{n}" in stale and asked[n] < due)
    )
    if again:
        ask(draft, again, AskedFor.FREEZE)
        return
    if draft.state.plan.scope.drop_lowest_rank:
        _drop_over_capacity(draft)
    stands = obstacles(draft.state, draft.at)
    if not stands:
        _freeze(draft, ENGINE)
        return
    reasons = tuple(f"{code}: {subject}" for code, subject, _ in stands)
    draft.emit_by_itself(FreezeRefused(reasons=reasons))
    raise_hold(draft, HoldReason.SCHEDULE, "the scope could not freeze: " + "; ".join(reasons), subject="freeze")


def _drop_over_capacity(draft: Draft) -> None:
    limit = draft.state.plan.scope.capacity_days
    while limit is not None:
        held = [f.feature for f in draft.state.features.values() if f.is_in and f.feature.estimate_days is not None]
        if sum((f.estimate_days or Decimal(0) for f in held), Decimal(0)) <= limit:
            return
        lowest = max(held, key=lambda f: (f.rank if f.rank is not None else 10**6, f.id))
        draft.emit_by_itself(
            FeatureChanged(feature=lowest.id, status=FeatureStatus.DROPPED, reason="over capacity, lowest rank")
        )


# --- exceptions ----------------------------------------------------------------------------------------------------


def request_exception(draft: Draft, command: c.RequestException) -> None:
    """Asks for a late change: more scope, or more time."""
    state = draft.state
    if command.kind is ExceptionKind.LATE:
        if command.subject is None or command.feature is not None or command.days is not None:
            raise Refused("exception.shape", "kind late names a feature in scope, and until when it will be finished")
        _feature(state, command.subject)
    elif command.feature is not None:
        require_new(state, command.feature)
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
        feature = _feature(state, command.subject)
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
            subject=command.subject,
            days=command.days,
            until=command.until,
            why=command.why,
        )
    )


def _open(state: State, name: str) -> ExceptionState:
    found = state.exceptions.get(name)
    if found is None:
        raise Refused("exception.unknown", f"there is no exception {name!r}", exception=name)
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
        require_new(draft.state, asked.feature)
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
        draft.emit(FeatureProposed(feature=asked.feature, by_exception=asked.id))
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


def in_scope(state: State) -> tuple[str, ...]:
    """Ids of the features that are in."""
    return tuple(k for k, f in state.features.items() if f.status not in OUT)
