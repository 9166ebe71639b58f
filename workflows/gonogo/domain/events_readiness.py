"""What happened: scope, checks, items, reminders."""

from typing import Literal

from pydantic import Field

from .facts import Finding
from .plan import Feature, Flag
from .terms import (
    AskedFor,
    ExceptionKind,
    FeatureStatus,
    ItemStatus,
)
from .values import FlagKey, Id, Instant, Number, Text, Words, value


@value
class FeatureProposed:
    """A feature came into scope."""

    type: Literal["FeatureProposed"] = "FeatureProposed"
    feature: Feature
    """The feature."""
    split_from: Id | None = None
    """The feature that was split."""
    by_exception: Id | None = None
    """The exception that let it in after the freeze."""
    flags: dict[FlagKey, Flag] = Field(default_factory=dict)
    """Flags that it brings, normalised: the plan lists them from now on."""


@value
class FeatureChanged:
    """A feature's status changed."""

    type: Literal["FeatureChanged"] = "FeatureChanged"
    feature: Id
    """The feature."""
    status: FeatureStatus
    """Its new status."""
    until: Text = ""
    """Delayed: until when; deferred: to which release."""
    reason: Text = ""
    """Why."""


@value
class FeatureEstimated:
    """A feature's estimate changed."""

    type: Literal["FeatureEstimated"] = "FeatureEstimated"
    feature: Id
    """The feature."""
    days: Number
    """Person-days."""
    by: tuple[Id, ...]
    """Who gave it."""
    by_exception: Id | None = None
    """The exception that let it rise after the freeze."""


@value
class ScopeFrozen:
    """The scope is frozen."""

    type: Literal["ScopeFrozen"] = "ScopeFrozen"
    features: tuple[Id, ...]
    """What is in."""


@value
class FreezeRefused:
    """The freeze timer came, and something stood in the way."""

    type: Literal["FreezeRefused"] = "FreezeRefused"
    reasons: tuple[Text, ...]
    """`code: subject` of everything that stood in the way."""


@value
class ExceptionRequested:
    """Somebody asked for a late change."""

    type: Literal["ExceptionRequested"] = "ExceptionRequested"
    exception: Id
    """Its id."""
    kind: ExceptionKind
    """scope or late."""
    feature: Feature | None = None
    """scope: the feature to add."""
    flags: dict[FlagKey, Flag] = Field(default_factory=dict)
    """scope: flags that the new feature brings, normalised."""
    subject: Id | None = None
    """late, or a raised estimate: the feature that it is about."""
    days: Number | None = None
    """scope: the estimate to raise `subject` to."""
    until: Text = ""
    """late: when it will be finished."""
    why: Words
    """Why."""


@value
class ExceptionApproved:
    """One of the two managers approved a late change; with both it is in force."""

    type: Literal["ExceptionApproved"] = "ExceptionApproved"
    exception: Id
    """Its id."""
    role: Id
    """product_manager or release_manager."""
    granted: bool
    """True: both have approved."""
    reason: Text = ""
    """Why."""


@value
class ExceptionRejected:
    """A late change was refused."""

    type: Literal["ExceptionRejected"] = "ExceptionRejected"
    exception: Id
    """Its id."""
    reason: Text = ""
    """Why; "the poll opened" when nobody answered in time."""


@value
class ExceptionWithdrawn:
    """The requester took the request back."""

    type: Literal["ExceptionWithdrawn"] = "ExceptionWithdrawn"
    exception: Id
    """Its id."""


@value
class ChecksRequested:
    """A round of checks was asked for."""

    type: Literal["ChecksRequested"] = "ChecksRequested"
    ask: str
    """Id of the round."""
    checks: tuple[Id, ...]
    """The checks."""
    why: AskedFor
    """What asked for them."""


@value
class ChecksMeasured:
    """A round of checks came back, or a result was pushed."""

    type: Literal["ChecksMeasured"] = "ChecksMeasured"
    ask: str | None = None
    """Id of the round; absent: pushed."""
    findings: dict[Id, Finding]
    """Check -> finding."""
    outdated: tuple[Id, ...] = ()
    """Checks whose answer came after that to a newer question, and counts for nothing."""


@value
class ItemOpened:
    """A checklist item stands from now on."""

    type: Literal["ItemOpened"] = "ItemOpened"
    item: Id
    """The item."""
    title: Words
    """What must be true."""
    owner: Id
    """Who answers for it: a person or a role."""
    gates: Literal["freeze", "go", "completion"]
    """What it gates."""
    due: Instant | None = None
    """When it is due, when it has a fixed date."""
    condition_of: Id | None = None
    """The role whose GO it is a condition of."""


@value
class ItemChanged:
    """An item's owner said where it stands, or a new candidate opened it again."""

    type: Literal["ItemChanged"] = "ItemChanged"
    item: Id
    """The item."""
    status: ItemStatus
    """open, in_progress, done or blocked."""
    evidence: Text = ""
    """A link."""
    note: Text = ""
    """A remark."""


@value
class Waived:
    """A named check, item or flag counts as passed, for this release."""

    type: Literal["Waived"] = "Waived"
    subject: Text
    """`check:ID`, `item:ID` or `flag:KEY`."""
    reason: Words
    """Why."""
    until: Instant | None = None
    """When it ends; absent: with the release."""


@value
class ReminderSent:
    """An owner was reminded of something due."""

    type: Literal["ReminderSent"] = "ReminderSent"
    subject: Text
    """`item:ID` or `poll:ROUND`."""
    to: tuple[Id, ...]
    """Whom."""
    due: Instant
    """When it is, or was, due."""
    step: int
    """Which step of the ladder, from 1."""


@value
class Escalated:
    """Something that waits too long was brought to whoever can decide it."""

    type: Literal["Escalated"] = "Escalated"
    subject: Text
    """`item:ID`, `check:ID`, `hold:ID`, `question:ID`, or `stage:N` that no guard can measure."""
    to: tuple[Id, ...]
    """Whom."""
    since: Instant
    """Since when it waits."""
