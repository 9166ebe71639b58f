"""How far: stages, guards, questions; and who is told."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from .plan_scope import _read_exposure
from .plan_terms import Params, _hours
from .values import (
    Audience,
    Duration,
    Exposure,
    Id,
    Number,
    Words,
    exposure,
    value,
)


class GuardMode(StrEnum):
    """What a guard does when its metric is bad."""

    OBSERVE = "observe"
    PAUSE = "pause"
    ROLLBACK = "rollback"


class NoData(StrEnum):
    """What a sample without a value means to a guard that can act."""

    HOLD = "hold"
    BAD = "bad"


@value
class Guard:
    """A metric that is watched while a stage bakes."""

    id: Id
    """Short name, unique in the plan."""
    source: Id = "http"
    """Name of the metrics adapter. Default: http."""
    query: Words
    """What is asked of the source, in its own language (http: a URL)."""
    params: Params = Field(default_factory=dict)
    """More parameters of the source. Default: none."""
    healthy: Literal["<", "<=", ">", ">="]
    """A sample is good when `value healthy threshold` holds."""
    threshold: Number
    """The number that a sample is compared with."""
    interval: Duration = timedelta(minutes=1)
    """Time between samples. Default: 1m."""
    bad_in_row: Annotated[int, Field(ge=1, le=1000)] = 3
    """Bad samples in a row that trip it; as many without data count as no data. Default: 3."""
    mode: GuardMode = GuardMode.PAUSE
    """observe, pause or rollback. Default: pause."""
    no_data: NoData = NoData.HOLD
    """hold: no data raises a hold; bad: a sample without data is bad. Default: hold."""
    min_samples: Annotated[int, Field(ge=1)] = 1
    """Good samples that a bake needs at least. Default: 1."""


@value
class Question:
    """ "Ready to go wider?", asked when everything else of the stage is met."""

    text: Words = "Ready to go wider?"
    """What is asked."""
    role: Id = "product_manager"
    """Who answers. Default: product_manager."""
    deadline: Duration = _hours(24)
    """Time to answer while a window is open; then it is escalated and asked again. Default: 24h."""


@value
class Stage:
    """One step of the rollout: whom it exposes, how long it bakes, what watches it, who is asked before the next."""

    audience: Audience
    """opt_in, segment, percentage or everyone; `percent` or `segments` alone say it too."""
    percent: Annotated[int, Field(ge=0, le=100)] = 0
    """Share of users in percent, for `percentage`."""
    segments: tuple[Id, ...] = ()
    """Segments, for `segment`."""
    bake: Duration = _hours(1)
    """How long it must stand without a hold before the next. Default: 1h."""
    guards: tuple[Guard, ...] = ()
    """Metrics that are watched. Default: none."""
    question: Question | None = None
    """Asked when the bake is done, before the next stage. Default: none."""

    @property
    def exposure(self) -> Exposure:
        """Whom the stage exposes, as a value that compares."""
        return exposure(self.audience, self.percent, self.segments)


def _read_stage(given: Any) -> Any:
    if isinstance(given, dict) and isinstance(given.get("question"), str):
        given = {**given, "question": {"text": given["question"]}}
    return _read_exposure(given) if isinstance(given, dict) else given


StageField = Annotated[Stage, BeforeValidator(_read_stage)]

DEFAULT_STAGES = (
    Stage(audience=Audience.OPT_IN, bake=_hours(1)),
    Stage(audience=Audience.PERCENTAGE, percent=1, bake=_hours(1)),
    Stage(audience=Audience.PERCENTAGE, percent=10, bake=_hours(4)),
    Stage(audience=Audience.PERCENTAGE, percent=50, bake=_hours(24)),
    Stage(audience=Audience.EVERYONE, bake=_hours(1)),
)


@value
class Channel:
    """Where messages go."""

    kind: Id = "inbox"
    """Name of the notification adapter: inbox, webhook or your own. Default: inbox."""
    params: Params = Field(default_factory=dict)
    """Parameters of the adapter; secrets by reference only, such as `secret: env:HOOK_SECRET`. Default: none."""


@value
class Route:
    """Which messages go to which channel."""

    events: Annotated[tuple[str, ...], Field(min_length=1)] = ("*",)
    """Message types, such as `poll.opened`, `hold.*` or `*`. Default: all."""
    channel: Id = "inbox"
    """Name of the channel. Default: inbox."""


@value
class Notifications:
    """Who is told what, where."""

    channels: dict[Id, Channel] = Field(default_factory=lambda: {"inbox": Channel()})
    """Channels by name. Default: the local inbox."""
    routes: tuple[Route, ...] = (Route(),)
    """Which messages go where. Default: all to the inbox."""
