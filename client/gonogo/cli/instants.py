"""Instants, durations and numbers as people type them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from cyclopts import Parameter
from pydantic import TypeAdapter

from gonogo.domain.values import Instant, Number

_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
_NUMBER: TypeAdapter[Decimal] = TypeAdapter(Number)


def _instant(type_: Any, tokens: Any) -> datetime:
    return _INSTANT.validate_python(tokens[0].value)


def _number(type_: Any, tokens: Any) -> Decimal:
    return _NUMBER.validate_python(tokens[0].value)


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
