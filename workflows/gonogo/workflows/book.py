"""The one writer of a release's state: commands in, entries appended, state and ledger out. No Temporal in here."""

from datetime import datetime

from gonogo.domain.commands import Command
from gonogo.domain.events import Entry
from gonogo.domain.evolve import evolve
from gonogo.domain.ledger import Link
from gonogo.domain.plan import Plan
from gonogo.domain.release import launch, step
from gonogo.domain.state import State
from gonogo.domain.values import ENGINE, Actor

from .outbox import Outbox, entry_of
from .packing import packed, unpacked
from .shelf import Shelf


class Book:
    """A release's ledger, the state that it adds up to, and what it has to tell the world."""

    def __init__(self) -> None:
        self._state: State | None = None
        self.shelf = Shelf()
        self.outbox = Outbox()

    @property
    def begun(self) -> bool:
        """True once the release has been launched."""
        return self._state is not None

    @property
    def state(self) -> State:
        """The release; only once it has begun."""
        assert self._state is not None
        return self._state

    @property
    def link(self) -> Link:
        """Where the ledger ends."""
        return self.shelf.link

    def launch(self, plan: Plan, actor: Actor, at: datetime, *, trust_local: bool) -> None:
        """Writes the first entries."""
        self._append(launch(plan, actor, at, trust_local=trust_local))

    def decide(self, command: Command, at: datetime, actor: Actor = ENGINE) -> tuple[Entry, ...]:
        """Carries a command out.

        Raises:
            Refused: it is not carried out; nothing changed.
        """
        entries, state = step(self.state, command, at, actor=actor)
        self._append(entries, state)
        return entries

    def would(self, command: Command, at: datetime, actor: Actor) -> None:
        """Raises what `decide` would raise, and changes nothing.

        Raises:
            Refused: the command would not be carried out.
        """
        step(self.state, command, at, actor=actor)

    def _append(self, entries: tuple[Entry, ...], state: State | None = None) -> None:
        # The messages of an entry speak of the release as it was right after it.
        passing = self._state
        for entry in entries:
            before, passing = passing, evolve(passing, entry)
            self.outbox.add(entry, passing, before)
        self._state = passing if state is None else state
        self.shelf.append(entries)

    # --- continue-as-new -------------------------------------------------------------------------------------------

    def packed(self) -> str:
        """The ledger, to be carried along."""
        return packed(self.shelf.ledger)

    def unpack(self, carried: str, undelivered: frozenset[str]) -> None:
        """Takes up a ledger that was carried along: the state is what its entries add up to."""
        ledger = unpacked(carried)
        self.shelf = Shelf(ledger)
        telling = {entry_of(key) for key in undelivered}
        state: State | None = None
        for entry in ledger.entries():
            before, state = state, evolve(state, entry)
            if entry.seq in telling:
                self.outbox.add(entry, state, before, only=undelivered)
        self._state = state
