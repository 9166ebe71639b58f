"""Flags after their release has closed: each goes on in its own workflow until it is gone, or only repeats itself."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gonogo.client.errors import NotFound
from gonogo.domain.flag_events import FlagEntry
from gonogo.domain.flag_views import FlagView
from gonogo.domain.state import State
from gonogo.domain.terms import Settled

_LATE = timedelta(days=30)
"""An overdue flag is followed for so long: what comes after is one more reminder and one more escalation every week."""
_ASKED = timedelta(days=1)
"""A flag asks once a day whether it is gone."""
_AT_ONCE = 8
"""Flags that are followed at the same time: none knows of another."""


class FlagWorld(Protocol):
    """Flags that run in driven time."""

    async def follow_flag(self, key: str, to: datetime) -> FlagView:
        """Takes a flag to `to`; answers with how it stands then. Raises `NotFound` when it has no workflow."""
        ...

    async def flag_history(self, key: str) -> tuple[FlagEntry, ...]:
        """Everything that happened to a flag."""
        ...


@dataclass(frozen=True, slots=True)
class FlagLife:
    """What became of a flag after its release closed."""

    view: FlagView
    """How it stands in the end."""
    until: datetime
    """The last instant to which it was followed."""
    entries: tuple[FlagEntry, ...]
    """What happened to it since the release closed."""


async def follow(
    world: FlagWorld, state: State, *, closed_at: datetime, ends: datetime, archived: Mapping[str, datetime]
) -> tuple[FlagLife, ...]:
    """Follows the flags that a closed release leaves behind.

    A flag for which no instant is known, because later releases have to complete first, has nothing to come.

    Args:
        world: Where the flags run.
        state: The closed release.
        closed_at: When it closed.
        ends: No flag is followed beyond this instant.
        archived: Flag -> when it is archived, as far as that is known.
    """
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(key: str) -> FlagLife | None:
        async with places:
            try:
                view = await world.follow_flag(key, closed_at)
                until = min(_until(view, archived.get(key), closed_at), ends)
                view = await world.follow_flag(key, until)
            except NotFound:
                return None  # it was gone before, or no workflow ever heard of it
            entries = await world.flag_history(key)
            return FlagLife(view, until, tuple(e for e in entries if e.at >= closed_at))

    left = [key for key in state.flags if _has_a_date(state, key, archived)]
    return tuple(life for life in await asyncio.gather(*(one(key) for key in left)) if life is not None)


def _has_a_date(state: State, key: str, archived: Mapping[str, datetime]) -> bool:
    if state.flags[key].settled is Settled.GONE:
        return False
    plan = state.plan.flags.get(key)
    return key in archived or (plan is not None and plan.retire_by is not None and plan.retire_by.days is not None)


def _until(view: FlagView, archived: datetime | None, closed_at: datetime) -> datetime:
    if archived is not None:
        return max(archived, closed_at) + _ASKED
    known = [at for at in (view.due, view.waived_until) if at is not None]
    return max([*known, closed_at]) + _LATE if view.due is not None else closed_at
