"""What a release shows of its rollout and of its flags, as values; their JSON is as stable as that of the rest."""

from .values import Duration, Exposure, Instant, value


@value
class StageView:
    """One stage of the rollout."""

    number: int
    """Its number, from 1."""
    exposure: str
    """Whom it exposes, in words."""
    bake: Duration
    """How long it bakes."""
    state: str
    """waiting, baking, asking or done."""


@value
class QuestionView:
    """An open "ready to go wider?"."""

    id: str
    """Its id: an answer names it."""
    text: str
    """What is asked."""
    role: str
    """Who answers."""
    asked: Instant
    """When it was asked."""
    deadline: Instant | None = None
    """When it expires; absent while no window is known to be open."""


@value
class RolloutView:
    """A rollout that is under way."""

    stage: int
    """The stage that stands, from 1; 0: nothing is exposed yet."""
    of: int
    """How many there are."""
    exposure: str
    """Whom the stage that stands exposes, in words."""
    stages: tuple[StageView, ...]
    """Every stage."""
    baked_seconds: int
    """How much of the bake is done, in seconds."""
    bake_seconds: int
    """How long the bake lasts, in seconds."""
    question: QuestionView | None = None
    """The open question."""
    rolling_back: bool = False
    """True: flags are being put back."""
    left: tuple[str, ...] = ()
    """Flags that are not back yet."""


@value
class FlagView:
    """A flag of this release."""

    key: str
    """Its key."""
    owner: str
    """Who answers for it: a person or a role."""
    exposure: str
    """Who sees it, in words; `unknown` until its provider was read."""
    percent: int
    """The same as a number, 0 to 100."""
    settled: str = ""
    """gone, waived or carried; empty: not settled."""
    proof: str = ""
    """Why it counts as settled."""
    original: str = ""
    """Who saw it before the release, in words; empty: not known yet."""
    current: Exposure | None = None
    """Who sees it; absent: not known yet."""
    changed: str = ""
    """Who killed or set it outside the stages of the release, when and why; empty: nobody."""
    taken_by: str = ""
    """The later release that took it over; empty: none."""
    now: Exposure | None = None
    """Who sees it by now, where a closed release left it elsewhere; absent: it is where it was left, or not asked."""
    since: str = ""
    """What became of it after the release had closed, in one line; empty: nothing, or it was not asked."""
