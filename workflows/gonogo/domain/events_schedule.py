"""What happened: launch, phases, slots."""

from typing import Literal

from .plan import Plan
from .resolution import Resolution, Slot
from .terms import (
    Phase,
)
from .values import Id, Instant, Text, Words, value


@value
class ReleaseLaunched:
    """A release began its life."""

    type: Literal["ReleaseLaunched"] = "ReleaseLaunched"
    plan: Plan
    """The normalised plan."""
    plan_digest: str
    """SHA-256 of the normalised plan: the same plan again is the same release."""
    people: dict[Id, tuple[Id, ...]]
    """Role -> people, rotations resolved."""
    trust_local: bool
    """True: local names count as proof, which the worker's setting allows."""


@value
class PhaseChanged:
    """The release went from one phase to the next."""

    type: Literal["PhaseChanged"] = "PhaseChanged"
    before: Phase
    """The phase it left."""
    after: Phase
    """The phase it entered."""


@value
class SlotsRequested:
    """The calendar was asked for slots, openings and working hours."""

    type: Literal["SlotsRequested"] = "SlotsRequested"
    ask: str
    """Id of the question."""
    slot: Instant | None = None
    """The dated slot that is aimed at, when there is one."""
    after: Instant | None = None
    """The instant from which on a slot is wanted, when it is later than the release's own `not_before`."""


@value
class SlotsResolved:
    """The calendar answered."""

    type: Literal["SlotsResolved"] = "SlotsResolved"
    ask: str
    """Id of the question."""
    resolution: Resolution
    """Slots, openings and working hours in UTC."""


@value
class SlotTaken:
    """The release aims at a slot."""

    type: Literal["SlotTaken"] = "SlotTaken"
    slot: Slot
    """The slot and its opening's end."""
    on_demand: bool = False
    """True: taken by a GO on demand, not aimed at in advance."""


@value
class SlotGivenUp:
    """The release does not aim at its slot any more; each is counted."""

    type: Literal["SlotGivenUp"] = "SlotGivenUp"
    slot: Slot | None = None
    """The slot; absent on demand, where a round's end counts the same."""
    why: Words
    """no room for a poll, no_go, expired, postponed, missed: …"""
    count: int
    """How many were given up since the count began."""
    retry_at: Instant | None = None
    """On demand: when the next poll opens by itself."""
    not_before: Instant | None = None
    """Earliest next slot."""


@value
class SlotMissed:
    """A slot began, or ended, without the release; a GO that stood for it is over."""

    type: Literal["SlotMissed"] = "SlotMissed"
    slot: Slot
    """The slot."""
    why: Words
    """What stood in the way."""


@value
class Postponed:
    """A person postponed the release."""

    type: Literal["Postponed"] = "Postponed"
    to: Instant | None = None
    """Earliest next slot; absent: the next one with room."""
    reason: Text = ""
    """Why."""
