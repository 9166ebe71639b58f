"""Which entries tell people what: derived from the ledger, delivered at least once, routed by the plan.

A message that asks for a decision says which release and version, what is asked, by when, what happens otherwise, on
which evidence, and has one answer command per answer.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from . import events as e
from .clearing import clears_hold, lifters
from .evolve_common import rollback_wait
from .narrate import summary
from .notices_asking import ASKING
from .notices_readiness import READINESS
from .notices_values import Notice, notice
from .plan import Plan
from .rights import PRODUCT_MANAGER, RELEASE_MANAGER, flag_owner, named
from .rollback import cannot_restore
from .standing import PUSHED
from .state import State
from .state_parts import Rollback
from .telling import everybody, line, listed, people
from .terms import FeatureStatus, Phase
from .views import mode_line

_Told = Iterable[Notice]
_MOST_LISTED = 24
"""Names that the launch lists, shared out among the owners: the rest is in `gonogo status`."""
_PAGE_EVERY = timedelta(hours=1)
"""While flags cannot be put back, people are paged at first and then so often."""


def _managers(state: State) -> tuple[str, ...]:
    return people(state, RELEASE_MANAGER, PRODUCT_MANAGER)


def _launched(x: e.ReleaseLaunched, entry: e.Entry, state: State) -> _Told:
    items = [(i.owner, i.id) for i in state.items.values()]
    pushed = [(k.owner, n) for n, k in state.plan.checks.items() if k.kind == PUSHED]
    body = [
        f"Schedule: {mode_line(state)}. Launched by {entry.actor.id} for {state.plan.environment}.",
        f"Follow it: {line(state, 'status')}",
    ]
    # The commands stand before the lists: a long body is cut at its end.
    body += _duties(state, f"Who signs off what, with {line(state, 'sign-off', 'ITEM')}:", items)
    body += _duties(state, f"Whose results are waited for, with {line(state, 'check push', 'CHECK', '...')}:", pushed)
    to = tuple(dict.fromkeys((*everybody(state), *people(state, *(owner for owner, _ in (*items, *pushed))))))
    yield notice(state, "release.launched", f"launched: {mode_line(state)}", "\n".join(body), to)


def _duties(state: State, head: str, duties: list[tuple[str, str]]) -> list[str]:
    """Lines that say who answers for what; what is too much for a message is only counted."""
    of: dict[str, list[str]] = {}
    for owner, name in duties:
        of.setdefault(owner, []).append(name)
    most = max(1, _MOST_LISTED // max(len(of), 1))
    lines = [f"- {named(state, owner)}: {_some(names, most)}" for owner, names in list(of.items())[:_MOST_LISTED]]
    rest = len(of) - len(lines)
    return [head, *lines, *([f"- and {rest} more"] if rest else [])] if of else []


def _some(names: list[str], most: int) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _slot_taken(x: e.SlotTaken, entry: e.Entry, state: State) -> _Told:
    yield notice(state, "slot.taken", mode_line(state), summary(entry), everybody(state))


def _amended(x: e.PlanAmended, entry: e.Entry, state: State) -> _Told:
    if "schedule" in x.immaterial:
        yield notice(state, "schedule.changed", f"schedule: {mode_line(state)}", summary(entry), everybody(state))
    if not x.material:
        return
    body = "What differs from what was voted on:\n" + "\n".join(f"- {m}" for m in x.material)
    body += "\nA round that was open, or a GO that stood, ends with it: every ballot is void, and can be given again."
    yield notice(
        state,
        "plan.amended",
        f"plan revision {x.revision}: {len(x.material)} material differences",
        body,
        everybody(state),
    )


def _candidate(x: e.CandidateAccepted, entry: e.Entry, state: State) -> _Told:
    body = "Checks are measured again, and a round that was open, or a GO that stood, ends with it."
    if x.reopened:
        body += f"\nItems that are open again: {listed(x.reopened)}"
    owners = people(state, *(state.items[i].owner for i in x.reopened if i in state.items))
    to = tuple(dict.fromkeys((*_managers(state), *owners)))
    yield notice(state, "candidate.accepted", f"new candidate {x.candidate.commit}", body, to)


def _feature(x: e.FeatureChanged, entry: e.Entry, state: State) -> _Told:
    if x.status is not FeatureStatus.DELAYED or state.frozen_at is None:
        return
    body = (
        f"Schedule: {mode_line(state)}. Drop or defer the feature, or move the release, which affects everybody in it."
    )
    answers = (
        ("drop it", line(state, "scope drop", x.feature, "--reason WHY")),
        ("defer it", line(state, "scope defer", x.feature, "--to RELEASE", "--reason WHY")),
        ("move the release", line(state, "postpone", "--to INSTANT")),
    )
    yield notice(state, "feature.delayed", summary(entry), body, _managers(state), answers)


def _exception_done(x: e.ExceptionApproved | e.ExceptionRejected, entry: e.Entry, state: State) -> _Told:
    if not isinstance(x, e.ExceptionApproved) or x.granted:
        to = (state.exceptions[x.exception].requester,)
        yield notice(state, "exception.answered", summary(entry), "", to)


def _item_opened(x: e.ItemOpened, entry: e.Entry, state: State) -> _Told:
    answers = (("done", line(state, "sign-off", x.item)),)
    yield notice(state, "item.opened", summary(entry), f"It gates {x.gates}.", people(state, x.owner), answers)


def _held(x: e.Held, entry: e.Entry, state: State) -> _Told:
    hold = next(h for h in state.holds if h.id == x.hold)
    body = f"{x.text}\nIt is lifted: {clears_hold(state, hold)}."
    to = tuple(dict.fromkeys((*lifters(state, hold), *_managers(state))))
    yield notice(state, f"hold.raised.{x.reason.value}", summary(entry), body, to)


def _stage(x: e.StageExposed, entry: e.Entry, state: State) -> _Told:
    stage = state.stages[x.stage]
    flags = ", ".join(f"{key}: {f.current}" for key, f in state.flags.items()) or "no flags"
    body = f"Flags: {flags}.\nIt bakes; guards: {listed((g.id for g in stage.guards), none='none')}."
    yield notice(state, "stage.exposed", summary(entry), body, _managers(state))


def _guard(x: e.GuardTripped, entry: e.Entry, state: State) -> _Told:
    then = {"observe": "It is observed only.", "pause": "The release is held."}.get(x.mode, "")
    to = tuple(dict.fromkeys((*_managers(state), *_flag_people(state), *_on_call(state))))
    yield notice(state, "guard.tripped", summary(entry), f"{x.finding}\n{then}".strip(), to)


def _flag_people(state: State) -> tuple[str, ...]:
    return people(state, *(flag_owner(state, key) for key in state.flags))


def _asked_people(state: State) -> tuple[str, ...]:
    question = state.rollout.question if state.rollout else None
    return people(state, question.role) if question else ()


def _on_call(state: State) -> tuple[str, ...]:
    return tuple(name for name, person in state.plan.people.items() if person.on_call)


def _rollback(x: e.RollbackStarted, entry: e.Entry, state: State) -> _Told:
    left = state.rollback.left if state.rollback else ()
    body = f"Why: {x.reason}\nFlags that go back: {listed(left, none='none, nothing was changed')}."
    taken = [flag for key in left if (flag := state.flags[key]).taken_by]
    body += "".join(f"\nFlag {f.key} was taken over by {f.taken_by}: it has to know that it goes back." for f in taken)
    to = tuple(dict.fromkeys((*everybody(state), *_on_call(state))))
    yield notice(state, "rollback.started", summary(entry), body, to)
    stuck = cannot_restore(state)
    if stuck:
        yield _not_restored(state, dict.fromkeys(stuck, "it cannot be switched off"))


def _changed_elsewhere(x: e.FlagChangedElsewhere, entry: e.Entry, state: State) -> _Told:
    # During a rollout the hold says it.
    if x.change is not None and state.phase is Phase.CLEANING_UP:
        flag = f"{state.plan.product}/{state.plan.environment}/{x.reading.key}"
        body = (
            "It was changed outside the release, which has shipped and stays open until every flag is settled.\n"
            f"What happened to the flag: gonogo flags show {flag}"
        )
        yield notice(state, "release.flag_changed", summary(entry), body, everybody(state))


def _not_restored(state: State, why: dict[str, str]) -> Notice:
    body = "\n".join(f"- {key}: {text}" for key, text in why.items())
    owners = (flag_owner(state, key) for key in why)
    to = tuple(dict.fromkeys((*people(state, RELEASE_MANAGER, *owners), *_on_call(state))))
    answers = tuple((f"accept {key}", line(state, "rollback", f"--accept {key}", "--reason WHY")) for key in why)
    return notice(state, "flag.not_restored", f"NOT put back: {listed(why)}", body, to, answers)


def _another_hour(back: Rollback, now: datetime) -> bool:
    """True when a full hour of a rollback has passed since its attempt before this one."""
    since = now - back.at
    return since // _PAGE_EVERY > (since - rollback_wait(back.attempts - 1)) // _PAGE_EVERY


def _written(x: e.FlagsWritten, entry: e.Entry, state: State) -> _Told:
    back = state.rollback
    if back is not None and back.failed and (back.attempts == 1 or _another_hour(back, entry.at)):
        yield _not_restored(state, dict(back.failed))


def _plain(kind: str, to: Callable[[State], tuple[str, ...]]) -> Callable[[Any, e.Entry, State], _Told]:
    """An entry that is told in the words of the timeline."""

    def told(x: Any, entry: e.Entry, state: State) -> _Told:
        # Not the phase: what follows from the entry at once has not happened yet when this is put into words.
        body = f"{mode_line(state)}.\nWhere it stands: {line(state, 'status')}"
        yield notice(state, kind, summary(entry), body, to(state))

    return told


_TELLING: dict[type[Any], Callable[[Any, e.Entry, State], _Told]] = {
    e.ReleaseLaunched: _launched,
    e.ScopeFrozen: _plain("scope.frozen", everybody),
    e.FreezeRefused: _plain("freeze.refused", _managers),
    e.SlotTaken: _slot_taken,
    e.SlotGivenUp: _plain("slot.given_up", everybody),
    e.SlotMissed: _plain("slot.missed", everybody),
    e.FeatureChanged: _feature,
    e.ExceptionApproved: _exception_done,
    e.ExceptionRejected: _exception_done,
    e.ItemOpened: _item_opened,
    e.CandidateAccepted: _candidate,
    e.PlanAmended: _amended,
    e.RoundEnded: _plain("round.ended", everybody),
    e.GoGiven: _plain("go.given", everybody),
    e.GoEnded: _plain("go.ended", everybody),
    e.Overridden: _plain("override.in_force", everybody),
    e.Held: _held,
    e.Lifted: _plain("hold.lifted", _managers),
    e.RolloutStarted: _plain("rollout.started", everybody),
    e.StageExposed: _stage,
    e.GuardTripped: _guard,
    e.QuestionDeadlineMoved: _plain("question.deadline_moved", _asked_people),
    e.RollbackStarted: _rollback,
    e.RollbackConfirmed: _plain("rollback.confirmed", everybody),
    e.FlagsWritten: _written,
    e.FlagChangedElsewhere: _changed_elsewhere,
    e.ReleaseShipped: _plain("release.shipped", everybody),
    e.ReleaseClosed: _plain("release.closed", everybody),
    **ASKING,
    **READINESS,
}


def notices(entry: e.Entry, state: State) -> tuple[Notice, ...]:
    """What `entry` tells people; `state` is the release right after it. Most entries tell nobody anything."""
    told = _TELLING.get(type(entry.event))
    return tuple(told(entry.event, entry, state)) if told else ()


def channels_for(plan: Plan, notice_type: str) -> tuple[str, ...]:
    """The channels to which the plan routes a message type, each once, in the order of the routes."""
    routes = plan.notifications.routes
    found = [r.channel for r in routes if any(fnmatchcase(notice_type, pattern) for pattern in r.events)]
    return tuple(dict.fromkeys(found))


__all__ = ["Notice", "channels_for", "notices"]
