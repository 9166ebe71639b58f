"""`gonogo worker`: connects, registers what the server must know, serves until it is told to stop."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from temporalio.client import Client
from temporalio.runtime import Runtime
from temporalio.service import RPCError
from temporalio.worker import Worker

from gonogo.activities.registry import RegistryError, build

from .bootstrap import build_worker, with_flag_debt
from .connection import ConnectionMisconfigured, SearchAttributeClash, connection, is_away, register_search_attributes
from .flag_desk import TemporalFlagDesk
from .logs import configure_logs, core_runtime
from .presence import announced
from .settings import Settings, SettingsError, read_settings

_T = TypeVar("_T")
_log = structlog.stdlib.get_logger("gonogo.worker")

_DELAYS = (0.2, 0.5, 1.0, 2.0, 5.0)  # seconds between tries to reach the server; the last one for ever
_LAST = 5.0  # seconds that a worker has to end after its activities were cancelled

STOPPED, FAILED, MISCONFIGURED = 0, 1, 2
"""Exit codes: it was told to stop; it broke; it cannot start as it is set up."""


class _Stopped(Exception):
    """It was told to stop before it could begin."""


async def run_worker(settings: Settings, *, tethered: bool = False) -> int:
    """Serves gonogo's workflows and activities until SIGINT or SIGTERM; then lets running activities end.

    Waits for a server that is away, for as long as it takes. A second signal ends it at once.

    Args:
        settings: Its settings.
        tethered: True: it also stops when its standard input is closed, as by the end of `gonogo up`.

    Returns:
        The exit code: 0 stopped as asked, 1 it broke, 2 it cannot start as it is set up.
    """
    configure_logs(form=settings.log, level=settings.log_level, env=settings.env)
    stop = asyncio.Event()
    _listen(stop, tethered=tethered)
    try:
        config = connection(settings)
        adapters = build(settings.adapters)
        client = await _reach(config, core_runtime(settings.log_level), stop)
        worker = build_worker(
            client,
            adapters=with_flag_debt(adapters, client),
            desk=TemporalFlagDesk(client, task_queue=settings.task_queue),
            task_queue=settings.task_queue,
            trust_local=settings.trust_local,
            graceful_shutdown_timeout=timedelta(seconds=settings.stop_after),
            # A killed worker's releases wait this long for it before another one takes them; by default 10 s.
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=2),
        )
        with announced(settings.home, client.identity):
            return await _serve(worker, settings, stop)
    except _Stopped:
        return STOPPED
    except (ConnectionMisconfigured, SearchAttributeClash, RegistryError, RPCError, OSError) as error:
        _log.error("cannot start", why=str(error), kind=type(error).__name__)
        return MISCONFIGURED


def main() -> int:
    """The worker as a program: `python -m gonogo.worker [--tethered]`. Returns the exit code."""
    try:
        settings = read_settings()
    except SettingsError as error:
        sys.stderr.write(f"gonogo worker: {error}\n")
        return MISCONFIGURED
    return asyncio.run(run_worker(settings, tethered="--tethered" in sys.argv[1:]))


def _listen(stop: asyncio.Event, *, tethered: bool) -> None:
    loop = asyncio.get_running_loop()

    def told(number: signal.Signals) -> None:
        if stop.is_set():
            os._exit(128 + number)  # asked twice: whoever asks does not want to wait for activities
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told, number)
    if tethered:
        source = sys.stdin.fileno()

        def gone() -> None:
            if not os.read(source, 1024):
                loop.remove_reader(source)
                stop.set()

        loop.add_reader(source, gone)


async def _reach(config: dict[str, Any], runtime: Runtime, stop: asyncio.Event) -> Client:
    """A client of a server that knows our search attributes, however long it takes until there is one."""
    tries = 0
    while True:
        try:
            client = await _unless(stop, Client.connect(**config, runtime=runtime))
            if added := await _unless(stop, register_search_attributes(client)):
                _log.info("search attributes added", names=added)
        except Exception as error:
            if not is_away(error):
                raise
            delay = _DELAYS[min(tries, len(_DELAYS) - 1)]
            _log.warning(
                "no server answers: trying again", address=config["target_host"], why=str(error), seconds=delay
            )
            await _unless(stop, asyncio.sleep(delay))
        else:
            return client
        tries += 1


async def _serve(worker: Worker, settings: Settings, stop: asyncio.Event) -> int:
    running = asyncio.create_task(worker.run())
    stopped = asyncio.create_task(stop.wait())
    _log.info("serving", task_queue=settings.task_queue, trust=settings.trust, folder=str(settings.home))
    await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not running.done():
        _log.info("stopping", seconds=settings.stop_after)
        ending = asyncio.create_task(worker.shutdown())
        await asyncio.wait({running, ending}, timeout=settings.stop_after + _LAST, return_when=asyncio.ALL_COMPLETED)
        if not running.done():
            _log.error("did not end in time", seconds=settings.stop_after + _LAST)
            os._exit(FAILED)
        await ending
    try:
        await running
    except Exception:  # noqa: BLE001  # whatever it was: it is logged, and the exit code says so
        _log.exception("broke")
        return FAILED
    _log.info("stopped")
    return STOPPED


async def _unless(stop: asyncio.Event, doing: Coroutine[Any, Any, _T]) -> _T:
    """The result of `doing`. Raises `_Stopped` when it was told to stop first."""
    task, stopped = asyncio.create_task(doing), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise _Stopped
        return task.result()
    finally:
        task.cancel()
        stopped.cancel()
