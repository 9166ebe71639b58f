"""Finds adapters by entry point and hands them out by name.

An entry point names a factory: a callable that takes `AdapterSettings` and gives the adapter. An organisation adds its
own with a few lines in its own package, for example:

    [project.entry-points."gonogo.checkers"]
    jira = "ourorg.gonogo:JiraCheck.from_settings"
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from .ports import Checker, FlagProvider, MetricSource, Notifier

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterSettings:
    """What every factory is given; made once, where the worker starts."""

    folder: Path
    """Where local adapters keep their files: `flags/`, `inbox/`."""
    env: Mapping[str, str] = field(repr=False)
    """The worker's environment, read once; secrets are references into it, so it is never printed."""


Factory = Callable[[AdapterSettings], Any]

CHECKERS = "gonogo.checkers"
METRICS = "gonogo.metrics"
FLAGS = "gonogo.flags"
NOTIFIERS = "gonogo.notifiers"

FLAG_DEBT = "flag_debt"
"""The check kind that every worker makes itself, because it asks the flags' own workflows."""


class RegistryError(Exception):
    """An adapter cannot be had."""

    code: ClassVar[str] = "adapter.registry"
    """Stable code, for logs and scripts."""


class UnknownAdapter(RegistryError):
    """A plan names an adapter that is not installed."""

    code = "adapter.unknown"

    def __init__(self, group: str, name: str, known: Mapping[str, object]) -> None:
        """Says what is known, and what was probably meant."""
        self.group, self.name, self.known = group, name, tuple(sorted(known))
        near = get_close_matches(name, self.known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        super().__init__(f"{group} has no {name!r}: {hint}installed are {', '.join(self.known) or 'none'}")


class BrokenAdapter(RegistryError):
    """An installed adapter cannot be loaded or made."""

    code = "adapter.broken"

    def __init__(self, group: str, name: str, why: str) -> None:
        """Names the adapter and what is wrong with it."""
        self.group, self.name, self.why = group, name, why
        super().__init__(f"{group} {name!r} {why}: repair or uninstall it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """Every adapter that a worker has, by name."""

    checkers: Mapping[str, Checker]
    """By check kind."""
    metrics: Mapping[str, MetricSource]
    """By guard source."""
    flags: Mapping[str, FlagProvider]
    """By flag provider."""
    notifiers: Mapping[str, Notifier]
    """By channel kind."""

    def named(self, group: str, name: str) -> object:
        """The adapter called `name` in an entry point group. Raises `UnknownAdapter`."""
        groups = {CHECKERS: self.checkers, METRICS: self.metrics, FLAGS: self.flags, NOTIFIERS: self.notifiers}
        return _get(group, name, groups[group])

    def checker(self, kind: str) -> Checker:
        """The checker of `kind`. Raises `UnknownAdapter`."""
        return _get(CHECKERS, kind, self.checkers)

    def metric_source(self, source: str) -> MetricSource:
        """The metric source called `source`. Raises `UnknownAdapter`."""
        return _get(METRICS, source, self.metrics)

    def flag_provider(self, provider: str) -> FlagProvider:
        """The flag provider called `provider`. Raises `UnknownAdapter`."""
        return _get(FLAGS, provider, self.flags)

    def notifier(self, kind: str) -> Notifier:
        """The notifier of channel kind `kind`. Raises `UnknownAdapter`."""
        return _get(NOTIFIERS, kind, self.notifiers)


def load(group: str) -> dict[str, Factory]:
    """The factories of `group` by name.

    Raises:
        BrokenAdapter: one cannot be imported, or two packages use the same name.
    """
    return {name: _load(group, point) for name, point in _points(group).items()}


def installed(group: str, name: str) -> object:
    """What makes the adapter called `name`, and is not asked to: the class whose method its factory is, or the factory.

    For questions that the class can answer on a machine without the adapter's settings. None for `flag_debt`.

    Raises:
        UnknownAdapter: it is not installed here.
        BrokenAdapter: it cannot be imported, or two packages use the same name.
    """
    points: dict[str, EntryPoint | None] = dict(_points(group))
    if group == CHECKERS:
        points.setdefault(FLAG_DEBT, None)
    point = _get(group, name, points)
    if point is None:
        return None
    factory = _load(group, point)
    return getattr(factory, "__self__", factory)


def _points(group: str) -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            raise BrokenAdapter(group, point.name, f"is installed twice, as {other.value} and {point.value}")
    return found


def build(settings: AdapterSettings) -> Adapters:
    """Every installed adapter, made.

    Raises:
        BrokenAdapter: one cannot be imported or made, or is not what its group asks for.
    """
    return Adapters(
        checkers=_make(CHECKERS, Checker, settings),
        metrics=_make(METRICS, MetricSource, settings),
        flags=_make(FLAGS, FlagProvider, settings),
        notifiers=_make(NOTIFIERS, Notifier, settings),
    )


def _load(group: str, point: EntryPoint) -> Factory:
    try:
        loaded = point.load()
    except Exception as broken:
        raise BrokenAdapter(group, point.name, f"cannot be imported from {point.value}: {broken!r}") from broken
    if not callable(loaded):
        raise BrokenAdapter(group, point.name, f"is no factory: {point.value} cannot be called")
    factory: Factory = loaded
    return factory


def _make(group: str, port: type[Any], settings: AdapterSettings) -> dict[str, Any]:
    made = {}
    for name, factory in load(group).items():
        try:
            adapter = factory(settings)
        except Exception as broken:
            raise BrokenAdapter(group, name, f"cannot be made: {broken!r}") from broken
        if not isinstance(adapter, port):
            raise BrokenAdapter(group, name, f"is a {type(adapter).__name__}, which is no {port.__name__}")
        made[name] = adapter
    return made


def _get(group: str, name: str, known: Mapping[str, _T]) -> _T:
    try:
        return known[name]
    except KeyError:
        raise UnknownAdapter(group, name, known) from None
