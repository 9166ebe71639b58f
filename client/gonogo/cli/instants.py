"""Instants and numbers as people type them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from cyclopts import Parameter
from pydantic import TypeAdapter, ValidationError

from gonogo.client.yaml_sentences import sentence
from gonogo.domain.values import Instant, Number

_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
_NUMBER: TypeAdapter[Decimal] = TypeAdapter(Number)


def _instant(type_: Any, tokens: Any) -> datetime:
    try:
        return _INSTANT.validate_python(tokens[0].value)
    except ValidationError as refused:
        # The words of the model, without those for programmers around them.
        raise ValueError(sentence(dict(refused.errors(include_url=False)[0]), None, [])) from None


def _number(type_: Any, tokens: Any) -> Decimal:
    try:
        return _NUMBER.validate_python(tokens[0].value)
    except ValidationError:
        raise ValueError(f"{tokens[0].value!r} is not a number of days: write 3 or 0.5") from None


When = Annotated[datetime, Parameter(converter=_instant, n_tokens=1)]
"""An instant with its offset, such as 2026-03-05T14:00:00Z."""
Days = Annotated[Decimal, Parameter(converter=_number, n_tokens=1)]
"""Person-days."""


def read_instant(text: str) -> datetime:
    """The instant that `text` says.

    Raises:
        pydantic.ValidationError: it is none, or has no offset.
    """
    return _INSTANT.validate_python(text)
