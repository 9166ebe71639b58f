"""Whether the adapters that there are fit what a plan asks of them.

The client asks this of what is installed beside it, the worker of what it really has, before it lets a release begin:
a check that nobody can measure would be unclear for ever, and a guard without a source would hold the rollout.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal, NamedTuple

from gonogo.domain.plan import Channel, Check, Flag, Guard, Plan
from gonogo.domain.plan_problem import Path, Problem, did_you_mean

from .ports import NeedsMore, ReadsPlan
from .registry import CHECKERS, FLAGS, METRICS, NOTIFIERS, BrokenAdapter, UnknownAdapter

Find = Callable[[str, str], object]
"""Entry point group and name -> the adapter or its class. Raises `UnknownAdapter` and `BrokenAdapter`."""
Where = Literal["here", "on the worker"]
_MISSING: dict[Where, str] = {
    # The worker may well have what is not installed beside the client.
    "here": "is installed here, and a worker without it refuses the launch",
    "on the worker": "is installed on the worker",
}
_UNSEEN: dict[Where, str] = {"here": "; the worker looks at it at the launch", "on the worker": ""}
_WORDS = {CHECKERS: "check kind", METRICS: "metrics source", FLAGS: "flag provider", NOTIFIERS: "channel kind"}


class _Use(NamedTuple):
    """One place at which a plan asks for an adapter."""

    group: str
    name: str
    key: str
    asked: Check | Guard | Flag | Channel
    at: Path


def misfits(plan: Plan, find: Find, where: Where) -> Iterator[Problem]:
    """What no adapter can do, in the order of the plan: `adapter.unknown`, `adapter.broken`, and what adapters say.

    Args:
        plan: The plan.
        find: Finds an adapter, or its class.
        where: Where is looked, for the message.
    """
    broken: set[tuple[str, str]] = set()
    for use in _uses(plan):
        word = f"{_WORDS[use.group]} {use.name!r}"
        try:
            adapter = find(use.group, use.name)
        except UnknownAdapter as unknown:
            hint = did_you_mean(use.name, unknown.known) or f"; installed are {', '.join(unknown.known) or 'none'}"
            text = f"no {word} {_MISSING[where]}{hint}"
            yield Problem(code=unknown.code, path=(*use.at, use.key), message=text)
        except BrokenAdapter as error:
            # Told once: it is the same wherever the plan names it.
            if (use.group, use.name) not in broken:
                broken.add((use.group, use.name))
                text = f"what is asked of the {word} was not looked at {where}: {_why(error)}{_UNSEEN[where]}"
                yield Problem(code=error.code, path=(*use.at, use.key), message=text)
        else:
            yield from _said(adapter, use)


def _why(error: BrokenAdapter) -> str:
    cause = error.__cause__
    if isinstance(cause, ModuleNotFoundError):
        # A light install, such as a pipeline's, has no adapter's libraries.
        return f"{cause.name!r}, which it needs, is not installed"
    return f"it {error.why}"


def _said(adapter: object, use: _Use) -> Iterator[Problem]:
    try:
        said = tuple(adapter.plan_problems(use.asked)) if isinstance(adapter, ReadsPlan) else ()
        # A class stands for the adapters of machines that nobody has seen from here.
        if not said and not isinstance(adapter, type) and isinstance(adapter, NeedsMore):
            said = tuple(adapter.lacks(use.asked))
    except Exception as error:  # noqa: BLE001  # whatever an adapter raises, it has not said that all is well
        text = (
            f"the {_WORDS[use.group]} {use.name!r} cannot say whether this can be done: {type(error).__name__}: {error}"
        )
        said = (Problem(code=BrokenAdapter.code, path=(use.key,), message=text[:500]),)
    for problem in said:
        yield replace(problem, path=(*use.at, *problem.path))


def _uses(plan: Plan) -> Iterator[_Use]:
    for key, flag in plan.flags.items():
        yield _Use(FLAGS, flag.provider, "provider", flag, ("flags", key))
    for name, check in plan.checks.items():
        yield _Use(CHECKERS, check.kind, "kind", check, ("checks", name))
    for place, stage in enumerate(plan.stages):
        for number, guard in enumerate(stage.guards):
            yield _Use(METRICS, guard.source, "source", guard, ("stages", place, "guards", number))
    for name, channel in plan.notifications.channels.items():
        yield _Use(NOTIFIERS, channel.kind, "kind", channel, ("notifications", "channels", name))
