"""Releases in real time, with votes that arrive, while the processes that carry them are killed at seeded points."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from gonogo.adapters.flag_file import FlagFile
from gonogo.adapters.inbox import read_inbox
from gonogo.client import ReleaseClient
from gonogo.client.calling import Patience
from gonogo.domain import commands as c
from gonogo.domain.evolve import evolve
from gonogo.domain.facts import FlagTarget
from gonogo.domain.ledger import verify
from gonogo.domain.plan import Plan
from gonogo.domain.state import State
from gonogo.domain.terms import Choice, Phase
from gonogo.domain.values import EVERYONE, Actor
from gonogo.worker.connection import register_search_attributes
from gonogo.workflows.outbox import messages_of
from tests.domain.worlds import make_plan

QA = tuple(f"q{n}" for n in range(5))
TURNS = 2
"""How often each of them votes: a later ballot replaces the earlier one."""
DEADLINE = 150.0
"""Seconds after which a condition counts as never met."""
_PATIENCE = Patience(budget=timedelta(seconds=DEADLINE))


async def until(what: str, condition: Callable[[], Awaitable[Any]], deadline: float = DEADLINE) -> Any:
    """What `condition` gives, once it is true."""
    try:
        async with asyncio.timeout(deadline):
            while not (found := await condition()):  # noqa: ASYNC110  # nothing tells when another process is ready
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"within {deadline:g} s this never came: {what}") from None
    return found


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Process:
    """A process that can be killed and started again."""

    def __init__(self, name: str, *command: str) -> None:
        self.name = name
        self._command = command
        self._running: subprocess.Popen[bytes] | None = None
        self.killed = 0

    def start(self) -> None:
        self._running = subprocess.Popen(  # our own command
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        )

    def kill(self) -> None:
        """As a crash would: no goodbye."""
        assert self._running is not None
        os.kill(self._running.pid, signal.SIGKILL)
        self._running.wait(10)
        self._running = None

    def crash(self) -> None:
        """Killed, and started again."""
        self.kill()
        self.killed += 1
        self.start()

    def stop(self) -> None:
        if self._running is not None:
            self.kill()


class Chaos:
    """A server with a database file, a worker, and some releases."""

    def __init__(self, folder: Path, seed: int, releases: int) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.folder = folder
        self.address = f"127.0.0.1:{free_port()}"
        temporal = str(Path(sysconfig.get_path("scripts"), "temporal"))
        host, port = self.address.split(":")
        self.server = Process(
            "server", temporal, "server", "start-dev", "--headless", "--ip", host, "--port", port,
            "--http-port", str(free_port()), "--metrics-port", str(free_port()),
            "--db-filename", str(folder / "temporal.db"), "--log-level", "never",
        )  # fmt: skip
        script = Path(__file__).parent / "chaos_worker.py"
        self.worker = Process("worker", sys.executable, str(script), self.address, str(folder))
        self.plans = [self._plan(n) for n in range(releases)]
        self.acknowledged: set[str] = set()
        self.client: Client

    def _plan(self, number: int) -> Plan:
        flag = f"gifts{number}"
        guard = {
            "id": "errors", "query": f"http://{self.metrics}/", "healthy": "<", "threshold": "1", "interval": "1s",
            "bad_in_row": 50,
        }  # fmt: skip
        return make_plan(
            product=f"shop{number}",
            version="1.0.0",
            roles={
                "product_manager": "ann",
                "release_manager": "bob",
                "qa": {"people": list(QA), "quorum": len(QA)},
            },
            features=[{"id": "gifts", "title": "Gift cards", "flags": [flag]}],
            flags={flag: {}},
            checks={"ci": {"kind": "command", "params": {"argv": ["true"]}, "owner": "qa"}},
            checklists={},
            people={"dev": {}},
            schedule={},
            stages=[
                {"percent": 10, "bake": "1s", "guards": [guard]},
                {"percent": 50, "bake": "1s"},
                {"audience": "everyone", "bake": "1s"},
            ],
        )

    @property
    def metrics(self) -> str:
        """Where the guards' numbers come from; set before the plans are made."""
        return _METRICS["address"]

    async def connect(self) -> None:
        async def connected() -> Client | None:
            try:
                return await Client.connect(self.address, data_converter=pydantic_data_converter)
            except RuntimeError:
                return None

        self.client = await until("the server answers", connected)
        await register_search_attributes(self.client)

    def of(self, who: str) -> ReleaseClient:
        return ReleaseClient(self.client, actor=Actor(id=who), patience=_PATIENCE)

    # --- what happens ----------------------------------------------------------------------------------------------

    async def launch(self) -> None:
        for plan in self.plans:
            await self.of("dev").launch(plan)

    async def state(self, plan: Plan) -> State:
        return await self.of("bob").get(plan.release_id)

    async def entries(self) -> int:
        """How much has happened in all."""
        return sum([(await self.state(plan)).seq for plan in self.plans])

    async def vote(self, plan: Plan) -> None:
        """Everybody votes, some of them again, the managers last."""

        async def open_poll() -> State | None:
            state = await self.state(plan)
            return state if state.phase is Phase.DECIDING and state.round else None

        state = await until("the poll opens", open_poll)
        assert state.round is not None
        question = state.round.request_id

        async def cast(role: str, who: str, turn: int) -> None:
            ballot = c.CastVote(
                request_id=question,
                role=role,
                choice=Choice.GO,
                ballot_id=f"{plan.product}-{who}-{turn}",
            )
            answer = await self.of(who).act(plan.release_id, ballot, request_id=f"vote-{ballot.ballot_id}")
            assert answer.accepted, answer
            self.acknowledged.add(ballot.ballot_id)

        for turn in range(TURNS):
            order = list(QA)
            self.random.shuffle(order)
            for who in order:
                await cast("qa", who, turn)
        await cast("product_manager", "ann", 0)
        await cast("release_manager", "bob", 0)

    async def kill(self, victim: Process, times: int) -> None:
        """Kills when a random number of further entries has been made: while votes arrive, or during the rollout."""
        most = len(self.plans) * 60
        points = sorted(self.random.sample(range(len(self.plans) * 12, most), times))
        for point in points:

            async def reached(point: int = point) -> bool:
                return await self.entries() >= point or await self.all_shipped()

            await until(f"{point} entries", reached)
            victim.crash()

    async def all_shipped(self) -> bool:
        return all([(await self.state(plan)).released_at is not None for plan in self.plans])

    # --- what must be true -----------------------------------------------------------------------------------------

    async def check(self) -> None:
        """No acknowledged vote lost or counted twice, no effect missing, no release stuck."""
        await until("every release has shipped", self.all_shipped)
        flags = FlagFile(self.folder / "flags")
        for plan in self.plans:
            ledger = await self.of("bob").ledger(plan.release_id)
            verify(ledger)
            entries = tuple(ledger.entries())
            cast = Counter(e.event.ballot_id for e in entries if e.event.type == "VoteCast")
            mine = {ballot for ballot in self.acknowledged if ballot.startswith(f"{plan.product}-")}
            assert len(mine) == TURNS * len(QA) + 2
            assert set(cast) == mine
            assert set(cast.values()) == {1}
            (flag,) = plan.flags
            target = FlagTarget(provider="file", environment="production", key=flag)
            reading = await flags.read(target, at=entries[-1].at)
            assert reading.exposure == EVERYONE
            await self._messages(plan, entries)
            await self._tasks(plan)

    async def _messages(self, plan: Plan, entries: tuple[Any, ...]) -> None:
        state, wanted = None, set()
        for entry in entries:
            state = evolve(state, entry)
            wanted |= {message.key for message in messages_of(entry, state)}

        async def delivered() -> bool:
            found = [m.key for m in read_inbox(self.folder / "inbox") if m.release_id == plan.release_id]
            assert len(found) == len(set(found))
            return wanted <= set(found)

        await until("every message is delivered", delivered)

    async def _tasks(self, plan: Plan) -> None:
        history = await self.client.get_workflow_handle(f"release/{plan.release_id}").fetch_history()
        failed = [e for e in history.events if e.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED]
        assert not failed, failed


_METRICS = {"address": ""}


@asynccontextmanager
async def chaos(folder: Path, seed: int, releases: int = 2) -> AsyncIterator[Chaos]:
    """Server and worker, stopped at the end; the seed is printed, so that a failing run can be made again."""
    sys.stdout.write(f"seed {seed}: run again with GONOGO_SEED={seed}\n")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b'{"value": 0.01}'
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
        writer.write(head + str(len(body)).encode() + b"\r\n\r\n" + body)
        await writer.drain()
        writer.close()

    metrics = await asyncio.start_server(answer, "127.0.0.1", 0)
    _METRICS["address"] = "127.0.0.1:" + str(metrics.sockets[0].getsockname()[1])
    made = Chaos(folder, seed, releases)
    try:
        made.server.start()
        await made.connect()
        made.worker.start()
        await made.launch()
        yield made
    finally:
        made.worker.stop()
        made.server.stop()
        metrics.close()


def seed_of(number: int) -> int:
    """The seed of a run: given, or a new one."""
    given = os.environ.get("GONOGO_SEED")
    return int(given) if given else int.from_bytes(os.urandom(4), "big") + number


async def survive(folder: Path, seed: int, *, workers: int = 0, servers: int = 0, releases: int = 2) -> Chaos:
    """Runs releases to their end while processes are killed."""
    async with chaos(folder, seed, releases) as run:
        voting = asyncio.gather(*(run.vote(plan) for plan in run.plans))
        killing = asyncio.gather(run.kill(run.worker, workers), run.kill(run.server, servers))
        await asyncio.gather(voting, killing)
        await run.check()
        return run
