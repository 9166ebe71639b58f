"""cli.md: what `--help` says, for every command."""

import io
from collections.abc import Iterator

from cyclopts import App
from rich.console import Console

from gonogo.cli.exits import EXIT_TABLE
from gonogo.cli.main import build

_WIDTH = 110


def text() -> str:
    """The page."""
    app = build()
    app.help_formatter = "plain"
    head = f"""\
# Commands

What `gonogo COMMAND --help` says, for every command.

{EXIT_TABLE}
"""
    lines = [head]
    for words, command in _commands(app):
        if next(_commands(command), None):
            continue  # a group: its commands follow
        text = "\n".join(line.rstrip() for line in _help(app, words).strip().splitlines())
        lines.append(f"## gonogo {' '.join(words)}\n\n```text\n{text}\n```\n")
    return "\n".join(lines)


def _commands(app: App, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], App]]:
    for name in app:
        if not name.startswith("-"):
            yield (*path, name), app[name]
            yield from _commands(app[name], (*path, name))


def _help(app: App, words: tuple[str, ...]) -> str:
    out = io.StringIO()
    app.help_print(list(words), console=Console(file=out, width=_WIDTH, color_system=None, force_terminal=False))
    return out.getvalue()
