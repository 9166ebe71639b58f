"""`gonogo doctor` tells what works and what does not, and its exit code is that of a health check."""

import asyncio
import json
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from temporalio import activity, workflow
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from gonogo.client.home import ProcessRecord, UpRecord, write_up
from gonogo.worker.connection import (
    SearchAttributeClash,
    away_text,
    missing_search_attributes,
    register_search_attributes,
)
from gonogo.worker.doctor import examine_folder, run_doctor
from gonogo.worker.lock import FolderLock
from gonogo.worker.presence import announced, worker_here
from gonogo.worker.server import below_floor, binary
from gonogo.worker.settings import Settings
from gonogo.workflows.search import ALL


class Report(NamedTuple):
    code: int
    findings: dict[str, tuple[str, str]]


async def examine(settings: Settings) -> Report:
    said: list[str] = []
    code = await run_doctor(settings, say=said.append, as_json=True)
    report: dict[str, Any] = json.loads("\n".join(said))
    assert report["healthy"] is (code == 0)
    return Report(code, {each["name"]: (each["health"], each["text"]) for each in report["findings"]})


@pytest.fixture
def settings(server: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("TEMPORAL_ADDRESS", server.service_client.config.target_host)
    for name in ("TEMPORAL_NAMESPACE", "TEMPORAL_API_KEY", "TEMPORAL_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", "/dev/null")
    return Settings(home=tmp_path, task_queue=f"doctor-{tmp_path.name}"[:80].lower())


_REPORTED_AFTER = "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute"


async def until(settings: Settings, condition: Callable[[Report], bool]) -> Report:
    """The first report that meets the condition: the server hears of workers, and reports problems, in its own time."""
    deadline = time.monotonic() + 30
    while not condition(report := await examine(settings)):
        assert time.monotonic() < deadline, report
        await asyncio.sleep(0.05)
    return report


def worker(client: Client, settings: Settings) -> Worker:
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[Bricked],
        activities=[noop],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )


@activity.defn
async def noop() -> None:
    """Makes a worker poll for activities, too."""


@workflow.defn
class Bricked:
    """Fails every workflow task."""

    @workflow.run
    async def run(self) -> None:
        raise ZeroDivisionError


@pytest.fixture
async def namespace(server: Client, tmp_path: Path) -> Client:
    """A namespace of the server that has nothing of gonogo's yet."""
    request = RegisterNamespaceRequest(namespace=f"fresh-{tmp_path.name}")
    request.workflow_execution_retention_period.FromTimedelta(timedelta(days=1))
    await server.workflow_service.register_namespace(request)
    config = server.config()
    config["namespace"] = request.namespace
    return Client(**config)


async def test_a_server_a_worker_and_all_that_belongs_to_them_is_healthy(server: Client, settings: Settings) -> None:
    async with worker(server, settings):
        await until(settings, lambda each: each.findings["worker"][0] == "ok")
        report = await examine(settings)
    assert report.code == 0
    assert {name for name, (health, _) in report.findings.items() if health == "ok"} >= {
        "tzdata",
        "adapters",
        "data folder",
        "server",
        "search attributes",
        "worker",
    }
    assert server.identity in report.findings["worker"][1]
    assert "flag_debt" in report.findings["adapters"][1]


async def test_a_queue_without_a_worker_fails(settings: Settings) -> None:
    report = await examine(settings)
    assert report.code == 1
    health, text = report.findings["worker"]
    assert health == "fail"
    assert f"no worker polls '{settings.task_queue}'" in text


async def test_a_worker_here_that_does_not_poll_fails_even_when_another_does(
    server: Client, settings: Settings
) -> None:
    async with worker(server, settings):
        await until(settings, lambda each: each.findings["worker"][0] == "ok")
        with announced(settings.home, server.identity):
            assert (await examine(settings)).findings["worker"][0] == "ok"
        with announced(settings.home, "1@" + socket.gethostname()):
            health, text = (await examine(settings)).findings["worker"]
            assert health == "fail"
            assert "is here and does not poll" in text
    assert worker_here(settings.home) is None


@pytest.mark.parametrize(
    "text", ["", "[]", '{"host": "elsewhere", "identity": "1@e", "process": {"pid": 1, "birth": "x"}}']
)
def test_a_worker_elsewhere_is_not_here(tmp_path: Path, text: str) -> None:
    (tmp_path / "worker.json").write_text(text)
    assert worker_here(tmp_path) is None


async def test_a_server_that_is_away_fails_and_says_what_to_do(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{probe.getsockname()[1]}")
        report = await examine(settings)
    assert report.code == 1
    assert report.findings["server"][0] == "fail"
    assert report.findings["server"][1].endswith(
        ": nothing listens there; start one with `gonogo up`, or set TEMPORAL_ADDRESS"
    )


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("nowhere.invalid:7233", "no server at nowhere.invalid:7233: no machine has that name; "),
        ("::", "no server at ::: it is no address: write HOST:PORT; "),
    ],
)
async def test_why_no_server_is_reached_is_told_in_plain_words(
    address: str, told: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    assert (await examine(settings)).findings["server"][1].startswith(told)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (TimeoutError(), "something listens there, and does not answer"),
        (RuntimeError("Failed: Status { code: Unauthenticated, message: x }"), "it does not know who asks"),
        (RuntimeError("something else"), "the connection fails"),
    ],
)
def test_words_of_the_transport_are_not_passed_on(error: Exception, told: str) -> None:
    assert away_text(error).startswith(told)


async def test_what_listens_and_is_no_temporal_server_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as other:
        monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{other.sockets[0].getsockname()[1]}")
        health, text = (await examine(settings)).findings["server"]
    assert health == "fail"
    assert "is no Temporal server, or wants TLS" in text


async def test_a_namespace_that_is_not_there_is_told_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "nowhere")
    report = await examine(settings)
    assert report.code == 1
    assert "has no namespace 'nowhere': set TEMPORAL_NAMESPACE" in report.findings["namespace"][1]
    assert "worker" not in report.findings


async def test_a_release_that_nobody_answers_for_is_warned_about(
    namespace: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_NAMESPACE", namespace.namespace)
    await namespace.start_workflow("ReleaseWorkflow", id="release/shop/9.9", task_queue=settings.task_queue)
    # The server lists a workflow a moment after it began.
    report = await until(settings, lambda each: each.findings["stuck workflows"][0] != "ok")
    health, text = report.findings["stuck workflows"]
    assert health == "warn"
    assert text.startswith("shop/9.9 did not answer within 2.5 s: no worker runs, or it hangs")


async def test_a_configuration_that_cannot_be_read_fails(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_PROFILE", "nowhere")
    report = await examine(settings)
    assert report.code == 1
    assert "environment configuration cannot be used" in report.findings["server"][1]


async def test_a_stuck_workflow_is_named_and_only_warned_about(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(binary()),
        dev_server_log_level="error",
        search_attributes=list(ALL),
        # Five failures in a row by default, with growing pauses: a minute.
        dev_server_extra_args=["--dynamic-config-value", f"{_REPORTED_AFTER}=1"],
    ) as own:
        monkeypatch.setenv("TEMPORAL_ADDRESS", own.client.service_client.config.target_host)
        async with worker(own.client, settings):
            await own.client.start_workflow(Bricked.run, id="release/shop/1.0", task_queue=settings.task_queue)
            report = await until(settings, lambda each: each.findings["stuck workflows"][0] != "ok")
        assert report.findings["stuck workflows"][0] == "warn"
        assert "release/shop/1.0" in report.findings["stuck workflows"][1]
        assert report.code == 0


def test_what_a_killed_up_left_behind_is_warned_about(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    lock = FolderLock(tmp_path)
    gone = {"supervisor": ProcessRecord(pid=1, birth="then")}
    write_up(tmp_path, UpRecord(address="127.0.0.1:1", ui="", started="then", processes=gone, ready=True))
    assert examine_folder(settings).health == "warn"
    lock.release()
    assert examine_folder(settings).health == "ok"


@pytest.mark.parametrize(
    ("version", "old"),
    [
        ("1.32.0", False),
        ("1.30.3", False),
        ("1.30.2", True),
        ("1.29.9", True),
        ("2.0.0-rc.1", False),
        ("", True),
        ("x", True),
    ],
)
def test_a_server_older_than_the_floor_or_of_an_unreadable_version_is_too_old(version: str, old: bool) -> None:
    assert below_floor(version) is old


async def test_missing_search_attributes_are_added_once(namespace: Client) -> None:
    assert set(await missing_search_attributes(namespace)) == {key.name for key in ALL}
    assert set(await register_search_attributes(namespace)) == {key.name for key in ALL}
    assert await register_search_attributes(namespace) == ()


async def test_a_search_attribute_of_another_type_is_refused(namespace: Client) -> None:
    request = AddSearchAttributesRequest(namespace=namespace.namespace)
    request.search_attributes["GonogoPhase"] = IndexedValueType.INDEXED_VALUE_TYPE_INT
    await namespace.operator_service.add_search_attributes(request)
    with pytest.raises(SearchAttributeClash, match=r"'GonogoPhase' is of type INT .* gonogo needs KEYWORD"):
        await register_search_attributes(namespace)
