"""`gonogo inbox`: what people were told and asked, and the commands that answer."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gonogo.activities.ports import Message
from gonogo.adapters.inbox import Inbox, inbox_folder
from gonogo.cli.main import main

START = datetime(2026, 3, 5, 9, tzinfo=UTC)
ANSWER = "gonogo vote shop/1.0.0 GO --role qa --question " + "x" * 120


def message(number: int, **more: Any) -> Message:
    at = START + timedelta(minutes=number)
    said: dict[str, Any] = {"type": "poll.opened", "release_id": "shop/1.0.0", "subject": f"message {number}"}
    return Message(**{**said, "key": f"k{number}", "channel": "inbox", "at": at, **more})


@pytest.fixture
async def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GONOGO_HOME", str(tmp_path))
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    inbox = Inbox(inbox_folder(tmp_path))
    told = (
        message(3, body="Shall it?\nBy noon.", to=("ann", "cid"), answers=(("GO", ANSWER),)),
        message(1),
        message(2, to=("bob",), release_id="shop/2.0.0"),
    )
    for one in told:
        await inbox.deliver(one, {})
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str], *tokens: str) -> str:
    assert main(("inbox", *tokens)) == 0
    return capsys.readouterr().out


def test_messages_stand_newest_last_with_what_is_asked_and_the_whole_command_that_answers(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [line.rstrip() for line in shown(capsys).splitlines()]
    assert lines == [
        "Thu 2026-03-05 09:01Z  message 1  to everybody",
        "Thu 2026-03-05 09:02Z  message 2  to bob",
        "Thu 2026-03-05 09:03Z  message 3  to ann, cid",
        "    Shall it?",
        "    By noon.",
        f"    GO: {ANSWER}",
    ]


def test_a_person_sees_what_is_for_them_and_what_is_for_everybody(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = shown(capsys, "--for", "ann")
    assert ("message 1" in told, "message 2" in told, "message 3" in told) == (True, False, True)


def test_a_release_is_picked_and_json_is_a_list_of_messages(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = json.loads(shown(capsys, "--release", "shop/2.0.0", "--json"))
    assert (one["subject"], one["to"]) == ("message 2", ["bob"])


def test_an_inbox_without_such_a_message_says_so_and_where_it_looked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(capsys, "--release", "shop/9").startswith(f"no such message in {folder}")
    assert json.loads(shown(capsys, "--release", "shop/9", "--json")) == []


def test_an_inbox_that_is_not_there_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GONOGO_HOME", str(tmp_path / "none"))
    assert shown(capsys).startswith("no message in ")


def test_a_file_that_is_no_message_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (inbox_folder(folder) / "abc.json").write_text("{")
    assert main(("inbox",)) == 2
    assert "abc.json is no message: remove it" in capsys.readouterr().err
