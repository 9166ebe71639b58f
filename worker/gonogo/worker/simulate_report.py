"""What a simulation came to, for people: progress while it runs, then the timeline as a picture."""

import time
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from types import TracebackType
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from gonogo.domain.state import State

from .simulate_result import EventLine, SimulationResult, json_of

_WIDTH = 120
_EVERY_S = 0.2
_QUIET = {
    "SlotsRequested",
    "SlotsResolved",
    "ChecksRequested",
    "ReminderSent",
    "WritesRequested",
    "FlagsRequested",
    "FlagsAnswered",
    "PhaseChanged",
    "ItemOpened",
}
"""Left out of the picture; `--json` has everything."""
_REPEATING = {"Escalated", "ChecksMeasured", "OwnerReminded", "OverdueEscalated"}
"""What comes again and again while nothing else happens: each such line is shown once."""
_TOGETHER = 4
"""More lines of one type at one instant than this are folded into one."""
_STYLE = {
    "GoGiven": "bold green",
    "ReleaseShipped": "bold green",
    "Held": "red",
    "GuardTripped": "bold red",
    "RollbackStarted": "bold red",
    "SlotGivenUp": "yellow",
    "SlotMissed": "yellow",
    "PollOpened": "cyan",
    "ScopeFrozen": "cyan",
    "StageExposed": "blue",
    "ReleaseClosed": "bold",
}


class ProgressLine:
    """One line on a terminal that says which day it is; nothing anywhere else."""

    def __init__(self, stream: TextIO) -> None:
        """Takes the terminal, which may be none."""
        self._console = Console(file=stream, highlight=False)
        self._shown = 0.0
        self._status = self._console.status("simulating") if self._console.is_terminal else None

    def __enter__(self) -> "ProgressLine":
        """Shows the line."""
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Takes it away."""
        if self._status is not None:
            self._status.stop()

    def tell(self, at: datetime, state: State) -> None:
        """A new instant."""
        now = time.monotonic()
        if self._status is not None and now - self._shown > _EVERY_S:
            self._shown = now
            phase = state.phase.value.replace("_", " ")
            self._status.update(f"{at:%Y-%m-%d %H:%M}Z  {phase}  {state.seq} events")


def picture(result: SimulationResult) -> RenderableType:
    """The timeline and what it came to."""
    head = Text(f"{result.release_id}, simulated: {outcome_text(result)}", style="bold")
    parts: list[RenderableType] = [head, _timeline([e for e in result.events if e.type not in _QUIET])]
    after = sorted(
        (replace(e, summary=f"{flag.key}: {e.summary}") for flag in result.flags_after for e in flag.events),
        key=lambda e: e.at,
    )
    if after:
        parts += [Text(), Text("its flags, after it closed", style="bold"), _timeline(after)]
    return Group(*parts, Text(), *_end(result))


def _timeline(events: list[EventLine]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    day = ""
    for line in _folded(_once(events)):
        date = f"{line.at:%a %Y-%m-%d}"
        table.add_row(
            date if date != day else "", f"{line.at:%H:%M}", Text(line.summary, style=_STYLE.get(line.type, ""))
        )
        day = date
    return table


def outcome_text(result: SimulationResult) -> str:
    """What it came to, in one line."""
    shipped = f"shipped {_day(result.released_at)}" if result.released_at else "did not ship"
    phase = result.phase.replace("_", " ")
    if result.outcome == "open":
        return f"{shipped}; still {phase} when the simulation ended, {_day(result.ended_at)}"
    return f"{shipped}; {phase} {_day(result.ended_at)}"


def _day(at: datetime) -> str:
    return f"{at:%a %Y-%m-%d %H:%M}Z"


def _once(events: list[EventLine]) -> list[EventLine]:
    """The events; what is said over and over while nothing else happens comes once, with how often and until when."""
    found: list[EventLine] = []
    for repeating, run in groupby(events, key=lambda e: e.type in _REPEATING):
        if not repeating:
            found += run
            continue
        said: dict[str, list[EventLine]] = {}
        for event in run:
            said.setdefault(event.summary, []).append(event)
        for text, times in said.items():
            often = f" ({len(times)} times, last {_day(times[-1].at)})" if len(times) > 1 else ""
            found.append(replace(times[0], summary=text + often))
    return found


def _folded(events: list[EventLine]) -> list[EventLine]:
    """The events with long runs of one type at one instant as one line."""
    found: list[EventLine] = []
    start = 0
    while start < len(events):
        first = events[start]
        end = start
        while end < len(events) and (events[end].type, events[end].at) == (first.type, first.at):
            end += 1
        run = events[start:end]
        if len(run) > _TOGETHER:
            found.append(replace(first, summary=f"{first.summary}; and {len(run) - 1} more"))
        else:
            found += run
        start = end
    return found


def _end(result: SimulationResult) -> list[Text]:
    lines = []
    for decision in result.decisions:
        against = f": {'; '.join(decision.reasons)}" if decision.reasons else ""
        style = {"GO": "green", "NO_GO": "red"}.get(decision.outcome, "yellow")
        lines.append(
            Text.assemble(
                (f"verdict   {decision.at:%Y-%m-%d %H:%M}  ", "dim"),
                (decision.outcome.replace("_", "-"), style),
                f" at {decision.what}{against}",
            )
        )
    if result.first_blocked is not None:
        lines.append(_line("blocked", f"{result.first_blocked.at:%Y-%m-%d %H:%M}  {result.first_blocked.summary}"))
    for refused in result.refused:
        lines.append(_line("refused", f"{refused.at:%Y-%m-%d %H:%M}  {refused.who} {refused.do}: {refused.message}"))
    lines.append(_line("outcome", f"{outcome_text(result)} ({(result.ended_at - result.started_at).days} days in all)"))
    if result.why:
        lines.append(_line("waits", result.why))
        lines += [_line("", text) for text in result.waiting]
    out = f"; out: {', '.join(o.id for o in result.scope.out)}" if result.scope.out else ""
    lines.append(_line("scope", f"{len(result.scope.ins)} feature{'s' * (len(result.scope.ins) != 1)} in{out}"))
    settled: dict[str, list[str]] = {}
    for flag in result.flags:
        settled.setdefault(f"{flag.settled or 'not settled'}, {flag.exposure}", []).append(flag.key)
    for how, keys in settled.items():
        lines.append(_line("flags", f"{how}: {_some(keys)}"))
    afterwards: dict[str, list[str]] = {}
    for after in result.flags_after:
        afterwards.setdefault(f"{after.stands}, {_day(after.until)}", []).append(after.key)
    for how, keys in afterwards.items():
        lines.append(_line("later", f"{how}: {_some(keys)}"))
    lines.append(_line("ledger", f"{len(result.events)} entries, head {result.ledger_head[:16]}"))
    return lines


def _some(keys: list[str]) -> str:
    return f"{len(keys)} ({', '.join(keys[:3])}{', …' if len(keys) > 3 else ''})"


def _line(label: str, text: str) -> Text:
    return Text.assemble((f"{label:<10}", "dim"), text)


def show(stream: TextIO, result: SimulationResult, *, in_json: bool) -> None:
    """Prints a result: the picture, or one line of JSON."""
    if in_json:
        stream.write(json_of(result) + "\n")
        stream.flush()
        return
    terminal = stream.isatty()
    console = Console(file=stream, highlight=False, width=None if terminal else _WIDTH)
    console.print(picture(result))
