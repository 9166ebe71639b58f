"""`gonogo simulate`: the real workflows on a private server, from the command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gonogo.client.errors import Refused
from gonogo.client.plan_file import PlanFileError
from gonogo.worker.simulate import command

SERVICE = Path(__file__).parents[2] / "examples" / "service"


def simulate(*args: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "gonogo.cli.main", "simulate", *args]
    return subprocess.run(program, capture_output=True, text=True, check=False, timeout=120)


def test_json_has_everything_that_scripts_look_for_and_leaves_no_server() -> None:
    before = _servers()
    done = simulate(str(SERVICE / "plan.yaml"), "--people", str(SERVICE / "people.yaml"), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["outcome"] == told["phase"] == "completed"
    assert told["started_at"] == "2026-03-02T09:00:00.000000Z"
    assert told["released_at"] is not None
    assert told["exposure"] == {"one-click": 100}
    assert told["scope"] == {"in": ["one-click"], "out": []}
    assert {"seq", "at", "type", "actor", "summary", "news"} == set(told["events"][0])
    assert [e["seq"] for e in told["events"]] == list(range(1, len(told["events"]) + 1))
    assert len(told["ledger_head"]) == 64
    assert _servers() == before


async def test_the_picture_tells_when_what_happened_and_what_it_came_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert await command(SERVICE / "plan.yaml") == 0
    shown = capsys.readouterr().out
    assert "Thu 2026-03-05" in shown
    assert shown.startswith(
        "checkout/2.4.0, simulated: shipped Thu 2026-03-05 15:10Z; completed Mon 2026-04-13 15:10Z\n"
    )
    assert "outcome   shipped Thu 2026-03-05 15:10Z; completed" in shown
    assert "gone, everyone: 1 (one-click)" in shown


async def test_a_release_that_does_not_ship_says_so_first_and_by_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = tmp_path / "people.yaml"
    people.write_text("acts: [{on: stage.exposed, after: 10m, who: bob, do: rollback, reason: flooded}]")
    assert await command(SERVICE / "plan.yaml", people=people) == 1
    shown = capsys.readouterr().out
    assert shown.startswith("checkout/2.4.0, simulated: did not ship; still readying when the simulation ended,")
    # What comes every day while nothing else happens is one line.
    assert shown.count("escalated to bob") == 1
    assert "(30 times, last Sat 2026-04-04" in shown
    people.write_text("acts: [{at: 2026-03-02T10:00:00Z, who: bob, do: cancel, reason: no}]")
    assert await command(SERVICE / "plan.yaml", people=people, as_json=True) == 1
    assert json.loads(capsys.readouterr().out)["outcome"] == "cancelled"


async def test_what_is_simulated_is_judged_from_its_own_start_before_anything_starts(
    tmp_path: Path,
) -> None:
    before, plan = _servers(), tmp_path / "plan.yaml"
    ended = "FREQ=WEEKLY;BYDAY=TH;UNTIL=20260319T235959"
    text = (SERVICE / "plan.yaml").read_text().replace("FREQ=WEEKLY;BYDAY=TH", ended)
    plan.write_text(text)
    assert await command(plan) == 0, "its train ended long ago, and it begins before"
    plan.write_text(text.replace("starts: 2026-03-02", "starts: 2026-03-20"))
    with pytest.raises(Refused) as caught:
        await command(plan)
    assert caught.value.code == "plan.no_slot"
    assert "schedule.train: no slot is left" in caught.value.message
    assert _servers() == before


async def test_a_people_file_that_cannot_be_used_is_refused_before_anything_starts(tmp_path: Path) -> None:
    bad = tmp_path / "people.yaml"
    bad.write_text("acts: [{who: nobody}]", encoding="utf-8")
    with pytest.raises(PlanFileError):
        await command(SERVICE / "plan.yaml", people=bad)


def _servers() -> set[str]:
    """Ids of Temporal servers that are children of no other program's, as far as this machine tells."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"start-dev" in words and b"--headless" in words and b"never" in words:
            found.add(folder.name)
    return found
