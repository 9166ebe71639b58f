"""A decision in the making: the entries so far, and the state that they lead to."""

from datetime import datetime

from .events import Entry, Event
from .evolve import evolve
from .state import State
from .twins import maker
from .values import ENGINE, Actor

_entry = maker(Entry)


class Draft:
    """Collects what a command leads to. Local to one call of `decide`: nothing outside sees it change."""

    __slots__ = ("actor", "at", "cause", "entries", "state")

    def __init__(self, state: State, at: datetime, actor: Actor, cause: str) -> None:
        self.state = state
        self.at = at
        self.actor = actor
        self.cause = cause
        self.entries: list[Entry] = []

    def emit(self, event: Event, *, actor: Actor | None = None) -> None:
        """Appends `event`, done by `actor` (default: whoever gave the command)."""
        entry = _entry(seq=self.state.seq + 1, at=self.at, actor=actor or self.actor, cause=self.cause, event=event)
        self.state = evolve(self.state, entry)
        self.entries.append(entry)

    def emit_by_itself(self, event: Event) -> None:
        """Appends an event that follows from the rules, not from anybody's word."""
        self.emit(event, actor=ENGINE)

    @property
    def next_seq(self) -> int:
        """The sequence number that the next event will have; ids are made of it."""
        return self.state.seq + 1
