"""A month of waiting, wherever a release waits for somebody: what does it add besides reminders and check rounds?"""

from datetime import timedelta

from gonogo.domain import commands as c
from gonogo.domain.terms import Phase
from gonogo.domain.values import Actor

from .core import Life

_ASKED_FOR = ("ReminderSent", "Escalated", "ChecksRequested", "ChecksMeasured", "SlotsRequested", "SlotsResolved")
"""Reminders, escalations, check rounds, and the renewal of the calendar."""


def _readying() -> Life:
    """Waits for sign-offs."""
    return Life("3.0.1")


def _held(phase: Phase) -> Life:
    """Waits for whoever raised a hold in `phase`."""
    life = Life(f"3.1.{len(phase.value)}")
    while life.state.phase is not phase:
        while life.answer():
            pass
        life.people()
        if life.state.phase is not phase:
            life.pass_time()
    life.take(c.PlaceHold(text="wait"), Actor(id="olga"))
    return life


def entries_of_a_month() -> int:
    """The most entries that a month without anybody acting adds and that nothing asked for."""
    return max(_month(life) for life in (_readying(), _held(Phase.ROLLING_OUT)))


def _month(life: Life) -> int:
    while life.answer():
        pass
    end = life.now + timedelta(days=30)
    begun = life.ledger.link.seq
    while True:
        before = life.now
        life.pass_time()
        while life.answer():
            pass
        if life.now > end or life.now <= before:
            break
    added = [e.event.type for e in life.ledger.entries(begun)]
    return sum(1 for name in added if name not in _ASKED_FOR)
