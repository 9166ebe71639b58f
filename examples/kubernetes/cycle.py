"""Reads the facts of a release cycle: what is missing or unusable is a default, or an error that names the key."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Los_Angeles")
FREEZE, START, RELEASED = "enhancements_freeze", "cycle_start", "released"
STAGES = ("alpha", "beta", "stable")
YEARS = range(1970, 2200)
"""Years that a cycle can lie in: a mistyped one is told, and weeks before or after it are still dates."""


class CycleError(ValueError):
    """Something in the cycle's file cannot be used; the message names the key."""


# --- reading -------------------------------------------------------------------------------------------------------


def get(given: Any, key: str, kind: type, where: str, default: Any = ...) -> Any:
    """`given[key]` when it is of `kind`; a missing or null one is `default`, or an error."""
    if not isinstance(given, dict):
        raise CycleError(f"{where or 'the file'}: expected an object, got {given!r:.60}")
    path = f"{where}.{key}" if where else key
    found = given.get(key)
    if found is None:
        if default is ...:
            raise CycleError(f"{path}: is missing")
        return default
    if not isinstance(found, kind) or isinstance(found, bool) is not (kind is bool):
        raise CycleError(f"{path}: expected {kind.__name__}, got {found!r:.60}")
    return found


def texts(given: Any, key: str, where: str) -> list[str]:
    """A list of names; one name alone is a list of one, a missing one is empty."""
    found = given.get(key)
    found = [found] if isinstance(found, str) else [] if found is None else found
    if not isinstance(found, list) or not all(isinstance(item, str) and item.strip() for item in found):
        raise CycleError(f"{where}{key}: expected a list of names, got {found!r:.60}")
    return [item.strip() for item in found]


def read_instant(text: str, where: str) -> datetime:
    """An instant; a day means its end in Los Angeles."""
    try:
        if len(text) == 10:
            found = datetime.combine(date.fromisoformat(text), time(23, 59, 59), ZONE)
        else:
            found = datetime.fromisoformat(text)
    except ValueError as error:
        raise CycleError(f"{where}: {text!r} is neither a day (2025-02-14) nor an instant") from error
    if found.tzinfo is None:
        raise CycleError(f"{where}: {text!r} has no offset: write 2025-02-14T02:00:00Z, or a day")
    if found.year not in YEARS:
        raise CycleError(f"{where}: {text!r} lies outside the years {YEARS.start} to {YEARS.stop - 1}")
    return found.astimezone(UTC)


def read_kep(given: dict[str, Any], where: str) -> str:
    """A feature's id."""
    number = given.get("kep")
    text = str(number).strip() if isinstance(number, int | str) and not isinstance(number, bool) else ""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise CycleError(f"{where}.kep: {number!r} is no enhancement number")
    return f"kep-{int(text)}"


def identifier(name: str, where: str) -> str:
    """A role or milestone as an id of a plan."""
    made = re.sub(r"[^a-z0-9_.-]+", "_", name.lower()).strip("_.-")[:60]
    if not made:
        raise CycleError(f"{where}: {name!r} has no letter or digit that an id could be made of")
    return made


def minor(text: str) -> int | None:
    """33 of 1.33 and of 1.33.0; None of anything else."""
    found = re.match(r"v?\d+\.(\d{1,4})(\D|$)", text)
    return int(found.group(1)) if found else None


@dataclass
class Feature:
    """An enhancement that was in the release."""

    id: str
    sig: str
    stage: str
    gates: list[str]
    stable_in: int | None
    """Minor release in which it is to be stable; None: not said."""
    can_be_disabled: bool


@dataclass
class Milestone:
    """A dated step of the cycle."""

    kind: str
    roles: list[str]
    when: datetime


@dataclass
class Request:
    """What was asked for after a freeze."""

    freeze: str
    id: str
    requested: datetime
    reviewed: datetime | None
    status: str


@dataclass
class Cycle:
    """A release cycle, as its file says."""

    version: str
    slot: datetime
    team: list[str]
    milestones: list[Milestone]
    features: dict[str, Feature]
    requests: list[Request] = field(default_factory=list)

    @classmethod
    def read(cls, data: Any) -> "Cycle":
        """Reads a file's content.

        Raises:
            CycleError: a key is missing or unusable; its path is named.
        """
        version = get(data, "release", str, "").strip()
        milestones = [_milestone(m, f"milestones[{n}]") for n, m in enumerate(get(data, "milestones", list, "", []))]
        day = get(data, "released", str, "", None)
        if day is None:
            found = next((m.when for m in milestones if m.kind == RELEASED), None)
            if found is None:
                raise CycleError(f"released: is missing, and no milestone is {RELEASED!r}")
            released = found.astimezone(ZONE).date()
        else:
            released = read_instant(day.strip(), "released").astimezone(ZONE).date()
        features: dict[str, Feature] = {}
        for number, given in enumerate(get(data, "features", list, "")):
            read = _feature(given, f"features[{number}]", minor(version))
            known = features.setdefault(read.id, read)
            known.gates += [gate for gate in read.gates if gate not in known.gates]
        requests = [_request(r, f"requests[{n}]") for n, r in enumerate(get(data, "requests", list, "", []))]
        team = list(dict.fromkeys(identifier(role, "team") for role in texts(data, "team", "")))
        return cls(version, datetime.combine(released, time(18), UTC), team, milestones, features, requests)

    def when(self, kind: str) -> datetime | None:
        """When a milestone is; None: the cycle has none of that kind."""
        return next((m.when for m in self.milestones if m.kind == kind), None)

    @property
    def freeze(self) -> datetime | None:
        """When the scope freezes; None: at the start."""
        return self.when(FREEZE)

    @property
    def starts(self) -> datetime:
        """When the cycle begins; where that is not said, 14 weeks before the release, or with an earlier milestone."""
        known = [m.when for m in self.milestones if m.when < self.slot]
        said = self.when(START) or min([*known, self.slot - timedelta(weeks=14)])
        return min([said, *([self.freeze] if self.freeze else [])])


def _milestone(given: Any, where: str) -> Milestone:
    kind = get(given, "kind", str, where)
    roles = [identifier(role, f"{where}.roles") for role in texts(given, "roles", f"{where}.")]
    when = read_instant(get(given, "when", str, where).strip(), f"{where}.when")
    return Milestone(identifier(kind, f"{where}.kind"), roles, when)


def _feature(given: Any, where: str, now: int | None) -> Feature:
    sig = get(given, "sig", str, where, "")
    id = read_kep(given, where)
    targets = get(given, "stages", dict, where, {})
    minors = {stage: minor(str(targets.get(stage, ""))) for stage in STAGES}
    stage = get(given, "stage", str, where, None) or next(
        (s for s in STAGES[::-1] if now is not None and minors[s] == now), None
    )
    if stage not in STAGES:
        raise CycleError(f"{where}.stage: {stage!r} is none of {', '.join(STAGES)}")
    gates = [gate for gate in dict.fromkeys(texts(given, "gates", f"{where}.")) if gate.lower() != "none"]
    for gate in gates:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,119}", gate):
            raise CycleError(f"{where}.gates: {gate!r} is no name of a feature gate")
    return Feature(id, sig, stage, gates, minors["stable"], get(given, "can_be_disabled", bool, where, True))


def _request(given: Any, where: str) -> Request:
    freeze = identifier(get(given, "freeze", str, where), f"{where}.freeze")
    requested, reviewed = (get(given, key, str, where, None) for key in ("requested", "reviewed"))
    if requested is None and reviewed is None:
        raise CycleError(f"{where}.requested: is missing, and so is reviewed")
    asked = read_instant((requested or reviewed).strip(), f"{where}.requested")
    answered = read_instant(reviewed.strip(), f"{where}.reviewed") if reviewed else None
    return Request(
        freeze, read_kep(given, where), asked, answered, get(given, "status", str, where, "").strip().lower()
    )
