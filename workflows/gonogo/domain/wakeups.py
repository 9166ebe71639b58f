"""When something happens by itself: what `gonogo why` shows next, and what the workflow's one timer waits for."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from . import schedule
from .assessing import assess
from .baking import bake_ends
from .cleanup import check_escalations
from .deciding import age_out_on_demand, poll_due, poll_reminder
from .holds import next_escalation
from .opening import opening_retry
from .plan import Moment
from .readiness import ages_out, due_again, gates_now, measurable
from .reminders import escalates_at, next_reminder, waits
from .resolution import next_open, open_until
from .rights import RELEASE_MANAGER
from .rollback import retry_at
from .rollout import stage_met
from .scope import freeze_due
from .state import State
from .telling import listed
from .terms import TERMINAL, AskedFor, HoldReason, Phase

_OTHER = tuple(r for r in HoldReason if r is not HoldReason.READINESS)


def _scheduling(state: State, now: datetime) -> Iterator[tuple[datetime, str]]:
    asked_freeze = any(r.why is AskedFor.FREEZE for r in state.check_rounds.values())
    if (at := freeze_due(state)) is not None and not asked_freeze:
        yield at, "the scope freezes"
    if state.phase in (Phase.SCOPING, Phase.READYING) and (at := schedule.skip_at(state)) is not None:
        # One microsecond after the last instant with room.
        yield at + timedelta(microseconds=1), "the slot is given up: no room for a poll"
    # On demand the poll opens when every fact passes: not before the checks that are out have answered.
    waits_for_checks = bool(state.check_rounds) and state.plan.schedule.mode == "on_demand"
    if state.phase is Phase.READYING and state.slots_ask is None and not waits_for_checks:
        due = poll_due(state, now)
        if due is not None:
            yield due, "the poll opens"


def _deciding(state: State, now: datetime) -> Iterator[tuple[datetime, str]]:
    if state.phase is not Phase.DECIDING or state.round is None:
        return
    yield state.round.closes, "the poll closes"
    if (step := poll_reminder(state, state.at)) is not None:
        yield step[0], "who has not voted is reminded"
    changes = assess(state, now).changes_at
    if changes is not None and changes != state.round.closes:
        yield changes, "a result grows too old or a waiver ends, and the verdict changes"


def _opening(state: State, now: datetime) -> Iterator[tuple[datetime, str]]:
    if state.phase is not Phase.AWAITING_WINDOW or state.slot is None:
        return
    if state.opening is None:
        yield state.slot.starts, "the window opens"
        return
    yield state.slot.ends, "the opening ends, and the slot is missed"
    if (at := opening_retry(state, now)) is not None:
        yield at, "what holds the opening is measured again"
    segments = state.stages[0].segments
    if state.resolution is not None and open_until(state.resolution, now, segments) is None:
        opens = next_open(state.resolution, now, segments)
        if opens is not None:
            yield opens, "a window opens"


def _rolling_out(state: State, now: datetime) -> Iterator[tuple[datetime, str]]:
    rollout = state.rollout
    if state.phase is not Phase.ROLLING_OUT or rollout is None or state.rollback:
        return
    if (at := bake_ends(state)) is not None:
        yield at, f"stage {rollout.stage + 1} has baked"
    if rollout.question is not None and rollout.question.deadline is not None:
        yield rollout.question.deadline, "the question expires, is escalated and asked again"
    if not stage_met(state) or state.held(*_OTHER) or state.writes or state.resolution is None:
        return
    if rollout.stage + 1 < len(state.stages):
        stage = state.stages[rollout.stage + 1]
        if open_until(state.resolution, now, stage.segments) is None:
            opens = next_open(state.resolution, now, stage.segments)
            if opens is not None:
                yield opens, f"a window opens, and stage {rollout.stage + 2} follows"
            return
    asked_stage = any(r.why is AskedFor.STAGE for r in state.check_rounds.values())
    if rollout.retry_at is not None and not asked_stage:
        yield rollout.retry_at, "what holds the rollout is tried again"


def _waiting(state: State, now: datetime) -> Iterator[tuple[datetime, str]]:
    if (at := retry_at(state)) is not None:
        yield at, "what could not be put back is tried again"
    for hold in state.holds:
        told = listed(state.people_of(RELEASE_MANAGER))
        yield next_escalation(hold), f"{told} is told that the hold {hold.id} still stands"
    for item in state.items.values():
        if waits(state, item, now):
            if (step := next_reminder(state, item)) is not None:
                yield step[0], f"{item.owner} is reminded of the item {item.id}"
            if (at := escalates_at(state, item)) is not None:
                yield at, f"{listed(state.people_of(RELEASE_MANAGER))} is told that the item {item.id} is overdue"
    if state.phase is Phase.CLEANING_UP:
        for at, fact in check_escalations(state, now):
            yield at, f"somebody is told of {fact.subject}, which keeps the release open"
        for waiver in state.waivers.values():
            if waiver.until is not None and waiver.until > now:
                yield waiver.until, f"the waiver of {waiver.subject} ends"


def housekeeping(state: State, now: datetime) -> Iterator[tuple[datetime, str]]:
    """What happens by itself and is nobody's business: the calendar and the checks are asked again."""
    if (at := schedule.renew_at(state)) is not None:
        yield at, "the calendar is asked again"
    if (over := age_out_on_demand(state, now)) is not None:
        yield over, "a check passed too long ago and is measured again"
    out = {name for r in state.check_rounds.values() for name in r.checks}
    if state.phase is Phase.DECIDING and state.round is not None:
        for name in measurable(state, Moment.GO):
            over = ages_out(state, name)
            asked = state.asked_at.get(name)
            if over is not None and name not in out and (asked is None or asked < over):
                yield over, f"{name} passed too long ago and is measured again"
    for name, check in state.plan.checks.items():
        again = due_again(state, name, check)
        if again is not None and name not in out and gates_now(state, check):
            yield again, f"{name} is measured again"


def wakeups(state: State, now: datetime | None = None) -> tuple[tuple[datetime, str], ...]:
    """Everything that will happen by itself if nobody acts, soonest first: (when, what).

    Args:
        state: The release.
        now: The instant from which to look. Default: that of the last event, which is right after a decision that had
            one; after a `Tick` that led to nothing only `now` tells what has passed.
    """
    if state.phase in TERMINAL:
        return ()
    at = max(state.at, now or state.at)
    parts = (_scheduling, _deciding, _opening, _rolling_out, _waiting, housekeeping)
    return tuple(sorted(item for part in parts for item in part(state, at)))


def next_wakeup(state: State, now: datetime | None = None) -> datetime | None:
    """The next instant at which `Tick` may lead to something; None while only people or systems can move the release.

    After a `Tick` at `now` it is later than `now`: whoever waits for it never turns on the spot.
    """
    found = wakeups(state, now)
    return found[0][0] if found else None
