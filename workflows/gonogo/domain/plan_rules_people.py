"""Cross-checks of people, roles and the poll: who may decide, and whether they can."""

from collections.abc import Collection, Mapping, Sequence

from .plan import Plan, ReleaseKind, Role
from .plan_problem import Path, Problem, Problems, did_you_mean, known_people, repeated
from .rights import LEGAL, NOT_GRANTED

MANAGERS = ("product_manager", "release_manager")
"""Roles that every release needs: one answers for the scope, the other leads the release and always votes."""


def problems(plan: Plan) -> Problems:
    """What is wrong with people, roles, candidate authors and the poll."""
    yield from _roles(plan)
    yield from _managers(plan)
    yield from _authors(plan)
    yield from _poll_times(plan)
    asked = required_roles(plan)
    wrong = [*_poll_roles(plan), *_policy_roles(plan, asked)]
    yield from wrong
    # A role that is missing, or whose quorum is above its people, was told already; what follows from it is no news.
    roles = [plan.roles.get(name) for name in asked]
    if not wrong and all(role is not None and role.quorum <= _eligible(role) for role in roles):
        people = {name: _people(plan.roles[name]) for name in asked}
        yield from duties(plan, people, plan.candidate.authors if plan.candidate else ())


def required_roles(plan: Plan) -> tuple[str, ...]:
    """Roles that must be GO, the release manager first; when `poll.roles` is not given, every role that votes."""
    named = plan.poll.roles
    if named is None:
        named = tuple(name for name, role in plan.roles.items() if role.votes)
    return tuple(dict.fromkeys(("release_manager", *named)))


def _people(role: Role) -> tuple[str, ...]:
    return role.rotation.people if role.rotation else role.people


def _eligible(role: Role) -> int:
    # A rotation resolves to the one person whose turn it is.
    return min(1, len(_people(role))) if role.rotation else len(set(role.people))


def _roles(plan: Plan) -> Problems:
    for name in MANAGERS:
        if name not in plan.roles:
            message = f"the role {name} is missing: every release needs it, as in `{name}: ann`"
            message += did_you_mean(name, plan.roles)
            yield Problem(code="plan.role_missing", path=("roles",), message=message)
    people = known_people(plan)
    for name, role in plan.roles.items():
        at: Path = ("roles", name)
        if name in people:
            message = f"{name!r} is the name of a role and of a person: an owner {name!r} would be unclear"
            yield Problem(code="plan.role_is_person", path=at, message=message)
        if bool(role.people) == bool(role.rotation):
            which = "both people and a rotation: keep one" if role.people else "nobody: name people or a rotation"
            yield Problem(code="plan.role_people", path=at, message=f"the role {name!r} has {which}")
        for place, person in repeated(role.people):
            message = f"{person!r} is named twice: a person counts once"
            yield Problem(code="plan.role_person_twice", path=(*at, "people", place), message=message)
        if role.rotation and not role.rotation.every:
            message = "a turn of 0s never ends: write 1w"
            yield Problem(code="plan.rotation_every", path=(*at, "rotation", "every"), message=message)
        if _people(role) and role.quorum > _eligible(role):
            have = "its rotation gives one person at a time" if role.rotation else f"it has {_eligible(role)}"
            message = f"a quorum of {role.quorum} can never be met: {have}"
            yield Problem(code="plan.role_quorum", path=(*at, "quorum"), message=message)
        yield from _may(role, (*at, "may"))


def _may(role: Role, at: Path) -> Problems:
    given = [name for name in LEGAL if name not in NOT_GRANTED]
    for place, command in enumerate(role.may):
        if command in NOT_GRANTED:
            message = f"{command!r} is the answer of a role's own people, and is given to nobody else"
            yield Problem(code="plan.may_answer", path=(*at, place), message=message)
        elif command not in given:
            message = f"{command!r} is no command{did_you_mean(command, given)}; commands: {', '.join(given)}"
            yield Problem(code="plan.may_unknown", path=(*at, place), message=message)


def _managers(plan: Plan) -> Problems:
    product, release = (plan.roles.get(name) for name in MANAGERS)
    if not product or not release or not plan.policy.distinct_managers:
        return
    both = {*_people(product), *_people(release)}
    if _people(product) and _people(release) and len(both) < 2:
        message = (
            f"product_manager and release_manager are both {both.pop()!r}: name two people, "
            "or set policy.distinct_managers to false"
        )
        yield Problem(code="plan.managers_same", path=("roles", "release_manager"), message=message)


def _authors(plan: Plan) -> Problems:
    known = known_people(plan)
    for place, author in enumerate(plan.candidate.authors if plan.candidate else ()):
        if author not in known:
            message = f"{author!r} is nobody in this plan: name them under people{did_you_mean(author, known)}"
            yield Problem(code="plan.author_unknown", path=("candidate", "authors", place), message=message)


def _poll_times(plan: Plan) -> Problems:
    poll = plan.poll
    if not poll.min:
        yield Problem(code="plan.poll_min", path=("poll", "min"), message="a round of 0s asks nobody: write 1h")
    if poll.closes_before >= poll.opens_before:
        message = "the poll closes before it opens: closes_before must be shorter than opens_before"
        yield Problem(code="plan.poll_closes_before", path=("poll", "closes_before"), message=message)
    elif poll.min > poll.opens_before - poll.closes_before:
        message = "longer than the whole poll (opens_before less closes_before): no slot would ever leave room for it"
        yield Problem(code="plan.poll_min", path=("poll", "min"), message=message)
    if poll.lasts < poll.min or not poll.lasts:
        message = "shorter than poll.min: no round on demand would ever leave room for it"
        yield Problem(code="plan.poll_lasts", path=("poll", "lasts"), message=message)


def _poll_roles(plan: Plan) -> Problems:
    at: Path = ("poll", "roles")
    manager = plan.roles.get("release_manager")
    if manager and not manager.votes:
        message = "the release manager always votes: leave votes out"
        yield Problem(code="plan.poll_manager_votes", path=("roles", "release_manager", "votes"), message=message)
    if plan.poll.roles is None:
        return
    if not plan.poll.roles:
        message = "an empty list never means that all approved: name roles, or leave poll.roles out for every role"
        yield Problem(code="plan.poll_roles_empty", path=at, message=message)
    for place, name in repeated(plan.poll.roles):
        yield Problem(code="plan.poll_role_twice", path=(*at, place), message=f"{name!r} is named twice")
    for place, name in enumerate(plan.poll.roles):
        if name not in plan.roles:
            message = f"{name!r} is no role of this plan{did_you_mean(name, plan.roles)}"
            yield Problem(code="plan.poll_role_unknown", path=(*at, place), message=message)
        elif not plan.roles[name].votes and name != "release_manager":
            message = f"{name!r} has votes: false, and would be waited for without end"
            yield Problem(code="plan.poll_role_votes", path=(*at, place), message=message)


def _policy_roles(plan: Plan, asked: tuple[str, ...]) -> Problems:
    skipped = plan.policy.hotfix_may_skip if plan.kind is ReleaseKind.HOTFIX else ()
    for name in plan.policy.required_roles:
        if name not in asked and name not in skipped:
            where: Path = ("roles",) if plan.poll.roles is None else ("poll", "roles")
            message = f"the policy requires a GO of the role {name!r}, and the poll does not ask it"
            yield Problem(code="plan.policy_role_missing", path=where, message=message)
    for name in asked:
        role, least = plan.roles.get(name), plan.policy.min_quorum
        if role and role.quorum < least:
            message = f"a quorum of {role.quorum} is below the policy's {least}"
            yield Problem(code="plan.policy_quorum", path=("roles", name, "quorum"), message=message)


def duties(plan: Plan, people: Mapping[str, Sequence[str]], involved: Collection[str]) -> Problems:
    """Why no round could ever be GO, whatever everybody answers: who is left does not fill the poll.

    Args:
        plan: The plan; each role that its poll asks is in it.
        people: Role -> who fills it. A rotation is one seat, so before it is resolved it is everybody in it.
        involved: The launcher and the candidate's authors, as far as they are known.
    """
    asked = required_roles(plan)
    strict = plan.policy.strict_duties
    free = {name: [p for p in dict.fromkeys(people[name]) if not strict or p not in involved] for name in asked}
    for name, left in free.items():
        if len(left) < plan.roles[name].quorum:
            message = (
                f"the launcher and the candidate's authors cannot fill a role (policy strict_duties), and without them "
                f"the role {name!r} cannot meet its quorum of {plan.roles[name].quorum}"
            )
            yield Problem(code="plan.duties_authors", path=("roles", name), message=message)
            return
    if all(person in involved for left in free.values() for person in left):
        message = (
            "everybody whom the poll asks launched the release or wrote the candidate: at least one GO must be by "
            "somebody else"
        )
        yield Problem(code="plan.duties_outsider", path=("candidate", "authors"), message=message)
    if not plan.policy.one_role_per_person:
        return
    seats = [(name, free[name]) for name in asked for _ in range(plan.roles[name].quorum)]
    if short := unfilled(seats):
        message = (
            f"one person fills one role in a round, and the roles {', '.join(asked)} cannot all be filled by different "
            f"people: {short!r} stays empty; name more people, or set policy.one_role_per_person to false"
        )
        yield Problem(code="plan.duties_one_role", path=("roles", short), message=message)


def unfilled(seats: list[tuple[str, list[str]]]) -> str | None:
    """The first seat for which nobody is left when every seat is filled by another person; None when all can be.

    A bipartite matching by augmenting paths: a seat takes a free person, or one whose seat can take somebody else.
    Breadth first and without recursion, so that a large plan cannot run out of stack.
    """
    sits: dict[str, int] = {}
    holds: dict[int, str] = {}

    def seated(start: int) -> bool:
        reached: dict[str, int] = {}
        waiting = [start]
        for seat in waiting:
            for person in seats[seat][1]:
                if person in reached:
                    continue
                reached[person] = seat
                if person in sits:
                    waiting.append(sits[person])
                    continue
                while person:
                    seat = reached[person]
                    sits[person], holds[seat], person = seat, person, holds.get(seat, "")
                return True
        return False

    return next((name for seat, (name, _) in enumerate(seats) if not seated(seat)), None)
