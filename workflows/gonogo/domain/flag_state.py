"""A flag over its whole life, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal

from .facts import Fence, Finding, FlagChange, FlagTarget
from .plan import FlagKind, Notifications, RetireBy
from .values import Actor, Exposure


def _none() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Life:
    """Since when the flag's end is awaited."""

    since: datetime
    release: str
    """The release that shipped it, or left it behind."""
    retire_by: RetireBy | None
    cycles: int = 0
    """Completed releases of the product since, without hotfixes."""
    cycles_done_at: datetime | None = None
    """When as many cycles had passed as it was given."""
    before: "Life | None" = None
    """What was awaited before that release: it counts again when the release is rolled back."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A change by a person that the provider has not confirmed yet."""

    how: Literal["kill", "set"]
    wanted: Exposure
    reason: str
    by: Actor
    at: datetime
    """When it was asked for."""
    attempts: int = 0
    ask: str = ""
    """The write that is out; empty: none."""
    fence: Fence | None = None
    retry_at: datetime | None = None
    failed: str = ""
    """Why the last try did not succeed."""


@dataclass(frozen=True, slots=True)
class FlagLife:
    """A flag."""

    product: str
    environment: str
    key: str
    provider: str
    opened_at: datetime
    seq: int
    at: datetime
    owner: str = ""
    people: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    trust_local: bool = False
    notifications: Notifications | None = None
    kind: FlagKind = FlagKind.RELEASE
    listed_by: tuple[str, ...] = ()
    """Releases that list it and have neither shipped it nor given it up: its clean-up waits for them."""
    holder: str = ""
    """The release in rolling_out that may change it; empty: none."""
    last_release: str = ""
    """The release that shipped it last, and is told what becomes of it."""
    let_go: Mapping[str, datetime] = field(default_factory=_none)
    """Release -> when it last gave the flag back: a claim that it made before then has been overtaken."""
    left: Mapping[str, datetime] = field(default_factory=_none)
    """Release -> when it shipped the flag or left it behind: an announcement from before then has been overtaken."""
    exposure: Exposure | None = None
    """Who sees it, by the last read-back; None: not known."""
    original: Exposure | None = None
    """Who saw it before the release that changed it last; None: not known."""
    fence: Fence | None = None
    """The newest fence that was ever used on it; None: none is known."""
    life: Life | None = None
    waived_until: datetime | None = None
    waiver: str = ""
    reminded: int = 0
    escalated: int = 0
    switch: Switch | None = None
    changed: FlagChange | None = None
    """The last change by a person that was confirmed; None: a release has written since, or there was none."""
    proof_at: datetime | None = None
    """When it is next asked whether it is gone."""
    proof: Finding | None = None
    """The last answer."""
    gone: bool = False
    notes: tuple[str, ...] = ()
    """Keys of the last notes."""

    @property
    def id(self) -> str:
        """`flag/<product>/<environment>/<key>`."""
        return flag_id(self.product, self.environment, self.key)

    @property
    def target(self) -> FlagTarget:
        """Where it lives."""
        return FlagTarget(key=self.key, environment=self.environment, provider=self.provider)

    @property
    def last_epoch(self) -> int:
        """The newest epoch that it has seen."""
        return self.fence.epoch if self.fence else 0

    @property
    def entitled(self) -> tuple[str, ...]:
        """Who may change it outside a release: its owner's people, the managers, whoever is on call."""
        return tuple(dict.fromkeys((*self.people, *self.managers, *self.others)))

    def waived(self, now: datetime) -> bool:
        """True while a waiver keeps it quiet."""
        return self.waived_until is not None and now < self.waived_until

    @property
    def waits(self) -> bool:
        """True while its clean-up waits: a release lists it or rolls it out."""
        return bool(self.listed_by or self.holder)

    @property
    def due(self) -> datetime | None:
        """When it should be gone; None: never, or not known yet (cycles still to pass)."""
        life = self.life
        if life is None or life.retire_by is None:
            return None
        by_days = life.since + timedelta(days=life.retire_by.days) if life.retire_by.days is not None else None
        both = [at for at in (by_days, life.cycles_done_at) if at is not None]
        return min(both) if both else None


def flag_id(product: str, environment: str, key: str) -> str:
    """The id of a flag's own workflow."""
    return f"flag/{product}/{environment}/{key}"
