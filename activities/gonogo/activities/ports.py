"""What gonogo asks of the outside world: one Protocol per kind of system, with the values that it takes and returns.

An adapter implements one of these for one vendor. It is found by entry point (`registry.py`), and passes the same
contract suite as the memory adapters. An adapter answers with facts, and keeps to three rules:

- what it cannot find out is unclear: it returns that, or raises, and never guesses;
- everything it does for one idempotency key happens once, however often it is asked;
- `at` is the instant that the workflow believes in. Real adapters report their own observation time, which in
  production is a moment later; memory adapters answer for that instant, so that simulated time works.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar, runtime_checkable

from pydantic import Field

from gonogo.domain.facts import Fence, Fencing, Finding, FlagReading, FlagTarget, Sample, WriteResult
from gonogo.domain.flag_notes import FlagNote
from gonogo.domain.plan import Channel, Check, Flag, Guard, Params
from gonogo.domain.plan_problem import Problem
from gonogo.domain.reports import ClaimAnswer
from gonogo.domain.values import Exposure, Id, Instant, Text, value

_Asked = TypeVar("_Asked", Check, Guard, Flag, Channel, contravariant=True)


@value
class CheckRequest:
    """One check to measure."""

    release_id: str
    """`<product>/<version>`."""
    environment: Id
    """The release's environment."""
    check: Id
    """The check's name in the plan."""
    kind: Id
    """Its kind, which names the adapter."""
    params: Params = Field(default_factory=dict)
    """Its parameters."""
    commit: Text = ""
    """The candidate's commit; empty when there is none yet."""
    timeout: timedelta
    """How long it may take."""
    at: Instant
    """The workflow's time."""


@value
class SampleRequest:
    """One guard sample to take."""

    release_id: str
    """`<product>/<version>`."""
    environment: Id
    """The release's environment."""
    guard: Guard
    """The guard: source, query, parameters."""
    at: Instant
    """The workflow's time."""


@value
class Message:
    """One message to people: what happened, or what is asked."""

    key: str
    """Stable key: delivered once at channels that honour keys, `release/<id>/<seq>/<channel>`."""
    type: str
    """Message type, such as `poll.opened`."""
    release_id: str
    """`<product>/<version>`."""
    channel: Id
    """Name of the channel in the plan."""
    subject: Text
    """One line: release, version, what happened or what is asked."""
    body: Text = ""
    """What is asked of whom, by when, what happens otherwise, on which evidence."""
    to: tuple[Id, ...] = ()
    """People it is for; empty: everybody on the channel."""
    answers: tuple[tuple[str, str], ...] = ()
    """For a message that asks: each answer with the command that gives it."""
    at: Instant
    """When it happened."""


@value
class FlagClaim:
    """A release asks a flag's own workflow for the right to change the flag."""

    release_id: str
    """`<product>/<version>`."""
    product: Id
    """The product."""
    target: FlagTarget
    """The flag."""
    driven: bool = False
    """True: the release's clock is driven, and so is that of a flag workflow that this claim starts."""
    at: Instant
    """The workflow's time."""


@runtime_checkable
class FlagDesk(Protocol):
    """The way to the flags' own workflows."""

    async def claim(self, claims: tuple[FlagClaim, ...]) -> tuple[ClaimAnswer, ...]:
        """Asks each flag's workflow, starting it when there is none. A flag that cannot be asked is not granted."""
        ...

    async def tell(self, notes: tuple[FlagNote, ...], *, driven: bool, at: datetime) -> None:
        """Tells flags' workflows what became of them; the same note again changes nothing. Raises to be tried again."""
        ...


@runtime_checkable
class Checker(Protocol):
    """Measures checks of one kind."""

    async def measure(self, request: CheckRequest) -> Finding:
        """The check's status now. May raise on what it cannot measure: the caller makes that unclear."""
        ...


@runtime_checkable
class MetricSource(Protocol):
    """Answers guard queries."""

    async def sample(self, request: SampleRequest) -> Sample:
        """One sample; `value=None` when the source has no number (empty, NaN). May raise when it cannot be reached."""
        ...


@runtime_checkable
class FlagProvider(Protocol):
    """Reads and changes who sees a flag."""

    fencing: Fencing
    """fenced, read_back or unfenced."""
    longest_write: timedelta
    """After this long a write that was given up can no longer land."""

    async def read(self, target: FlagTarget, *, at: datetime) -> FlagReading:
        """What is in force now. Raises when the provider cannot be reached."""
        ...

    async def write(self, target: FlagTarget, wanted: Exposure, fence: Fence, *, key: str, at: datetime) -> WriteResult:
        """Makes `wanted` the flag's exposure unless a newer fence was there, and reads it back.

        The same fence again with the same exposure is the same write. Raises when the provider cannot be reached.
        """
        ...

    async def references(self, target: FlagTarget, *, at: datetime) -> Finding:
        """Whether the flag is gone: pass with proof (archived, no references), fail while it is there, else unclear."""
        ...


@runtime_checkable
class Notifier(Protocol):
    """Delivers messages to one kind of channel."""

    async def deliver(self, message: Message, params: Params) -> None:
        """Delivers once per `message.key`. Raises when it could not: it is then tried again, later."""
        ...


@runtime_checkable
class ReadsPlan(Protocol[_Asked]):
    """What an adapter of any kind may do besides: say before a release whether what a plan asks of it can be done."""

    @staticmethod
    def plan_problems(asked: _Asked) -> Iterable[Problem]:
        """What is wrong with a check, guard, flag or channel, each with its path in it, such as `("params", "url")`.

        Asked of the class, on any machine: it looks at the plan alone, and asks no system.
        """
        ...


@runtime_checkable
class NeedsMore(Protocol[_Asked]):
    """What an adapter may do besides, on the worker: say what is not there that it needs for what a plan asks of it."""

    def lacks(self, asked: _Asked) -> Iterable[Problem]:
        """What is missing on this machine, such as a secret in its environment, with its path as in `ReadsPlan`.

        Asked of the adapter, whose parameters have no problem. It asks no system.
        """
        ...
