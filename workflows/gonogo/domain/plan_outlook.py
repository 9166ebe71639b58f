"""What the dates of a plan come to, seen from an instant: what has passed, and whether any slot is left.

A plan is not wrong because time goes by, and past ones are simulated: it is judged from its own `schedule.starts` on,
and what has passed by now is a warning. A release that is launched is judged from the instant at which it begins: where
the calendar leaves nothing, it could never go out, and that is an error.
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
    passed = tuple(_passed(plan, at))
    warned = {problem.path for problem in passed}
    starts = plan.schedule.starts
    if starts is None:
        # A dated slot that is over is simulated from before it, and has its warning.
        return (*passed, *(problem for problem in stranded(plan, at) if problem.path not in warned))
    found = stranded(plan, starts)
    warned.update(problem.path for problem in found)
    later = stranded(plan, at) if starts < at else ()
    return (*passed, *found, *(_only_now(problem) for problem in later if problem.path not in warned))


def stranded(plan: Plan, begins: datetime) -> tuple[Problem, ...]:
    """Why a release that begins at `begins` could never go out, whatever its plan's `starts` says; empty: it can.

    Args:
        plan: The plan. Its schedule and environment have no problem of their own.
        begins: When the release begins: now when it is launched, its own start when it is simulated.
    """
    return tuple(_left(plan, begins))


def _only_now(problem: Problem) -> Problem:
    message = f"a release that is launched now is refused: {problem.message}"
    return Problem(code=f"{problem.code}_now", path=problem.path, message=message, severity="warning")


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
            text = "has passed: a release that is launched now is refused; name a later slot"
            yield _warning(plan, ("schedule", "slot"), "plan.date_passed", schedule.slot, text)
        elif schedule.slot - _room(plan) < at:
            text = (
                "leaves no room for the poll before it: a release that is launched now is refused; name a later slot, "
                "or shorten poll.closes_before or poll.min"
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


def _left(plan: Plan, begins: datetime) -> Problems:
    try:
        resolve(plan.schedule, plan.environment, now=begins)
    except CalendarError as error:
        yield Problem(code=error.code, path=("schedule", error.field), message=error.message)
        return
    if plan.schedule.slot is not None or plan.schedule.train is not None:
        yield from _slots(plan, begins)
    else:
        yield from _on_demand(plan, _earliest(plan, begins))


def _earliest(plan: Plan, begins: datetime) -> datetime:
    # As the release aims: at its own date, else at its freeze, and never before it begins.
    return max(begins, plan.schedule.not_before or plan.scope.freeze_at or begins)


def _room(plan: Plan) -> timedelta:
    return plan.poll.closes_before + plan.poll.min


def _slots(plan: Plan, begins: datetime) -> Problems:
    schedule, aimed = plan.schedule, _aimed(plan, begins)
    first = first_slot(schedule, plan.environment, aimed)
    if first is not None:
        yield from _stages(plan, first.starts)
    elif schedule.slot is not None:
        yield Problem(code="plan.no_slot", path=("schedule", "slot"), message=_too_soon(plan, schedule.slot, begins))
    else:
        yield Problem(code="plan.no_slot", path=("schedule", "train"), message=f"no slot is left: {_none(plan, aimed)}")


def _aimed(plan: Plan, begins: datetime) -> datetime:
    """The first instant at which a release that begins at `begins` can have its slot."""
    return max(_earliest(plan, begins), begins + _room(plan))


def _too_soon(plan: Plan, slot: datetime, begins: datetime) -> str:
    where = f"no slot is left: {_local(plan, slot)}"
    if slot <= begins:
        return f"{where} has passed when the release begins, {_local(plan, begins)}: name a later slot"
    return (
        f"{where} leaves no room for the poll when the release begins {_local(plan, begins)}: name a slot from "
        f"{_local(plan, _aimed(plan, begins))} on, or shorten poll.closes_before or poll.min"
    )


def _none(plan: Plan, earliest: datetime) -> str:
    assert plan.schedule.train is not None
    rule = plan.schedule.train.rrule
    leaves = first_slot(replace(plan.schedule, windows=()), plan.environment, earliest)
    if leaves is None:
        return f"the train {rule!r} does not leave any more from {_local(plan, earliest)} on; give it a later end"
    state = window_state(plan.schedule, plan.environment, leaves.starts)
    return (
        f"the windows are closed whenever the train {rule!r} leaves, from {leaves.local} on for {LOOKAHEAD.days} days "
        f"({state.reason}): let one open then, or the train leave at another time"
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
    since = f"from {_local(plan, at)} on for {LOOKAHEAD.days} days"
    return f"the windows never open{whom} {since} ({state.reason}): let one open"
