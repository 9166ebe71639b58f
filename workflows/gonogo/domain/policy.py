"""What an organisation demands of every release: the floors that no plan can weaken."""

from typing import Annotated

from pydantic import Field

from .values import Id, value


@value
class Policy:
    """The rules that stand above a plan. A plan may be stricter than its organisation's policy file, never weaker."""

    environments: tuple[Id, ...] = ("production", "staging", "development")
    """Environments that exist. A plan for any other is refused. Default: production, staging, development."""
    required_roles: tuple[Id, ...] = ()
    """Roles that every release's poll must require, besides the release manager. Default: none."""
    required_checks: tuple[Id, ...] = ()
    """Checks that every plan must have at moment `go`. Default: none."""
    min_quorum: Annotated[int, Field(ge=1, le=50)] = 1
    """Smallest quorum of any required role. Default: 1."""
    strict_duties: bool = False
    """True: the launcher and the candidate's authors cannot fill a role of the poll at all. Default: false (at least
    one GO of the round must then be by somebody else)."""
    one_role_per_person: bool = True
    """True: one person fills at most one role in a round. Default: true."""
    distinct_managers: bool = True
    """True: product manager and release manager must be two people. Default: true."""
    second_person_override: bool = True
    """True: an override is in force only when a second person has confirmed it. Default: true."""
    voting_services: tuple[Id, ...] = ()
    """Services whose ballots count. Default: none; a service prepares, people decide."""
    max_age_limit_hours: Annotated[int, Field(ge=1)] | None = None
    """Longest `max_age` of a required check, in hours. Default (None): no limit."""
    hotfix_may_skip: tuple[Id, ...] = ()
    """Required roles and checks that a plan of kind hotfix may leave out. Default: none."""
    require_deployed: bool = False
    """True: every plan with flags needs a required check of kind `deployed`. Default: false."""
    allow_unfenced: bool = True
    """False: a flag whose provider is `unfenced` is not rolled out, and the opening is held for it: nothing there keeps
    an old write from landing late. Default: true."""


_STRICTER_TRUE = (
    "strict_duties",
    "one_role_per_person",
    "distinct_managers",
    "second_person_override",
    "require_deployed",
)
_STRICTER_FALSE = ("allow_unfenced",)
_STRICTER_SUPERSET = ("required_roles", "required_checks")
_STRICTER_SUBSET = ("environments", "voting_services", "hotfix_may_skip")


def weaknesses(plan: Policy, floor: Policy) -> tuple[tuple[str, str], ...]:
    """Every field in which `plan` is weaker than `floor`, each with what the floor demands."""
    found: list[tuple[str, str]] = []
    for name in _STRICTER_TRUE:
        if getattr(floor, name) and not getattr(plan, name):
            found.append((name, "must be true"))
    for name in _STRICTER_FALSE:
        if getattr(plan, name) and not getattr(floor, name):
            found.append((name, "must be false"))
    for name in _STRICTER_SUPERSET:
        if missing := [x for x in getattr(floor, name) if x not in getattr(plan, name)]:
            found.append((name, f"must also name {', '.join(missing)}"))
    for name in _STRICTER_SUBSET:
        if extra := [x for x in getattr(plan, name) if x not in getattr(floor, name)]:
            found.append((name, f"must not name {', '.join(extra)}"))
    if plan.min_quorum < floor.min_quorum:
        found.append(("min_quorum", f"must be at least {floor.min_quorum}"))
    limit = floor.max_age_limit_hours
    if limit is not None and (plan.max_age_limit_hours is None or plan.max_age_limit_hours > limit):
        found.append(("max_age_limit_hours", f"must be at most {limit}"))
    return tuple(found)
