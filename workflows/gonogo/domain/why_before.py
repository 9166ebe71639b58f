"""What a release waits for until its GO: the freeze, readiness, the poll."""

from collections.abc import Iterator
from datetime import date, datetime

from .assessing import assess, involved
from .clearing import by_itself, clears_fact, clears_reason
from .deciding import poll_due
from .plan import Moment
from .rights import PRODUCT_MANAGER, RELEASE_MANAGER
from .scope import freeze_due, obstacles
from .standing import unmet
from .state import State
from .telling import listed, people, quoted, when
from .terms import ExceptionStatus, FeatureStatus, HoldReason
from .verdict import Fact
from .why_values import Waiting

SYSTEM = ("gonogo",)
"""Responsible for what happens by itself."""


def fact_waiting(state: State, fact: Fact) -> Waiting:
    """A required fact that neither passes nor is waived."""
    alone = by_itself(state, fact.code, fact.subject)
    return Waiting(
        code=fact.code,
        subject=fact.subject,
        text=fact.detail,
        # What is measured without anybody waits for the system that answers, not for the check's owner.
        responsible=(state.plan.checks[fact.subject[6:]].kind,) if alone else fact.responsible,
        since=fact.since,
        clears=alone or clears_fact(state, fact.subject),
    )


def no_candidate(state: State) -> Iterator[Waiting]:
    """A release without a build can be prepared, not decided."""
    if state.candidate is None:
        yield Waiting(
            code="candidate.missing",
            subject="candidate",
            text="there is no candidate",
            responsible=people(state, RELEASE_MANAGER),
            since=state.launched_at,
            clears=f"a build: {quoted(state, 'candidate', 'COMMIT')}",
        )


# --- scoping -------------------------------------------------------------------------------------------------------


def _clears_obstacle(state: State, code: str, subject: str) -> str:
    name = subject.partition(":")[2]
    days = quoted(state, "scope estimate", name, "DAYS", "--by PERSON")
    match code:
        case "feature.too_large":
            split = quoted(state, "scope split", name, "--into ID=TITLE", "--into ID=TITLE")
            return f"it is split: {split}; or estimated anew: {days}"
        case "feature.no_estimate" | "feature.own_estimate":
            return f"an estimate that is not its owner's or proposer's alone: {days}"
        case "feature.no_owner":
            return f"the plan names one: {quoted(state, 'amend', 'PLAN.yaml')}"
        case _:
            drop = quoted(state, "scope drop", "FEATURE", "--reason WHY")
            return (
                f"something is dropped: {drop}; or deferred: {quoted(state, 'scope defer', 'FEATURE', '--to RELEASE')}"
            )


def _answers_for(state: State, subject: str) -> tuple[str, ...]:
    feature = state.features.get(subject.partition(":")[2])
    owner = feature.feature.owner if feature else None
    return people(state, *((owner,) if owner else ()), PRODUCT_MANAGER)


def scoping(state: State, now: datetime) -> Iterator[Waiting]:
    """What stands in the way of the freeze, before its timer too, and the freeze itself."""
    facts = {f.subject: f for f in unmet(state, Moment.FREEZE, now)}
    for code, subject, text in obstacles(state, now):
        if subject in facts:
            yield fact_waiting(state, facts[subject])
        else:
            yield Waiting(
                code=code,
                subject=subject,
                text=text,
                responsible=_answers_for(state, subject),
                since=state.launched_at,
                clears=_clears_obstacle(state, code, subject),
            )
    due = freeze_due(state)
    freeze = quoted(state, "scope freeze")
    if due is None:
        text, clears = "the freeze was refused at its timer; the scope is open", f"{RELEASE_MANAGER} freezes: {freeze}"
    else:
        text, clears = f"the scope is open until {when(due)}", f"by itself; or {RELEASE_MANAGER} freezes now: {freeze}"
    yield Waiting(
        code="scope.open",
        subject="scope",
        text=text,
        responsible=people(state, RELEASE_MANAGER),
        since=state.launched_at,
        clears=clears,
    )


# --- readying ------------------------------------------------------------------------------------------------------


def readying(state: State, now: datetime) -> Iterator[Waiting]:
    """Unmet facts, late work, exceptions that nobody has answered, and when the poll opens."""
    yield from no_candidate(state)
    for fact in unmet(state, Moment.GO, now):
        yield fact_waiting(state, fact)
    yield from _exceptions(state)
    yield from _delays(state)
    yield from _poll(state, now)


def _exceptions(state: State) -> Iterator[Waiting]:
    for asked in state.exceptions.values():
        if asked.status is not ExceptionStatus.OPEN:
            continue
        left = [r for r in (PRODUCT_MANAGER, RELEASE_MANAGER) if r not in asked.approved_by]
        about = asked.feature.id if asked.feature else asked.subject
        yes, no = (
            quoted(state, "exception approve", asked.id),
            quoted(state, "exception reject", asked.id, "--reason WHY"),
        )
        yield Waiting(
            code="exception.open",
            subject=f"exception:{asked.id}",
            text=f"{asked.requester} asks for a late change of {about}: {asked.why}",
            responsible=tuple(p for p in people(state, *left) if p != asked.requester) or people(state, *left),
            since=asked.since or state.launched_at,
            clears=f"{' and '.join(left)} approve it: {yes}; or one rejects it: {no}; or the poll opens and rejects it",
        )


def _is_before(until: str, slot: datetime) -> bool:
    """True when `until` begins with a date that lies before the slot's."""
    try:
        return date.fromisoformat(until.strip()[:10]) < slot.date()
    except ValueError:
        return False


def _delays(state: State) -> Iterator[Waiting]:
    for name, held in state.features.items():
        if held.status is not FeatureStatus.DELAYED or (state.slot and _is_before(held.until, state.slot.starts)):
            continue
        slot = f"the slot is {state.slot.local or when(state.slot.starts)}" if state.slot else "there is no slot yet"
        drop, defer = (
            quoted(state, "scope drop", name, "--reason WHY"),
            quoted(state, "scope defer", name, "--to RELEASE"),
        )
        move = quoted(state, "postpone", "--to INSTANT")
        yield Waiting(
            code="feature.delayed",
            subject=f"feature:{name}",
            text=f"{name} is delayed until {held.until}; {slot}",
            responsible=_answers_for(state, f"feature:{name}"),
            since=state.phase_since,
            clears=f"it is merged in time; or dropped: {drop}; or deferred: {defer}; or the release moves: {move}",
        )


def _poll(state: State, now: datetime) -> Iterator[Waiting]:
    if state.held(HoldReason.SCHEDULE, HoldReason.ROLLED_BACK) or state.slots_ask is not None:
        return  # the hold, or the calendar, is what it waits for
    due = poll_due(state, now)
    on_demand = state.plan.schedule.mode == "on_demand"
    clears = f"by itself; or {RELEASE_MANAGER} opens it now: {quoted(state, 'poll open')}"
    if due is not None:
        code, text = "poll.not_open", f"the poll opens {when(due)}"
    elif on_demand:
        code, text = "poll.not_open", "the poll opens when there is a candidate and everything required passes"
    else:
        code, text = "slot.none", "the release aims at no slot"
        clears = f"{RELEASE_MANAGER} names a date: {quoted(state, 'postpone', '--to INSTANT')}"
    yield Waiting(
        code=code,
        subject="poll" if code == "poll.not_open" else "slot",
        text=text,
        responsible=people(state, RELEASE_MANAGER),
        since=state.phase_since,
        clears=clears,
    )


# --- deciding ------------------------------------------------------------------------------------------------------


def deciding(state: State, now: datetime) -> Iterator[Waiting]:
    """Every reason of the verdict but holds, which are shown on their own, and an override that waits."""
    for reason in assess(state, now).reasons:
        kind, _, name = reason.subject.partition(":")
        alone = by_itself(state, reason.code, reason.subject)
        if kind != "hold":
            yield Waiting(
                code=reason.code,
                subject=reason.subject,
                text=reason.text,
                responsible=(state.plan.checks[name].kind,) if alone else reason.responsible,
                since=reason.since,
                clears=clears_reason(state, reason),
            )
    made = state.proposed
    if made is None or state.round is None:
        return
    barred = {made.proposed_by, *involved(state)}
    second = tuple(p for p in people(state, *state.round.roles) if p not in barred)
    yield Waiting(
        code="override.unconfirmed",
        subject=f"override:{made.id}",
        text=f"{made.proposed_by} overrides {listed(made.codes)}: {made.reason}",
        responsible=second or people(state, RELEASE_MANAGER),
        since=made.at,
        clears=f"a second person confirms: {quoted(state, 'override', f'--confirm {made.id}')}",
    )
