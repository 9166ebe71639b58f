"""Checks, metrics and an inbox in memory, scripted over the time that the workflow believes in.

For simulation and tests: every answer depends on the request and its `at` alone, so weeks can be simulated in seconds,
and twice with the same result.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from gonogo.activities.ports import Checker, CheckRequest, FlagProvider, Message, MetricSource, Notifier, SampleRequest
from gonogo.activities.registry import Adapters
from gonogo.domain.facts import Finding, Sample, Status
from gonogo.domain.plan import Guard
from gonogo.domain.resolution import Interval
from gonogo.domain.values import Instant, Number, Text, value

from .errors import DeliveryFailed, Unreachable
from .pushed_check import WAITING

_T = TypeVar("_T")
_Turns = TypeVar("_Turns", "CheckTurn", "MetricTurn")

Outages = Mapping[str, tuple[Interval, ...]]
"""Name of a system -> when it cannot be reached."""


@value
class CheckTurn:
    """What a check says from an instant on."""

    at: Instant
    """From when on."""
    status: Status
    """pass, fail or unclear."""
    finding: Text = ""
    """Its one line. Default: scripted."""


@value
class MetricTurn:
    """What a guard measures from an instant on."""

    at: Instant
    """From when on."""
    value: Number | None = None
    """The number; None: no data."""
    error: Text = ""
    """Why it cannot be measured. Default: it can."""


class MemoryChecks:
    """Answers checks of every kind from a script."""

    def __init__(
        self,
        script: Mapping[str, Sequence[CheckTurn]] | None = None,
        *,
        default: Status = Status.PASS,
        outages: Outages | None = None,
    ) -> None:
        """Takes the script.

        Args:
            script: Check id -> its turns, in any order.
            default: What a check says before its first turn. Default: pass, since a simulation asks "what if all goes
                well, but ...". A check of kind `pushed` is unclear instead, as it really is.
            outages: Check kind -> when it cannot be reached.
        """
        self._script = dict(script or {})
        self._default = default
        self._outages = dict(outages or {})

    async def measure(self, request: CheckRequest) -> Finding:
        """What the script says at `request.at`. Raises `Unreachable` in an outage."""
        _reach(self._outages, request.kind, request.at)
        turn = _turn(self._script.get(request.check, ()), request.at)
        if turn is not None:
            return Finding(status=turn.status, at=request.at, finding=turn.finding or "scripted")
        if request.kind == "pushed":
            return Finding(status=Status.UNCLEAR, at=request.at, finding=WAITING)
        return Finding(status=self._default, at=request.at, finding="not scripted")


class MemoryMetrics:
    """Answers guards of every source from a script."""

    def __init__(
        self, script: Mapping[str, Sequence[MetricTurn]] | None = None, *, outages: Outages | None = None
    ) -> None:
        """Takes the script.

        Args:
            script: Guard id -> its turns, in any order. Before the first, a guard measures a healthy value.
            outages: Metric source -> when it cannot be reached.
        """
        self._script = dict(script or {})
        self._outages = dict(outages or {})

    async def sample(self, request: SampleRequest) -> Sample:
        """What the script says at `request.at`. Raises `Unreachable` in an outage or at a scripted error."""
        _reach(self._outages, request.guard.source, request.at)
        turn = _turn(self._script.get(request.guard.id, ()), request.at)
        if turn is None:
            return Sample(at=request.at, value=healthy(request.guard))
        if turn.error:
            raise Unreachable(turn.error)
        return Sample(at=request.at, value=turn.value)


class MemoryInbox:
    """Keeps messages, once per key."""

    def __init__(self, *, outages: Outages | None = None) -> None:
        """Takes channel name -> when it cannot be reached."""
        self._outages = dict(outages or {})
        self._messages: dict[str, Message] = {}

    async def deliver(self, message: Message, params: Mapping[str, Any]) -> None:
        """Keeps the message. Raises `DeliveryFailed` in an outage."""
        try:
            _reach(self._outages, message.channel, message.at)
        except Unreachable as failed:
            raise DeliveryFailed(str(failed)) from None
        self._messages.setdefault(message.key, message)

    @property
    def messages(self) -> tuple[Message, ...]:
        """What was delivered, in that order."""
        return tuple(self._messages.values())


class Always(Mapping[str, _T]):
    """A mapping that gives the same for every name: a simulated world has every system that a plan can name."""

    def __init__(self, given: _T) -> None:
        """Gives `given`."""
        self._given = given

    def __getitem__(self, name: str) -> _T:
        return self._given

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def memory_adapters(*, checks: Checker, metrics: MetricSource, flags: FlagProvider, inbox: Notifier) -> Adapters:
    """Adapters for a simulated world: whatever a plan names is answered by these four."""
    return Adapters(checkers=Always(checks), metrics=Always(metrics), flags=Always(flags), notifiers=Always(inbox))


def healthy(guard: Guard) -> Decimal:
    """A value that `guard` finds good."""
    return guard.threshold + {"<": -1, "<=": 0, ">": 1, ">=": 0}[guard.healthy]


def _turn(turns: Sequence[_Turns], at: datetime) -> _Turns | None:
    return max((turn for turn in turns if turn.at <= at), key=lambda turn: turn.at, default=None)


def _reach(outages: Outages, system: str, at: datetime) -> None:
    if any(outage.start <= at < outage.end for outage in outages.get(system, ())):
        raise Unreachable(f"{system!r} cannot be reached")
