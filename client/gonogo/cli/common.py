"""What the commands share: who asks, the connection, and how an answer is printed."""

import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from cyclopts import Parameter

from gonogo.client.calling import Patience
from gonogo.client.connect import local_actor
from gonogo.client.release_client import ReleaseClient
from gonogo.domain.values import Actor
from gonogo.workflows.messages import Answer

from .exits import DONE, NO
from .show import emit_json

Release = Annotated[str, Parameter(help="The release: PRODUCT/VERSION.")]
_PATIENCE = 120
Reason = Annotated[str, Parameter(name=["--reason", "-r"], help="Why.")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Common:
    """What every command takes that talks to a server."""

    person: Annotated[
        str | None, Parameter(name="--as", help="Who asks. Default: GONOGO_ACTOR, else the user of this machine.")
    ] = None
    json: Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON.")] = False
    patience: Annotated[
        int | None,
        Parameter(
            name="--patience",
            help="Seconds for which a silent server or worker is waited for. Default: 120, and no waiting for a "
            "server that is not there at all.",
        ),
    ] = None

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return local_actor(self.person)

    @contextlib.asynccontextmanager
    async def client(self) -> AsyncIterator[ReleaseClient]:
        """A connected client."""
        patience = Patience(timedelta(seconds=self._seconds), self._waits)
        yield await ReleaseClient.connect(actor=self.actor, patience=patience, wait=self.patience is not None)

    @property
    def _seconds(self) -> int:
        return _PATIENCE if self.patience is None else self.patience

    def _waits(self, reason: str) -> None:
        if not self.json:
            print(f"gonogo: {reason}; waiting up to {self._seconds} s ...", file=sys.stderr)


DEFAULT = Common()


async def give(
    common: Common, call: Callable[[ReleaseClient], Awaitable[Answer]], done: str | Callable[[Answer], str]
) -> int:
    """Gives a command, and prints what was decided; `done` says what an accepted one did."""
    async with common.client() as client:
        answer = await call(client)
    if common.json:
        emit_json(answer)
    else:
        print_answer(answer, done if isinstance(done, str) else done(answer))
    return exit_code(answer)


def print_answer(answer: Answer, done: str) -> None:
    """Prints what was decided, for people."""
    if answer.accepted:
        created = f" ({answer.created})" if answer.created else ""
        print(f"{done}{created}; the release is {answer.phase.replace('_', ' ')}, entry {answer.seq}")
    else:
        print(f"gonogo: recorded, and not counted: {answer.message}  [{answer.code}]", file=sys.stderr)


def exit_code(answer: Answer) -> int:
    """What was decided, for scripts."""
    return DONE if answer.accepted else NO
