"""Why a release does not move, and what the verdict over it is, as values; their JSON is stable."""

from .values import Instant, value


@value
class Next:
    """Something that will happen by itself."""

    at: Instant
    """When."""
    what: str
    """What."""
    housekeeping: bool = False
    """True: nobody has to know, such as that the calendar is asked again."""


@value
class Waiting:
    """One thing that the release waits for."""

    code: str
    """Stable code, such as `item.open`, `vote.missing`, `hold.guard`, `bake.running`."""
    subject: str
    """What it is about: `check:ID`, `item:ID`, `role:ID`, `hold:ID`, `flag:KEY`, `feature:ID`, `slot`, …"""
    text: str
    """One sentence for a person."""
    responsible: tuple[str, ...]
    """The people that it waits for; `gonogo` or a system's name where no person can do anything. Never empty."""
    since: Instant
    """Since when."""
    clears: str
    """What would clear it, with the command where there is one. Never empty."""


@value
class WhyView:
    """Why a release is where it is."""

    release_id: str
    """`<product>/<version>`."""
    phase: str
    """Where it stands."""
    headline: str
    """One sentence: what it waits for."""
    waiting: tuple[Waiting, ...] = ()
    """Everything that it waits for, what people can act on first."""
    next: tuple[Next, ...] = ()
    """What happens by itself, soonest first."""
    notes: tuple[str, ...] = ()
    """What else is to be known, of a closed release too: flags that a person killed or set, or that were taken over."""
    at: Instant
    """The instant that this view is of."""
    seq: int
    """Place of the last entry in the ledger."""


@value
class ReasonView:
    """One thing that stands between a release and GO."""

    name: str
    """`code:subject`, which an override names."""
    code: str
    """Stable code."""
    subject: str
    """What it is about."""
    status: str
    """fail makes NO_GO, unclear makes UNCLEAR."""
    text: str
    """One sentence for a person."""
    responsible: tuple[str, ...]
    """Whom it waits for."""
    since: Instant
    """Since when."""
    clears: str
    """What would clear it."""


@value
class VerdictView:
    """What facts and votes come to."""

    release_id: str
    """`<product>/<version>`."""
    outcome: str
    """GO, NO_GO or UNCLEAR."""
    reasons: tuple[ReasonView, ...] = ()
    """Every reason against GO, failures first."""
    waived: tuple[str, ...] = ()
    """Facts that pass by waiver."""
    overridden: tuple[str, ...] = ()
    """Reasons, `code:subject`, that an override names."""
    changes_at: Instant | None = None
    """The next instant at which anything here changes by itself."""
    at: Instant
    """The instant that this view is of."""
    seq: int
    """Place of the last entry in the ledger."""
