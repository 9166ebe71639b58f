"""The release plan: what a plan file says, with every default. Cross-checks stand in `plan_rules`.

Every field has a docstring, which is also its description in the JSON schema that editors use. The parts of a plan
stand in `plan_*.py`.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from .plan_people import Person, Role, Rotation, _read_role
from .plan_readiness import Check, Checklist, Item, ItemScope, ListMoment, Poll, Reminders
from .plan_rollout import (
    DEFAULT_STAGES,
    Channel,
    Guard,
    GuardMode,
    NoData,
    Notifications,
    Question,
    Route,
    Stage,
    StageField,
)
from .plan_schedule import Day, LocalTime, Schedule, Train, Window, WindowAction, WorkingHours
from .plan_scope import Feature, Flag, FlagKind, Reach, RetireBy, Scope
from .plan_terms import Json, Moment, Params, ReleaseKind
from .policy import Policy
from .values import (
    Candidate,
    FlagKey,
    Id,
    Text,
    Version,
    value,
)

__all__ = [
    "DEFAULT_STAGES",
    "Channel",
    "Check",
    "Checklist",
    "Day",
    "Feature",
    "Flag",
    "FlagKind",
    "Guard",
    "GuardMode",
    "Item",
    "ItemScope",
    "Json",
    "ListMoment",
    "LocalTime",
    "Moment",
    "NoData",
    "Notifications",
    "Params",
    "Person",
    "Plan",
    "Poll",
    "Question",
    "Reach",
    "ReleaseKind",
    "Reminders",
    "RetireBy",
    "Role",
    "RoleField",
    "Rotation",
    "Route",
    "Schedule",
    "Scope",
    "Stage",
    "StageField",
    "Train",
    "Window",
    "WindowAction",
    "WorkingHours",
]


RoleField = Annotated[Role, BeforeValidator(_read_role)]


@value
class Plan:
    """A release, described: who, what, when, how far, and what must be true before."""

    gonogo: Literal[1] = 1
    """Version of this format. Default: 1."""
    product: Id
    """What is released."""
    version: Version
    """Its version; quote it."""
    kind: ReleaseKind = ReleaseKind.MINOR
    """major, minor, patch or hotfix. Default: minor."""
    environment: Id = "production"
    """Where; one release has one environment. Default: production."""
    title: Text = ""
    """What the release is about, in a line. Default: empty."""
    candidate: Candidate | None = None
    """The build, when it is known. Default: given later by `gonogo candidate`."""
    people: dict[Id, Person] = Field(default_factory=dict)
    """People and how to reach them. Default: whoever is named under `roles`."""
    roles: dict[Id, RoleField]
    """Roles by name: a person, a list of people or a mapping. `product_manager` and `release_manager` are needed."""
    scope: Scope = Field(default_factory=Scope)
    """Freeze and limits. Default: the scope freezes at launch, without limits."""
    features: tuple[Feature, ...] = ()
    """What is in scope at launch."""
    flags: dict[FlagKey, Flag] = Field(default_factory=dict)
    """Flags by key. Default: none."""
    checks: dict[Id, Check] = Field(default_factory=dict)
    """Checks by name. Default: none; then at least one item of `checklists` must gate go."""
    checklists: dict[Id, Checklist] = Field(default_factory=dict)
    """Checklists by name. Default: none; `gonogo plan new` writes the standard ones."""
    reminders: Reminders = Field(default_factory=Reminders)
    """Reminders of due items. Default: a day before, at due, a day after; escalated after two."""
    poll: Poll = Field(default_factory=Poll)
    """The go/no-go poll. Default: opens 24 h before the slot, closes 1 h before."""
    schedule: Schedule = Field(default_factory=Schedule)
    """Slots and windows. Default: on demand, always open."""
    stages: tuple[StageField, ...] = DEFAULT_STAGES
    """The rollout. Default: opt-in 1h, 1 % 1h, 10 % 4h, 50 % 24h, everyone 1h."""
    notifications: Notifications = Field(default_factory=Notifications)
    """Who is told what, where. Default: everything to the local inbox."""
    policy: Policy = Field(default_factory=Policy)
    """The effective policy. Default: the organisation's policy file, else gonogo's own defaults."""

    @property
    def release_id(self) -> str:
        """`<product>/<version>`."""
        return f"{self.product}/{self.version}"
