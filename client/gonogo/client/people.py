"""People files: who answers what and when in a simulation, and what the world says.

Read by `gonogo simulate --people`:

    acts:
      - {on: poll.opened, after: 2h, who: cid, do: vote, choice: NO_GO, reason: the login page is broken}
      - {at: 2026-11-20T09:00:00Z, who: bob, do: candidate, commit: abc1235}
    checks:
      ci: [{at: 2026-11-18T00:00:00Z, status: fail, finding: 3 tests fail}]

Whoever is not scripted answers well, as `defaults` says.
"""

from collections.abc import Iterable
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from gonogo.domain.events import Event
from gonogo.domain.facts import Status
from gonogo.domain.plan import Plan, Reach
from gonogo.domain.plan_problem import did_you_mean, known_people
from gonogo.domain.values import Duration, Exposure, FlagKey, Id, Instant, Number, Text, parse_duration, value

from .people_verbs import VERBS, Verb
from .plan_file import FileProblem, PlanFileError, read_text, read_yaml
from .positions import Path, Positions
from .yaml_sentences import sentence

NEVER = "never"


def _read_delay(given: Any) -> Any:
    return None if given == NEVER else given


Delay = Annotated[Duration | None, BeforeValidator(_read_delay)]
"""A duration, or `never`."""


def dotted(name: str) -> str:
    """`PollOpened` as `poll.opened`."""
    return "".join(f".{c.lower()}" if c.isupper() and n else c.lower() for n, c in enumerate(name))


MOMENTS: dict[str, str] = {dotted(event.__name__): event.__name__ for event in get_args(get_args(Event)[0])}
"""Moment -> event, for `on`: `poll.opened`, `question.asked`, `guard.tripped`, `release.shipped` and so on."""
DUE = "item.due"
"""The moment at which the act's `item` is due; the only one that `before` goes with."""

_OWN = ("at", "on", "nth", "after", "before", "who", "do")


def _read_act(given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    own = {key: item for key, item in given.items() if key in _OWN}
    return {**own, "args": {key: item for key, item in given.items() if key not in _OWN}}


@value
class Act:
    """One thing that somebody does, at an instant or when something happens. Further keys belong to what is done."""

    at: Instant | None = None
    """When. Exactly one of `at` and `on`."""
    on: Text | None = None
    """When something happens, such as `poll.opened` or `item.due`."""
    nth: Annotated[int, Field(ge=1, le=1000)] = 1
    """Which time that it happens. Default: the first."""
    after: Duration | None = None
    """How long after `on`. Default: at once."""
    before: Duration | None = None
    """How long before `on: item.due`. Default: when it is due."""
    who: Id
    """The person who does it."""
    do: Text
    """What: vote, sign_off, hold, candidate, exception.request and so on."""
    args: dict[str, Any] = Field(default_factory=dict)
    """What belongs to it: `choice`, `reason`, `item` and so on, as in the command line."""


ActField = Annotated[Act, BeforeValidator(_read_act)]


@value
class CheckAnswer:
    """What a check says from an instant on."""

    at: Instant
    """From when on."""
    status: Status
    """pass, fail or unclear."""
    finding: Text = ""
    """Its one line. Default: scripted."""


@value
class GuardAnswer:
    """What a guard's metric is from an instant on."""

    at: Instant
    """From when on."""
    value: Number | None = None
    """The number. Default: no data."""
    error: Text = ""
    """Why it cannot be measured. Default: it can."""


@value
class Outage:
    """When a system cannot be reached."""

    start: Instant
    """From when on."""
    end: Instant
    """Until when, exclusive."""


System = Literal["checks", "guards", "flags", "notifications"]
"""The systems that can be unreachable: what measures checks and guards, where flags live, where messages go."""


def _read_removal(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    try:
        return parse_duration(given)
    except ValueError:
        return given


Removal = Annotated[Instant | Duration, BeforeValidator(_read_removal)]
"""An instant, or how long after the release shipped."""


@value
class Defaults:
    """How whoever is not scripted answers: well, and in time. Each is a delay, or `never`."""

    sign_offs: Delay = parse_duration("2d")
    """Items are signed off this long before they are due, without a due date at once. Default: 2d."""
    votes: Delay = parse_duration("1h")
    """GO comes this long after the poll opened. Default: 1h."""
    questions: Delay = parse_duration("10m")
    """Yes to "ready to go wider?" comes this long after it was asked. Default: 10m."""
    pushed: Delay = parse_duration("0s")
    """Results of pushed checks come this long after they are needed. Default: 0s."""
    candidate: Delay = parse_duration("0s")
    """A build comes this long after the scope froze, when the plan names none. Default: 0s."""
    freeze: Delay = parse_duration("1d")
    """After a freeze that was refused: what stands in the way is cleared, and the scope frozen, this long after.
    Features are estimated anew or deferred, checks are measured again every day. Default: 1d."""
    removal: Delay = parse_duration("1d")
    """Flags are removed this long before they are due to be gone, when that is part of the release. Default: 1d."""


@value
class People:
    """A people file."""

    gonogo: Literal[1] = 1
    """Version of this format. Default: 1."""
    launcher: Id | None = None
    """Who launches the release. Default: the first product manager."""
    defaults: Defaults = Field(default_factory=Defaults)
    """How whoever is not scripted answers. Default: well, and in time."""
    acts: tuple[ActField, ...] = ()
    """Who does what when. Default: nobody anything besides the defaults."""
    checks: dict[Id, tuple[CheckAnswer, ...]] = Field(default_factory=dict)
    """Check -> what it says from when on. Default: pass."""
    guards: dict[Id, tuple[GuardAnswer, ...]] = Field(default_factory=dict)
    """Guard -> what it measures from when on. Default: healthy."""
    outages: dict[System, tuple[Outage, ...]] = Field(default_factory=dict)
    """System -> when it cannot be reached. Default: never."""
    before: dict[FlagKey, Reach] = Field(default_factory=dict)
    """Flag -> who sees it before the release. Default: nobody."""
    removed: dict[FlagKey, Removal] = Field(default_factory=dict)
    """Flag -> when it is archived at its provider. Default: as `defaults.removal` says."""

    def exposure_before(self) -> dict[str, Exposure]:
        """Flag -> who sees it before the release."""
        return dict(self.before)


@cache
def people_adapter() -> TypeAdapter[People]:
    """Reads and writes people files."""
    return TypeAdapter(People)


@cache
def _verb_adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(VERBS[name].command)


def read_people_path(path: str | FilePath, plan: Plan) -> People:
    """The people file at `path`, for `plan`.

    Raises:
        PlanFileError: It cannot be read, or anything is wrong with it.
    """
    return read_people(read_text(path), name=str(path), plan=plan)


def read_people(text: str, *, name: str, plan: Plan) -> People:
    """The people file that `text` describes, for `plan`: every name in it must be one of the plan's.

    Raises:
        PlanFileError: Anything is wrong with it; all of it is told, each with its line and column.
    """
    people, positions = read_yaml(text, name, people_adapter())
    found: list[FileProblem] = []

    def tell(path: Path, code: str, message: str) -> None:
        known = positions.known(path)
        place = positions.of_value(known)
        found.append(
            FileProblem(name=name, line=place.line, column=place.column, path=known, code=code, message=message)
        )

    persons = known_people(plan)
    if people.launcher is not None and people.launcher not in persons:
        tell(("launcher",), "people.unknown_person", _nobody(people.launcher, persons))
    for place, act in enumerate(people.acts):
        for key, code, message in _act_problems(act, plan, persons, positions, ("acts", place)):
            tell(("acts", place, *key), code, message)
    _names("checks", people.checks, plan.checks, "check", tell)
    guards = {guard.id for stage in plan.stages for guard in stage.guards}
    _names("guards", people.guards, guards, "guard", tell)
    _names("removed", people.removed, _flag_keys(plan, people), "flag", tell)
    _names("before", people.before, _flag_keys(plan, people), "flag", tell)
    for system, outages in people.outages.items():
        for place, outage in enumerate(outages):
            if outage.end <= outage.start:
                tell(("outages", system, place), "people.outage", "it ends before it starts: give a later end")
    if found:
        raise PlanFileError(found)
    return people


def _flag_keys(plan: Plan, people: People) -> set[str]:
    """The plan's flags, and those that an amendment brings."""
    added = (act.args.get("flags") for act in people.acts if act.do == "amend")
    return {*plan.flags, *(key for flags in added if isinstance(flags, dict) for key in flags)}


def _names(section: str, given: Any, known: Any, what: str, tell: Any) -> None:
    for key in given:
        if key not in known:
            tell(
                (section, key), f"people.unknown_{what}", f"{key!r} is no {what} of this plan{did_you_mean(key, known)}"
            )


def _nobody(person: str, persons: Any) -> str:
    return f"{person!r} is nobody in this plan{did_you_mean(person, persons)}"


def _act_problems(act: Act, plan: Plan, persons: Any, positions: Positions, at: Path) -> list[tuple[Path, str, str]]:
    found: list[tuple[Path, str, str]] = []
    if (act.at is None) == (act.on is None):
        found.append(((), "people.when", "say when: `at` an instant, or `on` a moment such as poll.opened"))
    if act.on is not None and act.on != DUE and act.on not in MOMENTS:
        message = f"{act.on!r} is no moment{did_you_mean(act.on, [*MOMENTS, DUE])}"
        found.append((("on",), "people.unknown_moment", f"{message}; known are {DUE}, {', '.join(sorted(MOMENTS))}"))
    if act.on == DUE and "item" not in act.args:
        found.append((("on",), "people.item", "item.due needs the `item`"))
    if act.before is not None and act.on != DUE:
        found.append((("before",), "people.before", "`before` goes with `on: item.due` only"))
    if act.at is not None and act.after is not None:
        found.append((("after",), "people.after", "`after` goes with `on`, not with `at`"))
    if act.who not in persons:
        found.append((("who",), "people.unknown_person", _nobody(act.who, persons)))
    verb = VERBS.get(act.do)
    if verb is None:
        message = f"{act.do!r} is nothing that people do{did_you_mean(act.do, VERBS)}"
        found.append((("do",), "people.unknown_act", f"{message}; known are {', '.join(sorted(VERBS))}"))
        return found
    found += _arg_problems(act, verb, positions, at)
    return found + _subject_problems(act, plan)


def _arg_problems(act: Act, verb: Verb, positions: Positions, at: Path) -> list[tuple[Path, str, str]]:
    takes = verb.keys()
    unknown = [key for key in act.args if key not in takes and not (act.on == DUE and key == "item")]
    found: list[tuple[Path, str, str]] = [
        ((key,), "people.unknown_key", f"unknown key; {act.do} takes {', '.join(sorted(takes)) or 'nothing more'}")
        for key in unknown
    ]
    needed = {f.name for f in fields(verb.command) if f.default is MISSING and f.default_factory is MISSING}
    lacking = [key for key in verb.needs if key not in act.args]
    found += [((), "people.missing", f"{act.do} needs `{key}`") for key in lacking]
    if unknown or lacking:
        return found
    given = {**verb.placeholders(needed), **verb.shape(act.args)}
    try:
        _verb_adapter(act.do).validate_python(given)
    except ValidationError as error:
        schema_fields = sorted(f.name for f in fields(verb.command))
        for one in error.errors(include_url=False):
            path = positions.known((*at, *one["loc"]))
            message = sentence(dict(one), positions.texts.get(path), schema_fields)
            if one["type"] == "missing":
                message = f"{act.do} needs `{one['loc'][-1]}`"
            found.append((tuple(one["loc"]), f"people.{one['type']}", message))
    return found


def _subject_problems(act: Act, plan: Plan) -> list[tuple[Path, str, str]]:
    """Names in an act that only the plan can know. Features and items can come later; roles and checks cannot."""
    found: list[tuple[Path, str, str]] = []
    known: dict[str, Iterable[str]] = {"role": plan.roles, "check": plan.checks}
    for key, names in known.items():
        given = act.args.get(key)
        if isinstance(given, str) and given not in names:
            message = f"{given!r} is no {key} of this plan{did_you_mean(given, names)}"
            found.append(((key,), f"people.unknown_{key}", message))
    return found
