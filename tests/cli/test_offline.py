"""The command line where no server is needed: help, plans, usage, errors."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from gonogo.cli.exits import report
from gonogo.cli.instants import read_instant
from gonogo.cli.main import build, main
from gonogo.client.home import UpRecord, write_up

PLAN = """\
product: shop
version: "1.0.0"
roles: {product_manager: ann, release_manager: bob}
checks: {ci: {kind: pushed, owner: bob}}
stages: [{percent: 10, bake: 1h}, {audience: everyone}]
"""
EVERY_COMMAND = (
    *(
        "plan",
        "launch",
        "list",
        "status",
        "why",
        "watch",
        "scope",
        "exception",
        "check",
        "sign-off",
        "un-sign",
        "waive",
    ),
    *("poll", "vote", "withdraw", "call", "override", "hold", "lift", "postpone", "amend", "candidate", "widen"),
    *(
        "pause",
        "resume",
        "rollback",
        "cancel",
        "flags",
        "notes",
        "inbox",
        "audit",
        "simulate",
        "demo",
        "up",
        "worker",
        "doctor",
    ),
)
SUBCOMMANDS = {
    "plan": ["check", "show", "schema", "new"],
    "scope": ["add", "drop", "defer", "split", "estimate", "delay", "freeze"],
    "exception": ["list", "request", "approve", "reject", "withdraw"],
    "poll": ["open"],
    "flags": ["list", "show", "kill"],
    "audit": ["show", "replay", "verify", "export"],
}


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    file = tmp_path / "release.yaml"
    file.write_text(PLAN)
    return file


def test_help_imports_neither_temporal_nor_pydantic() -> None:
    code = (
        "import sys\n"
        "from gonogo.cli.main import main\n"
        "assert main(['--help']) == 0\n"
        "heavy = {'temporalio', 'pydantic', 'pydantic_core', 'ruamel'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "status" in done.stdout


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert [name for name in EVERY_COMMAND if f"│ {name} " not in shown] == []
    assert "Exit codes" in shown
    for group, names in SUBCOMMANDS.items():
        assert main([group, "--help"]) == 0
        shown = capsys.readouterr().out
        assert [name for name in names if f"│ {name} " not in shown] == []


def test_every_command_can_be_imported_and_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    app = build()
    for name in app:
        if name.startswith("-"):
            continue
        for line in [[name], *([name, sub] for sub in SUBCOMMANDS.get(name, []))]:
            assert main([*line, "--help"]) == 0, line
    assert "Traceback" not in capsys.readouterr().err


def test_a_good_plan_is_fine(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "check", str(plan)]) == 0
    assert "shop/1.0.0 is fine" in capsys.readouterr().out


def test_a_bad_plan_is_told_with_line_and_column(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan.write_text(PLAN.replace("percent: 10", "percent: 250"))
    assert main(["plan", "check", str(plan)]) == 2
    assert "release.yaml:5:20: stages.0.percent: 250" in capsys.readouterr().out
    assert main(["plan", "check", str(plan), "--json"]) == 2
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] is False
    assert (said["problems"][0]["line"], said["problems"][0]["column"]) == (5, 20)


def test_a_bad_plan_cannot_be_launched(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan.write_text("product: shop\n")
    assert main(["launch", str(plan)]) == 2
    assert "version" in capsys.readouterr().err


def test_a_shown_plan_has_every_default_and_is_the_same_plan(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "show", str(plan)]) == 0
    shown = capsys.readouterr().out
    assert "closes_before: 1h" in shown
    again = tmp_path / "again.yaml"
    again.write_text(shown)
    digests = []
    for file in (plan, again):
        assert main(["plan", "check", str(file), "--json"]) == 0
        digests.append(json.loads(capsys.readouterr().out)["digest"])
    assert digests[0] == digests[1]


def test_the_schema_describes_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["properties"]["product"]["description"]


def test_a_new_plan_is_fine_and_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new.yaml"
    new = ["plan", "new", "--product", "shop", "--release", "2.0.0", "--out", str(out)]
    assert main([*new, "--template", "major"]) == 0
    assert main(["plan", "check", str(out)]) == 0
    assert main(new) == 2
    assert "exists" in capsys.readouterr().err
    assert main(["plan", "new", "--from", str(out), "--release", "2.1.0"]) == 0
    assert 'version: "2.1.0"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["vote"], "RELEASE"),
        (["vote", "shop/1", "MAYBE"], "MAYBE"),
        (["postpone", "shop/1", "--to", "2026"], "not an instant"),
        (["postpone", "shop/1", "--to", "2026-03-05T10:00"], "offset"),
        (["nonsense"], "nonsense"),
        (["hold", "shop/1"], "--reason"),
        (["override", "shop/1"], "one by one"),
        (["override", "shop/1", "hold:h1", "--reason", "x", "--confirm", "o1"], "nothing else"),
        (["candidate", "shop/1", "abc", "--artifact", "image"], "NAME=DIGEST"),
        (["scope", "add", "shop/1", "UPPER", "--title", "t"], "UPPER"),
        (["exception", "request", "shop/1", "late", "x", "--new-flag", "k", "--why", "w"], "--title"),
        (["status", "shop/1", "--as", "not a name"], "not a name"),
        (["plan", "new", "--product", "My Shop", "--release", "1"], "'My Shop' is not a name: use lower case letters"),
        (["candidate", "shop/1", "a b"], "commit: 'a b' is not a commit: use letters"),
        (["list", "--phase", "nosuch"], "awaiting_window"),
        (["list", "--outcome", "shipped"], "rolled_back"),
    ],
)
def test_what_cannot_be_asked_is_a_usage_error(line: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line) == 2
    assert told in capsys.readouterr().err
    assert main([*line, "--json"]) == 2
    assert told in json.loads(capsys.readouterr().out)["error"]["message"]


def test_an_unusable_value_stands_once_in_the_message(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        read_instant("nonsense")
    assert report(caught.value, as_json=False) == 2
    assert capsys.readouterr().err == ("gonogo: 'nonsense' is not an instant: write 2026-03-05T14:00:00Z  [usage]\n")


@pytest.mark.parametrize("command", ["verify", "replay", "show"])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty, and not what `gonogo audit export` writes"),
        ("root:x:0:0", "is not JSON, and so not what `gonogo audit export` writes: Expecting value: line 1 column 1"),
        ("[1]", "is JSON, but not what `gonogo audit export` writes: it has no `gonogo_audit`"),
        ('{"ledger": []}', "is JSON, but not what `gonogo audit export` writes: it has no `gonogo_audit`"),
        ('{"gonogo_audit": 1}', "(release_id: Field required): export it again"),
        ('{"gonogo_audit": 2}', "(gonogo_audit: Input should be 1): export it again"),
    ],
)
def test_a_file_that_is_no_bundle_cannot_be_used(
    command: str, text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "words"
    file.write_text(text)
    assert main(["audit", command, str(file)]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert "audit.not_a_bundle" in said


@pytest.mark.parametrize("subject", ["no.json", "shop/no.json", "./shop/1.0", "/no/where", "words"])
def test_a_file_that_is_not_there_is_not_taken_for_a_release(subject: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify", subject]) == 2
    assert capsys.readouterr().err == (
        f"gonogo: there is no file {subject}; a release is named PRODUCT/VERSION  [file.missing]\n"
    )


def test_a_folder_is_not_taken_for_a_release(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err


def test_an_export_overwrites_nothing_without_being_told_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "audit.json"
    file.write_text("mine")
    assert main(["audit", "export", "shop/1.0", "--out", str(file)]) == 2
    assert "exists: --force overwrites it; or choose another name for --out  [file.exists]" in capsys.readouterr().err
    assert file.read_text() == "mine"


def test_what_cannot_be_written_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "new", "--product", "shop", "--release", "1.0", "--out", str(tmp_path / "no" / "x")]) == 2
    assert "cannot be written: No such file or directory  [file.unwritable]" in capsys.readouterr().err


def test_a_silent_server_is_exit_code_4(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "none.toml"))
    assert main(["status", "shop/1.0.0", "--json"]) == 4
    said = json.loads(capsys.readouterr().out)["error"]
    assert said["code"] == "server.unreachable"
    assert "gonogo up" in said["message"]


def test_a_server_of_another_data_folder_is_not_found_and_the_error_says_how_to_choose_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TEMPORAL_ADDRESS", raising=False)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "none.toml"))
    monkeypatch.setenv("GONOGO_HOME", str(tmp_path))
    # No server of this machine may be what answers: the folder names an address where none can be.
    write_up(tmp_path, UpRecord(address="127.0.0.1:1", ui="", started=""))
    assert main(["list"]) == 4
    assert capsys.readouterr().err == (
        f"gonogo: no server answers at '127.0.0.1:1': `gonogo up` is not running now with the data folder {tmp_path}: "
        "start it; or, where it runs with another folder, name that by GONOGO_HOME, or a server by TEMPORAL_ADDRESS  "
        "[server.unreachable]\n"
    )


def test_patience_that_is_asked_for_waits_for_a_server_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "none.toml"))
    assert main(["status", "shop/1.0.0", "--patience", "1"]) == 4
    said = capsys.readouterr().err
    assert "gonogo: the server does not answer; waiting up to 1 s ..." in said
    assert "tried for 1 s" in said
    assert main(["status", "shop/1.0.0"]) == 4
    assert "waiting" not in capsys.readouterr().err


def test_without_the_extra_the_engine_says_how_to_install_it() -> None:
    code = (
        "import sys\n"
        "sys.modules['pydantic_settings'] = None\n"
        "from gonogo.cli.main import main\n"
        "sys.exit(main(['up']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "pip install 'gonogo[worker]'" in done.stderr
    assert "Traceback" not in done.stderr
