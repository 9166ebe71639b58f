"""Scope: features, their size, the freeze, and what may still change after it."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from . import commands as c
from .draft import Draft
from .errors import Refused, Unmet
from .events import (
    FeatureChanged,
    FeatureEstimated,
    FeatureProposed,
    FreezeRefused,
    PhaseChanged,
    ScopeFrozen,
)
from .holds import lift_all, raise_hold
from .plan import Feature, Moment
from .plan_problem import did_you_mean, known_instead
from .readiness import ask, measurable
from .standing import unmet
from .state import State
from .terms import OUT, AskedFor, FeatureStatus, HoldReason, Phase
from .values import ENGINE, Actor

# --- features ------------------------------------------------------------------------------------------------------


def feature_of(state: State, name: str) -> Feature:
    """A feature in scope, or a refusal that says what it is instead, or which ones are."""
    found = state.features.get(name)
    if found is None:
        hint = known_instead(name, in_scope(state), more=f": `gonogo status {state.release_id} --json` has all of them")
        raise Refused("feature.unknown", f"no feature {name!r} is in scope{hint}", feature=name)
    if not found.is_in:
        raise Refused("feature.unknown", f"{name!r} is {found.status.value}, and not in scope", feature=name)
    return found.feature


def require_new(state: State, feature: Feature, *, replacing: str | None = None, brings: Collection[str] = ()) -> None:
    """Raises when a feature cannot join: its name is taken, or it names a flag that is neither listed nor brought."""
    old = state.features.get(feature.id)
    if old is not None and feature.id != replacing:
        raise Refused(
            "feature.exists", f"there is a feature {feature.id!r} already ({old.status.value})", feature=feature.id
        )
    for key in feature.flags:
        if key not in state.plan.flags and key not in brings:
            how = "amend the plan first" if state.phase is Phase.SCOPING else "the exception brings it, by `--new-flag`"
            raise Refused(
                "feature.unlisted_flag",
                f"{feature.id!r} names the flag {key!r}, which the plan does not list: {how}",
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
            f"{feature.owner!r}, owner of {feature.id!r}, is nobody in the plan"
            f"{did_you_mean(feature.owner, _known(state))}",
            owner=feature.owner,
        )
    _require_known(state, feature.id, feature.estimated_by)


def _require_known(state: State, name: str, estimators: tuple[str, ...]) -> None:
    """Raises for an estimator who is nobody: with a made-up name the proposer's own estimate would pass the freeze."""
    known = _known(state)
    for person in estimators:
        if person not in known:
            raise Refused(
                "estimate.unknown_person",
                f"{person!r}, who is said to have estimated {name!r}, is nobody in the plan"
                f"{did_you_mean(person, known)}",
                person=person,
            )


def _known(state: State) -> set[str]:
    return {*state.plan.people, *(p for people in state.people.values() for p in people)}


def add(draft: Draft, command: c.AddFeature) -> None:
    """Proposes a feature. Too large or over capacity is accepted as proposed; the freeze is what is refused."""
    require_new(draft.state, command.feature)
    draft.emit(FeatureProposed(feature=command.feature))


def split(draft: Draft, command: c.SplitFeature) -> None:
    """Replaces a feature by smaller ones."""
    feature_of(draft.state, command.feature)
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
    feature = feature_of(draft.state, command.feature)
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
    _require_known(draft.state, command.feature, by)
    draft.emit(FeatureEstimated(feature=command.feature, days=command.days, by=by))


def change(draft: Draft, command: c.ChangeFeature) -> None:
    """Says where a feature stands: in progress, merged, delayed, deferred, dropped."""
    feature_of(draft.state, command.feature)
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
        by = set(feature.estimated_by)
        if by <= {feature.owner} or by <= {held.proposed_by}:
            who = ", ".join(feature.estimated_by) or "nobody who is named"
            text = f"{feature.id} was estimated by {who}: an estimate is not its owner's or its proposer's alone"
            found.append(("feature.own_estimate", subject, text))
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
        texts = (text for _, _, text in stands)
        raise Unmet("scope.not_freezable", "the scope cannot freeze", texts, reasons=", ".join(c for c, _, _ in stands))
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


def in_scope(state: State) -> tuple[str, ...]:
    """Ids of the features that are in."""
    return tuple(k for k, f in state.features.items() if f.status not in OUT)
