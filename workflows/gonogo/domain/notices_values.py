"""A message to people, as a value."""

from .state import State
from .values import value

_MOST = 2_000
"""Characters of a subject or body at the most: the ports take no more."""


@value
class Notice:
    """One message to people."""

    type: str
    """Message type, such as `poll.opened`: the plan's routes match it."""
    subject: str
    """One line: which release, what happened or what is asked."""
    body: str = ""
    """What is asked of whom, by when, what happens otherwise, on which evidence."""
    to: tuple[str, ...] = ()
    """Ids of the people it is for; empty: everybody on the channel."""
    answers: tuple[tuple[str, str], ...] = ()
    """For a message that asks: each answer with the command that gives it."""


def notice(
    state: State,
    kind: str,
    what: str,
    body: str,
    to: tuple[str, ...],
    answers: tuple[tuple[str, str], ...] = (),
) -> Notice:
    """A message whose subject names the release, cut to what every channel takes."""
    return Notice(
        type=kind, subject=_cut(f"{state.release_id}: {what}"), body=_cut(body), to=tuple(to), answers=tuple(answers)
    )


def _cut(text: str) -> str:
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"
