"""What a release has to tell people and flags: derived from its entries, kept until it is delivered."""

from gonogo.activities.ports import Message
from gonogo.domain.events import Entry
from gonogo.domain.flag_notes import FlagNote, flag_notes
from gonogo.domain.notices import channels_for, notices
from gonogo.domain.state import State

BATCH = 50
"""Most messages, or notes, in one activity."""


class Outbox:
    """Undelivered messages and notes, oldest first, each under a key that is the same after any restart."""

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        self.notes: dict[str, FlagNote] = {}

    def add(self, entry: Entry, state: State, before: State | None, *, only: frozenset[str] | None = None) -> None:
        """Takes in what `entry` tells; with `only`, just what is named there."""
        for message in messages_of(entry, state):
            if only is None or message.key in only:
                self.messages[message.key] = message
        for note in flag_notes(entry, state, before):
            if only is None or note.key in only:
                self.notes[note.key] = note

    def undelivered(self) -> tuple[str, ...]:
        """Keys of what is left."""
        return (*self.messages, *self.notes)

    def next_messages(self) -> tuple[Message, ...]:
        """The oldest messages."""
        return tuple(self.messages.values())[:BATCH]

    def next_notes(self) -> tuple[FlagNote, ...]:
        """The oldest notes."""
        return tuple(self.notes.values())[:BATCH]


def entry_of(key: str) -> int:
    """The place in the ledger of the entry that a key was made for: `<product>/<version>/<seq>/…`."""
    return int(key.split("/", 3)[2])


def messages_of(entry: Entry, state: State) -> tuple[Message, ...]:
    """The messages of an entry, one for every channel that the plan routes them to."""
    made: list[Message] = []
    for place, notice in enumerate(notices(entry, state)):
        made += [
            Message(
                key=f"{state.release_id}/{entry.seq}/{place}/{channel}",
                type=notice.type,
                release_id=state.release_id,
                channel=channel,
                subject=notice.subject[:2000],
                body=notice.body[:2000],
                to=notice.to,
                answers=notice.answers,
                at=entry.at,
            )
            for channel in channels_for(state.plan, notice.type)
        ]
    return tuple(made)
