"""A people file against a release as it stands: what is due when, and which command it is.

Pure: it reads the plan, the state and the entries so far, and does nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from gonogo.client.people import DUE, MOMENTS, Act, People
from gonogo.client.people_verbs import VERBS, Amendment
from gonogo.domain.commands import Amend, HumanCommand
from gonogo.domain.events import Entry
from gonogo.domain.items import due_at
from gonogo.domain.plan import Plan
from gonogo.domain.plan_defaults import normalise
from gonogo.domain.state import State
from gonogo.domain.terms import ExceptionStatus, HoldReason

_COMMAND: TypeAdapter[Any] = TypeAdapter(HumanCommand)
_AMENDMENT: TypeAdapter[Amendment] = TypeAdapter(Amendment)


class Impossible(Exception):
    """An act that cannot be done as things stand, such as a vote without an open question."""


@dataclass(frozen=True, slots=True)
class Due:
    """Something that somebody does."""

    at: datetime
    who: str
    verb: str
    """What, in the words of a people file."""
    place: int
    """Its place in the script, or -1: by default."""
    command: HumanCommand | None = None
    """By default only: the command. A scripted one is made when it is done: only then its subject is known."""
    once: str = ""
    """By default only: what it is about. The same is not done twice."""
    about: str = ""
    """Scripted only: the item that it signs off, when it does."""


class Script:
    """The acts of a people file that are still to come."""

    def __init__(self, people: People) -> None:
        """Takes the file."""
        self.people = people
        self._left = dict(enumerate(people.acts))
        self._moments: dict[str, list[datetime]] = defaultdict(list)

    def heard(self, entries: Iterable[Entry]) -> None:
        """Takes note of what happened, for acts that follow on something."""
        for entry in entries:
            self._moments[type(entry.event).__name__].append(entry.at)

    def act(self, place: int) -> Act:
        """The act at `place` of the file."""
        return self.people.acts[place]

    def done(self, place: int) -> None:
        """The act at `place` was done, or refused: it does not come again."""
        self._left.pop(place, None)

    def due(self, state: State) -> Iterator[Due]:
        """Every act whose instant is known now."""
        for place, act in self._left.items():
            at = self._when(act, state)
            if at is not None:
                yield Due(at, act.who, act.do, place, about=str(act.args.get("item", "")))

    def waits_for(self) -> tuple[str, ...]:
        """What the acts that have no instant wait for."""
        return tuple(
            f"{act.who}'s {act.do} waits for {act.on}, time {act.nth}"
            for act in self._left.values()
            if act.on is not None
        )

    def left(self) -> tuple[Act, ...]:
        """The acts that were not done."""
        return tuple(self._left.values())

    def _when(self, act: Act, state: State) -> datetime | None:
        if act.at is not None:
            return act.at
        if act.on == DUE:
            item = state.items.get(act.args["item"])
            due = due_at(state, item) if item else None
            return None if due is None else due - (act.before or timedelta(0)) + (act.after or timedelta(0))
        happened = self._moments[MOMENTS[act.on or ""]]
        return happened[act.nth - 1] + (act.after or timedelta(0)) if len(happened) >= act.nth else None


def command_of(act: Act, state: State, number: int) -> HumanCommand:
    """The command that `act` is, as the release stands.

    Args:
        act: The act.
        state: The release.
        number: Makes its ballot's id.

    Raises:
        Impossible: what it is about is not there.
    """
    if act.do == "amend":
        return Amend(plan=amended(state.plan, amendment(act)))
    verb = VERBS[act.do]
    args = {k: v for k, v in act.args.items() if not (act.on == DUE and k == "item" and act.do not in _ITEM_VERBS)}
    given = {**{k: v for k, v in verb.guessed.items() if v is not None}, **verb.shape(args), **verb.fixed}
    for name in (*verb.filled, *verb.guessed):
        if name not in given:
            given[name] = _FILL[name](act, state, number)
    if act.do == "check.push":
        given["finding"] = {**given["finding"], "at": state.at}
    kind = verb.command.__dataclass_fields__["type"].default
    made: HumanCommand = _COMMAND.validate_python({"type": kind, **{k: v for k, v in given.items() if v is not None}})
    return made


_ITEM_VERBS = ("sign_off", "un_sign")


def amendment(act: Act) -> Amendment:
    """What an act that amends says."""
    return _AMENDMENT.validate_python(act.args)


def amended(plan: Plan, changes: Amendment) -> Plan:
    """The plan with `changes` in it, normalised."""
    new = {f.id: f for f in changes.features}
    features = [new.pop(f.id, f) for f in plan.features]
    return normalise(replace(plan, features=(*features, *new.values()), flags={**plan.flags, **changes.flags}))


def _request(act: Act, state: State, number: int) -> str:
    if state.round is None:
        raise Impossible("no question is open")
    return state.round.request_id


def _ballot(act: Act, state: State, number: int) -> str:
    return f"script-{number}"


def _role(act: Act, state: State, number: int) -> str:
    asked = state.round.roles if state.round else ()
    mine = state.roles_of(act.who)
    found = next((r for r in asked if r in mine), mine[0] if mine else None)
    if found is None:
        raise Impossible(f"{act.who} fills no role: name one with `role`")
    return found


def _exception(act: Act, state: State, number: int) -> str:
    about = act.args["about"]
    for asked in list(state.exceptions.values())[::-1]:
        names = (asked.id, asked.subject, asked.feature.id if asked.feature else None)
        if asked.status is ExceptionStatus.OPEN and about in names:
            return asked.id
    raise Impossible(f"no exception about {about!r} is open")


def _override(act: Act, state: State, number: int) -> str:
    if state.proposed is None:
        raise Impossible("no override was proposed")
    return state.proposed.id


def _hold(act: Act, state: State, number: int) -> str:
    kinds = (HoldReason.GUARD,) if act.do == "resume" else (HoldReason.MANUAL,)
    held = state.held(*kinds) or state.holds
    if not held:
        raise Impossible("no hold stands")
    return held[0].id


def _measurement(act: Act, state: State, number: int) -> str:
    return next((h.measurement for h in state.held(HoldReason.GUARD)), "")


def _question(act: Act, state: State, number: int) -> str:
    if state.rollout is None or state.rollout.question is None:
        raise Impossible("no question is open")
    return state.rollout.question.id


_FILL: dict[str, Any] = {
    "request_id": _request,
    "ballot_id": _ballot,
    "role": _role,
    "exception": _exception,
    "override": _override,
    "hold": _hold,
    "measurement": _measurement,
    "question": _question,
}
