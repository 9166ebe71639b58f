"""Imports only point down, the core stays pure, and both rules bite."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent
IMPORT_ROOTS = ("workflows", "activities", "worker", "client")


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(str(root / part) for part in IMPORT_ROOTS)
    # COLUMNS: rich wraps the names of contracts at the width of the terminal.
    env = {**os.environ, "PYTHONPATH": paths, "COLUMNS": "300"}
    command = [str(SCRIPTS / "lint-imports"), "--no-cache", "--config", str(root / "pyproject.toml")]
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, timeout=120, check=False)


def test_imports_only_point_down() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("workflows/gonogo/domain", "import gonogo.activities", "Imports only point down"),
        ("workflows/gonogo/workflows", "import gonogo.adapters", "Imports only point down"),
        ("client/gonogo/client", "import gonogo.worker", "Imports only point down"),
        ("worker/gonogo/worker", "def late() -> None:\n    import gonogo.cli", "Imports only point down"),
        ("client/gonogo/client", "import gonogo.adapters", "The client knows ports, never an adapter"),
        ("workflows/gonogo/domain", "import temporalio", "The core knows no Temporal"),
        ("workflows/gonogo/workflows", "import httpx2", "Ports and workflows know no vendor"),
    ],
)
def test_an_import_that_points_up_is_found(tmp_path: Path, file: str, line: str, contract: str) -> None:
    for part in IMPORT_ROOTS:
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / file / "planted.py").write_text(f'"""Planted."""\n\n{line}\n')
    done = lint_imports(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert any(contract in text and text.endswith("BROKEN") for text in done.stdout.splitlines()), done.stdout


@pytest.mark.parametrize(
    "code",
    [
        "import time",
        "from time import monotonic",
        "import datetime\n\nat = datetime.datetime.now(datetime.UTC)",
        "from datetime import UTC, datetime\n\nat = datetime.now(UTC)",
        "from datetime import date\n\nday = date.today()",
        "import random",
        "import secrets",
        "from uuid import uuid4",
        "import os",
        "from pathlib import Path",
        "import asyncio",
        "import logging",
        "import structlog",
        "from temporalio import workflow",
    ],
)
def test_the_core_may_use_no_clock_no_randomness_and_no_outside(code: str) -> None:
    def banned(path: str) -> bool:
        command = [str(SCRIPTS / "ruff"), "check", "--no-cache", "--select", "TID251", "--stdin-filename", path, "-"]
        done = subprocess.run(command, cwd=ROOT, input=code, capture_output=True, text=True, timeout=60, check=False)
        return "TID251" in done.stdout

    assert banned("workflows/gonogo/domain/planted.py")
    assert not banned("activities/gonogo/adapters/planted.py")
