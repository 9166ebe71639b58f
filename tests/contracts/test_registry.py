"""Adapters are found by entry point; what is unknown or broken is named."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gonogo.activities import registry
from gonogo.activities.ports import Checker, FlagProvider, MetricSource, Notifier
from gonogo.activities.registry import AdapterSettings, BrokenAdapter, UnknownAdapter, build, load
from gonogo.adapters.errors import Unreachable
from gonogo.adapters.memory import MemoryChecks, MemoryInbox, MemoryMetrics, memory_adapters
from gonogo.adapters.memory_flags import MemoryFlags
from gonogo.domain.facts import Fence, FlagTarget, Status, WriteStatus
from gonogo.domain.resolution import Interval
from gonogo.domain.values import EVERYONE, NOBODY

AT = datetime(2026, 3, 5, 14, tzinfo=UTC)


def settings(folder: Path) -> AdapterSettings:
    return AdapterSettings(folder=folder, env={"TOKEN": "hunter2"})


def test_gonogos_own_adapters_are_installed(tmp_path: Path) -> None:
    adapters = build(settings(tmp_path))
    assert {"http", "command", "deployed", "pushed"} <= set(adapters.checkers)
    assert isinstance(adapters.checker("deployed"), Checker)
    assert isinstance(adapters.metric_source("http"), MetricSource)
    assert isinstance(adapters.flag_provider("file"), FlagProvider)
    assert isinstance(adapters.notifier("inbox"), Notifier)
    assert isinstance(adapters.notifier("webhook"), Notifier)


def test_settings_never_show_the_environment(tmp_path: Path) -> None:
    assert "hunter2" not in repr(settings(tmp_path))


def test_an_unknown_adapter_is_refused_with_what_was_probably_meant(tmp_path: Path) -> None:
    adapters = build(settings(tmp_path))
    with pytest.raises(UnknownAdapter, match=r"gonogo.checkers has no 'comand': did you mean 'command'\?") as refused:
        adapters.checker("comand")
    assert (refused.value.code, refused.value.name) == ("adapter.unknown", "comand")
    for asked in (adapters.metric_source, adapters.flag_provider, adapters.notifier):
        with pytest.raises(UnknownAdapter, match="installed are"):
            asked("zzz")


Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs a distribution with entry points, as pip would."""

    def add(name: str, entry: str) -> None:
        info = tmp_path / f"{name}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (info / "entry_points.txt").write_text(f"[gonogo.checkers]\n{entry}\n")

    (tmp_path / "orgs_plugin.py").write_text("""
class Check:
    def __init__(self, settings): self.folder = settings.folder
    async def measure(self, request): ...
def fails(settings): raise OSError("no licence")
def wrong(settings): return 5
constant = 5
""")
    (tmp_path / "orgs_broken.py").write_text("import no_such_library_of_ours")
    monkeypatch.syspath_prepend(str(tmp_path))
    for module in ("orgs_plugin", "orgs_broken"):
        sys.modules.pop(module, None)
    return add


def test_an_organisations_own_adapter_is_found(install: Install, tmp_path: Path) -> None:
    install("orgs", "jira = orgs_plugin:Check")
    assert type(build(settings(tmp_path)).checker("jira")).__name__ == "Check"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("jira = orgs_broken:Check", "cannot be imported from orgs_broken:Check: .*no_such_library_of_ours"),
        ("jira = orgs_missing:Check", "cannot be imported"),
        ("jira = orgs_plugin:Chek", "cannot be imported"),
        ("jira = orgs_plugin:constant", "is no factory"),
        ("jira = orgs_plugin:fails", "cannot be made: OSError.*no licence"),
        ("jira = orgs_plugin:wrong", "is a int, which is no Checker"),
    ],
)
def test_a_broken_plugin_gives_one_error_that_names_it(install: Install, tmp_path: Path, entry: str, said: str) -> None:
    install("orgs", entry)
    with pytest.raises(BrokenAdapter, match=f"gonogo.checkers 'jira' {said}") as broken:
        build(settings(tmp_path))
    assert broken.value.code == "adapter.broken"


def test_a_name_that_two_packages_use_is_refused(install: Install) -> None:
    install("orgs", "http = orgs_plugin:Check")
    with pytest.raises(BrokenAdapter, match="'http' is installed twice"):
        load(registry.CHECKERS)


async def test_a_simulated_world_answers_for_every_name_in_a_plan() -> None:
    world = memory_adapters(checks=MemoryChecks(), metrics=MemoryMetrics(), flags=MemoryFlags(), inbox=MemoryInbox())
    for name in ("http", "jira"):
        assert isinstance(world.checker(name), MemoryChecks)
        assert isinstance(world.metric_source(name), MemoryMetrics)
        assert isinstance(world.flag_provider(name), MemoryFlags)
        assert isinstance(world.notifier(name), MemoryInbox)


async def test_memory_flags_follow_their_script() -> None:
    hour = timedelta(hours=1)
    flags = MemoryFlags(
        {"old": EVERYONE},
        missing=frozenset({"never"}),
        removed={"old": AT + hour},
        outages={"file": (Interval(start=AT + 2 * hour, end=AT + 3 * hour),)},
    )
    old, never = (FlagTarget(key=key, environment="production", provider="file") for key in ("old", "never"))
    assert (await flags.read(old, at=AT)).exposure == EVERYONE
    assert (await flags.references(old, at=AT)).status is Status.FAIL
    assert (await flags.read(old, at=AT + hour)).exists is False
    assert (await flags.references(old, at=AT + hour)).status is Status.PASS
    refused = await flags.write(never, NOBODY, Fence(epoch=1, sequence=0), key="k", at=AT)
    assert refused.status is WriteStatus.GONE
    down = AT + 2 * hour
    with pytest.raises(Unreachable, match="'file' cannot be reached"):
        await flags.read(old, at=down)
    with pytest.raises(Unreachable, match="'file' cannot be reached"):
        await flags.write(old, NOBODY, Fence(epoch=1, sequence=0), key="k", at=down)
    assert (await flags.references(old, at=down)).status is Status.UNCLEAR
    assert flags.exposures() == {"old": EVERYONE}
