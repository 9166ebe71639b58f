"""A release as bars over time: its phases, when it was held, who saw it, and what people did."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.text import Text

from gonogo.domain.state import State
from gonogo.domain.terms import TERMINAL, Phase
from gonogo.domain.values import Audience

_LABEL, _NOTE = 17, 9
_BLOCKS = " ▁▂▃▄▅▆▇█"
_STYLES = {
    Phase.SCOPING: "cyan",
    Phase.READYING: "blue",
    Phase.DECIDING: "magenta",
    Phase.AWAITING_WINDOW: "yellow",
    Phase.ROLLING_OUT: "green",
    Phase.CLEANING_UP: "bright_black",
}
_MARK = "bold"


@dataclass(frozen=True, slots=True)
class _Moment:
    at: datetime
    phase: Phase
    held: bool
    seen: int


class Track:
    """What a release looked like over time, from the states that it went through."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._moments: list[_Moment] = []

    def tell(self, at: datetime, state: State) -> None:
        """It looks like this at `at`, and has been in this phase since `state.phase_since`."""
        if not self._moments:
            begun = _Moment(state.launched_at, Phase.SCOPING, False, 0)
            self._moments.append(begun)
        if state.phase is not self._moments[-1].phase and state.phase_since < at:
            last = self._moments[-1]
            self._moments.append(_Moment(max(state.phase_since, last.at), state.phase, last.held, last.seen))
        self._moments.append(_Moment(at, state.phase, bool(state.holds), _seen(state)))

    @property
    def begins(self) -> datetime:
        """The first instant."""
        return self._moments[0].at

    @property
    def ends(self) -> datetime:
        """The last instant."""
        return self._moments[-1].at

    def spans(self, which: Callable[[_Moment], bool]) -> list[tuple[datetime, datetime]]:
        """When `which` was so: (from, to)."""
        after = [*self._moments[1:], self._moments[-1]]
        return [(now.at, then.at) for now, then in zip(self._moments, after, strict=True) if which(now)]

    def seen(self, begin: datetime, end: datetime) -> int:
        """Who saw it at the most in [begin, end), in eighths."""
        found = 0
        for moment in self._moments:
            if moment.at >= end:
                break
            found = moment.seen if moment.at <= begin else max(found, moment.seen)
        return found


def _seen(state: State) -> int:
    """Who sees the widest of its flags, in eighths: a sliver for who opts in, all eight for everyone."""
    widest = max((f.current.rank for f in state.flags.values() if f.current is not None), default=(0, 0, 0))
    rank, percent, _ = widest
    if rank < list(Audience).index(Audience.PERCENTAGE):
        return 1 if rank else 0
    return max(2, percent * 8 // 100)


@dataclass(frozen=True, slots=True)
class Marks:
    """A row that counts what happened when."""

    label: str
    """What is counted."""
    at: Sequence[datetime]
    """When it happened."""
    note: str = ""
    """What stands at the row's end. Default: how many there were."""


def chart(
    track: Track, marks: Iterable[Marks], *, width: int, axis: Callable[[datetime], str], step: timedelta
) -> Text:
    """The bars, one row for each phase that it was in, and a row for each of `marks`.

    Args:
        track: What it looked like.
        marks: What is counted below the bars.
        width: Columns.
        axis: The text of an instant on the axis.
        step: What lies between two texts of the axis.
    """
    cells = _Cells(track.begins, track.ends, width - _LABEL - _NOTE)
    rows = [_row("", cells.axis(axis, step), "", "dim")]
    for phase in (p for p in Phase if p not in TERMINAL):
        spans = track.spans(lambda m, phase=phase: m.phase is phase)  # type: ignore[misc]
        if spans:
            rows.append(_row(phase.value.replace("_", " "), cells.bar(spans), _length(spans), _STYLES.get(phase, "")))
    held = track.spans(lambda m: m.held)
    if held:
        rows.append(_row("held", cells.bar(held), _length(held), "red"))
    seen = "".join(_BLOCKS[track.seen(*cells.bounds(place))] for place in range(cells.count))
    rows.append(_row("who sees it", seen, "", "green"))
    for row in marks:
        rows.append(_row(row.label, cells.marks(row.at), row.note or f"{len(row.at)}", _MARK))
    return Text("\n").join(rows)


def _row(label: str, cells: str, note: str, style: str) -> Text:
    return Text.assemble((f"{label:<{_LABEL}}", "dim"), (cells, style), (f" {note}", "dim"))


def _length(spans: list[tuple[datetime, datetime]]) -> str:
    seconds = sum((end - begin).total_seconds() for begin, end in spans)
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 86_400:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 86_400:.0f} days"


class _Cells:
    """Time cut into columns."""

    def __init__(self, begins: datetime, ends: datetime, count: int) -> None:
        self.begins, self.count = begins, max(count, 10)
        self.each = max((ends - begins) / self.count, timedelta(microseconds=1))

    def place(self, at: datetime) -> int:
        return min(self.count - 1, max(0, int((at - self.begins) / self.each)))

    def bounds(self, place: int) -> tuple[datetime, datetime]:
        begin = self.begins + place * self.each
        return begin, begin + self.each

    def bar(self, spans: list[tuple[datetime, datetime]]) -> str:
        cells = [" "] * self.count
        for begin, end in spans:
            # What is shorter than a column still shows; what ends where a column begins is not in it.
            last = max(self.place(begin), self.place(end - timedelta(microseconds=1)))
            for place in range(self.place(begin), last + 1):
                cells[place] = "█"
        return "".join(cells)

    def marks(self, instants: Sequence[datetime]) -> str:
        counts = [0] * self.count
        for at in instants:
            counts[self.place(at)] += 1
        return "".join("·" if not n else str(n) if n < 10 else "+" for n in counts)

    def axis(self, text: Callable[[datetime], str], step: timedelta) -> str:
        line, at = [" "] * self.count, self.begins
        while (place := int((at - self.begins) / self.each)) < self.count:
            told = text(at)
            if place + len(told) <= self.count:
                line[place : place + len(told)] = told
            at += step
        return "".join(line)
