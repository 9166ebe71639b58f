"""A month of waiting, wherever a release waits for somebody: what does it add besides reminders and check rounds?

A round of the poll and a slot end by themselves within a day or so; elsewhere somebody can keep a release waiting.
"""

from collections import Counter
from datetime import timedelta

from pydantic import TypeAdapter

from gonogo.domain import commands as c
from gonogo.domain.plan import Plan
from gonogo.domain.plan_defaults import normalise
from gonogo.domain.terms import Phase
from gonogo.domain.values import Actor

from .core import Life
from .plans import plan_values

_PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)
_ASKED_FOR = ("ReminderSent", "Escalated", "ChecksRequested", "ChecksMeasured", "SlotsRequested", "SlotsResolved")
"""Reminders, escalations, check rounds, and the renewal of the calendar."""
_MONTH = timedelta(days=30)


def _with_item(version: str, moment: str) -> Life:
    """A release with an item that nobody signs off."""
    values = plan_values(version)
    values["checklists"]["left"] = {
        "moment": moment,
        "owner": "qa",
        "items": [{"id": "left", "title": "Nobody does this"}],
    }
    return Life(version, plan=normalise(_PLAN.validate_python(values)))


def _scoping() -> Life:
    """The scope cannot be frozen: an item that gates the freeze is not done."""
    return _with_item("3.0.0", "before_planning")


def _readying() -> Life:
    """Waits for sign-offs."""
    return Life("3.0.1")


def _up_to(phase: Phase, life: Life) -> Life:
    while life.state.phase is not phase:
        while life.answer():
            pass
        life.people()
        if life.state.phase is not phase:
            life.pass_time()
    return life


def _held() -> Life:
    """Waits, while it is rolled out, for whoever holds it."""
    life = _up_to(Phase.ROLLING_OUT, Life("3.1.0"))
    while life.answer():
        pass
    life.take(c.PlaceHold(text="wait"), Actor(id="olga"))
    return life


def _cleaning_up() -> Life:
    """Waits for what is left to do after the release."""
    return _up_to(Phase.CLEANING_UP, _with_item("3.2.0", "after_release"))


def added_by_a_month() -> dict[str, Counter[str]]:
    """Where a release waits -> what a month without anybody acting adds that nothing asked for."""
    waiting = {"scoping": _scoping, "readying": _readying, "rolling_out, held": _held, "cleaning_up": _cleaning_up}
    return {where: _month(begin()) for where, begin in waiting.items()}


def _month(life: Life) -> Counter[str]:
    while life.answer():
        pass
    phase, end, begun = life.state.phase, life.now + _MONTH, life.ledger.link.seq
    while True:
        before = life.now
        life.pass_time()
        while life.answer():
            pass
        if life.now > end or life.now <= before:
            break
    assert life.state.phase is phase, f"it did not wait: {life.state.phase}"
    added = [e.event.type for e in life.ledger.entries(begun)]
    return Counter(name for name in added if name not in _ASKED_FOR)
