"""What is in a release: scope, features, flags."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from .values import (
    EVERYONE,
    Audience,
    Exposure,
    FlagKey,
    Id,
    Instant,
    Number,
    Text,
    Words,
    exposure,
    value,
)


@value
class Scope:
    """When the scope freezes, and how much fits in."""

    freeze_at: Instant | None = None
    """When the scope freezes by itself. Default (None): at launch."""
    max_feature_days: Number | None = None
    """Largest estimate of one feature, in person-days; larger ones must be split. Default: no limit."""
    capacity_days: Number | None = None
    """Person-days that fit into the release. Default: no limit."""
    drop_lowest_rank: bool = False
    """True: what is over capacity at the freeze timer is dropped, lowest rank first. Default: false (it holds)."""


@value
class Feature:
    """One thing that users get."""

    id: Id
    """Short name, unique in the plan."""
    title: Words
    """What it is, in a few words."""
    need: Text = ""
    """The user's need in one sentence. Default: empty."""
    owner: Id | None = None
    """The person who answers for it. Required only where a scope limit is set."""
    rank: int | None = None
    """Importance, 1 first. Default: its place in the list."""
    estimate_days: Number | None = None
    """Effort in person-days. Required only where a scope limit is set."""
    estimated_by: tuple[Id, ...] = ()
    """Who gave the estimate: not the owner alone. Default: nobody."""
    flags: tuple[FlagKey, ...] = ()
    """Flags that expose it, each listed under `flags`."""
    no_flag: Text = ""
    """Why it has no flag, for a feature without one."""
    announce: bool = False
    """True: items that are `announce_only` apply to it, and it stands in the notes for customers. Default: false."""
    notes: dict[Id, Text] = Field(default_factory=dict)
    """What changes for an audience: `support: …`, `sales: …`, `customers: …`. Default: the title."""


class FlagKind(StrEnum):
    """What a flag is for, which says how long it is expected to live."""

    RELEASE = "release"
    EXPERIMENT = "experiment"
    OPERATIONAL = "operational"
    KILL_SWITCH = "kill_switch"
    PERMISSION = "permission"


_SHORT = {"nobody", "opt_in", "everyone"}


def _read_exposure(given: Any) -> Any:
    if isinstance(given, str):
        if given in _SHORT:
            return exposure(Audience(given))
        if given.endswith("%") and given[:-1].strip().isdigit() and int(given[:-1]) <= 100:
            return exposure(Audience.PERCENTAGE, int(given[:-1]))
        raise ValueError(f"{given!r} is no exposure: write everyone, opt_in, 10% or {{segments: [internal]}}")
    if isinstance(given, dict) and "audience" not in given:
        if "percent" in given:
            return {"audience": "percentage", **given}
        if "segments" in given:
            return {"audience": "segment", **given}
    return given


Reach = Annotated[Exposure, BeforeValidator(_read_exposure)]
"""An exposure, or one of the short forms `everyone`, `opt_in`, `10%`."""


@value
class RetireBy:
    """When a flag should be gone."""

    days: Annotated[int, Field(ge=0, le=3650)] | None = None
    """Days after the release shipped."""
    cycles: Annotated[int, Field(ge=0, le=100)] | None = None
    """Completed releases of the product that are not hotfixes."""


@value
class Flag:
    """A feature flag that this release widens, in the release's environment."""

    owner: Id | None = None
    """The person or role who answers for it until it is gone. Default: the owner of the first feature that names it,
    else the release manager."""
    kind: FlagKind = FlagKind.RELEASE
    """release, experiment, operational, kill_switch or permission. Default: release."""
    provider: Id = "file"
    """Name of the flag adapter. Default: file."""
    reach: Reach = EVERYONE
    """How far this release takes it at the most. Default: everyone."""
    retire_by: RetireBy | None = None
    """When it should be gone. Default: 40 days for release and experiment, 7 for operational, never for the others."""
    can_be_disabled: bool = True
    """False: it cannot be switched off again; a rollback lists it as such. Default: true."""
