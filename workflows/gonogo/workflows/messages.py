"""What goes in and out of the workflows: one frozen payload per handler, which grows by optional fields only."""

from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field

from gonogo.domain.commands import HumanCommand
from gonogo.domain.plan_wire import TravellingPlan
from gonogo.domain.values import Actor, Instant, Text, value

GO_NO_GO = "go_no_go"
"""Name of the signal by which an approver answers one open question, with a `GoNoGo`."""
FLAG_NEWS = "flag_news"
"""Name of the signal by which a flag's own workflow tells a release what happened to it, with a `FlagNews`."""
TASK_QUEUE = "gonogo"
"""The task queue of workflows and of activities without secrets."""
STALE_TIME = "gonogo.stale_time"
"""Stands in the failure of a query that came at a moment at which it must be asked again."""


def _unproved(actor: Actor) -> Actor:
    return replace(actor, proof=0)


Claimant = Annotated[Actor, AfterValidator(_unproved)]
"""Who a message says that it is from. Nothing here verifies a proof, so it has none, whatever the message says."""


@value
class Answer:
    """What became of a command: what was decided, never that an effect is done."""

    seq: int
    """Number of entries in the ledger after it."""
    head: str
    """SHA-256 of the last of them."""
    accepted: bool
    """False: recorded as refused on the merits (late, stale, own release); `code` says why."""
    phase: Text
    """The release's phase after it."""
    code: Text = ""
    """Stable code of the refusal."""
    message: Text = ""
    """The refusal for a person."""
    created: Text = ""
    """Id of what the command made: an exception, a hold, an override."""


@value
class Answered:
    """A request that was answered, kept so that the same request after continue-as-new gets the same answer."""

    request_id: str
    """The request."""
    answer: Answer
    """What it was answered."""
    by: str
    """Who asked."""
    asked: str
    """For what: the first 16 digits of the command's digest."""


@value
class Request:
    """A command by somebody."""

    request_id: Annotated[str, Field(min_length=1, max_length=200)]
    """The caller's id of this request: the same again by the same person is the same request, across continue-as-new
    too."""
    actor: Claimant
    """Who asks."""
    command: HumanCommand
    """What for."""


@value
class Carried:
    """What a release takes along when it continues as new."""

    ledger: str
    """The ledger's bytes, compressed, in base64."""
    answered: tuple[Answered, ...] = ()
    """The last requests and their answers."""
    undelivered: tuple[str, ...] = ()
    """Keys of messages and flag notes that were not delivered yet: `seq/ordinal`."""
    driven: Instant | None = None
    """The driven clock's instant, when the clock is driven."""


@value
class Launch:
    """Begins a release, or goes on with one."""

    plan: TravellingPlan
    """The normalised plan."""
    actor: Claimant
    """Who launches."""
    driven_from: Instant | None = None
    """A driven clock that begins here: accepted only by a worker that was started for simulation."""
    carried: Carried | None = None
    """Set when the release continues as new."""


@value
class Closed:
    """How a release ended: the workflow's result."""

    outcome: Text
    """completed, cancelled or rolled_back."""
    seq: int
    """Number of entries in the ledger."""
    head: str
    """SHA-256 of the last one."""


@value
class GoNoGo:
    """The `go_no_go` signal: an approver's answer to one open question."""

    request_id: Text
    """The open question."""
    role: Text
    """The role that the approver fills."""
    choice: Text
    """GO, NO_GO or ABSTAIN."""
    ballot_id: Annotated[str, Field(min_length=1, max_length=120)]
    """Id of the ballot."""
    reason: Text = ""
    """Why."""
    actor: Claimant
    """Who."""


@value
class LedgerPage:
    """Part of a release's ledger."""

    lines: tuple[str, ...]
    """Lines, each the canonical JSON of an entry with `prev`."""
    start: int
    """Place of the first line, from 0."""
    seq: int
    """Number of entries in all."""
    head: str
    """SHA-256 of the last entry."""


@value
class Advanced:
    """Where a driven workflow stands after it was taken to an instant."""

    at: Instant
    """The instant."""
    next_wakeup: Instant | None
    """When something next happens by itself; None: not before somebody acts."""
    seq: int
    """Number of entries in the ledger."""
    head: str
    """SHA-256 of the last of them."""
    closed: bool = False
    """True: it has come to its end."""
    touched: tuple[str, ...] = ()
    """Ids of flag workflows that were claimed or told something at this instant."""
