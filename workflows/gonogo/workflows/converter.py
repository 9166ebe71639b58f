"""Values on the wire: the JSON of temporalio's pydantic converter, byte for byte, with one set of adapters for all.

The SDK makes a payload converter for every workflow instance; temporalio's own keeps its type adapters in each, which
costs 18 KB for every cached release. Here they are shared. Either side may use either converter.
"""

import functools
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_json
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
    JSONPlainPayloadConverter,
)

_adapter: Any = functools.lru_cache(maxsize=1024)(TypeAdapter)


class SharedJsonConverter(EncodingPayloadConverter):
    """JSON by pydantic."""

    @property
    def encoding(self) -> str:
        """`json/plain`, as every SDK writes JSON."""
        return "json/plain"

    def to_payload(self, value: Any) -> Payload | None:
        """`value` as JSON."""
        return Payload(metadata={"encoding": self.encoding.encode()}, data=to_json(value))

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        """The value that the JSON says, checked against the type that is expected."""
        return _adapter(type_hint if type_hint is not None else Any).validate_json(payload.data)


class GonogoPayloadConverter(PydanticPayloadConverter):
    """Temporal's default encodings, with JSON by pydantic."""

    def __init__(self) -> None:
        """Makes the converter; every workflow instance does."""
        theirs = DefaultPayloadConverter.default_encoding_payload_converters
        CompositePayloadConverter.__init__(
            self, *(_JSON if isinstance(c, JSONPlainPayloadConverter) else c for c in theirs)
        )


_JSON = SharedJsonConverter()

data_converter = DataConverter(payload_converter_class=GonogoPayloadConverter)
"""For workers, and for whoever else wants it."""
