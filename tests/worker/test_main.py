"""`python -m gonogo.worker` as a process: it waits for its server, serves, and ends as it is told."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gonogo.worker import server
from gonogo.worker.presence import worker_here

LONG = 40.0  # seconds: far more than anything here takes, even on a busy machine


class Process:
    def __init__(self, folder: Path, *arguments: str, **env: str) -> None:
        clean = {name: text for name, text in os.environ.items() if not name.startswith(("GONOGO_", "TEMPORAL_"))}
        self.log = folder / "log"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gonogo.worker", *arguments],
                env=clean | {"GONOGO_HOME": str(folder), "GONOGO_LOG": "json"} | env,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
            )

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.endswith("}")]

    def says(self, event: str) -> dict[str, Any]:
        until(lambda: any(line["event"] == event for line in self.lines), lambda: f"{event!r}\n{self.log.read_text()}")
        return next(line for line in self.lines if line["event"] == event)

    def ends(self) -> int:
        return self.process.wait(LONG)


def until(condition: Callable[[], bool], what: Callable[[], str]) -> None:
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.02)


@pytest.fixture
def started() -> Iterator[list[Process]]:
    processes: list[Process] = []
    yield processes
    for each in processes:
        each.process.kill()
        each.process.communicate()


def test_it_waits_for_a_server_that_is_away_then_serves_then_stops_when_told(
    tmp_path: Path, started: list[Process]
) -> None:
    ports = server.choose_ports()
    worker = Process(tmp_path, TEMPORAL_ADDRESS=f"{server.HOST}:{ports.server}")
    started.append(worker)
    assert worker.says("no server answers: trying again")["address"] == f"{server.HOST}:{ports.server}"
    assert worker.process.poll() is None
    command = server.command(server.binary(), tmp_path, ports)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as engine:
        try:
            assert set(worker.says("search attributes added")["names"]) >= {"GonogoPhase", "GonogoProduct"}
            assert worker.says("serving")["trust"] == "none"
            here = worker_here(tmp_path)
            assert here is not None
            assert here.process.pid == worker.process.pid
            worker.process.send_signal(signal.SIGTERM)
            assert worker.ends() == 0
            assert worker.says("stopped")["level"] == "info"
            assert not (tmp_path / "worker.json").exists()
        finally:
            engine.kill()


def test_told_to_stop_while_the_server_is_away_it_stops(tmp_path: Path, started: list[Process]) -> None:
    ports = server.choose_ports()
    worker = Process(tmp_path, "--tethered", TEMPORAL_ADDRESS=f"{server.HOST}:{ports.server}")
    started.append(worker)
    worker.says("no server answers: trying again")
    assert worker.process.stdin is not None
    worker.process.stdin.close()  # as when the `gonogo up` that started it is no more
    assert worker.ends() == 0


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"GONOGO_TRUST": "maybe"}, "gonogo worker: GONOGO_TRUST is 'maybe': input should be 'none' or 'local'"),
        ({"TEMPORAL_PROFILE": "nowhere"}, "Temporal's environment configuration cannot be used"),
    ],
    ids=["setting", "connection"],
)
def test_set_up_wrongly_it_says_how_and_exits_with_2(
    tmp_path: Path, started: list[Process], env: dict[str, str], said: str
) -> None:
    worker = Process(tmp_path, **env)
    started.append(worker)
    assert worker.ends() == 2
    text = worker.log.read_text()
    assert said in text
    assert "Traceback" not in text
