"""A person at a terminal, a plan to type commands about, and a release that waits for votes."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gonogo.cli.main import main

PLAN = """\
product: shop
version: "{version}"
candidate: {{commit: abc1234, authors: [dev]}}
people: {{dev: {{}}}}
roles: {{product_manager: ann, release_manager: bob, qa: [cid, dan]}}
features: [{{id: x, title: Faster search, flags: [{flag}]}}]
flags: {{{flag}: {{}}}}
checks: {{ci: {{kind: http, params: {{url: "http://ci.invalid"}}, owner: qa}}}}
checklists:
  tech: {{moment: before_go_no_go, owner: qa, items: [{{id: tested, title: Tested by hand}}]}}
stages:
  - {{percent: 10, bake: 1s, question: All well?}}
  - {{audience: everyone, bake: 1h}}
"""
PRODUCT = "shop"
LIMIT = 30  # seconds until a test gives up waiting


class Terminal:
    """Types commands, and says what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    async def run(self, *tokens: str) -> tuple[int, str, str]:
        # In a thread: a command line has an event loop of its own.
        code = await asyncio.to_thread(main, tokens)
        said = self._capsys.readouterr()
        return code, said.out, said.err

    async def ok(self, *tokens: str) -> str:
        code, out, err = await self.run(*tokens)
        assert (code, err) == (0, ""), (tokens, out, err)
        return out

    async def json(self, *tokens: str) -> Any:
        return json.loads(await self.ok(*tokens, "--json"))

    async def until(self, release: str, what: str, is_so: Callable[[Any], Any]) -> Any:
        """The status when `is_so`; asked again and again, as a person would."""
        deadline = time.monotonic() + LIMIT
        while not is_so(view := await self.json("status", release)):
            assert time.monotonic() < deadline, (what, view)
        return view

    async def shows(self, text: str, *tokens: str) -> None:
        """Asks again and again until the answer has `text`: lists lag behind by a moment."""
        deadline = time.monotonic() + LIMIT
        while text not in (shown := await self.ok(*tokens)):
            assert time.monotonic() < deadline, shown


def change(file: str, old: str, new: str) -> None:
    text = Path(file).read_text()
    assert old in text
    Path(file).write_text(text.replace(old, new))


def plan_file(folder: Path, version: str, flag: str = "x") -> str:
    file = folder / f"{version}.yaml"
    file.write_text(PLAN.format(version=version, flag=flag))
    return str(file)


async def to_poll(terminal: Terminal, folder: Path, version: str, flag: str = "x") -> str:
    release = f"{PRODUCT}/{version}"
    await terminal.ok("launch", plan_file(folder, version, flag))
    await terminal.ok("sign-off", release, "tested", "--as", "cid", "--evidence", "http://tests")
    await terminal.until(release, "the poll opens", lambda view: view.get("round"))
    return release
