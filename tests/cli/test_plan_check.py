"""`gonogo plan check` as people and pipelines use it."""

import json
from pathlib import Path
from typing import Any

import pytest

from gonogo.cli.main import main

PLAN = """\
product: shop
version: "1.0.0"
roles: {product_manager: ann, release_manager: bob}
checks: {ci: {kind: jira, owner: bob}}
schedule: {slot: 2020-01-01T10:00:00Z}
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    file = tmp_path / "release.yaml"
    file.write_text(PLAN)
    return file


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = main(["plan", "check", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_the_warnings_of_a_plan_have_places_and_one_whose_slot_has_passed_can_be_simulated(
    plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "check", str(plan)]) == 0
    first, second, last = capsys.readouterr().out.splitlines()
    assert "release.yaml:4:21: warning: checks.ci.kind: no check kind 'jira'" in first
    assert "release.yaml:5:18: warning: schedule.slot: Wed 2020-01-01 10:00 UTC has passed" in second
    assert last == f"{plan}: shop/1.0.0 can be simulated, not launched now (dated), with 2 warnings"
    plan.write_text(PLAN.replace("schedule: {slot: 2020-01-01T10:00:00Z}\n", ""))
    assert main(["plan", "check", str(plan)]) == 0
    assert capsys.readouterr().out.endswith(": shop/1.0.0 can be launched (on demand), with 1 warning\n")


def test_strict_refuses_warnings_too(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "check", str(plan), "--strict"]) == 2
    assert capsys.readouterr().out.endswith("release.yaml: 2 warnings, and --strict takes none\n")
    code, said = checked(capsys, str(plan), "--strict")
    assert (code, said["ok"], said["release_id"]) == (2, False, "shop/1.0.0")
    plan.write_text(PLAN.replace("jira", "pushed").replace("schedule: {slot: 2020-01-01T10:00:00Z}\n", ""))
    assert main(["plan", "check", str(plan), "--strict"]) == 0


def test_as_json_every_problem_has_its_severity_code_and_place(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = checked(capsys, str(plan))
    assert (code, said["ok"]) == (0, True)
    assert [(p["severity"], p["code"], p["line"], p["column"]) for p in said["problems"]] == [
        ("warning", "adapter.unknown", 4, 21),
        ("warning", "plan.date_passed", 5, 18),
    ]
    assert set(said["problems"][0]) == {"severity", "code", "line", "column", "path", "message"}
    plan.write_text(PLAN.replace("owner: bob", "owner: bo"))
    code, said = checked(capsys, str(plan))
    assert (code, said["ok"], "digest" in said) == (2, False, False)
    assert {p["severity"] for p in said["problems"]} == {"error", "warning"}


def test_errors_and_warnings_are_counted(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan.write_text(PLAN.replace("owner: bob", "owner: bo"))
    assert main(["plan", "check", str(plan)]) == 2
    assert capsys.readouterr().out.endswith("release.yaml: 1 error and 2 warnings: it cannot be launched like this\n")


def test_a_launch_warns_beside_its_output_before_it_asks_a_server(
    plan: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GONOGO_HOME", str(tmp_path / "nothing-runs"))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    assert main(["launch", str(plan), "--json", "--patience", "0"]) == 4
    said = capsys.readouterr()
    assert "warning: schedule.slot" in said.err
    assert json.loads(said.out)["error"]["code"] == "server.unreachable"
