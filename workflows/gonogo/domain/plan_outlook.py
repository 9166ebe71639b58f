"""What the dates of a plan come to, seen from an instant: what has passed, and whether any slot is left.

A plan is not wrong because time goes by, and past ones are simulated: what has passed is a warning. Where the calendar
leaves nothing at all, the release could never go out, and that is an error.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from .calendar import CalendarError, first_slot, resolve, window_state
from .plan import Plan
from .plan_problem import Path, Problem, Problems
from .windows import LOOKAHEAD
from .zones import local_text, zone


def outlook(plan: Plan, at: datetime) -> tuple[Problem, ...]:
    """What there is to say of the dates of a plan whose schedule and environment have no problem of their own.

    Args:
        plan: The plan. Its calendar is looked at from `schedule.starts` on, without one from `at` on.
        at: The instant from which it is seen.
    """
    return (*_passed(plan, at), *_left(plan, at))


# --- what has passed -----------------------------------------------------------------------------------------------


def _passed(plan: Plan, at: datetime) -> Problems:
    schedule, frozen = plan.schedule, plan.scope.freeze_at
    if schedule.starts is not None and schedule.starts < at:
        text = "a simulation begins there; a release that is launched begins when it is launched"
        yield _warning(plan, ("schedule", "starts"), "plan.date_passed", schedule.starts, f"has passed: {text}")
    if frozen is not None and frozen < at:
        text = "has passed: the scope of a release that is launched now is frozen at once"
        yield _warning(plan, ("scope", "freeze_at"), "plan.date_passed", frozen, text)
    if schedule.slot is not None:
        if schedule.slot <= at:
            text = "has passed: a release that is launched now is held, until `gonogo postpone --to` names another"
            yield _warning(plan, ("schedule", "slot"), "plan.date_passed", schedule.slot, text)
        elif schedule.slot - _room(plan) < at:
            text = (
                "leaves no room for the poll before it: a release that is launched now is held, "
                "until `gonogo postpone --to` names another"
            )
            yield _warning(plan, ("schedule", "slot"), "plan.slot_soon", schedule.slot, text)
    due = [
        (item.due_at, ("checklists", name, "items", place, "due_at"))
        for name, listed in plan.checklists.items()
        for place, item in enumerate(listed.items)
        if item.due_at is not None and item.due_at < at
    ]
    if due:
        # A past plan has dozens: told once.
        text = "has passed: its owner is reminded at once"
        text += f"; so have {len(due) - 1} more due dates" if len(due) > 1 else ""
        yield _warning(plan, due[0][1], "plan.date_passed", due[0][0], text)


def _warning(plan: Plan, path: Path, code: str, date: datetime, text: str) -> Problem:
    return Problem(code=code, path=path, message=f"{_local(plan, date)} {text}", severity="warning")


def _local(plan: Plan, at: datetime) -> str:
    return local_text(at, zone(plan.schedule.zone))


# --- what is left --------------------------------------------------------------------------------------------------


def _left(plan: Plan, at: datetime) -> Problems:
    begins = plan.schedule.starts or at
    try:
        resolve(plan.schedule, plan.environment, now=begins)
    except CalendarError as error:
        yield Problem(code=error.code, path=("schedule", error.field), message=error.message)
        return
    if plan.schedule.slot is not None:
        yield from _stages(plan, plan.schedule.slot)
    elif plan.schedule.train is not None:
        yield from _train(plan, begins, at)
    else:
        yield from _on_demand(plan, _earliest(plan, begins))


def _earliest(plan: Plan, begins: datetime) -> datetime:
    # As the release aims: at its own date, else at its freeze, and never before it begins.
    return max(begins, plan.schedule.not_before or plan.scope.freeze_at or begins)


def _room(plan: Plan) -> timedelta:
    return plan.poll.closes_before + plan.poll.min


def _train(plan: Plan, begins: datetime, at: datetime) -> Problems:
    schedule, train = plan.schedule, ("schedule", "train")
    first = first_slot(schedule, plan.environment, _aimed(plan, begins))
    if first is None:
        yield Problem(code="plan.no_slot", path=train, message=f"no slot is left: {_why_none(plan, begins)}")
        return
    if begins < at and first_slot(schedule, plan.environment, _aimed(plan, at)) is None:
        text = f"no slot is left for a release that is launched now: {_why_none(plan, at)}"
        yield Problem(code="plan.no_slot_now", path=train, message=text, severity="warning")
    yield from _stages(plan, first.starts)


def _aimed(plan: Plan, begins: datetime) -> datetime:
    """The first instant at which a release that begins at `begins` can have its slot."""
    return max(_earliest(plan, begins), begins + _room(plan))


def _why_none(plan: Plan, begins: datetime) -> str:
    earliest = _aimed(plan, begins)
    leaves = first_slot(replace(plan.schedule, windows=()), plan.environment, earliest)
    if leaves is None:
        return f"the train does not leave any more from {_local(plan, earliest)} on; give it a later end"
    state = window_state(plan.schedule, plan.environment, leaves.starts)
    return (
        f"the windows are closed whenever the train leaves, from {leaves.local} on for {LOOKAHEAD.days} days; "
        f"then it is {state.reason}"
    )


def _on_demand(plan: Plan, earliest: datetime) -> Problems:
    if closed := _never_open(plan, earliest):
        yield Problem(code="plan.never_open", path=("schedule", "windows"), message=closed)
    else:
        yield from _stages(plan, earliest)


def _stages(plan: Plan, first: datetime) -> Problems:
    """Stages whose segments the windows never let in, seen from the first slot."""
    for place, stage in enumerate(plan.stages):
        if stage.segments and (closed := _never_open(plan, first, stage.segments)):
            yield Problem(code="plan.stage_never_open", path=("stages", place, "segments"), message=closed)


def _never_open(plan: Plan, at: datetime, segments: tuple[str, ...] = ()) -> str:
    """Why the windows stay closed from `at` on; empty when they open."""
    state = window_state(plan.schedule, plan.environment, at, segments)
    if state.open or state.next_open is not None:
        return ""
    whom = f" for {', '.join(segments)}" if segments else ""
    return f"the windows never open{whom} from {_local(plan, at)} on for {LOOKAHEAD.days} days: {state.reason}"
