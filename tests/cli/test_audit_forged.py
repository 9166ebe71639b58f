"""Bundles that somebody changed: `gonogo audit` finds it with no server, whatever was made to fit."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gonogo.cli.main import main
from gonogo.client.audit import bundle, write_bundle
from gonogo.domain.ledger import Ledger, from_bytes
from tests.replay.histories import read

Said = dict[str, Any]
_CLOSED = read("happy_train")
_RELEASE = "shop/1.2.0"


def bundled() -> Said:
    made = bundle(_RELEASE, _CLOSED.ledger, _CLOSED.runs, at=datetime(2026, 11, 22, tzinfo=UTC), by="ann")
    said: Said = json.loads(write_bundle(made))
    return said


def an_entry_behind_the_end(said: Said) -> None:
    ledger = from_bytes("\n".join(said["ledger"]).encode())
    last = list(ledger.entries())[-1]
    longer = ledger.appended([replace(last, seq=last.seq + 1)])
    said.update(ledger=[line.decode() for line in longer.lines], head=longer.head)


def a_vote_of_somebody_else(said: Said) -> None:
    entries = list(from_bytes("\n".join(said["ledger"]).encode()).entries())
    forged = [replace(e, actor=replace(e.actor, id="zoe")) if e.actor.id == "cid" else e for e in entries]
    ledger = Ledger().appended(forged)
    said.update(ledger=[line.decode() for line in ledger.lines], head=ledger.head)


def a_history_cut_short(said: Said) -> None:
    events = said["runs"][-1]["history"]["events"]
    del events[len(events) * 2 // 3 :]


def no_history(said: Said) -> None:
    said.update(runs=[], recorded=[])


def another_name(said: Said) -> None:
    said["release_id"] = "shop/9.9.9"


def another_head(said: Said) -> None:
    said["head"] = "0" * 64


def another_quorum(said: Said) -> None:
    said["plan"]["roles"]["qa"]["quorum"] = 2


FORGED: dict[Callable[[Said], None], tuple[str, str]] = {
    an_entry_behind_the_end: ("audit.ledger_differs", "audit.ledger_differs"),
    a_vote_of_somebody_else: ("audit.contradiction", "audit.ledger_differs"),
    a_history_cut_short: ("audit.cut_off", "audit.ledger_differs"),
    no_history: ("audit.no_history", "audit.no_history"),
    another_name: ("audit.contradiction", "audit.contradiction"),
    another_head: ("audit.contradiction", "audit.contradiction"),
    another_quorum: ("audit.contradiction", "audit.contradiction"),
}
"""What was done -> the code by which `verify` and `replay` find it."""


@pytest.mark.parametrize("forge", FORGED, ids=lambda forge: forge.__name__)
def test_what_was_changed_in_a_bundle_is_found(
    forge: Callable[[Said], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = bundled()
    forge(said)
    file = tmp_path / "audit.json"
    file.write_text(json.dumps(said))
    for command, code in zip(("verify", "replay"), FORGED[forge], strict=True):
        assert main(["audit", command, str(file), "--json"]) == 1
        assert json.loads(capsys.readouterr().out)["error"]["code"] == code
    assert main(["audit", "show", str(file)]) == 1
    shown = capsys.readouterr()
    assert shown.err.startswith(f"{file} does not verify: ")
    assert "launched" in shown.out


def test_a_bundle_as_it_was_written_verifies_replays_and_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "audit.json"
    file.write_text(json.dumps(bundled()))
    for command in ("verify", "replay", "show"):
        assert main(["audit", command, str(file)]) == 0
    assert capsys.readouterr().err == ""


def test_an_instant_of_the_timeline_means_its_whole_second(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "audit.json"
    file.write_text(json.dumps(bundled()))
    entries = list(_CLOSED.ledger.entries())
    at = entries[0].at
    same = [e for e in entries if e.at.replace(microsecond=0) == at.replace(microsecond=0)]
    assert main(["audit", "show", str(file), "--at", at.strftime("%Y-%m-%dT%H:%M:%SZ"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["seq"] == same[-1].seq
