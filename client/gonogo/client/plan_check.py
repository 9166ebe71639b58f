"""Everything there is to say about a plan file before it is launched: what is wrong, and what was perhaps not meant.

Reading a plan (`plan_file`) tells what is wrong with it anywhere and at any time. This also looks at what depends on
where and when: at the adapters that are installed here, and at the dates, seen from now.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path as FilePath

from gonogo.activities.fitting import misfits
from gonogo.activities.registry import BrokenAdapter, UnknownAdapter, installed
from gonogo.domain.plan import Plan
from gonogo.domain.plan_defaults import normalise
from gonogo.domain.plan_outlook import outlook
from gonogo.domain.plan_problem import Problem
from gonogo.domain.plan_rules import problems
from gonogo.domain.policy import Policy

from .plan_file import FileProblem, PlanFileError, parse_plan, placed, read_floor, read_text

_ELSEWHERE = (UnknownAdapter.code, BrokenAdapter.code)
"""What only the worker knows: it may well have what is not installed here."""
_CALENDAR = ("schedule", "environment")
"""Fields that must be right before the calendar can be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPlan:
    """A plan that can be launched."""

    plan: Plan
    """The plan, normalised."""
    warnings: tuple[FileProblem, ...]
    """What was perhaps not meant, in the order of the file."""


def check_plan(
    text: str, *, name: str, floor: Policy | None = None, now: datetime, dates_refuse: bool = True
) -> CheckedPlan:
    """The plan that `text` describes, with everything that there is to say about it.

    Args:
        text: YAML 1.2.
        name: The file's name, for messages.
        floor: The organisation's policy. Default: gonogo's own defaults.
        now: From when its dates are seen.
        dates_refuse: False: a plan without any slot left is warned of, and not refused. For a release that may be open
            already: launching it again changes nothing, and an amendment may be what helps it.

    Raises:
        PlanFileError: Anything is wrong with it. Its problems are all that was found, warnings among them.
    """
    plan, positions = parse_plan(text, name=name, floor=floor)
    found = [*problems(plan, floor), *_adapters(plan)]
    if not any(problem.path[:1] and problem.path[0] in _CALENDAR for problem in found):
        dated = outlook(plan, now)
        found += dated if dates_refuse else (replace(problem, severity="warning") for problem in dated)
    told = sorted((placed(problem, positions, name) for problem in found), key=lambda p: (p.line, p.column))
    if any(problem.severity == "error" for problem in found):
        raise PlanFileError(told)
    return CheckedPlan(plan=normalise(plan, floor), warnings=tuple(told))


def check_plan_path(
    path: str | FilePath, policy_path: str | FilePath | None = None, *, now: datetime, dates_refuse: bool = True
) -> CheckedPlan:
    """The plan in the file at `path`, under the policy in the file at `policy_path`; see `check_plan`.

    Raises:
        PlanFileError: A file cannot be read, or anything is wrong with it.
    """
    floor = read_floor(policy_path)
    return check_plan(read_text(path), name=str(path), floor=floor, now=now, dates_refuse=dates_refuse)


def _adapters(plan: Plan) -> Iterator[Problem]:
    for problem in misfits(plan, installed, "here"):
        yield replace(problem, severity="warning") if problem.code in _ELSEWHERE else problem
