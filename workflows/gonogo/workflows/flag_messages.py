"""What goes in and out of a flag's own workflow: one frozen payload per handler; it grows by optional fields only."""

from typing import Annotated

from pydantic import Field

from gonogo.activities.ports import Message
from gonogo.domain.values import Exposure, FlagKey, Id, Instant, Text, Words, value

from .messages import Claimant
from .signals import FlagNews

RequestId = Annotated[str, Field(min_length=1, max_length=200)]


@value
class FlagAnswer:
    """What became of a person's request: what was decided, never that the provider has done it."""

    seq: int
    """Number of entries in the flag's ledger after it."""
    head: str
    """SHA-256 of the last of them."""
    wanted: Exposure
    """Who shall see the flag."""
    epoch: int
    """Epoch of the write that was requested."""


@value
class FlagAnswered:
    """A request that was answered, kept so that the same request after continue-as-new gets the same answer."""

    request_id: str
    """The request."""
    answer: FlagAnswer
    """What it was answered."""
    by: str
    """Who asked."""
    asked: str
    """For what: the first 16 digits of the command's digest."""


@value
class AddressedNews:
    """News for a release."""

    release_id: Text
    """`<product>/<version>`."""
    news: FlagNews
    """What the release is told."""


@value
class FlagCarried:
    """What a flag takes along when it continues as new."""

    ledger: str
    """The ledger's bytes, compressed, in base64."""
    answered: tuple[FlagAnswered, ...] = ()
    """The last requests and their answers."""
    messages: tuple[Message, ...] = ()
    """Messages that were not delivered yet."""
    driven: Instant | None = None
    """The driven clock's instant, when the clock is driven."""


@value
class FlagStart:
    """Begins a flag's own workflow, or goes on with one."""

    product: Id
    """The product."""
    environment: Id
    """The environment."""
    flag: FlagKey
    """The flag."""
    provider: Id
    """Name of the flag adapter."""
    driven_from: Instant | None = None
    """A driven clock that begins here: accepted only by a worker that was started for simulation."""
    carried: FlagCarried | None = None
    """Set when the flag continues as new."""


@value
class FlagClosed:
    """How a flag ended: the workflow's result."""

    proof: Text
    """The proof that it is gone."""
    seq: int
    """Number of entries in the ledger."""
    head: str
    """SHA-256 of the last one."""


@value
class FlagClaimRequest:
    """A release asks for the right to change the flag."""

    release_id: Text
    """`<product>/<version>`."""
    at: Instant
    """When it asks, by its own clock."""


@value
class FlagKill:
    """A person takes the flag back to who saw it before the release, at once."""

    request_id: RequestId
    """The caller's id of this request: the same again is the same request."""
    actor: Claimant
    """Who."""
    reason: Words
    """Why."""


@value
class FlagSet:
    """A person changes who sees the flag, without a release."""

    request_id: RequestId
    """The caller's id of this request: the same again is the same request."""
    actor: Claimant
    """Who."""
    wanted: Exposure
    """Who shall see it."""
    reason: Words
    """Why."""
