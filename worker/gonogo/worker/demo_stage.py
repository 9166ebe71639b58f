"""What the demo plays on: the screen, a tiny service of its own, and the environment that it runs in."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from gonogo.client.home import HOME_VARIABLE

from .server import HOST

_WIDTH = 100
_READ_S = 5.0


class DemoFailed(Exception):
    """The demo did not go as it should."""

    code = "demo.failed"


class Screen:
    """Where the demo tells what it does."""

    def __init__(self) -> None:
        """Uses the terminal up to 100 columns; the same width where there is none."""
        console = Console(highlight=False)
        self.console = Console(highlight=False, width=min(console.width, _WIDTH) if console.is_terminal else _WIDTH)

    def part(self, number: str, title: str) -> None:
        """A part begins."""
        self.console.print()
        self.console.print(Rule(Text(f"{number}  {title}", style="bold"), align="left", style="dim"))

    def act(self, letter: str, title: str) -> None:
        """An act begins."""
        self.console.print()
        self.console.print(Text.assemble((f"{letter}  ", "bold cyan"), (title, "bold")))

    def say(self, text: str) -> None:
        """A plain line."""
        self.console.print(Text(text))

    def typed(self, command: str) -> None:
        """The command that a person would have typed."""
        self.console.print(Text.assemble(("$ ", "dim"), (command, "bold")), soft_wrap=True)

    def table(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """What a release waits for, whom, and what clears it."""
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
        for head in ("what", "waits for", "what clears it"):
            table.add_column(head, overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self.console.print(table)

    def aside(self, text: str) -> None:
        """A remark."""
        self.console.print(Text(text, style="dim"))

    def happened(self, when: str, mark: str, style: str, text: str) -> None:
        """Something that happened, in one line."""
        line = Text.assemble((f"{when:>8} ", "dim"), (mark, style), f" {text}")
        line.truncate(self.console.width, overflow="ellipsis")
        self.console.print(line)


@contextlib.contextmanager
def own_environment(folder: Path) -> Iterator[None]:
    """Leaves out whatever the caller's environment says of gonogo and of Temporal: the demo touches nothing of theirs.

    The worker and the commands that the demo starts inherit it.
    """
    before = dict(os.environ)
    for name in before:
        if name.startswith(("GONOGO_", "TEMPORAL_")):
            del os.environ[name]
    os.environ.update({HOME_VARIABLE: str(folder), "TEMPORAL_CONFIG_FILE": os.devnull})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@dataclass
class Service:
    """The service that is released: it says which build runs, whether it is well, and how many requests fail."""

    commit: str = ""
    """The build that runs; setting it is a deployment."""
    errors: str = "0.002"
    """Share of requests that fail, as JSON has it."""
    url: str = ""
    """Where it answers."""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Service"]:
        """Answers on a free port of this machine, as long as the block lasts."""
        server = await asyncio.start_server(self._answer, HOST, 0)
        self.url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
        async with server:
            yield self

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, IndexError, EOFError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_READ_S):
                asked = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split(" ")
            bodies = {
                "/version": json.dumps({"commit": self.commit}),
                "/health": '{"status": "ok"}',
                "/errors": f'{{"value": {self.errors}}}',
            }
            body = bodies.get(asked[1])
            status, text = ("200 OK", body) if body else ("404 Not Found", "{}")
            head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n"
            writer.write(f"{head}connection: close\r\n\r\n{text}".encode())
            await writer.drain()
        writer.close()
