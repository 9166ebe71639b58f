"""What is special to checks by command: no shell, bounded time and output, nothing left behind."""

import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gonogo.activities.ports import CheckRequest
from gonogo.adapters.command_check import CommandCheck
from gonogo.domain.facts import Finding, Status

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PASS, FAIL, UNCLEAR = Status.PASS, Status.FAIL, Status.UNCLEAR


def py(program: str) -> list[str]:
    return [sys.executable, "-c", program]


async def run(argv: list[str], *, seconds: float = 10, **params: Any) -> Finding:
    request = CheckRequest(
        release_id="shop/1.2.0",
        environment="production",
        check="tests",
        kind="command",
        params={"argv": argv, **params},
        commit=COMMIT,
        timeout=timedelta(seconds=seconds),
        at=datetime(2026, 3, 5, 14, tzinfo=UTC),
    )
    return await CommandCheck(env={**os.environ, "SECRET": "hunter2"}).measure(request)


async def test_the_last_line_is_the_finding() -> None:
    finding = await run(py("print('collecting'); print('  412 passed  '); print(); print()"))
    assert (finding.status, finding.finding) == (PASS, "412 passed")


@pytest.mark.parametrize(
    ("program", "params", "status"),
    [
        ("exit(0)", {}, PASS),
        ("exit(1)", {}, FAIL),
        ("exit(3)", {"expect_exit": 3}, PASS),
        ("exit(0)", {"expect_exit": 3}, FAIL),
        ("exit(2)", {}, UNCLEAR),
        ("exit(75)", {}, UNCLEAR),
        ("exit(75)", {"unclear_exit": []}, FAIL),
        ("exit(9)", {"unclear_exit": [9]}, UNCLEAR),
        ("exit(127)", {"unclear_exit": []}, UNCLEAR),
        ("import os; os.kill(os.getpid(), 9)", {}, UNCLEAR),
    ],
)
async def test_what_an_exit_status_means(program: str, params: dict[str, Any], status: Status) -> None:
    assert (await run(py(program), **params)).status is status


async def test_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    finding = await run([*py("import sys; print(sys.argv[1])"), f"$(touch {tmp_path}/made); `x` | y"])
    assert finding.finding == f"$(touch {tmp_path}/made); `x` | y"
    assert os.listdir(tmp_path) == []


async def test_it_learns_what_it_checks_and_none_of_the_workers_secrets() -> None:
    finding = await run(py("import os; print(sorted(os.environ), os.environ['GONOGO_COMMIT'])"))
    assert COMMIT in finding.finding
    assert "SECRET" not in finding.finding


@pytest.mark.parametrize("argv", [["/no/such/program"], ["no-such-program"], ["/etc/passwd"], ["/"], [""]])
async def test_a_program_that_cannot_be_started_is_unclear(argv: list[str]) -> None:
    finding = await run(argv)
    assert finding.status is UNCLEAR
    assert "cannot be started" in finding.finding


async def test_a_program_that_takes_too_long_is_killed_with_its_children(tmp_path: Path) -> None:
    child = "import time; time.sleep(60)"
    program = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {child!r}])
open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
child.wait()
"""
    began = time.monotonic()
    finding = await run(py(program), seconds=2)
    assert finding.status is UNCLEAR
    assert "did not end within 2 s" in finding.finding
    assert time.monotonic() - began < 20
    assert ended(int((tmp_path / "pid").read_text()))


async def test_a_child_left_behind_neither_delays_the_answer_nor_survives() -> None:
    child = "import time; time.sleep(60)"
    began = time.monotonic()
    finding = await run(py(f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {child!r}]).pid)"))
    assert finding.status is PASS
    assert time.monotonic() - began < 20
    assert ended(int(finding.finding))


def ended(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{pid}/stat") as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
    return False


async def test_endless_output_is_read_and_only_its_end_is_kept() -> None:
    finding = await run(py("import sys\nfor _ in range(20_000): print('x' * 1000)\nprint('the end')"))
    assert (finding.status, finding.finding) == (PASS, "the end")


async def test_output_without_lines_is_cut() -> None:
    finding = await run(py("print('x' * 1_000_000)"))
    assert finding.status is PASS
    assert len(finding.finding) == 300


async def test_output_cannot_play_tricks_on_a_terminal() -> None:
    finding = await run(py(r"import sys; sys.stdout.buffer.write(b'\x1b[2J\x1b[31mred\x07\xff\xe2\x80\xae\r')"))
    assert finding.finding == "red �"
