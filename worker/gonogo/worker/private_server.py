"""A real Temporal server of our own: in memory, on a free port of this machine, gone when it is no longer needed."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.client import Client
from temporalio.common import SearchAttributeIndexedValueType
from temporalio.service import RPCError

from gonogo.workflows.converter import data_converter
from gonogo.workflows.search import ALL

from .server import HOST, NAMESPACE, binary, choose_ports

_TETHER = Path(__file__).with_name("tether.py")
_KINDS = {SearchAttributeIndexedValueType.KEYWORD: "Keyword", SearchAttributeIndexedValueType.INT: "Int"}
_READY_S = 30.0
_POLL_S = 0.05
_GRACE_S = 10.0


class ServerFailed(Exception):
    """The private server did not serve."""

    code = "simulate.server"


@asynccontextmanager
async def private_server() -> AsyncIterator[Client]:
    """A connection to a server that lives as long as the block, and never longer than this process.

    Raises:
        ServerMissing: The server's program is not installed.
        ServerFailed: It did not serve in time.
    """
    port = choose_ports().server
    attributes = [f"{key.name}={_KINDS[key.indexed_value_type]}" for key in ALL]
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, str(_TETHER), str(os.getpid()), str(binary()), "server", "start-dev"),
        *("--ip", HOST, "--port", str(port), "--headless", "--namespace", NAMESPACE, "--log-level", "never"),
        *(part for attribute in attributes for part in ("--search-attribute", attribute)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield await _client(f"{HOST}:{port}", server)
    finally:
        if server.returncode is None:
            server.terminate()
            try:
                await asyncio.wait_for(server.wait(), _GRACE_S)
            except TimeoutError:
                server.kill()
                await server.wait()


async def _client(address: str, server: asyncio.subprocess.Process) -> Client:
    try:
        async with asyncio.timeout(_READY_S):
            while server.returncode is None:
                try:
                    return await Client.connect(address, namespace=NAMESPACE, data_converter=data_converter)
                except (RuntimeError, RPCError):
                    await asyncio.sleep(_POLL_S)
    except TimeoutError:
        pass
    raise ServerFailed(f"the private Temporal server at {address} did not serve within {_READY_S:g} s")
