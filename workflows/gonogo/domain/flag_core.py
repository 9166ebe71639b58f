"""A flag's own life: `open_flag`, `decide_flag(state, command, at, actor) -> entries`; `evolve_flag` is in flag_evolve.

It outlives releases. It grants the flag to one rolling release at a time, takes it back when somebody entitled says so,
and reminds of its removal until it is gone, with proof. Pure, like the core of a release.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

from . import flag_commands as c
from . import flag_events as f
from .commands import RecordMalformed, Tick
from .errors import NotEntitled, Refused
from .events import HandlerFaulted
from .facts import Fence, Status
from .flag_evolve import evolve_flag
from .flag_state import FlagLife
from .values import ENGINE, NOBODY, Actor, Exposure

REMIND_BEFORE = timedelta(days=7)
"""How long before a flag should be gone its owner is reminded; again when it should be, and every week after."""
REMIND_EVERY = timedelta(days=7)
"""How often the owner of an overdue flag is reminded."""
ESCALATE_AFTER = timedelta(days=7)
"""How long after a flag should have been gone the release manager is told; again every week after."""


class _Draft:
    """Collects what a command leads to."""

    def __init__(self, state: FlagLife, at: datetime, actor: Actor, cause: str) -> None:
        self.state, self.at, self.actor, self.cause = state, at, actor, cause
        self.entries: list[f.FlagEntry] = []

    def emit(self, event: f.FlagEvent, *, by: Actor | None = None) -> None:
        entry = f.FlagEntry(seq=self.state.seq + 1, at=self.at, actor=by or self.actor, cause=self.cause, event=event)
        self.state = evolve_flag(self.state, entry)
        self.entries.append(entry)


# --- what follows by itself ----------------------------------------------------------------------------------------


def _request_switch(draft: _Draft) -> None:
    """Asks the provider for a change that stands, under a fence newer than every write that is known."""
    state, switch = draft.state, draft.state.switch
    if switch is None or switch.ask or (switch.retry_at is not None and draft.at < switch.retry_at):
        return
    # A write by somebody else may carry a fence that nobody told of. Doubling the step overtakes it soon, however far.
    step = 1 << min(switch.attempts, 40)
    epoch = max(int(draft.at.timestamp() * 1000), state.last_epoch + step)
    draft.emit(f.SwitchRequested(ask=f"switch-{state.seq + 1}", fence=Fence(epoch=epoch, sequence=0)), by=ENGINE)


def _end(draft: _Draft) -> None:
    """Ends the flag's life on proof, unless somebody still has to do with it."""
    state = draft.state
    proof = state.proof
    if proof is not None and proof.status is Status.PASS and state.life and not state.waits and not state.switch:
        text = " ".join(part for part in (proof.finding, proof.evidence) if part)
        draft.emit(f.FlagGone(proof=(text or "the provider has it no more")[:2000]), by=ENGINE)


def quiet(state: FlagLife, now: datetime) -> bool:
    """True while nobody is reminded: it is waived, or a release lists it and its clean-up waits."""
    return state.waived(now) or state.waits


def reminder_at(state: FlagLife, step: int) -> datetime | None:
    """When the owner gets reminder `step`, from 1; None: there is no date."""
    due = state.due
    return None if due is None else due + (step - 2) * REMIND_EVERY if step > 1 else due - REMIND_BEFORE


def escalation_at(state: FlagLife, step: int) -> datetime | None:
    """When the release manager is told for the `step`th time, from 1; None: there is no date."""
    due = state.due
    return None if due is None else due + ESCALATE_AFTER + (step - 1) * REMIND_EVERY


def _passed(at: Callable[[FlagLife, int], datetime | None], state: FlagLife, now: datetime) -> int:
    """How many steps of a ladder have passed."""
    step = 0
    while (when := at(state, step + 1)) is not None and when <= now:
        step += 1
    return step


def _remind(draft: _Draft) -> None:
    """Reminds the owner, and tells the release manager; steps that were missed fold into one."""
    state, due = draft.state, draft.state.due
    if due is None or state.life is None or quiet(state, draft.at):
        return
    step = _passed(reminder_at, state, draft.at)
    # A flag that lives for a week only is not reminded of on the day on which it is born.
    begun = _passed(reminder_at, state, state.life.since)
    if step > max(state.reminded, begun):
        draft.emit(f.OwnerReminded(to=state.people, due=due, step=step), by=ENGINE)
    step = _passed(escalation_at, state, draft.at)
    if step > state.escalated:
        draft.emit(f.OverdueEscalated(to=state.managers, due=due, step=step), by=ENGINE)


def _settle(draft: _Draft) -> None:
    _end(draft)
    if not draft.state.gone:
        _request_switch(draft)
        _remind(draft)


# --- commands ------------------------------------------------------------------------------------------------------


def claim_refusal(state: FlagLife, command: c.ClaimFlag) -> str:
    """Why a claim is not granted; empty when it is."""
    release = command.release_id
    if state.holder and state.holder != release:
        return f"held by {state.holder}, which rolls it out"
    if state.switch is not None:
        return f"{state.switch.by.id} is changing who sees it ({state.switch.how}), and that is not confirmed yet"
    if any(release in over and command.at <= over[release] for over in (state.let_go, state.left)):
        return f"{release} has given it back since it asked"
    return ""


def _claim(draft: _Draft, command: c.ClaimFlag) -> None:
    state = draft.state
    if not claim_refusal(state, command) and state.holder != command.release_id:
        earlier = state.last_release if state.last_release != command.release_id else ""
        draft.emit(f.FlagGranted(release_id=command.release_id, carried_from=earlier), by=ENGINE)


def _note(draft: _Draft, command: c.TakeNote) -> None:
    note, state = command.note, draft.state
    mine = (note.product, note.environment) == (state.product, state.environment)
    if not mine or note.flag not in (None, state.key):
        text = f"note {note.key!r} is for flag/{note.product}/{note.environment}/{note.flag}, not for {state.id}"
        draft.emit(HandlerFaulted(handler="note", message=text[:2000]), by=ENGINE)
    elif note.key not in state.notes:
        draft.emit(f.FlagNoted(note=note), by=ENGINE)


def _require_entitled(state: FlagLife, command: str, actor: Actor) -> None:
    if actor.proof == 0 and not state.trust_local:
        raise Refused(
            "actor.unproved",
            f"nobody proved that this is {actor.id!r}: this flag counts no local names; "
            "come through the gateway or sign, or start the worker with local trust",
            actor=actor.id,
        )
    if actor.id not in state.entitled:
        raise NotEntitled(command, actor.id, ", ".join(state.entitled) or "nobody, until a release lists the flag,")


def _switch(draft: _Draft, how: Literal["kill", "set"], wanted: Exposure, reason: str) -> None:
    draft.emit(f.FlagSwitched(how=how, wanted=wanted, reason=reason))


def _kill(draft: _Draft, command: c.KillFlag) -> None:
    state = draft.state
    _require_entitled(state, "flags kill", draft.actor)
    if state.switch is not None and state.switch.how == "kill":
        raise Refused("flag.kill_under_way", f"{state.switch.by.id!r} is killing {state.key!r} already; it is retried")
    _switch(draft, "kill", state.original or NOBODY, command.reason)


def _set(draft: _Draft, command: c.SetFlag) -> None:
    state = draft.state
    _require_entitled(state, "flags set", draft.actor)
    if state.holder:
        raise Refused("flag.held", f"{state.holder} rolls {state.key!r} out: widen or roll back there, or `flags kill`")
    if state.switch is not None:
        raise Refused(
            "flag.change_under_way", f"{state.switch.by.id!r} is changing {state.key!r}; wait until it is confirmed"
        )
    if state.life is None:
        raise Refused(
            "flag.not_shipped",
            f"no release has shipped {state.key!r}: its code may not be there; only a release widens it",
        )
    _switch(draft, "set", command.wanted, command.reason)


def _take_switch(draft: _Draft, command: c.TakeSwitch) -> None:
    switch = draft.state.switch
    if switch is not None and switch.ask and switch.ask == command.ask:
        draft.emit(f.SwitchAnswered(ask=command.ask, result=command.result, by=switch.by), by=ENGINE)


def _take_proof(draft: _Draft, command: c.TakeProof) -> None:
    draft.emit(f.ProofTaken(finding=command.finding), by=ENGINE)


_HANDLERS: dict[type[Any], Callable[[_Draft, Any], None]] = {
    c.ClaimFlag: _claim,
    c.TakeNote: _note,
    c.KillFlag: _kill,
    c.SetFlag: _set,
    c.TakeSwitch: _take_switch,
    c.TakeProof: _take_proof,
    Tick: lambda draft, command: None,
    RecordMalformed: lambda draft, command: draft.emit(
        HandlerFaulted(handler=command.handler, message=command.message), by=ENGINE
    ),
}


def open_flag(product: str, environment: str, key: str, provider: str, at: datetime) -> tuple[f.FlagEntry, ...]:
    """The first entry of a flag."""
    event = f.FlagOpened(product=product, environment=environment, flag=key, provider=provider)
    return (f.FlagEntry(seq=1, at=at, actor=ENGINE, cause="open", event=event),)


def decide_flag(state: FlagLife, command: Any, at: datetime, actor: Actor = ENGINE) -> tuple[f.FlagEntry, ...]:
    """What `command` leads to at `at`, what follows by itself included. `evolve_flag` applies it.

    Raises:
        Refused: a person's command is not carried out; nothing changes.
    """
    if state.gone:
        if isinstance(command, c.KillFlag | c.SetFlag):
            raise Refused("flag.gone", f"{state.key!r} is gone: there is nothing left to change")
        return ()
    draft = _Draft(state, max(at, state.at), actor, command.type)
    _HANDLERS[type(command)](draft, command)
    _settle(draft)
    return tuple(draft.entries)


# --- what is awaited -----------------------------------------------------------------------------------------------


def proof_wanted_at(state: FlagLife) -> datetime | None:
    """When it is next asked whether the flag is gone; None while its clean-up waits, or has not begun."""
    return None if state.life is None or state.waits or state.gone or state.switch else state.proof_at


def wakeups(state: FlagLife) -> tuple[tuple[datetime, str], ...]:
    """Everything that will happen by itself if nobody acts, soonest first: (when, what)."""
    if state.gone:
        return ()
    found: list[tuple[datetime, str]] = []
    if state.switch is not None and state.switch.retry_at is not None:
        found.append((state.switch.retry_at, "the change is tried again"))
    if (at := proof_wanted_at(state)) is not None:
        found.append((at, "it is asked whether the flag is gone"))
    if state.life is not None and not state.waits:
        begun = _passed(reminder_at, state, state.life.since)
        # A waiver only puts off what comes before its end.
        quiet_until = state.waived_until or state.life.since
        if (at := reminder_at(state, max(state.reminded, begun) + 1)) is not None:
            found.append((max(at, quiet_until), f"{state.owner} is reminded of its removal"))
        if (at := escalation_at(state, state.escalated + 1)) is not None:
            found.append((max(at, quiet_until), "the release manager is told"))
    return tuple(sorted(found))


def next_wakeup(state: FlagLife) -> tuple[datetime, str] | None:
    """When something next happens by itself, and what; None: not before somebody acts."""
    found = wakeups(state)
    return found[0] if found else None
