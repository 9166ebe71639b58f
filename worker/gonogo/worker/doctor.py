"""`gonogo doctor`: whether everything around the releases works, and what to do where it does not."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from enum import StrEnum
from typing import Literal, NamedTuple

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from gonogo.activities.registry import RegistryError, build
from gonogo.client.errors import Stuck
from gonogo.client.home import read_up
from gonogo.client.reading import handle_of, refuse_stuck
from gonogo.domain.zones import TZDATA_VERSION

from . import server
from .connection import ConnectionMisconfigured, SearchAttributeClash, away_text, connection, missing_search_attributes
from .flag_debt import KIND as FLAG_DEBT
from .lock import held
from .pollers import FRESH, pollers
from .presence import worker_here
from .processes import alive
from .settings import Settings

_PATIENCE = 5.0  # seconds for each question to the server: a health check must come to an end
_LISTED = 20  # stuck workflows that are named
_STUCK = "stuck workflows"


class Health(StrEnum):
    """How something is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(NamedTuple):
    """One thing that was looked at."""

    name: str
    """What: a stable name, for scripts."""
    health: Health
    """How it is."""
    text: str
    """One line; where something is wrong it says what to do."""


async def run_doctor(settings: Settings, *, say: Callable[[str], None], as_json: bool = False) -> int:
    """Looks at everything and says how it is.

    Args:
        settings: The worker's settings.
        say: Takes each line.
        as_json: True: one JSON object instead, `{"healthy": bool, "findings": [{"name", "health", "text"}]}`.

    Returns:
        The exit code: 0 when nothing fails, else 1. Warnings do not fail: a stuck release is no reason to restart a
        worker that works.
    """
    findings = [finding async for finding in _examine(settings)]
    healthy = all(finding.health is not Health.FAIL for finding in findings)
    if as_json:
        said = [{"name": each.name, "health": each.health.value, "text": each.text} for each in findings]
        say(json.dumps({"healthy": healthy, "findings": said}, indent=2))
    else:
        for each in findings:
            say(f"{each.health.value:<5} {each.name:<18} {each.text}")
    return 0 if healthy else 1


async def _examine(settings: Settings) -> AsyncIterator[Finding]:
    yield Finding("tzdata", Health.OK, f"time zones of {TZDATA_VERSION}, from the installed wheel")
    yield examine_folder(settings)
    yield _adapters(settings)
    try:
        config = connection(settings)
    except ConnectionMisconfigured as error:
        yield Finding("server", Health.FAIL, str(error))
        return
    where = config["target_host"]
    try:
        async with asyncio.timeout(_PATIENCE):
            client = await Client.connect(**config)
            version = await server.version(client)
    except (RuntimeError, ValueError, RPCError, TimeoutError) as error:
        text = f"no server at {where}: {away_text(error)}; start one with `gonogo up`, or set TEMPORAL_ADDRESS"
        yield Finding("server", Health.FAIL, text)
        return
    yield _version(where, version)
    for name, look in (("search attributes", _attributes), ("worker", _worker), (_STUCK, _stuck)):
        try:
            async with asyncio.timeout(_PATIENCE):
                yield await look(client, settings)
        except TimeoutError:
            text = f"the server at {where} did not say within {_PATIENCE:g} s: is it overloaded? look at its log"
            yield Finding(name, Health.FAIL, text)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND and "amespace" in error.message:
                yield _no_namespace(where, client.namespace)
                return
            text = f"the server at {where} refuses to say: {error.message}; look at its log, and at who asks"
            yield Finding(name, Health.FAIL, text)


def examine_folder(settings: Settings) -> Finding:
    """Who holds the data folder."""
    folder, name = settings.home, "data folder"
    record = read_up(folder)
    supervisor = record.processes.get("supervisor") if record else None
    running = supervisor is not None and alive(supervisor)
    try:
        is_held = held(folder)
    except OSError as error:
        return Finding(name, Health.FAIL, f"{folder}: {error.strerror}: make it readable for this user")
    if record and supervisor and running:
        return Finding(name, Health.OK, f"{folder}: `gonogo up` runs, process {supervisor.pid}, since {record.started}")
    if is_held:
        text = f"{folder}: held by what a killed `gonogo up` left behind: `gonogo up` clears it away and takes over"
        return Finding(name, Health.WARN, text)
    return Finding(name, Health.OK, f"{folder}: no `gonogo up` runs there")


def _adapters(settings: Settings) -> Finding:
    try:
        found = build(settings.adapters)
    except RegistryError as error:
        return Finding("adapters", Health.FAIL, str(error))
    kinds = {
        "checks": {*found.checkers, FLAG_DEBT},
        "metrics": found.metrics,
        "flags": found.flags,
        "notifiers": found.notifiers,
    }
    return Finding("adapters", Health.OK, "; ".join(f"{kind}: {', '.join(sorted(by))}" for kind, by in kinds.items()))


def _version(where: str, version: str) -> Finding:
    floor = ".".join(map(str, server.FLOOR))
    if server.below_floor(version):
        text = (
            f"Temporal {version or 'of an unknown version'} at {where}: gonogo needs {floor} or newer (CVE-2026-5199)"
        )
        return Finding("server", Health.FAIL, text)
    return Finding("server", Health.OK, f"Temporal {version} at {where}")


def _no_namespace(where: str, name: str) -> Finding:
    text = f"the server at {where} has no namespace {name!r}: set TEMPORAL_NAMESPACE to one that it has, or create it"
    return Finding("namespace", Health.FAIL, text)


async def _attributes(client: Client, _: Settings) -> Finding:
    name = "search attributes"
    try:
        missing = await missing_search_attributes(client)
    except SearchAttributeClash as error:
        return Finding(name, Health.FAIL, str(error))
    if missing:
        text = f"{', '.join(missing)} missing in namespace {client.namespace!r}: start a worker, which adds them"
        return Finding(name, Health.FAIL, text)
    return Finding(name, Health.OK, f"registered in namespace {client.namespace!r}")


async def _worker(client: Client, settings: Settings) -> Finding:
    """On the machine of a worker, that worker must be among those that poll; elsewhere any will do."""
    queue = settings.task_queue
    recent = [poller.identity for poller in await pollers(client, queue) if poller.silent < FRESH]
    here = worker_here(settings.home)
    if here is not None and here.identity not in recent:
        text = f"process {here.process.pid} is here and does not poll {queue!r}: look at its log, and start it again"
        return Finding("worker", Health.FAIL, text)
    if not recent:
        text = f"no worker polls {queue!r}, so nothing goes on: start `gonogo worker`, or `gonogo up`"
        return Finding("worker", Health.FAIL, text)
    return Finding("worker", Health.OK, f"{', '.join(recent)} polls {queue!r}")


async def _stuck(client: Client, _: Settings) -> Finding:
    """What the server reports after some failures in a row, and releases that cannot answer, which it does not see."""
    found = client.list_workflows("ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL", limit=_LISTED)
    reported = [each.id async for each in found]
    newest = client.list_workflows("ExecutionStatus = 'Running' AND WorkflowType = 'ReleaseWorkflow'", limit=_LISTED)
    releases = [each.id.removeprefix("release/") async for each in newest]
    answers = dict(zip(releases, await asyncio.gather(*(_ask(client, name) for name in releases)), strict=True))
    stuck = list(dict.fromkeys((*reported, *(f"release/{name}" for name, how in answers.items() if how == "stuck"))))
    if stuck:
        text = f"{', '.join(stuck)}: the worker's log says why; each goes on by itself once a repaired worker runs"
        return Finding(_STUCK, Health.WARN, text)
    silent = [name for name, how in answers.items() if how == "silent"]
    if silent:
        text = (
            f"{', '.join(silent)} did not answer within {_PATIENCE / 2:g} s: no worker runs, or it hangs or has too "
            "much to do; look at its log, and start it again"
        )
        return Finding(_STUCK, Health.WARN, text)
    return Finding(_STUCK, Health.OK, "none")


async def _ask(client: Client, release: str) -> Literal["answers", "stuck", "silent"]:
    try:
        async with asyncio.timeout(_PATIENCE / 2):
            await refuse_stuck(handle_of(client, release), release)
    except Stuck:
        return "stuck"
    except TimeoutError:
        return "silent"
    return "answers"
