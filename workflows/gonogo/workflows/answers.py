"""Requests that were answered: the same request again, in this run or the next, gets the same answer."""

from temporalio.exceptions import ApplicationError

from gonogo.domain.errors import Refused
from gonogo.domain.events import BallotRefused, Entry, ExceptionRequested, Held, OverrideProposed

from .book import Book
from .messages import Answer, Answered, Request

_KEPT = 400
"""How many answers are kept: more than can be on their way at once, little enough to carry along."""


class Answers:
    """(Who asked, request id) -> answer, the latest ones. Nobody is given the answer to somebody else's request."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Answer] = {}

    def get(self, request: Request) -> Answer | None:
        """The answer that a request got; None when it is new."""
        return self._known.get((request.actor.id, request.request_id))

    def keep(self, request: Request, answer: Answer) -> None:
        """Remembers an answer; the oldest is forgotten."""
        self._known[request.actor.id, request.request_id] = answer
        if len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]

    def kept(self) -> tuple[Answered, ...]:
        """All of them, oldest first, to be carried along."""
        return tuple(Answered(request_id=k, answer=v, by=by) for (by, k), v in self._known.items())

    def take_up(self, carried: tuple[Answered, ...]) -> None:
        """Takes up what was carried along."""
        self._known = {(x.by, x.request_id): x.answer for x in carried}


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
