"""Every cross-check of a plan: what one field alone cannot say. Everything that would fail open is refused here.

All problems are reported at once, each with a stable code and the path of the culprit. The rules of each part stand in
`plan_rules_people`, `plan_rules_scope`, `plan_rules_readiness` and `plan_rules_rollout`.
"""

from . import plan_rules_people, plan_rules_readiness, plan_rules_rollout, plan_rules_scope
from .calendar import problems as schedule_problems
from .canonical import CanonicalError, canonical, to_json
from .plan import Plan
from .plan_problem import Problem, Problems, did_you_mean
from .policy import Policy, weaknesses

MAX_BYTES = 256 * 1024
"""Largest plan, as canonical JSON: it travels in the workflow's input, and a payload of Temporal ends at 2 MB."""


def problems(plan: Plan, floor: Policy | None = None) -> tuple[Problem, ...]:
    """Everything that is wrong with `plan`, in the order of the file; empty when it can be launched.

    Args:
        plan: The plan, normalised or as it was written.
        floor: The organisation's policy, which the plan's own cannot weaken. Default: no floor.
    """
    found = [
        *_policy(plan, floor),
        *plan_rules_people.problems(plan),
        *plan_rules_scope.problems(plan),
        *plan_rules_readiness.problems(plan),
        *_schedule(plan),
        *plan_rules_rollout.problems(plan),
    ]
    return tuple(found or _size(plan))


def _policy(plan: Plan, floor: Policy | None) -> Problems:
    for field, demand in weaknesses(plan.policy, floor) if floor else ():
        message = f"weaker than the organisation's policy: {demand}"
        yield Problem(code="plan.policy_weaker", path=("policy", field), message=message)
    known = plan.policy.environments
    if plan.environment not in known:
        message = f"{plan.environment!r} is no environment of the policy, which names {', '.join(known) or 'none'}"
        message += did_you_mean(plan.environment, known)
        yield Problem(code="plan.environment_unknown", path=("environment",), message=message)


def _schedule(plan: Plan) -> Problems:
    for path, code, message in schedule_problems(plan.schedule, plan.environment):
        yield Problem(code=code, path=("schedule", *path), message=message)
    slot, poll = plan.schedule.slot, plan.poll
    if slot is None:
        return
    latest = slot - poll.closes_before - poll.min
    frozen = plan.scope.freeze_at
    if frozen is not None and frozen > latest:
        message = (
            f"{frozen.isoformat()} leaves no room for the poll before the slot: at the latest {latest.isoformat()}"
        )
        yield Problem(code="plan.scope_freeze_late", path=("scope", "freeze_at"), message=message)


def _size(plan: Plan) -> Problems:
    # Only for a plan without other problems: those name what cannot be written as JSON, with its place.
    try:
        size = len(canonical(to_json(plan)))
    except (CanonicalError, ValueError) as error:
        yield Problem(code="plan.not_json", path=(), message=f"cannot be written as JSON: {error}")
        return
    if size > MAX_BYTES:
        message = f"the plan has {size:,} bytes as JSON, and {MAX_BYTES:,} is the most: shorten texts or split it"
        yield Problem(code="plan.size_bytes", path=(), message=message)
