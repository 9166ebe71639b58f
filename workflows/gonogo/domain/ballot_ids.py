"""What a ballot id stands for: one answer in one set of words, by one person, for as long as the release lives."""

from enum import Enum, auto

from . import commands as c
from .rights import RELEASE_MANAGER
from .state import State
from .state_parts import Said


class Earlier(Enum):
    """What came under the id of a ballot before."""

    NOTHING = auto()
    COUNTED = auto()
    """This very ballot, and it counted."""
    REFUSED = auto()
    """This answer, and it was refused."""
    OTHER_WORDS = auto()
    """This answer, which counted with another reason or other conditions."""
    ANOTHER = auto()
    """Another answer."""


def earlier(state: State, person: str, ballot: c.CastVote) -> Earlier:
    """What `person` said under the id of `ballot` before."""
    before = state.said(person, ballot.ballot_id)
    answer = (ballot.request_id, ballot.role, ballot.choice.value, ballot.acting_for or "")
    same = [said for said in before if said.answer == answer]
    if any(said.counted and _kept(state, said) == _given(ballot) for said in same):
        return Earlier.COUNTED
    if any(not said.counted for said in same):
        return Earlier.REFUSED
    if same:
        return Earlier.OTHER_WORDS
    return Earlier.ANOTHER if before else Earlier.NOTHING


def _given(ballot: c.CastVote) -> tuple[str, ...]:
    owner = ballot.condition_owner or RELEASE_MANAGER
    return (ballot.reason, *(f"{owner}: {title}" for title in ballot.conditions))


def _kept(state: State, said: Said) -> tuple[str, ...]:
    items = [state.items[name] for name in said.conditions]
    return (said.reason, *(f"{item.owner}: {item.title}" for item in items))
