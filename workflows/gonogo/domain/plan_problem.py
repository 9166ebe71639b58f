"""What a cross-check of a plan reports."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Literal

from .plan import Plan
from .values import value

Path = tuple[str | int, ...]
"""Where in the plan: keys and places, as they stand in the file."""


@value
class Problem:
    """One thing that is wrong with a plan."""

    code: str
    """Stable code, such as `plan.poll_roles_empty`."""
    path: Path
    """Where it is wrong: keys and places, as they stand in the file."""
    message: str
    """What is wrong and what to do, in one sentence."""
    severity: Literal["error", "warning"] = "error"
    """error: it cannot be launched like that; warning: it can, and perhaps was not meant. Default: error."""


Problems = Iterator[Problem]


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` when a known name is close to `given`, else nothing."""
    close = get_close_matches(given, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


_FEW = 8


def known_instead(given: str, known: Iterable[str], *, more: str = "") -> str:
    """What a refusal of an unknown name goes on with: a name that is close, or else those that there are.

    Args:
        given: What nobody knows.
        known: What there is, in the order in which it is told.
        more: What tells of all, when there are too many to name.
    """
    names = tuple(known)
    if close := did_you_mean(given, names):
        return close
    if len(names) > _FEW:
        return f"; there are {len(names)}, such as {', '.join(names[:3])}{more}"
    return f"; known are {', '.join(names)}" if names else "; the release has none"


def known_people(plan: Plan) -> frozenset[str]:
    """Everybody whom the plan names: under `people`, in a role, in a rotation."""
    named = set(plan.people)
    for role in plan.roles.values():
        named.update(role.people, role.rotation.people if role.rotation else ())
    return frozenset(named)


def repeated(names: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The place and the name of everything that was already named before it."""
    seen: set[str] = set()
    for place, name in enumerate(names):
        if name in seen:
            yield place, name
        seen.add(name)
