"""Reads signals that anybody may have sent: a value, or what is wrong with it. Never an exception."""

from typing import TypeVar

from pydantic import ValidationError
from temporalio import workflow
from temporalio.common import RawValue
from temporalio.converter import PayloadConverter

from gonogo.domain import commands as c
from gonogo.domain.facts import FlagChange, FlagReading
from gonogo.domain.terms import Choice
from gonogo.domain.values import FlagKey, Text, value

from .messages import GoNoGo

_T = TypeVar("_T")
_MOST_BYTES = 64 * 1024


@value
class FlagNews:
    """What a flag's own workflow tells the release that it belongs to."""

    flag: FlagKey
    """The flag."""
    gone: bool = False
    """True: it is gone, with `proof`."""
    proof: Text = ""
    """The proof, or who acted."""
    reading: FlagReading | None = None
    """It was changed elsewhere: what stands now."""
    change: FlagChange | None = None
    """With `reading`: which change by whom it was; None: not known."""
    carried_to: Text = ""
    """A later release took it over."""

    def command(self) -> c.TakeFlagNews:
        """As the core takes it."""
        return c.TakeFlagNews(
            flag=self.flag,
            gone=self.gone,
            proof=self.proof,
            reading=self.reading,
            change=self.change,
            carried_to=self.carried_to,
        )


def read(payload: RawValue, kind: type[_T]) -> _T | str:
    """The signal's value, or one sentence that says what is wrong with it, without quoting it."""
    return decoded(payload, kind, workflow.payload_converter())


def decoded(payload: RawValue, kind: type[_T], converter: PayloadConverter) -> _T | str:
    """What `read` answers, by a given converter."""
    raw = payload.payload
    if len(raw.data) > _MOST_BYTES:
        return f"{len(raw.data)} bytes are more than {_MOST_BYTES}"
    try:
        found = converter.from_payload(raw, kind)
    except ValidationError as error:
        return _sentence(error)
    except Exception as error:  # noqa: BLE001  # any bytes may come: whatever cannot be read is malformed
        return f"it cannot be read ({type(error).__name__})"
    # Some encodings say themselves what they hold, whatever is asked for: nothing, or bytes.
    return found if isinstance(found, kind) else f"it is no {kind.__name__}"


def ballot_of(given: GoNoGo) -> c.CastVote | str:
    """The signal's ballot as a command, or what is wrong with it: a command is stricter than a signal."""
    if given.choice not in tuple(Choice):
        return "choice: write GO, NO_GO or ABSTAIN"
    try:
        return c.CastVote(
            request_id=given.request_id,
            role=given.role,
            choice=Choice(given.choice),
            ballot_id=given.ballot_id,
            reason=given.reason,
        )
    except ValidationError as error:
        return _sentence(error)


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where or 'the message'}: {first['msg']}"[:300]


def malformed(handler: str, message: str) -> c.RecordMalformed:
    """The record of a message that could not be read."""
    return c.RecordMalformed(handler=handler, message=message[:500])
