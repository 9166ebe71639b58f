"""Who asks, and which server: the actor from the environment, the connection from Temporal's own configuration.

`TEMPORAL_ADDRESS` and the other variables and files of Temporal's environment configuration say where the server is.
Without an address there, the embedded server of `gonogo up` is used, which says where it serves in its data folder.
"""

import atexit
import getpass
import os
import re
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError, RPCStatusCode

from gonogo.domain.values import Actor
from gonogo.workflows.messages import TASK_QUEUE

from .calling import Patience, patiently
from .errors import ClientError, Unreachable
from .home import HOME_VARIABLE, embedded_address, home

ACTOR_VARIABLE = "GONOGO_ACTOR"
"""The environment variable that says who asks."""
QUEUE_VARIABLE = "GONOGO_TASK_QUEUE"
"""The environment variable that names the task queue that the worker serves: the worker reads it, too."""
_USUAL = "localhost:7233"
_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")


def local_actor(name: str | None = None, env: Mapping[str, str] | None = None) -> Actor:
    """The person who asks, by a local name that nobody proves: it counts only where the worker trusts local names.

    Args:
        name: Who. Default: `GONOGO_ACTOR`, else the user of the operating system, in lower case.
        env: The environment. Default: the process's own.

    Raises:
        ClientError: `actor.name`: it is no id.
    """
    given = name or (os.environ if env is None else env).get(ACTOR_VARIABLE) or getpass.getuser()
    found = given.lower()
    if not _ID.fullmatch(found):
        raise ClientError(
            "actor.name",
            f"{given!r} is no person's id: write lower-case letters, digits, '_', '.', '-'",
            {"name": given},
        )
    return Actor(id=found)


def configured_queue(env: Mapping[str, str] | None = None) -> str:
    """The task queue that workers serve: `GONOGO_TASK_QUEUE`, else gonogo."""
    return (os.environ if env is None else env).get(QUEUE_VARIABLE) or TASK_QUEUE


def identity(actor: Actor) -> str:
    """What the connection tells the server, and the server writes into histories: a claim, not a proof."""
    return f"gonogo/{actor.id}"


@cache
def _end_gently() -> None:
    """Has the interpreter pause before it ends: an interpreter that ends under Temporal's threads is aborted.

    They give up what belonged to the last answer a moment after it has come, and need the interpreter for that. One
    that is gone by then costs the program its exit code (SIGABRT, one run in six on a busy machine).
    """
    atexit.register(time.sleep, 0.25)


async def connect(actor: Actor, *, address: str | None = None, patience: Patience | None = None) -> Client:
    """A connection for gonogo.

    Args:
        actor: Who asks.
        address: `host:port`. Default: as Temporal's environment configuration says, else the embedded server.
        patience: How long a server that is not there is waited for. Default: not at all.

    Raises:
        Unreachable: nobody answers there.
        ClientError: `config.invalid`: the environment configuration cannot be used.
    """
    _end_gently()
    try:
        config: dict[str, Any] = dict(ClientConfig.load_client_connect_config())
    except (RuntimeError, ValueError) as error:
        raise ClientError("config.invalid", f"Temporal's environment configuration cannot be used: {error}") from error
    named, folder = address or config.get("target_host"), home()
    target = named or embedded_address(folder) or _USUAL
    config |= {"target_host": target, "identity": identity(actor), "data_converter": pydantic_data_converter}

    async def attempt() -> Client:
        try:
            return await Client.connect(**config)
        except RuntimeError as error:  # what the SDK makes of a connection that is refused
            raise RPCError(str(error), RPCStatusCode.UNAVAILABLE, b"") from error

    try:
        return await (attempt() if patience is None else patiently(attempt, patience))
    except (RPCError, Unreachable) as error:
        tried = f", tried for {patience.budget.total_seconds():g} s" if patience else ""
        text = f"no server answers at {target!r}{tried}: {_elsewhere(folder, named=bool(named))}"
        raise Unreachable("server.unreachable", text, {"address": target}) from error


def _elsewhere(folder: Path, *, named: bool) -> str:
    """Why this server was asked, and how another one is chosen: it may well run, and be looked for in a wrong place."""
    if named:
        return "start it, or name another by TEMPORAL_ADDRESS; where none is named, that of `gonogo up` is asked"
    known = "is not running now" if embedded_address(folder) else "never ran"
    return (
        f"`gonogo up` {known} with the data folder {folder}: start it; or, where it runs with another folder, name "
        f"that by {HOME_VARIABLE}, or a server by TEMPORAL_ADDRESS"
    )
