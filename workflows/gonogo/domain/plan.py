"""The release plan: what a plan file says, with every default. Cross-checks stand in `plan_rules`.

Every field has a docstring, which is also its description in the JSON schema that editors use.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from .policy import Policy
from .values import (
    EVERYONE,
    Audience,
    Candidate,
    Duration,
    Exposure,
    FlagKey,
    Id,
    Instant,
    Number,
    Text,
    Version,
    Words,
    exposure,
    value,
)

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]
Params = dict[str, Any]
"""Parameters of a check, a metric or a channel: JSON values without floats; each kind documents its own."""


def _hours(n: int) -> timedelta:
    return timedelta(hours=n)


class ReleaseKind(StrEnum):
    """How large a release is; a hotfix may skip what the policy lists, never go/no-go."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    HOTFIX = "hotfix"


class Moment(StrEnum):
    """What a check or an item gates: the scope freeze, GO, or the completion of the release."""

    FREEZE = "freeze"
    GO = "go"
    COMPLETION = "completion"


# --- people --------------------------------------------------------------------------------------------------------


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
    """Commands that its people may give besides the defaults, such as `hold` or `rollback`. Default: none."""


def _read_role(given: Any) -> Any:
    if isinstance(given, str):
        return {"people": [given]}
    return {"people": given} if isinstance(given, list) else given


# --- scope ---------------------------------------------------------------------------------------------------------


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


# --- readiness -----------------------------------------------------------------------------------------------------


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
    """How long before the slot it is due (on demand: after the poll opens). Default: with the poll."""
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


# --- deciding ------------------------------------------------------------------------------------------------------


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


# --- schedule ------------------------------------------------------------------------------------------------------


class WindowAction(StrEnum):
    """What a window rule does while it is active."""

    ALLOW = "allow"
    DENY = "deny"


LocalTime = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$")]
"""A local date and time without offset, such as 2026-12-19T18:00, read in the rule's zone."""


@value
class Window:
    """A rule that allows or denies opening and widening.

    Open: no deny is active, and an allow is active or none exists.
    """

    id: Id
    """Short name, shown as the reason."""
    action: WindowAction
    """allow or deny."""
    start: LocalTime
    """When it is first active, in local time."""
    end: LocalTime | None = None
    """When a single occurrence ends (exclusive). Exactly one of `end` and `lasts`."""
    lasts: Duration | None = None
    """How long each occurrence lasts."""
    rrule: Text = ""
    """RFC 5545 recurrence, such as FREQ=WEEKLY;BYDAY=FR. Default: it happens once."""
    zone: Text = ""
    """IANA time zone. Default: the schedule's."""
    segments: tuple[Id, ...] = ()
    """Deny only: segments that it blocks. Default: everybody."""
    environments: tuple[Id, ...] = ()
    """Environments that it is about. Default: all."""
    reason: Text = ""
    """Why, shown to whoever waits. Default: the id."""


@value
class Train:
    """A recurring slot."""

    rrule: Words
    """RFC 5545 recurrence, such as FREQ=WEEKLY;INTERVAL=2;BYDAY=TH."""
    start: LocalTime
    """First departure, in local time: the rule's first fitting time from there on; its time of day is every one's."""


class Day(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


@value
class WorkingHours:
    """When people work: the clock of the on-demand poll's deadline."""

    days: Annotated[tuple[Day, ...], Field(min_length=1)] = (Day.MON, Day.TUE, Day.WED, Day.THU, Day.FRI)
    """Working days. Default: Monday to Friday."""
    start: Annotated[str, Field(pattern=r"^\d{2}:\d{2}$")] = "09:00"
    """Start of the day, local time. Default: 09:00."""
    end: Annotated[str, Field(pattern=r"^\d{2}:\d{2}$")] = "17:00"
    """End of the day, local time, exclusive. Default: 17:00."""
    holidays: Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,4})?$")] | None = None
    """Country, or country-subdivision, whose public holidays are free: `DE`, `US-CA`. Default: none."""


@value
class Schedule:
    """When the release may reach users: by a train, at a date, or on demand (neither given)."""

    starts: Instant | None = None
    """When scoping begins; what `gonogo simulate` starts at. Default: at launch."""
    zone: Text = "UTC"
    """IANA time zone of everything local in the plan. Default: UTC."""
    slot: Instant | None = None
    """A dated slot. It has no successor: missed, the release is held until `postpone --to`. Default: none."""
    train: Train | None = None
    """A recurring slot. Default: none."""
    not_before: Instant | None = None
    """Earliest slot. Default: the freeze."""
    open_for: Duration = _hours(4)
    """How long an opening lasts from the slot on. Default: 4h."""
    windows: tuple[Window, ...] = ()
    """Rules that allow or deny. Default: none (always open)."""
    max_postponements: Annotated[int, Field(ge=0, le=100)] = 3
    """Slots that may be given up before the release is held. Default: 3."""
    working_hours: WorkingHours = Field(default_factory=WorkingHours)
    """When people work. Default: Monday to Friday, 09:00 to 17:00 in the schedule's zone."""

    @property
    def mode(self) -> Literal["train", "dated", "on_demand"]:
        """How slots come about."""
        return "train" if self.train else "dated" if self.slot else "on_demand"


# --- rollout -------------------------------------------------------------------------------------------------------


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

# --- telling people ------------------------------------------------------------------------------------------------


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


# --- the plan ------------------------------------------------------------------------------------------------------

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
    """Checks by name. Default: none."""
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
