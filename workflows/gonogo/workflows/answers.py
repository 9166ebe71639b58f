"""Requests that were answered: the same request again, in this run or the next, gets the same answer."""

from typing import Any, Generic, TypeVar

from temporalio.exceptions import ApplicationError

from gonogo.domain.canonical import digest
from gonogo.domain.errors import Refused
from gonogo.domain.events import BallotRefused, Entry, ExceptionRequested, Held, OverrideProposed

from .book import Book
from .flag_messages import FlagAnswered
from .messages import Answer, Answered

_KEPT = 400
"""How many answers are kept: more than can be on their way at once, little enough to carry along."""

_K = TypeVar("_K", Answered, FlagAnswered)


class Answers(Generic[_K]):
    """The latest answers, by who asked and the request's id. Nobody is given the answer to another request."""

    def __init__(self, kind: type[_K]) -> None:
        self._kind: type[_K] = kind
        self._known: dict[tuple[str, str], _K] = {}

    def get(self, by: str, request_id: str, command: Any) -> Any:
        """The answer that a request got; None when it is new.

        Raises:
            ApplicationError: the id stands for something else that the same person asked for.
        """
        known = self._known.get((by, request_id))
        if known is None:
            return None
        if known.asked != _said(command):
            raise ApplicationError(
                f"{by} asked for something else as {request_id!r}, and was answered: give this an id of its own",
                type="request.reused",
                non_retryable=True,
            )
        return known.answer

    def keep(self, by: str, request_id: str, command: Any, answer: Any) -> None:
        """Remembers an answer; the oldest is forgotten."""
        self._known[by, request_id] = self._kind(request_id=request_id, answer=answer, by=by, asked=_said(command))
        if len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]

    def kept(self) -> tuple[_K, ...]:
        """All of them, oldest first, to be carried along."""
        return tuple(self._known.values())

    def take_up(self, carried: tuple[_K, ...]) -> None:
        """Takes up what was carried along."""
        self._known = {(x.by, x.request_id): x for x in carried}


def _said(command: Any) -> str:
    return digest(command)[:16]


def answer_to(book: Book, entries: tuple[Entry, ...], cause: str) -> Answer:
    """What a command came to: what time had decided before it is not its own."""
    link = book.link
    own = [x for x in entries if x.cause == cause]
    refused = next((x.event for x in own[:1] if isinstance(x.event, BallotRefused)), None)
    created = ""
    for entry in own:
        match entry.event:
            case ExceptionRequested(exception=name) | OverrideProposed(override=name) | Held(hold=name):
                created = created or name
    return Answer(
        seq=link.seq,
        head=link.head,
        accepted=refused is None,
        phase=book.state.phase.value,
        code=refused.code if refused else "",
        message=refused.message if refused else "",
        created=created,
    )


def refusal(refused: Refused) -> ApplicationError:
    """A refusal as it leaves a handler: with its stable code, and not to be tried again."""
    return ApplicationError(refused.message, refused.details, type=refused.code, non_retryable=True)
