"""What clears something, as a list: each way on a line, each command whole, so that it can be copied."""

import re
from collections.abc import Iterator

from rich.console import Console, ConsoleOptions
from rich.text import Text

_BETWEEN = "; or "
_COMMAND = re.compile(r"(?P<before>.*?):? ?`(?P<command>gonogo [^`]*)`(?P<after>.*)", re.DOTALL)


class Hanging:
    """A text that goes on below itself, behind `lead`, where it is too long for a line."""

    def __init__(self, lead: Text, told: Text) -> None:
        self._lead = lead
        self._told = told

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        lead, wide = self._lead, self._lead.cell_len
        for part in self._told.wrap(console, max(options.max_width - wide, 20)):
            part.rstrip()
            yield Text.assemble(lead, part)
            lead = Text(" " * wide)


class Ways:
    """The ways of a text such as `ann signs it off: COMMAND; or ben waives it: COMMAND`.

    A command stands beside what it does where both fit, else below it, and is never broken: what is longer than the
    terminal is wide is wrapped by the terminal itself, which copies it as one line.
    """

    def __init__(self, clears: str, indent: int) -> None:
        self._clears = clears
        self._indent = indent

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Hanging | Text]:
        for place, way in enumerate(self._clears.split(_BETWEEN)):
            lead = Text(" " * self._indent + ("or " if place else ""), style="dim")
            found = _COMMAND.fullmatch(way)
            if found is None:
                yield Hanging(lead, Text(way))
                continue
            said, command = found["before"] + found["after"], Text(found["command"], style="bold")
            beside = Text.assemble(lead, said, ":  " if said else "", command)
            if beside.cell_len <= options.max_width:
                yield _whole(beside)
                continue
            if said:
                yield Hanging(lead, Text(f"{said}:"))
            yield _whole(Text.assemble(" " * (self._indent + 2), command))


def _whole(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ignore"
    return text
