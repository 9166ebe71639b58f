"""Which command is legal where, and who may give it. The two tables of the product, as data."""

from collections.abc import Iterable

from . import commands as c
from .errors import NotEntitled, NotInPhase, Refused
from .plan_people import Role
from .plan_problem import known_instead
from .state import State
from .terms import BEFORE_ROLLOUT, OPEN, Phase
from .typed import typed
from .values import Actor, ActorKind

PRODUCT_MANAGER = "product_manager"
RELEASE_MANAGER = "release_manager"

_P = Phase
_UNTIL_WINDOW = BEFORE_ROLLOUT
_WITH_CLEANUP = (*BEFORE_ROLLOUT, _P.CLEANING_UP)

LEGAL: dict[str, tuple[Phase, ...]] = {
    "scope.add": (_P.SCOPING,),
    "scope.split": (_P.SCOPING,),
    "scope.estimate": _UNTIL_WINDOW,
    "scope.change": _UNTIL_WINDOW,
    "scope.freeze": (_P.SCOPING,),
    "exception.request": (_P.READYING,),
    "exception.answer": (_P.READYING,),
    "exception.withdraw": (_P.READYING,),
    "check.run": OPEN,
    "check.push": OPEN,
    "item.sign_off": _WITH_CLEANUP,
    "item.un_sign": _WITH_CLEANUP,
    "waive": _WITH_CLEANUP,
    "poll.open": (_P.READYING,),
    "vote.cast": (_P.DECIDING,),
    "vote.withdraw": (_P.DECIDING,),
    "call": (_P.DECIDING,),
    "override.propose": (_P.DECIDING,),
    "override.confirm": (_P.DECIDING,),
    "hold": (*BEFORE_ROLLOUT, _P.ROLLING_OUT),
    "lift": (*BEFORE_ROLLOUT, _P.ROLLING_OUT),
    "postpone": _UNTIL_WINDOW,
    "amend": OPEN,
    "candidate": _UNTIL_WINDOW,
    "widen": (_P.ROLLING_OUT,),
    "rollback": OPEN,
    "rollback.accept": OPEN,
    "cancel": (*BEFORE_ROLLOUT, _P.ROLLING_OUT),
}
"""Command -> phases in which it is legal."""

NOT_GRANTED = ("vote.cast", "vote.withdraw", "exception.answer", "override.propose", "override.confirm")
"""Answers that belong to a role: no plan can give them to anybody else, who would then vote without a seat."""

_HINTS = {
    ("scope.add", _P.READYING): "request an exception of kind scope",
    ("scope.split", _P.READYING): "request an exception of kind scope",
    ("exception.request", _P.DECIDING): "requests that were open were rejected when the poll opened",
    ("exception.answer", _P.DECIDING): "requests that were open were rejected when the poll opened",
    ("candidate", _P.ROLLING_OUT): "roll back or finish first",
    ("candidate", _P.CLEANING_UP): "roll back or finish first",
    ("vote.cast", _P.AWAITING_WINDOW): "GO stands: use hold",
    ("vote.withdraw", _P.AWAITING_WINDOW): "GO stands: use hold",
    ("rollback", _P.COMPLETED): "gonogo flags kill KEY puts one flag back",
    ("rollback", _P.CANCELLED): "gonogo flags kill KEY puts one flag back",
    ("rollback", _P.ROLLED_BACK): "gonogo flags kill KEY puts one flag back",
}

_ROLES: dict[str, tuple[str, ...]] = {
    "scope.add": (PRODUCT_MANAGER,),
    "scope.split": (PRODUCT_MANAGER,),
    "scope.estimate": (PRODUCT_MANAGER,),
    "scope.change": (PRODUCT_MANAGER,),
    "scope.freeze": (RELEASE_MANAGER,),
    "waive": (RELEASE_MANAGER,),
    "poll.open": (RELEASE_MANAGER,),
    "call": (RELEASE_MANAGER,),
    "override.propose": (RELEASE_MANAGER,),
    "postpone": (RELEASE_MANAGER,),
    "amend": (RELEASE_MANAGER,),
    "candidate": (RELEASE_MANAGER,),
    "rollback": (RELEASE_MANAGER, PRODUCT_MANAGER),
    "rollback.accept": (RELEASE_MANAGER,),
    "cancel": (RELEASE_MANAGER,),
}
"""Command -> roles that may give it by default. Commands that are missing here have a rule of their own below."""


_ANSWERS = (c.CastVote, c.Call, c.Widen, c.ProposeOverride, c.ConfirmOverride, c.AnswerException)
"""What a person decides: a service prepares it, and gives it only where the policy names the service."""


def require_legal(state: State, command: c.HumanCommand) -> None:
    """Raises `NotInPhase` when the command is not legal in the release's phase."""
    legal = LEGAL[command.type]
    if state.phase not in legal:
        hint = _HINTS.get((command.type, state.phase), "")
        names = tuple(p.value for p in legal)
        raise NotInPhase(command.type, state.phase.value, names, hint, typed=typed(command))


def require_proof(state: State, actor: Actor) -> None:
    """Raises when the actor's word is worth nothing here: a name that nobody checked, where local trust is off."""
    if actor.proof == 0 and not state.trust_local:
        raise Refused(
            "actor.unproved",
            f"nobody proved that this is {actor.id!r}: this release counts no local names; "
            "come through the gateway or sign, or start the worker with local trust",
            actor=actor.id,
        )


def _gives(role: Role, command: str) -> bool:
    """True when the plan gives a role this command."""
    return command in role.may and command not in NOT_GRANTED


def _granted(state: State, person: str, command: str) -> bool:
    """True when the plan gives one of the person's roles this command."""
    roles = state.plan.roles
    return any(_gives(roles[role], command) for role in state.roles_of(person) if role in roles)


def _each(state: State, owners: Iterable[str], note: str = "") -> tuple[str, ...]:
    known = state.people
    return tuple(
        f"{owner} ({', '.join((*known.get(owner, ()), *([note] if note else [])))})"
        if owner in known or note
        else owner
        for owner in owners
    )


def named(state: State, *owners: str) -> str:
    """Owners by role and by name: `release_manager (ben) or fay`."""
    return " or ".join(_each(state, owners))


def flag_owner(state: State, key: str) -> str:
    """Who answers for a flag: its owner, else the release manager."""
    flag = state.plan.flags.get(key)
    return flag.owner if flag and flag.owner else RELEASE_MANAGER


def _owns_a_flag(state: State, person: str) -> bool:
    return any(state.is_owner(person, flag_owner(state, key)) for key in state.flags)


def _on_call(state: State, person: str) -> bool:
    found = state.plan.people.get(person)
    return found is not None and found.on_call


def require_entitled(state: State, command: c.HumanCommand, actor: Actor) -> None:
    """Raises `NotEntitled` when the actor may not give the command. Merits (own release, late) are not asked here."""
    person = actor.id
    who = _who(state, command, person)
    if who is not None and not _granted(state, person, command.type):
        given = tuple(r for r, role in state.plan.roles.items() if _gives(role, command.type))
        raise NotEntitled(command.type, person, " or ".join((who, *_each(state, given))), typed=typed(command))
    votes = isinstance(command, _ANSWERS)
    if votes and actor.kind is not ActorKind.PERSON and person not in state.plan.policy.voting_services:
        who = "a person (the policy names no such voting service)"
        raise NotEntitled(command.type, person, who, typed=typed(command))


def _who(state: State, command: c.HumanCommand, person: str) -> str | None:
    """None when the defaults entitle `person`, else who they would entitle."""
    match command:
        case c.WithdrawVote(role=role) if state.round and (role, person) in state.round.ballots:
            return None  # a ballot can be taken back, also by who fills the role no more
        case c.CastVote(role=role) | c.WithdrawVote(role=role):
            if role not in state.plan.roles:
                raise Refused(
                    "vote.unknown_role",
                    f"{role!r} is no role of this release; its roles: {', '.join(state.plan.roles)}",
                    role=role,
                )
            return None if state.in_role(person, role) else named(state, role)
        case c.PlaceHold():
            return None if state.roles_of(person) else f"anybody with a role, {', '.join(_each(state, state.people))},"
        case c.RequestException() | c.RunChecks():
            known = bool(state.roles_of(person)) or person in state.plan.people
            return None if known else "anybody whom the plan names"
        case c.PushResult(check=check):
            found = state.plan.checks.get(check)
            if found is None:
                raise _unknown("check", check, state.plan.checks, state)
            return None if state.is_owner(person, found.owner) else named(state, found.owner)
        case c.SignOff(item=item) | c.UnSign(item=item):
            known_item = state.items.get(item)
            if known_item is None:
                raise _unknown("item", item, state.items, state)
            return None if state.is_owner(person, known_item.owner) else named(state, known_item.owner)
        case c.ChangeFeature(feature=name) | c.EstimateFeature(feature=name):
            feature = state.features.get(name)
            if feature is not None and feature.feature.owner == person:
                return None
        case c.AnswerException():
            ok = state.in_role(person, PRODUCT_MANAGER) or state.in_role(person, RELEASE_MANAGER)
            return None if ok else " and ".join(_each(state, (PRODUCT_MANAGER, RELEASE_MANAGER)))
        case c.WithdrawException(exception=name):
            asked = state.exceptions.get(name)
            return None if asked is None or asked.requester == person else asked.requester
        case c.ConfirmOverride():
            voters = state.round.roles if state.round else ()
            who = f"somebody with a role in the poll, {', '.join(_each(state, voters))},"
            return None if any(state.in_role(person, r) for r in voters) else who
        case c.LiftHold():
            return None  # who may depends on the hold
        case c.Widen():
            question = state.rollout.question if state.rollout else None
            role = question.role if question else PRODUCT_MANAGER
            return None if state.in_role(person, role) else named(state, role)
        case c.RollBack():
            if _owns_a_flag(state, person) or _on_call(state, person):
                return None
    roles = _ROLES[command.type]
    if any(state.in_role(person, role) for role in roles):
        return None
    return " or ".join((*_each(state, roles), *(_near_users(state) if isinstance(command, c.RollBack) else ())))


def _unknown(kind: str, given: str, known: Iterable[str], state: State) -> Refused:
    more = f": `gonogo status {state.release_id} --json` has all of them"
    return Refused(f"{kind}.unknown", f"there is no {kind} {given!r}{known_instead(given, known, more=more)}")


def _near_users(state: State) -> tuple[str, ...]:
    """Who else may roll back: the owners of the flags, and everybody who is on call."""
    owners = dict.fromkeys(flag_owner(state, key) for key in state.flags)
    owning = _each(state, (owner for owner in owners if owner not in _ROLES["rollback"]), "owns a flag")
    return owning + _each(state, (name for name, known in state.plan.people.items() if known.on_call), "on call")
