"""Cross-checks of the rollout: stages that only widen, guards that can speak, questions that somebody answers."""

from .plan import Guard, GuardMode, Plan, Stage
from .plan_problem import Path, Problem, Problems, did_you_mean
from .plan_rules_params import problems as params_problems
from .values import NOBODY, Audience, Exposure, format_duration, wider

MAX_STAGES = 50
"""Most stages of one plan."""
_ORDER = tuple(Audience)


def problems(plan: Plan) -> Problems:
    """What is wrong with the stages."""
    if not plan.stages:
        message = "an empty rollout exposes nobody: name stages, or leave it out for the default ones"
        yield Problem(code="plan.stages_empty", path=("stages",), message=message)
    if len(plan.stages) > MAX_STAGES:
        message = f"{len(plan.stages)} stages, and {MAX_STAGES} is the most"
        yield Problem(code="plan.size_stages", path=("stages",), message=message)
    so_far, before = NOBODY, None
    guards: set[str] = set()
    for place, stage in enumerate(plan.stages):
        at: Path = ("stages", place)
        wrong = list(_exposure(stage, at))
        yield from wrong
        if not wrong:
            yield from _widens(stage, before, so_far, at)
            so_far, before = wider(so_far, stage.exposure), stage
        for number, guard in enumerate(stage.guards):
            yield from _guard(stage, guard, guards, (*at, "guards", number))
        yield from _question(plan, stage, (*at, "question"))


def _exposure(stage: Stage, at: Path) -> Problems:
    audience = stage.audience
    if audience is Audience.NOBODY:
        message = "a stage for nobody exposes nothing: write opt_in, segments, a percent or everyone"
        yield Problem(code="plan.stage_nobody", path=(*at, "audience"), message=message)
    elif stage.percent and audience is not Audience.PERCENTAGE:
        message = (
            f"{stage.percent} % does not belong to {audience.value}: write `audience: percentage`, or leave it out"
        )
        yield Problem(code="plan.stage_percent_extra", path=(*at, "percent"), message=message)
    elif not stage.percent and audience is Audience.PERCENTAGE:
        message = "0 % exposes nobody: write 1 to 100"
        yield Problem(code="plan.stage_percent_zero", path=(*at, "percent"), message=message)
    elif stage.segments and audience in (Audience.OPT_IN, Audience.EVERYONE):
        message = f"segments do not belong to {audience.value}: leave them out"
        yield Problem(code="plan.stage_segments_extra", path=(*at, "segments"), message=message)
    elif not stage.segments and audience is Audience.SEGMENT:
        message = "no segment is named: write `segments: [internal]`"
        yield Problem(code="plan.stage_segments_empty", path=(*at, "segments"), message=message)


def _widens(stage: Stage, before: Stage | None, so_far: Exposure, at: Path) -> Problems:
    if before is None:
        return
    narrower = _ORDER.index(stage.exposure.audience) < _ORDER.index(before.exposure.audience)
    same = stage.exposure.audience is before.exposure.audience
    fewer = same and stage.exposure.percent < before.exposure.percent
    if narrower or fewer:
        say = "say at least as many" if fewer else "say the whole, as `{percent: 10, segments: [beta]}`"
        message = f"narrower than the stage before ({before.exposure}): users who are in stay in, so {say}"
        yield Problem(code="plan.stage_narrower", path=at, message=message)
    elif so_far.includes(stage.exposure):
        message = f"exposes nobody whom the stages before ({so_far}) did not: drop it, or widen it"
        yield Problem(code="plan.stage_same", path=at, message=message)


def _guard(stage: Stage, guard: Guard, seen: set[str], at: Path) -> Problems:
    if guard.id in seen:
        message = f"{guard.id!r} is the id of an earlier guard too: ids are unique in the plan, as {guard.id}-2"
        yield Problem(code="plan.guard_twice", path=(*at, "id"), message=message)
    seen.add(guard.id)
    yield from params_problems(guard.params, (*at, "params"))
    if not guard.interval:
        message = "an interval of 0s never waits: write 1m"
        yield Problem(code="plan.guard_interval", path=(*at, "interval"), message=message)
    elif guard.mode is not GuardMode.OBSERVE and stage.bake < guard.interval * guard.min_samples:
        message = (
            f"the bake of {format_duration(stage.bake)} is too short for {guard.min_samples} sample(s) every "
            f"{format_duration(guard.interval)}: "
            "the stage could never be left; bake longer, or sample more often"
        )
        yield Problem(code="plan.guard_bake", path=at, message=message)


def _question(plan: Plan, stage: Stage, at: Path) -> Problems:
    if stage.question is None:
        return
    if stage.question.role not in plan.roles:
        message = f"{stage.question.role!r} is no role of this plan{did_you_mean(stage.question.role, plan.roles)}"
        yield Problem(code="plan.question_role", path=(*at, "role"), message=message)
    if not stage.question.deadline:
        message = "0s leaves no time to answer: write 24h"
        yield Problem(code="plan.question_deadline", path=(*at, "deadline"), message=message)
