"""`make bench`: every figure as a ratio within this run, a table and a chart. Exit code 1 when a bar is missed.

python -m bench              all of it, about five minutes on two quiet cores
python -m bench --quick      smaller numbers, to see that it runs
"""

import asyncio
import sys
import time
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from .core import events_per_second
from .lifecycle import throughput
from .memory import per_release_kb
from .votes import open_releases, pairs, spread
from .waiting import added_by_a_month
from .world import world


@dataclass(frozen=True)
class Row:
    """One figure and its bar."""

    what: str
    found: float
    bar: float
    at_least: bool
    unit: str = ""

    @property
    def met(self) -> bool:
        """True when the figure is on the right side of its bar."""
        return self.found >= self.bar if self.at_least else self.found <= self.bar

    @property
    def share(self) -> float:
        """How far the figure is towards its bar; 1 is at the bar, and less is better where less is asked for."""
        return self.found / self.bar if self.bar else 1 + self.found


def show(console: Console, rows: list[Row]) -> None:
    """The table, with a bar for each row: the mark is where the figure must not go past (or must reach)."""
    table = Table(title="gonogo bench", title_justify="left")
    for name in ("what", "found", "must be", "", ""):
        table.add_column(name, justify="right" if name in ("found", "must be") else "left")
    for row in rows:
        width = min(40, round(row.share * 20))
        line = ("█" * width).ljust(20, "·")
        picture = line[:20] + "|" + line[20:]
        sign = "≥" if row.at_least else "≤"
        colour = "green" if row.met else "red"
        table.add_row(
            row.what,
            f"{row.found:,.2f}{row.unit}",
            f"{sign} {row.bar:,.2f}{row.unit}",
            f"[{colour}]{picture}[/]",
            "ok" if row.met else "missed",
        )
    console.print(table)


async def main(*, quick: bool) -> int:
    """Runs everything; 1 when a bar is missed."""
    console = Console()
    lives, calls, few, many = (8, 60, 10, 100) if quick else (320, 1_000, 10, 2_000)
    rows: list[Row] = []
    begun = time.monotonic()

    def note(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - begun:6.0f} s  {text}[/]")

    note("the core alone")
    rows.append(Row("core: decide, evolve, hash", events_per_second(1 if quick else 5), 30_000, True, "/s"))
    month = added_by_a_month()
    most = max(sum(added.values()) for added in month.values())
    rows.append(Row("a month of waiting: entries that are neither reminders nor check rounds", most, 0, False))
    note(
        "a month of waiting adds: "
        + "; ".join(f"{where}: {dict(added) or 'nothing'}" for where, added in month.items())
    )
    async with world() as around:
        note(f"{lives} whole lives against {lives} bare workflows")
        ours, bare, causes, shape = await throughput(around, lives)
        rows.append(Row("lives a second / bare workflows a second", ours / bare, 0.8, True))
        rows.append(Row("history events of a whole life", sum(causes.values()), 360, False))
        note(f"bare: {shape.activities} activities, {shape.timers} timers, {shape.updates} updates")
        note("history events by cause: " + ", ".join(f"{n} {label}" for label, n in causes.most_common()))
        for number in (few, many):
            note(f"{calls} votes against {calls} bare updates, {number} releases open")
            handles = await open_releases(around, number, f"7.{number}")
            median, p90, p99 = spread(await pairs(around, handles, calls))
            rows.append(Row(f"vote / bare update, {number} open: median", median, 1.3, False))
            rows.append(Row(f"vote / bare update, {number} open: p90", p90, 1.5, False))
            note(f"p99 of the paired ratios: {p99:.2f}")
    note("memory of cached open releases")
    release, bare_kb = await per_release_kb(100 if quick else 500)
    rows.append(Row("memory of a cached open release", release, 100, False, " KB"))
    note(f"a cached bare workflow with as many activities: {bare_kb:.0f} KB, gonogo adds {release - bare_kb:.0f} KB")
    show(console, rows)
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(quick="--quick" in sys.argv[1:])))
