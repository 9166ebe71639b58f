"""Cross-checks of features and flags: who answers for them, and which flag exposes what."""

from .plan import Feature, Plan
from .plan_problem import Path, Problem, Problems, did_you_mean, known_people, repeated
from .values import NOBODY, Audience, exposure

MAX_FEATURES = 500
"""Most features of one plan; more than three times the largest Kubernetes cycle."""


def problems(plan: Plan) -> Problems:
    """What is wrong with the scope, the features and the flags."""
    if len(plan.features) > MAX_FEATURES:
        message = f"{len(plan.features)} features, and {MAX_FEATURES} is the most: split the release"
        yield Problem(code="plan.size_features", path=("features",), message=message)
    starts, frozen = plan.schedule.starts, plan.scope.freeze_at
    if starts and frozen and frozen < starts:
        message = f"{frozen.isoformat()} is before schedule.starts, {starts.isoformat()}"
        yield Problem(code="plan.scope_freeze_early", path=("scope", "freeze_at"), message=message)
    for field in ("max_feature_days", "capacity_days"):
        limit = getattr(plan.scope, field)
        if limit is not None and limit <= 0:
            message = f"{limit} lets nothing in: leave it out for no limit"
            yield Problem(code="plan.scope_limit", path=("scope", field), message=message)
    for place, name in repeated(feature.id for feature in plan.features):
        message = f"{name!r} is the id of an earlier feature too"
        yield Problem(code="plan.feature_twice", path=("features", place, "id"), message=message)
    people = known_people(plan)
    for place, feature in enumerate(plan.features):
        yield from _feature(plan, feature, ("features", place), people)
    yield from _flags(plan, people)


def _feature(plan: Plan, feature: Feature, at: Path, people: frozenset[str]) -> Problems:
    if feature.owner is not None and feature.owner not in people:
        why = "is a role, and a feature needs a person" if feature.owner in plan.roles else "is nobody in this plan"
        message = f"{feature.owner!r} {why}{did_you_mean(feature.owner, people)}"
        yield Problem(code="plan.feature_owner", path=(*at, "owner"), message=message)
    for place, person in enumerate(feature.estimated_by):
        if person not in people:
            message = f"{person!r} is nobody in this plan{did_you_mean(person, people)}"
            yield Problem(code="plan.feature_estimator", path=(*at, "estimated_by", place), message=message)
    if feature.estimated_by and set(feature.estimated_by) == {feature.owner}:
        message = f"{feature.owner!r} proposes it and cannot be the only one who estimates it: name a developer too"
        yield Problem(code="plan.feature_estimated_alone", path=(*at, "estimated_by"), message=message)
    if feature.estimate_days is not None and feature.estimate_days < 0:
        message = f"{feature.estimate_days} person-days is less than nothing"
        yield Problem(code="plan.feature_estimate", path=(*at, "estimate_days"), message=message)
    if feature.flags and feature.no_flag:
        message = "it has flags and says why it has none: keep one of flags and no_flag"
        yield Problem(code="plan.feature_flag_both", path=(*at, "no_flag"), message=message)
    if not feature.flags and not feature.no_flag.strip():
        message = "nothing says how it is exposed: name its flags, or say in no_flag why it has none"
        yield Problem(code="plan.feature_flag_none", path=at, message=message)
    for place, key in repeated(feature.flags):
        yield Problem(code="plan.feature_flag_twice", path=(*at, "flags", place), message=f"{key!r} is named twice")
    for place, key in enumerate(feature.flags):
        if key not in plan.flags:
            message = f"{key!r} is not listed under flags{did_you_mean(key, plan.flags)}"
            yield Problem(code="plan.flag_unlisted", path=(*at, "flags", place), message=message)


def _flags(plan: Plan, people: frozenset[str]) -> Problems:
    used = {key for feature in plan.features for key in feature.flags}
    for key, flag in plan.flags.items():
        at: Path = ("flags", key)
        if key not in used:
            message = (
                f"no feature names the flag {key!r}, and every stage would widen it: name it in a feature, or drop it"
            )
            yield Problem(code="plan.flag_unused", path=at, message=message)
        if flag.owner is not None and flag.owner not in people and flag.owner not in plan.roles:
            message = (
                f"{flag.owner!r} is no person or role of this plan{did_you_mean(flag.owner, people | set(plan.roles))}"
            )
            yield Problem(code="plan.flag_owner", path=(*at, "owner"), message=message)
        if flag.retire_by and (flag.retire_by.days is None) == (flag.retire_by.cycles is None):
            message = "say it in days or in cycles, one of the two"
            yield Problem(code="plan.flag_retire_by", path=(*at, "retire_by"), message=message)
        reach = flag.reach
        normal = exposure(reach.audience, reach.percent, reach.segments)
        if normal == NOBODY:
            message = "a flag that reaches nobody is no part of a release: drop it"
            yield Problem(code="plan.flag_reach_nobody", path=(*at, "reach"), message=message)
        elif normal.audience is not reach.audience and normal.audience is not Audience.EVERYONE:
            lacks = "a percent above 0" if reach.audience is Audience.PERCENTAGE else "at least one segment"
            message = f"{reach.audience.value} needs {lacks}"
            yield Problem(code="plan.flag_reach_empty", path=(*at, "reach"), message=message)
        elif normal.audience is reach.audience and (
            reach.percent not in (0, normal.percent) or (reach.segments and not normal.segments)
        ):
            message = f"percent and segments do not belong to {reach.audience.value}: leave them out"
            yield Problem(code="plan.flag_reach_extra", path=(*at, "reach"), message=message)
