"""The plan with every default that depends on another field filled in, and its digest."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from . import canonical
from .plan import Checklist, Feature, Flag, FlagKind, Plan, RetireBy, Stage
from .plan_rules_people import required_roles
from .policy import Policy
from .values import NOBODY, Audience, exposure, wider

LIFE_DAYS = {FlagKind.RELEASE: 40, FlagKind.EXPERIMENT: 40, FlagKind.OPERATIONAL: 7}
"""Expected life of a flag in days after the release shipped; kinds that are not named are permanent."""


def normalise(plan: Plan, floor: Policy | None = None) -> Plan:
    """`plan` with every default resolved; the same again when it is normalised again.

    Filled in: the owner of each item, the owner and end of life of each flag, the rank of each feature, the roles of
    the poll, the zone and reason of each window, what each stage exposes together with those before it, the policy.

    Args:
        plan: The plan.
        floor: The organisation's policy; in force for a plan that says nothing about policy. Default: gonogo's own.
    """
    zone = plan.schedule.zone
    windows = tuple(replace(w, zone=w.zone or zone, reason=w.reason or w.id) for w in plan.schedule.windows)
    return replace(
        plan,
        features=tuple(_feature(feature, place) for place, feature in enumerate(plan.features, 1)),
        flags={key: normal_flag(key, flag, plan.features) for key, flag in plan.flags.items()},
        checklists={name: _checklist(listed) for name, listed in plan.checklists.items()},
        poll=replace(plan.poll, roles=required_roles(plan)),
        schedule=replace(plan.schedule, windows=windows),
        stages=tuple(_stages(plan.stages)),
        policy=floor if floor and plan.policy == Policy() else plan.policy,
    )


def plan_digest(plan: Plan) -> str:
    """SHA-256, in hex, of the normalised plan: two plans are the same plan when it is equal.

    The order in which roles, people, flags, checks and lists stand in the file makes no difference.
    """
    made: dict[str, Any] = canonical.to_json(normalise(plan))
    made["poll"]["roles"].sort()
    return canonical.digest(made)


def _feature(feature: Feature, place: int) -> Feature:
    return feature if feature.rank is not None else replace(feature, rank=place)


def normal_flag(key: str, flag: Flag, features: Iterable[Feature]) -> Flag:
    """A flag with its owner, its end of life and its reach filled in; `features` are those that may name it."""
    owner = flag.owner or next((f.owner for f in features if key in f.flags and f.owner), "release_manager")
    life = LIFE_DAYS.get(flag.kind)
    retire_by = flag.retire_by or (RetireBy(days=life) if life else None)
    reach = exposure(flag.reach.audience, flag.reach.percent, flag.reach.segments)
    return replace(flag, owner=owner, retire_by=retire_by, reach=reach)


def _checklist(listed: Checklist) -> Checklist:
    return replace(listed, items=tuple(replace(item, owner=item.owner or listed.owner) for item in listed.items))


def _stages(stages: Iterable[Stage]) -> Iterable[Stage]:
    # Users who are in stay in: a percentage after a segment exposes that segment too, and the stage says so.
    so_far = NOBODY
    for stage in stages:
        so_far = wider(so_far, stage.exposure)
        percent = so_far.percent if so_far.audience is Audience.PERCENTAGE else 0
        yield replace(stage, audience=so_far.audience, percent=percent, segments=so_far.segments)
