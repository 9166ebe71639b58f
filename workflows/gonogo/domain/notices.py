"""Which entries tell people what."""

from .events import Entry
from .plan import Plan
from .state import State
from .values import value


@value
class Notice:
    """One message to people."""

    type: str
    """Message type, such as `poll.opened`: routes match it."""
    subject: str
    """One line: which release, what happened or what is asked."""
    body: str = ""
    """What is asked of whom, by when, what happens otherwise, on which evidence."""
    to: tuple[str, ...] = ()
    """Ids of the people it is for; empty: everybody on the channel."""
    answers: tuple[tuple[str, str], ...] = ()
    """For a message that asks: each answer with the command that gives it."""


def notices(entry: Entry, state: State) -> tuple[Notice, ...]:
    """What `entry` tells people; `state` is the release right after it."""
    raise NotImplementedError


def channels_for(plan: Plan, notice_type: str) -> tuple[str, ...]:
    """The channels to which the plan routes a message type, each once."""
    raise NotImplementedError
