"""What happened to a flag over its whole life, in the past tense: one tagged union, like a release's own events."""

from typing import Annotated, Literal

from pydantic import Field

from .events import HandlerFaulted
from .facts import Fence, Finding, WriteResult
from .flag_notes import FlagNote
from .values import Actor, Exposure, FlagKey, Id, Instant, Text, Words, value


@value
class FlagOpened:
    """A flag's own workflow began."""

    type: Literal["FlagOpened"] = "FlagOpened"
    product: Id
    """The product."""
    environment: Id
    """The environment."""
    flag: FlagKey
    """The flag."""
    provider: Id
    """Name of the flag adapter."""


@value
class FlagNoted:
    """A release told something."""

    type: Literal["FlagNoted"] = "FlagNoted"
    note: FlagNote
    """What it told."""


@value
class FlagGranted:
    """A release may change the flag; no other may while it rolls out."""

    type: Literal["FlagGranted"] = "FlagGranted"
    release_id: Text
    """`<product>/<version>`."""
    carried_from: Text = ""
    """The release in cleaning_up that it was taken over from."""


@value
class FlagSwitched:
    """A person entitled to it changed who sees the flag, outside any release."""

    type: Literal["FlagSwitched"] = "FlagSwitched"
    how: Literal["kill", "set"]
    """kill: back to the value before the release; set: to a named exposure."""
    wanted: Exposure
    """Who shall see it."""
    reason: Words
    """Why."""


@value
class SwitchRequested:
    """The provider was asked to carry the change out."""

    type: Literal["SwitchRequested"] = "SwitchRequested"
    ask: Text
    """Id of the write."""
    fence: Fence
    """Its fence: newer than every write that the flag has seen."""


@value
class SwitchAnswered:
    """The provider answered; what did not succeed is tried again until it is confirmed."""

    type: Literal["SwitchAnswered"] = "SwitchAnswered"
    ask: Text
    """Id of the write."""
    result: WriteResult
    """Before and after."""
    by: Actor
    """Who had asked for the change."""


@value
class ProofTaken:
    """The provider, or whoever knows the references, was asked whether the flag is gone."""

    type: Literal["ProofTaken"] = "ProofTaken"
    finding: Finding
    """pass: gone, with proof."""


@value
class OwnerReminded:
    """The flag's owner was reminded that it should be gone."""

    type: Literal["OwnerReminded"] = "OwnerReminded"
    to: tuple[Id, ...]
    """Whom."""
    due: Instant
    """When it should be, or should have been, gone."""
    step: int
    """Which step of the ladder, from 1."""


@value
class OverdueEscalated:
    """An overdue flag was brought to the release manager."""

    type: Literal["OverdueEscalated"] = "OverdueEscalated"
    to: tuple[Id, ...]
    """Whom."""
    due: Instant
    """When it should have been gone."""
    step: int
    """How often, from 1."""


@value
class FlagGone:
    """The flag is gone, with proof: its workflow ends."""

    type: Literal["FlagGone"] = "FlagGone"
    proof: Text
    """The proof."""


FlagEvent = Annotated[
    FlagOpened
    | FlagNoted
    | FlagGranted
    | FlagSwitched
    | SwitchRequested
    | SwitchAnswered
    | ProofTaken
    | OwnerReminded
    | OverdueEscalated
    | FlagGone
    | HandlerFaulted,
    Field(discriminator="type"),
]
"""Everything that can happen to a flag."""


@value
class FlagEntry:
    """One line of a flag's ledger."""

    seq: int
    """Place in the ledger, from 1."""
    at: Instant
    """When, by the workflow's clock."""
    actor: Actor
    """Who."""
    cause: Text
    """The command, timer or result that it followed from."""
    event: FlagEvent
    """What happened."""
