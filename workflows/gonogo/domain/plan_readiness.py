"""What must be true: checks, checklists, reminders, the poll."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from .plan_terms import Moment, Params, ReleaseKind, _hours
from .values import (
    Duration,
    Id,
    Instant,
    Words,
    value,
)


@value
class Check:
    """A fact that a system answers: pass, fail or unclear."""

    kind: Id
    """How it is measured: http, command, pushed, deployed, flag_debt, or a kind of your own adapter."""
    params: Params = Field(default_factory=dict)
    """Parameters of the kind. Default: none."""
    owner: Id
    """The person or role who answers for it, and may push its result."""
    moment: Moment = Moment.GO
    """What it gates: freeze, go or completion. Default: go."""
    max_age: Duration = _hours(24)
    """How long a pass counts; an older one is unclear. Default: 24h."""
    every: Duration | None = None
    """How often it is measured again. Default (None): only at the moments that ask for it."""
    timeout: Duration = timedelta(seconds=30)
    """How long one measurement may take; longer is unclear. Default: 30s."""


class ItemScope(StrEnum):
    """Whether an item stands once, or once for every feature."""

    RELEASE = "release"
    FEATURE = "feature"


@value
class Item:
    """One line of a checklist, with exactly one accountable owner."""

    id: Id
    """Short name, unique in the plan."""
    title: Words
    """What must be true, in one line."""
    owner: Id | None = None
    """The person or role who answers for it. Default: the list's owner."""
    due: Duration | None = None
    """How long before the slot it is due (on demand: after the poll opens, or could open at the earliest). Default:
    with the poll."""
    due_at: Instant | None = None
    """A fixed instant at which it is due, instead of `due`."""
    per: ItemScope = ItemScope.RELEASE
    """release: one item; feature: one for every feature. Default: release."""
    kinds: tuple[ReleaseKind, ...] = ()
    """Release kinds that it applies to. Default: all."""
    announce_only: bool = False
    """True (with `per: feature`): only for features with `announce: true`. Default: false."""
    required: bool = True
    """False: shown and reminded of, gates nothing. Default: true."""


class ListMoment(StrEnum):
    """Where a checklist stands in the life of a release."""

    BEFORE_PLANNING = "before_planning"
    BEFORE_CODE = "before_code"
    BEFORE_MERGE = "before_merge"
    BEFORE_RELEASE_DAY = "before_release_day"
    BEFORE_GO_NO_GO = "before_go_no_go"
    AFTER_RELEASE = "after_release"

    @property
    def gates(self) -> Moment:
        """What items of this moment gate."""
        if self in (ListMoment.BEFORE_PLANNING, ListMoment.BEFORE_CODE):
            return Moment.FREEZE
        return Moment.COMPLETION if self is ListMoment.AFTER_RELEASE else Moment.GO


@value
class Checklist:
    """Items that belong together, at one moment."""

    moment: ListMoment
    """before_planning, before_code (gate the freeze), before_merge, before_release_day, before_go_no_go (gate GO), or
    after_release (gates completion)."""
    owner: Id
    """The person or role who answers for the list."""
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    """Its items; an empty list is an error, never "all done"."""


@value
class Reminders:
    """When an owner is reminded of a due item."""

    before: tuple[Duration, ...] = (timedelta(days=1),)
    """How long before it is due, each a reminder; another comes at due. Default: 1d."""
    after: tuple[Duration, ...] = (timedelta(days=1),)
    """How long after it was due. Default: 1d."""
    escalate_after: Duration = timedelta(days=2)
    """How long after it was due the release manager is told. Default: 2d."""


@value
class Poll:
    """The go/no-go poll."""

    roles: tuple[Id, ...] | None = None
    """Roles that must be GO; the release manager is always one of them. Default (None): every role that votes."""
    opens_before: Duration = _hours(24)
    """How long before the slot it opens. Default: 24h."""
    closes_before: Duration = _hours(1)
    """How long before the slot it closes. Default: 1h."""
    min: Duration = _hours(1)
    """Least time that a round must have; with less, the slot is skipped. Default: 1h."""
    lasts: Duration = _hours(24)
    """On demand: working hours after which it closes. Default: 24h."""
    retry_after: Duration = _hours(24)
    """On demand: when the next poll opens after a round without GO. Default: 24h."""
    reminders: tuple[Duration, ...] = (_hours(2),)
    """How long before it closes those who have not voted are reminded. Default: 2h."""
