"""The Makefile helps by default, and lists everything that it can do."""

import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
TARGETS = {"help", "setup", "test", "cover", "lint", "demo", "bench", "soak", "lock", "clean"}
# Without these, a make inside `make test` works: the outer one hands its options down through them.
ENV = {name: text for name, text in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}}


def make(*arguments: str, cwd: Path = ROOT) -> str:
    done = subprocess.run(
        ["make", *arguments], cwd=cwd, env=ENV, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_help_lists_every_target_with_one_line() -> None:
    lines = [re.fullmatch(r"  make (\S+) +(\S.*)", line) for line in make("help").splitlines()]
    assert all(lines)
    assert {line[1] for line in lines if line} == TARGETS


def test_every_target_is_phony() -> None:
    [phony] = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(phony.split()) == TARGETS


def test_help_is_the_default_and_sets_nothing_up(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    assert make(cwd=tmp_path) == make("help")
    assert [file.name for file in tmp_path.iterdir()] == ["Makefile"]


def test_a_python_that_is_too_old_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.lock").touch()
    (tmp_path / "pyproject.toml").touch()
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\nexec python3 -c "import sys; sys.version_info = (3, 9, 2); exec(sys.argv[1])" "$2"\n')
    old.chmod(0o755)
    done = subprocess.run(
        ["make", "setup", f"PYTHON={old}"],
        cwd=tmp_path,
        env=ENV,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert f"gonogo needs Python 3.11 or newer, but {old} is 3.9: name another with make PYTHON=..." in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_ci_runs_lint_coverage_of_the_core_and_the_test_command_of_the_readme() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], timeout=60, check=False).returncode == 0
    lines = [line.split(" <")[0] for line in script.read_text().splitlines() if line.startswith("make ")]
    assert lines == ["make lint", "make cover", "make test"]
