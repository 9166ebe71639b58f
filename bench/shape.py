"""How much a workflow issues: what a bare one and a release must have in common to be compared."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """What a bare workflow issues."""

    activities: int
    """Activities, one after another."""
    timers: int
    """Timers, all at once."""
    updates: int
    """Updates that it waits for."""
