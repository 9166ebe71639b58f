"""Everything that an adapter raises.

AdapterError
├── Unreachable          the system gave no usable answer; asking again may help
│   ├── FlagFileError    a flag file that cannot be read or written
│   └── DeliveryFailed   a message that may be delivered later
├── BadParams            the plan's parameters are wrong; asking again changes nothing
└── DeliveryRefused      the receiver will never take this message
"""

from typing import ClassVar


class AdapterError(Exception):
    """An outside system, or what the plan says of it, did not do."""

    code: ClassVar[str] = "adapter.error"
    """Stable code, for logs and scripts."""


class Unreachable(AdapterError):
    """The system gave no usable answer: down, slow, or not making sense. Worth asking again."""

    code = "adapter.unreachable"


class FlagFileError(Unreachable):
    """A flag file that cannot be read, understood or written."""

    code = "adapter.flag_file"


class DeliveryFailed(Unreachable):
    """A message did not arrive, and may arrive later."""

    code = "adapter.delivery_failed"


class BadParams(AdapterError):
    """Parameters in the plan that the adapter cannot work with. Asking again changes nothing."""

    code = "adapter.params"


class DeliveryRefused(AdapterError):
    """The receiver said that it does not take this message. Sending it again changes nothing."""

    code = "adapter.delivery_refused"
