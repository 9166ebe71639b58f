"""The small values that everything else is made of: instants, durations, numbers, exposures, actors.

Every value is a frozen pydantic dataclass with slots: an open release holds hundreds of them, and slots keep one at
80 bytes where a model takes 490.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, TypeVar, cast, dataclass_transform

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.dataclasses import dataclass as _pydantic_dataclass

_T = TypeVar("_T")
VALUE_CONFIG = ConfigDict(extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(Field,))
def value(cls: type[_T]) -> type[_T]:
    """Makes `cls` a frozen, slotted, keyword-only value that checks its fields when it is made."""
    made: Any = _pydantic_dataclass(frozen=True, slots=True, kw_only=True, config=VALUE_CONFIG)(cls)
    return cast("type[_T]", made)


# --- instants ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)  # the same instant is written again and again: in an entry, its findings, its windows
def format_instant(at: datetime) -> str:
    """`at` in UTC with microseconds and Z: the one form in which the ledger, the CLI and the API write an instant."""
    return _to_utc(at).isoformat(timespec="microseconds")[:26] + "Z"


_FIRST_YEAR, _LAST_YEAR = 1970, 2400
"""Beyond, days could not be added or taken away without running out of the calendar."""


def _to_utc(at: datetime) -> datetime:
    _require_year(at)
    if at.tzinfo is None:
        local = at.isoformat()
        raise ValueError(f"an instant needs an offset: write {local}Z for UTC, or another one, as {local}+01:00")
    if at.tzinfo is UTC:
        return at
    there = at.astimezone(UTC)
    _require_year(there)  # around a New Year it may be another one there, and what was read must be writable
    return there


def _require_year(at: datetime) -> None:
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise ValueError(f"{at.isoformat()} is outside the years {_FIRST_YEAR} to {_LAST_YEAR}")


def _read_instant(given: Any) -> Any:
    # pydantic would read 2026 as a second count since 1970: a slot in the past, and no error.
    if isinstance(given, datetime) or (isinstance(given, str) and _INSTANT.match(given)):
        return given
    if isinstance(given, str) and _DATE.fullmatch(given):
        lacks = "it needs a time and an offset, Z for UTC or another one as +01:00"
        raise ValueError(f"{given!r} is not an instant: write {given}T14:00:00Z; {lacks}")
    raise ValueError(f"{given!r} is not an instant: write 2026-03-05T14:00:00Z")


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(_DATE.pattern + r"[T ]\d{2}:\d{2}")

Instant = Annotated[
    datetime,
    BeforeValidator(_read_instant),
    AfterValidator(_to_utc),
    PlainSerializer(format_instant, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-03-05T14:00:00Z"]}),
]
"""An instant in UTC; serialized with microseconds and Z."""

# --- durations -----------------------------------------------------------------------------------------------------

_UNITS = (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_DURATION = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def parse_duration(text: str) -> timedelta:
    """Reads `90m`, `4h`, `1d12h` or `2w`: whole weeks, days (24 h), hours, minutes, seconds, in that order.

    Raises:
        ValueError: `text` is empty or of another form.
    """
    found = _DURATION.fullmatch(text.strip())
    if not found or not any(found.groups()):
        raise ValueError(f"{text!r} is not a duration: write 90m, 4h, 1d12h or 2w")
    seconds = sum(int(n) * unit for n, (_, unit) in zip(found.groups(), _UNITS, strict=True) if n)
    if seconds > 10 * 366 * 86_400:
        raise ValueError(f"{text!r} is longer than ten years")
    return timedelta(seconds=seconds)


@lru_cache(maxsize=1024)
def format_duration(duration: timedelta) -> str:
    """The shortest form that `parse_duration` reads back; weeks are written as days."""
    left = int(duration.total_seconds())
    sign, left = ("-", -left) if left < 0 else ("", left)
    parts = []
    for name, unit in _UNITS[1:]:
        count, left = divmod(left, unit)
        if count:
            parts.append(f"{count}{name}")
    return sign + ("".join(parts) or "0s")


def _read_duration(given: Any) -> Any:
    if isinstance(given, str):
        return parse_duration(given)
    if isinstance(given, timedelta):
        return given
    raise ValueError(f"{given!r} is not a duration: write 90m, 4h, 1d12h or 2w")


Duration = Annotated[
    timedelta,
    BeforeValidator(_read_duration),
    PlainSerializer(format_duration, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?$", "examples": ["90m", "4h"]}),
]
"""A length of time in whole seconds, written `90m`, `4h`, `1d12h`, `2w`."""

# --- numbers and names ---------------------------------------------------------------------------------------------


def _read_number(given: Any) -> Any:
    # bool is an int in Python; `threshold: yes` is a mistake, not a 1.
    if isinstance(given, bool):
        raise ValueError(f"{given!r} is not a number")
    return str(given) if isinstance(given, float) else given


def format_number(number: Decimal) -> str:
    """The one form of a number: its digits, without exponent or needless zeros."""
    return format(number.normalize(), "f")


Number = Annotated[
    Decimal,
    BeforeValidator(_read_number),
    PlainSerializer(format_number, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}]}),
]
"""A decimal number; serialized as a string, because the ledger has no floats."""

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=80)]
"""A name in lower case: letters, digits, `_`, `.`, `-`."""

FlagKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=120)]
"""A flag's key at its provider: letters of either case, digits, `_`, `.`, `-`."""

Version = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$", max_length=60)]
"""A version as text: quote it in YAML, where a bare 1.10 is the number 1.1."""

Text = Annotated[str, Field(max_length=2_000)]
"""Free text of at most 2,000 characters."""

Words = Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"\S")]
"""Free text that says something: 1 to 2,000 characters, not blank."""


# --- who -----------------------------------------------------------------------------------------------------------


class ActorKind(StrEnum):
    """What kind of actor did something."""

    PERSON = "person"
    SERVICE = "service"
    AGENT = "agent"
    SYSTEM = "system"


@value
class Actor:
    """Who did something, and how that was proved."""

    id: Id
    """The person's or service's id; `gonogo` for what the engine does by itself."""
    kind: ActorKind = ActorKind.PERSON
    """person, service, agent or system."""
    proof: Annotated[int, Field(ge=0, le=2)] = 0
    """How the identity was proved: 0 a local name, 1 a gateway checked a login, 2 the person's own key signed."""


ENGINE = Actor(id="gonogo", kind=ActorKind.SYSTEM)
"""The actor of everything that happens by itself: timers, verdicts, slots."""


# --- what is released ----------------------------------------------------------------------------------------------


@value
class Candidate:
    """The build that would reach users."""

    commit: Annotated[str, Field(pattern=r"^[0-9A-Za-z._/-]{1,128}$")]
    """The commit (or other name) that the `deployed` check must find in the environment."""
    artifacts: dict[str, Annotated[str, Field(pattern=r"^[a-z0-9]+:[0-9a-f]{8,128}$")]] = Field(default_factory=dict)
    """Artifact name -> digest, such as `sha256:…`. Default: none."""
    authors: tuple[Id, ...] = ()
    """The people who wrote it; with separation of duties their GO alone is not enough."""


# --- who sees it ---------------------------------------------------------------------------------------------------


class Audience(StrEnum):
    """How far something is exposed, narrowest first; each includes those before it."""

    NOBODY = "nobody"
    OPT_IN = "opt_in"
    SEGMENT = "segment"
    PERCENTAGE = "percentage"
    EVERYONE = "everyone"


_RANK = {audience: rank for rank, audience in enumerate(Audience)}


@value
class Exposure:
    """Who sees a feature: an audience, with the percentage and the segments that it names.

    A percentage exposure can also name segments: they were in before, and users who are in stay in.
    """

    audience: Audience
    """nobody, opt_in, segment, percentage or everyone."""
    percent: Annotated[int, Field(ge=0, le=100)] = 0
    """Share of users in percent, for `percentage` only; 100 for everyone."""
    segments: tuple[Id, ...] = ()
    """Named segments that are in, sorted; for `segment` and, carried along, for `percentage`."""

    @property
    def rank(self) -> tuple[int, int, int]:
        """Sorts exposures by how far they reach."""
        return (_RANK[self.audience], self.percent, len(self.segments))

    def includes(self, other: "Exposure") -> bool:
        """True when nobody whom `other` exposes would lose it under this exposure."""
        return wider(self, other) == self

    def __str__(self) -> str:
        if self.audience is Audience.PERCENTAGE:
            return f"{self.percent} %" + (f" and {', '.join(self.segments)}" if self.segments else "")
        if self.audience is Audience.SEGMENT:
            return ", ".join(self.segments)
        return str(self.audience.value).replace("_", "-")


NOBODY = Exposure(audience=Audience.NOBODY)
EVERYONE = Exposure(audience=Audience.EVERYONE, percent=100)


@lru_cache(maxsize=4096)  # a rollout asks for the same few exposures at every step
def exposure(audience: Audience, percent: int = 0, segments: tuple[str, ...] = ()) -> Exposure:
    """An exposure in its one normal form: what an audience does not use is left out, 100 % is everyone, 0 % is less."""
    names = tuple(sorted(set(segments)))
    if audience is Audience.PERCENTAGE and percent >= 100:
        audience = Audience.EVERYONE
    if audience is Audience.PERCENTAGE and percent <= 0:
        audience = Audience.SEGMENT
    if audience is Audience.SEGMENT and not names:
        audience = Audience.OPT_IN
    if audience is Audience.EVERYONE:
        return EVERYONE
    if audience is Audience.PERCENTAGE:
        return Exposure(audience=audience, percent=percent, segments=names)
    if audience is Audience.SEGMENT:
        return Exposure(audience=audience, segments=names)
    return Exposure(audience=audience)


def wider(one: Exposure, other: Exposure) -> Exposure:
    """The narrowest exposure that includes both."""
    return exposure(
        max(one.audience, other.audience, key=_RANK.__getitem__),
        max(one.percent, other.percent),
        one.segments + other.segments,
    )


def capped(stage: Exposure, reach: Exposure) -> Exposure:
    """What a stage gives a flag whose reach is capped: the narrower of the two."""
    if stage.audience is not reach.audience:
        return min(stage, reach, key=lambda e: _RANK[e.audience])
    shared = stage.segments
    if stage.audience is Audience.SEGMENT:
        shared = tuple(s for s in stage.segments if s in reach.segments)
    return exposure(stage.audience, min(stage.percent, reach.percent), shared)
