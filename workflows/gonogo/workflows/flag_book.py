"""The one writer of a flag's state: commands in, entries appended, state and ledger out. No Temporal in here."""

from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from gonogo.activities.ports import Message
from gonogo.domain.flag_core import decide_flag, open_flag
from gonogo.domain.flag_effects import channels, flag_notices, news
from gonogo.domain.flag_events import FlagEntry
from gonogo.domain.flag_evolve import evolve_flag, fold_flag
from gonogo.domain.flag_state import FlagLife
from gonogo.domain.ledger import Link
from gonogo.domain.values import ENGINE, Actor

from .flag_messages import AddressedNews, FlagAnswer, FlagCarried, FlagStart
from .packing import packed, unpacked
from .shelf import Shelf
from .signals import FlagNews

FLAG_ENTRY: TypeAdapter[FlagEntry] = TypeAdapter(FlagEntry)
"""How a line of a flag's ledger is read."""


class FlagBook:
    """A flag's ledger, the state that it adds up to, and what it has to tell people and releases."""

    def __init__(self, start: FlagStart, at: datetime) -> None:
        self.shelf = Shelf()
        self.messages: dict[str, Message] = {}
        self.news: list[AddressedNews] = []
        if start.carried is None:
            first = open_flag(start.product, start.environment, start.flag, start.provider, at)
            self.state: FlagLife = fold_flag(first)
            self.shelf.append(first)
        else:
            ledger = unpacked(start.carried.ledger)
            self.shelf = Shelf(ledger)
            self.state = fold_flag(ledger.read(FLAG_ENTRY))
            self.messages = {m.key: m for m in start.carried.messages}

    @property
    def link(self) -> Link:
        """Where the ledger ends."""
        return self.shelf.link

    def decide(self, command: Any, at: datetime, actor: Actor = ENGINE) -> tuple[FlagEntry, ...]:
        """Carries a command out.

        Raises:
            Refused: it is not carried out; nothing changed.
        """
        entries = decide_flag(self.state, command, at, actor)
        state = self.state
        for entry in entries:
            state = evolve_flag(state, entry)
            self._tell(entry, state)
        self.state = state
        self.shelf.append(entries)
        return entries

    def _tell(self, entry: FlagEntry, state: FlagLife) -> None:
        for release, told in news(entry, state):
            given = FlagNews(
                flag=told.flag,
                gone=told.gone,
                proof=told.proof,
                reading=told.reading,
                change=told.change,
                carried_to=told.carried_to,
            )
            self.news.append(AddressedNews(release_id=release, news=given))
        release = state.holder or (state.life.release if state.life else "") or state.product
        for place, notice in enumerate(flag_notices(entry, state)):
            for channel in channels(state.notifications, notice.type):
                key = f"{state.id}/{entry.seq}/{place}/{channel}"
                self.messages[key] = Message(
                    key=key,
                    type=notice.type,
                    release_id=release,
                    channel=channel,
                    subject=notice.subject[:2000],
                    body=notice.body[:2000],
                    to=notice.to,
                    at=entry.at,
                )

    def carried(self) -> FlagCarried:
        """What the next run takes up; news are told before."""
        return FlagCarried(ledger=packed(self.shelf.ledger), messages=tuple(self.messages.values()))


def answer_to(book: FlagBook) -> FlagAnswer:
    """What a person's change came to: the write that was requested for it."""
    switch = book.state.switch
    assert switch is not None
    assert switch.fence is not None
    return FlagAnswer(seq=book.link.seq, head=book.link.head, wanted=switch.wanted, epoch=switch.fence.epoch)
