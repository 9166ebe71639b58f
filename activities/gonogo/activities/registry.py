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
        self.group, self.name = group, name
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
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            raise BrokenAdapter(group, point.name, f"is installed twice, as {other.value} and {point.value}")
    return {name: _load(group, point) for name, point in found.items()}


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
