"""Asks the calendar: slots, openings and working hours, resolved to UTC once and recorded."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from temporalio import activity
from temporalio.exceptions import ApplicationError

from gonogo.domain.calendar import CalendarError, resolve
from gonogo.domain.plan import Schedule
from gonogo.domain.plan_problem import Problem
from gonogo.domain.plan_rules import problems
from gonogo.domain.resolution import Resolution

from .fitting import misfits
from .registry import Adapters
from .tasks import Admission, Admitted, SlotsTask

_TOLD: Final = 5
"""Most problems that a refusal names."""


class Calendar:
    """The calendar as an activity: time zone data differs from machine to machine, so its answer is recorded."""

    @activity.defn
    async def resolve_slots(self, task: SlotsTask) -> Resolution:
        """Slots, openings and working hours for a schedule.

        Raises:
            ApplicationError: the schedule cannot be resolved; trying again does not help.
        """
        return _resolved(task.effect.schedule, task.effect.environment, task.at)


def _resolved(schedule: Schedule, environment: str, at: datetime) -> Resolution:
    try:
        return resolve(schedule, environment, now=at)
    except CalendarError as error:
        raise ApplicationError(str(error), type=error.code, non_retryable=True) from error


class Admissions:
    """What this worker lets releases do, by its own settings and not by anybody's message."""

    def __init__(self, adapters: Adapters, *, trust_local: bool, simulation: bool) -> None:
        self._adapters = adapters
        self._trust_local = trust_local
        self._simulation = simulation

    @activity.defn
    async def admit(self, admission: Admission) -> Admitted:
        """Says whether local names count here, and what the calendar says: a release begins with both.

        Raises:
            ApplicationError: the release brings a driven clock, and this worker was not started for simulation; or its
                plan has a problem, which a client would have found; or it asks for what no adapter here can do, which
                a client cannot know; or its schedule cannot be resolved.
        """
        if admission.driven and not self._simulation:
            raise ApplicationError(
                "a driven clock is for simulation; this worker runs releases in real time",
                type="release.driven_clock",
                non_retryable=True,
            )
        # Here and not in the workflow: rules may grow, and what was admitted once must replay for ever.
        if admission.plan is not None:
            found = [*problems(admission.plan), *misfits(admission.plan, self._adapters.named, "on the worker")]
            if found := [problem for problem in found if problem.severity == "error"]:
                raise ApplicationError(_all(found), type=found[0].code, non_retryable=True)
        return Admitted(trust_local=self._trust_local, calendar=self._calendar(admission))

    def _calendar(self, admission: Admission) -> Resolution | None:
        plan, at = admission.plan, admission.at
        return None if plan is None or at is None else _resolved(plan.schedule, plan.environment, at)


def _all(found: Sequence[Problem]) -> str:
    told = [f"{'.'.join(map(str, problem.path))}: {problem.message}" for problem in found[:_TOLD]]
    more = [f"and {len(found) - _TOLD} more"] if len(found) > _TOLD else []
    return "; ".join((*told, *more))
