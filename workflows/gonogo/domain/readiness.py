"""Checks and items: when checks run, what results are taken, what owners may say of items."""

from dataclasses import replace
from datetime import datetime

from . import commands as c
from .draft import Draft
from .errors import Refused
from .events import ChecksMeasured, ChecksRequested, ItemChanged, Waived
from .facts import Finding, Status
from .plan import Check, Moment
from .plan_problem import known_instead
from .standing import CLOCK_SKEW, PUSHED
from .state import MOST_ENTRIES, State
from .state_parts import ItemState
from .telling import when
from .terms import AskedFor, ItemStatus, Phase, Settled
from .values import Actor

# --- running checks ------------------------------------------------------------------------------------------------


def measurable(state: State, moment: Moment) -> tuple[str, ...]:
    """The checks of a moment that can be asked for."""
    return tuple(n for n, k in state.plan.checks.items() if k.moment is moment and k.kind != PUSHED)


def ask(draft: Draft, checks: tuple[str, ...], why: AskedFor) -> None:
    """Asks for a round of checks, if there are any to ask for that are not already out for the same purpose."""
    if not checks:
        return
    out = {name for r in draft.state.check_rounds.values() if r.why is why for name in r.checks}
    wanted = tuple(name for name in checks if name not in out)
    if wanted:
        draft.emit_by_itself(ChecksRequested(ask=f"checks-{draft.next_seq}", checks=wanted, why=why))


def take_findings(draft: Draft, command: c.TakeFindings) -> None:
    """A round came back. Whatever it does not answer is unclear; a round that was called off says nothing."""
    asked = draft.state.check_rounds.get(command.ask)
    if asked is None:
        return
    missing = Finding(status=Status.UNCLEAR, at=asked.at, finding="no answer came back")
    found = {name: _not_ahead(command.findings.get(name, missing), draft.at) for name in asked.checks}
    outdated = tuple(name for name, finding in found.items() if _is_outdated(draft.state, name, finding, asked.at))
    found = {name: finding for name, finding in found.items() if name not in outdated}
    draft.emit_by_itself(ChecksMeasured(ask=command.ask, findings=found, outdated=outdated))


def _is_outdated(state: State, name: str, finding: Finding, asked: datetime) -> bool:
    """True when a finding answers an older question than the one that stands, and so replaces nothing.

    Rounds overlap, and a slow one comes back last. What does not pass is dropped only when it was also observed
    earlier: it may be the newest that anybody saw.
    """
    standing = state.findings.get(name)
    if standing is None or (asked, finding.at) >= (state.found_for[name], standing.at):
        return False
    return finding.status is Status.PASS or finding.at < standing.at


def measure_on_readying(draft: Draft) -> None:
    """Checks run on entering readying; what is being measured anyway is not asked for twice."""
    out = {name for r in draft.state.check_rounds.values() for name in r.checks}
    ask(draft, tuple(n for n in measurable(draft.state, Moment.GO) if n not in out), AskedFor.READYING)


def _not_ahead(finding: Finding, now: datetime) -> Finding:
    """A finding, observed now at the latest; one that comes from the future is unclear: it would never be too old."""
    if finding.at <= now:
        return finding
    if finding.at - now <= CLOCK_SKEW:
        return replace(finding, at=now)
    text = f"the result says it was observed at {when(finding.at)}, which has not come yet"
    return Finding(status=Status.UNCLEAR, at=now, finding=text)


def push_result(draft: Draft, command: c.PushResult) -> None:
    """The owner gives a check's result."""
    check = draft.state.plan.checks[command.check]
    if draft.state.phase is Phase.CLEANING_UP and check.moment is not Moment.COMPLETION:
        raise Refused(
            "check.too_late",
            f"{command.check!r} gated {check.moment.value}; the release has shipped",
            check=command.check,
        )
    if draft.state.full:
        raise Refused(
            "check.full",
            f"the release holds {MOST_ENTRIES} entries and takes no more results: close it, or have {command.check!r} "
            "measured when it is asked for",
            check=command.check,
        )
    if command.finding.at - draft.at > CLOCK_SKEW:
        raise Refused(
            "check.from_the_future",
            f"the result of {command.check!r} says it was observed at {when(command.finding.at)}: not come yet",
            check=command.check,
        )
    finding = _not_ahead(command.finding, draft.at)
    given, standing = draft.state.candidate_at, draft.state.findings.get(command.check)
    if given is not None and finding.at < given:
        raise Refused(
            "check.before_candidate",
            f"the result of {command.check!r} was observed at {when(finding.at)}, before the candidate was given at "
            f"{when(given)}: "
            "it is of another build",
            check=command.check,
        )
    if standing is not None and finding.at < standing.at:
        raise Refused(
            "check.older",
            f"the result of {command.check!r} was observed at {when(finding.at)}, and one of "
            f"{when(standing.at)} stands: push what was observed since",
            check=command.check,
        )
    draft.emit(ChecksMeasured(findings={command.check: finding}))


def run_checks(draft: Draft, command: c.RunChecks) -> None:
    """Somebody asks for checks to be measured again."""
    plan = draft.state.plan
    for name in command.checks:
        if name not in plan.checks:
            raise Refused("check.unknown", f"there is no check {name!r}{known_instead(name, plan.checks)}")
        if plan.checks[name].kind == PUSHED:
            raise Refused("check.pushed", f"{name!r} is pushed by {plan.checks[name].owner}, nobody measures it")
    names = command.checks or tuple(n for n, k in plan.checks.items() if k.kind != PUSHED)
    if draft.state.phase is Phase.CLEANING_UP:
        names = tuple(n for n in names if plan.checks[n].moment is Moment.COMPLETION)
    if not names:
        raise Refused("check.none", "there is no check that could be measured now")
    draft.emit(ChecksRequested(ask=f"checks-{draft.next_seq}", checks=names, why=AskedFor.ASKED))


# --- items and waivers ---------------------------------------------------------------------------------------------


def _open_item(state: State, name: str) -> ItemState:
    item = state.items[name]
    if state.phase is Phase.CLEANING_UP and item.gates is not Moment.COMPLETION:
        raise Refused("item.too_late", f"{name!r} gated {item.gates.value}; the release has shipped", item=name)
    return item


def sign_off(draft: Draft, command: c.SignOff) -> None:
    """An item's owner says where it stands. Saying the same twice changes nothing."""
    item = _open_item(draft.state, command.item)
    status = ItemStatus(command.status)
    if (item.status, item.evidence, item.note) == (status, command.evidence, command.note):
        return
    draft.emit(ItemChanged(item=item.id, status=status, evidence=command.evidence, note=command.note))


def un_sign(draft: Draft, command: c.UnSign) -> None:
    """An item's owner takes the sign-off back."""
    item = _open_item(draft.state, command.item)
    if item.status is not ItemStatus.OPEN:
        draft.emit(ItemChanged(item=item.id, status=ItemStatus.OPEN, note=command.note))


def waive(draft: Draft, command: c.Waive, actor: Actor) -> None:
    """A named fact counts as passed, never an item that the waiver's own author answers for."""
    state = draft.state
    kind, _, name = command.subject.partition(":")
    known = {"check": state.plan.checks, "item": state.items, "flag": state.flags}[kind]
    if name not in known:
        hint = known_instead(name, known, more=f": `gonogo status {state.release_id} --json` has all of them")
        raise Refused("waive.unknown", f"there is no {kind} {name!r} in this release{hint}", subject=command.subject)
    if command.until is not None and command.until <= draft.at:
        raise Refused("waive.over", f"the waiver would have ended at {when(command.until)}", subject=command.subject)
    cleaning = state.phase is Phase.CLEANING_UP
    if kind == "flag" and not cleaning:
        raise Refused("waive.too_early", f"{name!r} is waived when the release is cleaning up", subject=name)
    if kind == "flag" and command.until is None:
        raise Refused("waive.no_date", f"a flag is waived until a date: give one for {name!r}", subject=name)
    if kind != "flag" and cleaning and _gates(state, kind, name) is not Moment.COMPLETION:
        raise Refused("waive.too_late", f"{command.subject!r} gates nothing any more", subject=command.subject)
    if kind == "item" and state.is_owner(actor.id, state.items[name].owner):
        raise Refused("waive.own", f"{actor.id!r} answers for {name!r} and cannot waive it", subject=command.subject)
    draft.emit(Waived(subject=command.subject, reason=command.reason, until=command.until))


def _gates(state: State, kind: str, name: str) -> Moment:
    return state.plan.checks[name].moment if kind == "check" else state.items[name].gates


# --- by itself -----------------------------------------------------------------------------------------------------


def due_again(state: State, name: str, check: Check) -> datetime | None:
    """When a check is measured again by its own `every`; None: never, not yet, or nothing more fits."""
    if state.full:
        return None
    asked = state.asked_at.get(name)
    return asked + check.every if check.every is not None and asked is not None and check.kind != PUSHED else None


def gates_now(state: State, check: Check) -> bool:
    """True while what a check gates is still to come, or goes on."""
    if state.phase is Phase.SCOPING:
        return check.moment is Moment.FREEZE
    if state.phase is Phase.CLEANING_UP:
        return check.moment is Moment.COMPLETION
    return check.moment is Moment.GO


def run_again(draft: Draft) -> None:
    """Measures again what has an `every`, and, during a round, a pass that aged out."""
    state = draft.state
    out = {name for r in state.check_rounds.values() for name in r.checks}
    every = [
        n
        for n, k in state.plan.checks.items()
        if n not in out and gates_now(state, k) and (due := due_again(state, n, k)) is not None and due <= draft.at
    ]
    ask(draft, tuple(every), AskedFor.EVERY)
    if state.phase is Phase.DECIDING:
        again = [
            n for n in measurable(state, Moment.GO) if n not in out and n not in every and aged(state, n, draft.at)
        ]
        ask(draft, tuple(again), AskedFor.AGED)


def aged(state: State, name: str, now: datetime) -> bool:
    """True when a pass is too old by `now`, and asking again may help.

    Asked since it aged out and still old: the answer itself was old, and asking again would not end.
    """
    over = ages_out(state, name)
    asked = state.asked_at.get(name)
    return over is not None and over <= now and (asked is None or asked < over)


def ages_out(state: State, name: str) -> datetime | None:
    """When a check's pass ages out; None when it has none."""
    finding = state.findings.get(name)
    if finding is None or finding.status is not Status.PASS:
        return None
    return finding.at + state.plan.checks[name].max_age


def unsettled(state: State, now: datetime) -> tuple[str, ...]:
    """The flags of the release that are not settled; a flag that is waived is settled until the waiver ends."""
    return tuple(
        key
        for key, flag in state.flags.items()
        if flag.settled is None or (flag.settled is Settled.WAIVED and not state.waived(f"flag:{key}", now))
    )
