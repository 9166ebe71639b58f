"""What people do in a simulation when nobody scripted them: they answer well, and in time.

Pure: it reads the release's state and says who does what when.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from gonogo.client.people import CheckAnswer, Defaults
from gonogo.domain import commands as c
from gonogo.domain.assessing import electorate, involved
from gonogo.domain.facts import Finding, Status
from gonogo.domain.items import due_at
from gonogo.domain.plan import Check
from gonogo.domain.readiness import gates_now
from gonogo.domain.reminders import waits
from gonogo.domain.rights import PRODUCT_MANAGER, RELEASE_MANAGER
from gonogo.domain.scope import obstacles
from gonogo.domain.standing import PUSHED
from gonogo.domain.state import State
from gonogo.domain.state_parts import Round
from gonogo.domain.telling import everybody
from gonogo.domain.terms import Choice, FeatureStatus, HoldReason, ItemStatus, Phase
from gonogo.domain.values import Candidate

from .script import Due

_RENEW = 0.9
"""A pushed result is renewed when this part of its `max_age` is over, before it is stale."""
_BY_DEFAULT = -1
_A_DAY = timedelta(days=1)


class Habits:
    """The default answers of everybody."""

    def __init__(self, defaults: Defaults, checks: Mapping[str, tuple[CheckAnswer, ...]]) -> None:
        """Takes the delays, and what pushed checks say when."""
        self._delay = defaults
        self._checks = checks

    def due(self, state: State, scripted: tuple[Due, ...]) -> Iterator[Due]:
        """Everything that somebody does by default, where nothing scripted is still to come in its place."""
        yield from self._freeze(state, scripted)
        yield from self._sign_offs(state, scripted)
        yield from self._pushed(state)
        yield from self._candidate(state, scripted)
        yield from self._votes(state, scripted)
        yield from self._questions(state, scripted)

    def _freeze(self, state: State, scripted: tuple[Due, ...]) -> Iterator[Due]:
        """After a freeze that was refused: clears what stands in the way, then freezes."""
        delay = self._delay.freeze
        if delay is None or not state.freeze_refused or any(due.verb == "scope.freeze" for due in scripted):
            return
        at = state.held(HoldReason.SCHEDULE)[0].since + delay
        standing = obstacles(state, state.at)
        for code, subject, _ in standing:
            kind, _, name = subject.partition(":")
            if kind == "check":
                found = state.findings.get(name)
                again = (found.at if found else state.at) + max(delay, _A_DAY)
                who = state.people_of(RELEASE_MANAGER)[0]
                yield _default(again, who, "check.run", c.RunChecks(checks=(name,)), f"{name} {again}")
            elif kind in ("feature", "scope"):
                verb, command = _clearing(state, code, name)
                yield _default(at, state.people_of(PRODUCT_MANAGER)[0], verb, command, f"{code} {command}")
        if not standing:
            yield _default(at, state.people_of(RELEASE_MANAGER)[0], "scope.freeze", c.FreezeScope(), f"{at}")

    def _sign_offs(self, state: State, scripted: tuple[Due, ...]) -> Iterator[Due]:
        if self._delay.sign_offs is None:
            return
        taken = {due.about for due in scripted if due.verb == "sign_off"}
        for item in state.items.values():
            if item.status is not ItemStatus.OPEN or item.id in taken or not waits(state, item, state.at):
                continue
            due = due_at(state, item)
            began = state.released_at or state.launched_at
            at = max(began, due - self._delay.sign_offs) if due is not None else began
            who = state.people_of(item.owner)[0]
            yield _default(at, who, "sign_off", c.SignOff(item=item.id), f"{item.id} {item.since}")

    def _pushed(self, state: State) -> Iterator[Due]:
        if self._delay.pushed is None or state.phase is Phase.ROLLING_OUT:
            return
        for name, check in state.plan.checks.items():
            if check.kind != PUSHED or not gates_now(state, check):
                continue
            at = self._push_at(state, name, check)
            if at is None:
                continue
            at += self._delay.pushed
            turn = max((t for t in self._checks.get(name, ()) if t.at <= at), key=lambda t: t.at, default=None)
            status = turn.status if turn else Status.PASS
            text = (turn.finding if turn else "") or "pushed by default"
            command = c.PushResult(check=name, finding=Finding(status=status, at=max(at, state.at), finding=text))
            who = state.people_of(check.owner)[0]
            yield _default(at, who, "check.push", command, f"{name} {at} {state.candidate_at}")

    def _push_at(self, state: State, name: str, check: Check) -> datetime | None:
        """When the result of a pushed check is needed next; None: what was pushed stands."""
        found = state.findings.get(name)
        if found is None:
            began = max(state.phase_since, state.candidate_at or state.phase_since)
            # With a slot weeks away nobody needs it before the poll.
            opens = state.slot.starts - state.plan.poll.opens_before if state.slot else began
            return max(began, opens) if state.phase is Phase.READYING else began
        later = sorted(t.at for t in self._checks.get(name, ()) if t.at > found.at)
        renew = found.at + check.max_age * _RENEW
        if state.slot and state.phase is Phase.READYING:
            renew = max(renew, state.slot.starts - state.plan.poll.opens_before)
        return min([*later[:1], *([renew] if found.status is Status.PASS else [])], default=None)

    def _candidate(self, state: State, scripted: tuple[Due, ...]) -> Iterator[Due]:
        delay, frozen = self._delay.candidate, state.frozen_at
        if delay is None or frozen is None or state.candidate is not None or state.phase is not Phase.READYING:
            return
        if not any(due.verb == "candidate" for due in scripted):
            command = c.SetCandidate(candidate=Candidate(commit="simulated"))
            yield _default(frozen + delay, state.people_of(RELEASE_MANAGER)[0], "candidate", command, "candidate")

    def _votes(self, state: State, scripted: tuple[Due, ...]) -> Iterator[Due]:
        current = state.round
        if current is None or self._delay.votes is None:
            return
        at = current.opened + self._delay.votes
        scripted_voters = {d.who for d in scripted if d.verb == "vote" and current.opened <= d.at <= current.closes}
        for role, person in voters(state, current, scripted_voters):
            name = f"{current.number}-{role}-{person}"
            command = c.CastVote(
                request_id=current.request_id, role=role, choice=Choice.GO, ballot_id=f"default-{name}"
            )
            yield _default(at, person, "vote", command, name)

    def _questions(self, state: State, scripted: tuple[Due, ...]) -> Iterator[Due]:
        question = state.rollout.question if state.rollout else None
        if question is None or self._delay.questions is None:
            return
        if not any(due.verb == "widen" and due.at >= question.asked for due in scripted):
            at = question.asked + self._delay.questions
            yield _default(at, state.people_of(question.role)[0], "widen", c.Widen(question=question.id), question.id)


def _clearing(state: State, code: str, name: str) -> tuple[str, c.HumanCommand]:
    """What the product manager does about a feature that keeps the scope from freezing."""
    held = state.features.get(name)
    if held is not None and code in ("feature.no_estimate", "feature.own_estimate"):
        others = [p for p in everybody(state) if p not in (held.feature.owner, held.proposed_by)]
        days = held.feature.estimate_days or Decimal(1)
        return "scope.estimate", c.EstimateFeature(feature=name, days=days, by=tuple(others[:2]))
    if held is None:
        # More is in scope than fits: what matters least goes first.
        last = max(
            (f.feature for f in state.features.values() if f.is_in),
            key=lambda f: (f.rank is None, f.rank or 0, f.id),
        )
        name = last.id
    reason = f"so that the scope can freeze: {code}"
    return "scope.defer", c.ChangeFeature(
        feature=name, status=FeatureStatus.DEFERRED, until="the next release", reason=reason
    )


def _default(at: datetime, who: str, verb: str, command: c.HumanCommand, once: str) -> Due:
    return Due(at, who, verb, _BY_DEFAULT, command=command, once=f"{verb} {once}")


def voters(state: State, current: Round, scripted: set[str]) -> tuple[tuple[str, str], ...]:
    """(role, person) of everybody who still has to vote GO so that every role is GO, each person for one role.

    Whoever has voted, or is scripted to, is left out, and so is a role at NO_GO. People who neither launched the
    release nor wrote the candidate come first: at least one GO must be theirs.
    """
    free: list[tuple[str, list[str]]] = []
    voted = {person for _, person in current.ballots}
    own = involved(state)
    refused = {role for (role, _), ballot in current.ballots.items() if ballot.choice is Choice.NO_GO}
    for body in electorate(state):
        if body.role in refused:
            continue
        going = sum(b.choice is Choice.GO for (role, _), b in current.ballots.items() if role == body.role)
        promised = [p for p in body.people if p in scripted and p not in voted]
        people = sorted((p for p in body.people if p not in voted and p not in scripted), key=lambda p: p in own)
        free += [(body.role, people)] * max(0, body.quorum - going - len(promised))
    sits: dict[str, int] = {}

    def seat(number: int, tried: set[str]) -> bool:
        for person in free[number][1]:
            if person not in tried:
                tried.add(person)
                if person not in sits or seat(sits[person], tried):
                    sits[person] = number
                    return True
        return False

    for number in range(len(free)):
        seat(number, set())
    return tuple((free[number][0], person) for person, number in sits.items())


def removal_of(state: State, key: str, delay: timedelta | None) -> datetime | None:
    """When the owner of a flag archives it by default; None: its end is not part of this release, or not known yet."""
    flag = state.plan.flags.get(key)
    if delay is None or flag is None or state.released_at is None:
        return None
    if flag.retire_by is None or flag.retire_by.days is None:
        return None
    return max(state.released_at, state.released_at + timedelta(days=flag.retire_by.days) - delay)
