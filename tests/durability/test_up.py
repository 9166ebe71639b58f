"""`gonogo up` on a real server: one at a time, attached to by the next, and nothing lost or left when it is killed.

Everything is told to end or killed by process id. One engine serves the tests of this file, in their order.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter

from gonogo.client.home import ProcessRecord, UpRecord, read_up, write_up
from gonogo.domain.commands import PlaceHold
from gonogo.domain.plan import Plan
from gonogo.domain.plan_defaults import normalise
from gonogo.domain.values import Actor
from gonogo.worker.lock import FolderHeld, FolderLock, held
from gonogo.worker.processes import alive, record_of, send
from gonogo.worker.settings import Settings
from gonogo.worker.supervisor import UpFailed
from gonogo.worker.up import run_down, run_up, take
from gonogo.workflows.messages import Closed, Launch, Request
from gonogo.workflows.release import ReleaseWorkflow

UP = """
import asyncio, sys
from gonogo.worker.settings import read_settings
from gonogo.worker.up import run_up
sys.exit(asyncio.run(run_up(read_settings(), say=lambda line: print(line, flush=True))))
"""
WAITS = [sys.executable, "-c", "import sys; sys.stdin.read()"]
LONG = 40.0  # seconds: far more than anything here takes, even on a busy machine
NAMES = ("supervisor", "server", "worker")

PLAN = normalise(
    TypeAdapter(Plan).validate_python(
        {
            "product": "shop",
            "version": "1.0",
            "roles": {"product_manager": "ann", "release_manager": "bob", "qa": [f"p{n}" for n in range(9)]},
            "features": [{"id": "gifts", "title": "Gift cards", "no_flag": "a library", "owner": "ann"}],
            "checks": {"ci": {"kind": "pushed", "owner": "qa"}, "live": {"kind": "pushed", "owner": "qa"}},
        }
    )
)


@dataclass
class Engine:
    """`gonogo up` in a folder, as a person at a terminal has it."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def record(self) -> UpRecord:
        record = read_up(self.folder)
        assert record is not None
        return record

    @property
    def said(self) -> str:
        return (self.folder / "up.out").read_text()

    def start(self) -> None:
        with (self.folder / "up.out").open("wb") as out:
            self.process = run_process(self.folder, out.fileno())

    async def up(self) -> None:
        self.start()
        await until(lambda: "gonogo is up." in self.said or self.exited, "gonogo up", lambda: self.said)
        assert not self.exited, self.said

    @property
    def exited(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    async def client(self) -> Client:
        return await Client.connect(self.record.address, data_converter=pydantic_data_converter)

    def kill(self, *names: str) -> None:
        """Kills processes in one go, and no other than those."""
        doomed = [self.record.processes[name] for name in names]
        assert all(alive(process) for process in doomed)
        for process in doomed:
            send(process, signal.SIGKILL)  # the first of them may take the others along

    async def gone(self) -> None:
        """Waits until nothing that `gonogo up` started is left: whoever is left holds the lock."""
        await until(lambda: not held(self.folder), "no orphan", lambda: self.said)
        assert self.process is not None
        await asyncio.to_thread(self.process.wait, LONG)


def run_process(folder: Path, out: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    env = {name: text for name, text in os.environ.items() if not name.startswith(("GONOGO_", "TEMPORAL_"))}
    return subprocess.Popen(
        [sys.executable, "-c", UP],
        env=env | {"GONOGO_HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT,
    )


async def until(condition: Callable[[], bool], what: str, more: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {LONG:g} s\n{more()}"
        await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    engine = Engine(tmp_path_factory.mktemp("home"))
    await engine.up()
    client = await engine.client()
    release = await client.start_workflow(
        ReleaseWorkflow.run,
        Launch(plan=PLAN, actor=Actor(id="ann")),
        id="release/shop/1.0",
        task_queue="gonogo",
    )
    async with asyncio.timeout(LONG):
        # The worker says first what it lets the release do.
        while True:
            if (await release.query(ReleaseWorkflow.ledger, 0)).seq:
                break
            await asyncio.sleep(0.05)
    yield engine
    if not engine.exited:
        assert engine.process is not None
        engine.process.terminate()
        engine.process.wait(LONG)


async def release(engine: Engine) -> WorkflowHandle[ReleaseWorkflow, Closed]:
    return (await engine.client()).get_workflow_handle_for(ReleaseWorkflow.run, "release/shop/1.0")


async def hold(engine: Engine, reason: str) -> None:
    """Has one more person hold the release; comes back only when that was acknowledged."""
    who = Actor(id=f"p{len(await reasons(engine))}")
    request = Request(request_id=reason, actor=who, command=PlaceHold(text=reason))
    await (await release(engine)).execute_update(ReleaseWorkflow.act, request, rpc_timeout=timedelta(seconds=LONG))


async def reasons(engine: Engine) -> list[str]:
    """The reasons of the holds in the release's ledger."""
    page = await (await release(engine)).query(ReleaseWorkflow.ledger, 0, rpc_timeout=timedelta(seconds=LONG))
    assert page.seq == len(page.lines)
    events = [json.loads(line)["event"] for line in page.lines]
    return [event["text"] for event in events if event["type"] == "Held"]


async def test_it_says_where_everything_is_and_what_to_do_next(engine: Engine) -> None:
    record = engine.record
    assert record.ready
    assert set(record.processes) == set(NAMES)
    for part in (record.address, record.ui, str(engine.folder), "names are not proved", "gonogo launch"):
        assert part in engine.said
    await hold(engine, "first")
    assert await reasons(engine) == ["first"]


async def test_a_second_one_attaches_and_starts_nothing(engine: Engine) -> None:
    before = engine.record
    second = run_process(engine.folder)
    said, _ = await asyncio.to_thread(second.communicate, timeout=LONG)
    assert second.returncode == 0, said
    assert f"gonogo is up already: process {before.processes['supervisor'].pid}" in said.decode()
    assert before.address in said.decode()
    assert engine.record == before
    assert all(alive(process) for process in before.processes.values())


@pytest.mark.parametrize("name", ["worker", "server"])
async def test_a_killed_program_is_started_again_and_nothing_is_lost(engine: Engine, name: str) -> None:
    before, known = engine.record, await reasons(engine)
    await hold(engine, f"before the {name} was killed")
    engine.kill(name)
    await until(lambda: f"the {name} is back." in engine.said, "restart", lambda: engine.said)
    await hold(engine, f"after the {name} was killed")
    assert await reasons(engine) == [*known, f"before the {name} was killed", f"after the {name} was killed"]
    after = engine.record
    assert (after.address, after.ui) == (before.address, before.ui)
    assert not alive(before.processes[name])
    changed = {each for each in NAMES if after.processes[each] != before.processes[each]}
    assert changed == {name}


@pytest.mark.parametrize("names", [("supervisor",), NAMES], ids=["the supervisor", "everything, as by a power cut"])
async def test_kill_9_leaves_no_process_and_the_next_one_goes_on(engine: Engine, names: tuple[str, ...]) -> None:
    before, known = engine.record, await reasons(engine)
    await hold(engine, f"before {len(names)} died")
    engine.kill(*names)
    await engine.gone()
    assert not any(alive(process) for process in before.processes.values())
    await engine.up()
    assert await reasons(engine) == [*known, f"before {len(names)} died"]
    assert (engine.record.address, engine.record.ui) == (before.address, before.ui)


async def test_down_ends_everything_and_the_release_stays_open(engine: Engine) -> None:
    known = await reasons(engine)
    said: list[str] = []
    assert await run_down(Settings(home=engine.folder), say=said.append) == 0
    await engine.gone()
    assert engine.process is not None
    assert engine.process.returncode == 0
    assert engine.record.processes == {}
    assert await run_down(Settings(home=engine.folder), say=said.append) == 0
    assert said[-1] == f"nothing runs in {engine.folder}."
    await engine.up()
    assert await reasons(engine) == known


# --- without a server: who holds the folder, and who is never killed -------------------------------------------------


def left_behind(folder: Path) -> subprocess.Popen[bytes]:
    """A process that inherited the folder's lock from one that is no more, as where no kernel ties their lives."""
    lock = FolderLock(folder)
    process = subprocess.Popen(WAITS, stdin=subprocess.PIPE, pass_fds=(lock.descriptor,))
    lock.release()
    return process


@pytest.fixture
def orphan(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = left_behind(tmp_path)
    yield process
    process.kill()
    process.communicate()


async def test_what_a_killed_one_left_behind_is_ended_by_its_record(
    tmp_path: Path, orphan: subprocess.Popen[bytes]
) -> None:
    processes = {"supervisor": ProcessRecord(pid=orphan.pid, birth="then"), "server": record_of(orphan.pid)}
    write_up(tmp_path, UpRecord(address="127.0.0.1:1", ui="", started="", processes=processes, ready=True))
    lock = await take(tmp_path)
    assert isinstance(lock, FolderLock)
    lock.release()
    assert orphan.wait(LONG) == -signal.SIGTERM


async def test_a_folder_held_by_a_process_that_is_not_ours_is_left_alone(
    tmp_path: Path, orphan: subprocess.Popen[bytes]
) -> None:
    # Its id was recorded once, for another process: since then the number was used again.
    recycled = ProcessRecord(pid=orphan.pid, birth="then")
    processes = dict.fromkeys(NAMES, recycled)
    write_up(tmp_path, UpRecord(address="127.0.0.1:1", ui="", started="", processes=processes, ready=True))
    with pytest.raises(FolderHeld, match=r"a process that up\.json does not name holds"):
        await take(tmp_path, seconds=0.2)
    assert await run_down(Settings(home=tmp_path), say=lambda line: None) == 0
    assert orphan.poll() is None


async def test_one_that_never_becomes_ready_is_named(tmp_path: Path, orphan: subprocess.Popen[bytes]) -> None:
    processes = {"supervisor": record_of(orphan.pid)}
    write_up(tmp_path, UpRecord(address="127.0.0.1:1", ui="", started="", processes=processes))
    with pytest.raises(FolderHeld, match=f"process {orphan.pid} holds .* and is not ready"):
        await take(tmp_path, seconds=0.2)
    assert orphan.poll() is None


async def test_a_server_that_does_not_start_ends_it_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "temporal.db").mkdir()
    said: list[str] = []
    with pytest.raises(UpFailed, match=r"the server ended 3 times in a row with exit code 1; the end of .*server\.log"):
        await run_up(Settings(home=tmp_path), say=said.append)
    assert not held(tmp_path)
    assert len([line for line in said if "starting it again" in line]) == 2
