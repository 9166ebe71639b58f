"""What was let pass by name, as a view shows it: overrides of the verdict's reasons, waivers of single facts."""

from datetime import datetime

from .state import State
from .values import Id, Instant, Text, value


@value
class OverrideView:
    """An override, proposed or in force."""

    id: Id
    """Its id."""
    codes: tuple[str, ...]
    """The reasons that it names."""
    by: Id
    """Who proposed it."""
    reason: Text
    """Why."""
    at: Instant
    """When it was proposed."""
    in_force: bool
    """False: it waits for a second person."""


@value
class WaiverView:
    """A fact that counts as passed by somebody's word."""

    subject: str
    """Which, such as `check:perf`."""
    by: Id
    """Who waived it."""
    reason: Text
    """Why."""
    until: Instant | None = None
    """Until when; None: for this release."""


def overrides(state: State) -> tuple[OverrideView, ...]:
    """The override in force, and the one that is proposed beside it."""
    return tuple(
        OverrideView(
            id=made.id, codes=made.codes, by=made.proposed_by, reason=made.reason, at=made.at, in_force=in_force
        )
        for made, in_force in ((state.override, True), (state.proposed, False))
        if made is not None
    )


def waivers(state: State, now: datetime) -> tuple[WaiverView, ...]:
    """The waivers that stand at `now`."""
    return tuple(
        WaiverView(subject=made.subject, by=made.by, reason=made.reason, until=made.until)
        for made in state.waivers.values()
        if made.stands(now)
    )
