"""Answers that do not count: ballots, overrides, exceptions, "go wider?"; refused on the merits, and recorded."""

from typing import Literal

from . import commands as c
from .ballot_ids import Earlier, earlier
from .draft import Draft
from .errors import Refused
from .events import BallotRefused

AnswerKind = Literal["ballot", "widen", "exception", "override", "malformed"]

MAX_REFUSALS = 20
"""Refused answers of one person in one round that are recorded; further ones leave no trace."""


def refuse_answer(
    draft: Draft, kind: AnswerKind, code: str, message: str, ballot: c.CastVote | None = None, question: str = ""
) -> None:
    """Records an entitled person's answer that does not count, on the merits; too many of them leave no trace."""
    if draft.state.refusals.get(draft.actor.id, 0) >= MAX_REFUSALS:
        raise Refused(code, message)
    draft.emit(
        BallotRefused(
            code=code,
            message=message,
            kind=kind,
            role=ballot.role if ballot else "",
            choice=ballot.choice.value if ballot else "",
            ballot_id=ballot.ballot_id if ballot else "",
            request_id=ballot.request_id if ballot else question,
            acting_for=ballot.acting_for if ballot else None,
        )
    )


def record_refusal(draft: Draft, command: c.RecordRefusal) -> None:
    """An answer by signal that does not count: recorded while there are not too many of them."""
    ballot = command.ballot
    if earlier(draft.state, draft.actor.id, ballot) in (Earlier.COUNTED, Earlier.REFUSED):
        return  # it came twice
    if draft.state.refusals.get(draft.actor.id, 0) < MAX_REFUSALS:
        refuse_answer(draft, "ballot", command.code, command.message, ballot)
