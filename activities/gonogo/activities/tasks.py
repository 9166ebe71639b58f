"""What workflows hand to activities, and what comes back: one frozen payload each, with the ledger's place in it.

Every input carries `link`: where the ledger stood when the work was asked for. A replay compares it with what it
derives.
"""

from gonogo.domain.effects import ClaimFlags, MeasureChecks, ResolveSlots, WatchGuards, WriteFlags
from gonogo.domain.facts import Finding, FlagTarget, WriteResult
from gonogo.domain.flag_notes import FlagNote
from gonogo.domain.ledger import Link
from gonogo.domain.plan import Channel
from gonogo.domain.plan_wire import TravellingPlan
from gonogo.domain.reports import ClaimAnswer
from gonogo.domain.resolution import Resolution
from gonogo.domain.values import Id, Instant, value

from .ports import Message


@value
class Admission:
    """Asks the worker what it lets a release do."""

    driven: bool
    """True: the launch message carries a driven clock."""
    plan: TravellingPlan | None = None
    """The plan that is launched; None: a flag's workflow asks."""
    at: Instant | None = None
    """The release's time; None: a flag's workflow asks."""


@value
class Admitted:
    """What the worker lets a release do."""

    trust_local: bool
    """True: local names count as proof here."""
    calendar: Resolution | None = None
    """What the calendar says to the plan's schedule: a release begins with it. None: a flag's workflow asked."""


@value
class SlotsTask:
    """Ask the calendar."""

    effect: ResolveSlots
    """What is asked."""
    at: Instant
    """The workflow's time."""
    link: Link
    """Where the ledger stood."""


@value
class ChecksTask:
    """Measure a round of checks."""

    effect: MeasureChecks
    """What is asked."""
    at: Instant
    """The workflow's time."""
    link: Link
    """Where the ledger stood."""


@value
class ChecksDone:
    """A round of checks, measured."""

    findings: dict[Id, Finding]
    """Check -> finding."""
    at: Instant
    """When it is true; a driven workflow applies it then."""


@value
class ClaimTask:
    """Ask flags' workflows for the flags."""

    effect: ClaimFlags
    """What is asked."""
    driven: bool
    """True: the release's clock is driven."""
    at: Instant
    """The workflow's time."""
    link: Link
    """Where the ledger stood."""


@value
class ClaimsDone:
    """The flags' answers."""

    answers: tuple[ClaimAnswer, ...]
    """One for every flag."""


@value
class WriteTask:
    """Change flags, in order."""

    effect: WriteFlags
    """What is asked."""
    at: Instant
    """The workflow's time."""
    link: Link
    """Where the ledger stood."""


@value
class WritesDone:
    """The flags' write results."""

    results: tuple[WriteResult, ...]
    """One for every write that was tried."""


@value
class WatchTask:
    """Watch guards."""

    effect: WatchGuards
    """What is asked."""
    driven: bool
    """True: answer for the whole time at once, out of scripted samples."""
    at: Instant
    """The workflow's time."""
    link: Link
    """Where the ledger stood."""


@value
class NotifyTask:
    """Deliver messages."""

    messages: tuple[Message, ...]
    """The messages, oldest first."""
    channels: dict[Id, Channel]
    """The plan's channels."""
    link: Link
    """Where the ledger stood."""


@value
class NotifyDone:
    """What was delivered."""

    delivered: tuple[str, ...]
    """Keys of the messages that are delivered, or that never can be."""


@value
class TellTask:
    """Tell flags' workflows."""

    notes: tuple[FlagNote, ...]
    """The notes, oldest first."""
    driven: bool
    """True: the release's clock is driven."""
    at: Instant
    """The workflow's time."""
    link: Link
    """Where the ledger stood."""


@value
class ProbeTask:
    """Ask whether a flag is gone."""

    target: FlagTarget
    """The flag."""
    at: Instant
    """The workflow's time."""
    link: Link
    """Where the ledger stood."""
