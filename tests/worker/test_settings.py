"""Settings come from the environment, once, and show no secret."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from gonogo.client.home import ProcessRecord, UpRecord, embedded_address, home, read_up, write_up
from gonogo.worker.settings import Settings, SettingsError, read_settings

VARIABLES = ("HOME", "TASK_QUEUE", "TRUST", "LOG", "LOG_LEVEL", "STOP_AFTER")


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(f"GONOGO_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = read_settings()
    assert settings.home == Path.home() / ".gonogo"
    assert (settings.task_queue, settings.trust, settings.log, settings.log_level) == (
        "gonogo",
        "none",
        "console",
        "info",
    )
    assert not settings.trust_local


def test_every_setting_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = (str(tmp_path / "data"), "other", "local", "json", "debug", "7")
    for name, text in zip(VARIABLES, given, strict=True):
        monkeypatch.setenv(f"GONOGO_{name}", text)
    settings = read_settings()
    assert settings.home == tmp_path / "data"
    assert (settings.task_queue, settings.log, settings.log_level, settings.stop_after) == ("other", "json", "debug", 7)
    assert settings.trust_local
    assert settings.adapters.folder == tmp_path / "data"


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(f"GONOGO_{name}", "")
    assert read_settings().trust == "none"


@pytest.mark.parametrize(
    ("name", "text"),
    [("TRUST", "maybe"), ("LOG", "xml"), ("LOG_LEVEL", "loud"), ("STOP_AFTER", "0"), ("TASK_QUEUE", "A B")],
)
def test_a_setting_that_is_not_valid_is_named_with_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(f"GONOGO_{name}", text)
    with pytest.raises(SettingsError, match=f"^GONOGO_{name} is '{text}': "):
        read_settings()


def test_settings_do_not_change_and_do_not_show_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAG_TOKEN", "hunter2hunter2")
    settings = read_settings()
    assert settings.env["FLAG_TOKEN"] == "hunter2hunter2"
    assert "hunter2" not in f"{settings!r} {settings} {settings.adapters!r}"
    with pytest.raises(ValidationError, match="frozen"):
        settings.trust = "local"  # type: ignore[misc]  # the point of the test
    monkeypatch.setenv("FLAG_TOKEN", "changed")
    assert settings.env["FLAG_TOKEN"] == "hunter2hunter2"


def test_an_unknown_setting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="task_que"):
        Settings(home=tmp_path, task_que="gonogo")  # type: ignore[call-arg]  # the point of the test


def test_the_data_folder_is_the_named_one_else_the_one_here_else_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert home({}) == Path.home() / ".gonogo"
    (tmp_path / ".gonogo").mkdir()
    assert home({}) == tmp_path / ".gonogo"
    assert home({"GONOGO_HOME": ""}) == tmp_path / ".gonogo"
    assert home({"GONOGO_HOME": "data"}) == tmp_path / "data"
    assert home({"GONOGO_HOME": "~/data"}) == Path.home() / "data"


def test_what_up_says_is_read_back(tmp_path: Path) -> None:
    assert embedded_address(tmp_path) is None
    record = UpRecord(
        address="127.0.0.1:1",
        ui="http://127.0.0.1:2",
        started="2026-03-05T14:00:00.000000Z",
        processes={"server": ProcessRecord(pid=3, birth="then")},
        ready=True,
    )
    write_up(tmp_path, record)
    assert read_up(tmp_path) == record
    assert embedded_address(tmp_path) == "127.0.0.1:1"
    assert [path.name for path in tmp_path.iterdir()] == ["up.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"processes": []}',
        '{"address": 1, "ui": "", "started": "", "processes": {}}',
        '{"address": "", "ui": "", "started": "", "processes": {"server": {"pid": 1}}}',
        '{"address": "", "ui": "", "started": "", "processes": {}, "more": 1}',
    ],
)
def test_a_record_that_cannot_be_read_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "up.json").write_text(text)
    assert read_up(tmp_path) is None
