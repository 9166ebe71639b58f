"""Who is in a release: people and roles."""

from typing import Annotated, Any

from pydantic import Field

from .values import (
    Duration,
    Id,
    Instant,
    Text,
    value,
)


@value
class Person:
    """Somebody who is named in the plan."""

    name: Text = ""
    """How people call them. Default: their id."""
    contact: dict[str, Text] = Field(default_factory=dict)
    """Where to reach them, by channel: `mail: ann@example.org`. Default: nothing."""
    on_call: bool = False
    """True: may roll back and kill flags at any time. Default: false."""


@value
class Rotation:
    """A role that goes round; resolved once, at launch, and recorded."""

    people: Annotated[tuple[Id, ...], Field(min_length=1)]
    """Who takes turns, in order."""
    every: Duration
    """How long a turn lasts."""
    since: Instant
    """When the first person's first turn began."""


@value
class Role:
    """A role of the release, filled by people."""

    people: tuple[Id, ...] = ()
    """Who fills it. Empty only with `rotation`."""
    rotation: Rotation | None = None
    """A list and a cadence instead of `people`. Default: none."""
    quorum: Annotated[int, Field(ge=1, le=50)] = 1
    """How many of its people must stand at GO. Default: 1."""
    votes: bool = True
    """False: an adviser, whom the poll never asks. Default: true."""
    min_proof: Annotated[int, Field(ge=0, le=2)] = 0
    """How a ballot must be proved: 0 a local name, 1 a login, 2 the person's own key. Default: 0."""
    may: tuple[Id, ...] = ()
    """Commands that its people may give besides the defaults, such as `postpone` or `rollback`; never a ballot or
    another answer that belongs to a role. Default: none."""


def _read_role(given: Any) -> Any:
    if isinstance(given, str):
        return {"people": [given]}
    return {"people": given} if isinstance(given, list) else given
