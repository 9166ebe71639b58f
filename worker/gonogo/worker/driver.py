"""Drives a release through simulated time: at one instant first the world, then timers, then people.

It knows no Temporal: a `World` is the real workflow on a private server (`live_world`), or, in a test, the core alone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from gonogo.client.people import People
from gonogo.domain.assessing import assess
from gonogo.domain.commands import HumanCommand
from gonogo.domain.events import Entry
from gonogo.domain.evolve import evolve
from gonogo.domain.narrate import summary
from gonogo.domain.scope import freeze_due
from gonogo.domain.state import State
from gonogo.domain.terms import TERMINAL, Outcome, Phase
from gonogo.domain.values import Actor
from gonogo.domain.verdict import Reason

from .habits import Habits
from .script import Due, Impossible, Script, command_of

HORIZON = timedelta(days=731)
"""A simulation ends here at the latest: two years after it began."""
_QUIET = timedelta(days=30)
_QUIET_AFTER_GO = timedelta(days=120)
"""With nothing but reminders for so long, nothing more will happen: flags may take 90 days to be due."""
_NOISE = {
    "ReminderSent",
    "Escalated",
    "SlotsRequested",
    "SlotsResolved",
    "ChecksRequested",
    "ChecksMeasured",
    "QuestionDeadlineMoved",
    "QuestionExpired",
    "QuestionAsked",
}
_BLOCKS = {"Held", "FreezeRefused", "SlotGivenUp", "SlotMissed"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something that somebody did was refused."""

    code: str
    message: str


class World(Protocol):
    """A release that runs in driven time, with everything around it."""

    async def advance(self, to: datetime) -> tuple[Entry, ...]:
        """Goes to `to`, and answers with what happened since it was last asked."""
        ...

    async def act(
        self, actor: Actor, command: HumanCommand, request_id: str
    ) -> tuple[tuple[Entry, ...], Refusal | None]:
        """Somebody does something now."""
        ...

    def next_wakeup(self) -> datetime | None:
        """When something next happens by itself."""
        ...

    def watch_removals(self, removed: dict[str, datetime]) -> None:
        """Flag -> when it is archived: known only when the release has shipped."""
        ...


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict at a moment at which something was decided."""

    at: datetime
    what: str
    """The event, such as PollOpened."""
    outcome: Outcome
    reasons: tuple[Reason, ...]
    """Every reason against GO."""


@dataclass(frozen=True, slots=True)
class RefusedAct:
    """Something that somebody did and that was refused."""

    at: datetime
    who: str
    do: str
    code: str
    message: str


class Chronicle:
    """What has happened: the entries, the state that they add up to, and the verdict at each decision."""

    def __init__(self) -> None:
        """Begins empty."""
        self.entries: list[Entry] = []
        self.state: State | None = None
        self.decisions: list[Decision] = []
        self.refused: list[RefusedAct] = []
        self.quiet_since: datetime | None = None
        self.now: datetime | None = None

    def take(self, entries: Iterable[Entry]) -> None:
        """Takes what happened next."""
        for entry in entries:
            kind = type(entry.event).__name__
            # A round that ended with GO was told by the GO itself.
            if self.state is not None and self.state.go is None and kind == "RoundEnded":
                self._decided(entry, kind)
            self.state = evolve(self.state, entry)
            if kind in ("PollOpened", "GoGiven"):
                self._decided(entry, kind)
            self.entries.append(entry)
            if kind not in _NOISE:
                self.quiet_since = entry.at

    def _decided(self, entry: Entry, kind: str) -> None:
        assert self.state is not None
        if kind == "GoGiven":
            self.decisions.append(Decision(entry.at, kind, Outcome.GO, ()))
        else:
            found = assess(self.state, entry.at)
            self.decisions.append(Decision(entry.at, kind, found.outcome, found.reasons))

    @property
    def first_blocked(self) -> tuple[datetime, str] | None:
        """The first thing that stood in the way: when, and what."""
        found = next((e for e in self.entries if type(e.event).__name__ in _BLOCKS), None)
        return (found.at, summary(found)) if found else None


Progress = Callable[[datetime, State], None]


async def drive(
    world: World,
    people: People,
    *,
    starts: datetime,
    changes: tuple[datetime, ...] = (),
    removals: Callable[[State], dict[str, datetime]],
    progress: Progress | None = None,
    horizon: timedelta = HORIZON,
) -> Chronicle:
    """Runs a release until it closes, or until nothing more will happen.

    Args:
        world: The release, launched at `starts`.
        people: Who does what when.
        starts: When it was launched.
        changes: Instants at which the world answers differently: while one lies ahead, there is something to
            wait for.
        removals: When each flag is archived, asked when the release has shipped.
        progress: Told of every instant.
        horizon: Longest time to simulate.
    """
    script, habits, told = Script(people), Habits(people.defaults, people.checks), Chronicle()
    tried: set[str] = set()
    now, number, shipped = starts, 0, False

    def hear(entries: tuple[Entry, ...]) -> State:
        told.take(entries)
        script.heard(entries)
        assert told.state is not None
        return told.state

    state = hear(await world.advance(now))
    while state.phase not in TERMINAL:
        if (state.released_at is not None) != shipped:
            shipped = not shipped
            if shipped:
                world.watch_removals(removals(state))
        act = _next(script, habits, state, now, tried)
        wakes = world.next_wakeup()
        if act is None and wakes is None:
            break
        if act is None or (wakes is not None and wakes <= act.at):
            assert wakes is not None
            if wakes > starts + horizon or _over(told, state, wakes, changes, script):
                break
            now = max(now, wakes)
            state = hear(await world.advance(now))
        else:
            if act.at > starts + horizon:
                break
            if act.at > now:
                now = act.at
                state = hear(await world.advance(now))
                # What happened meanwhile may have changed who does what.
                if _next(script, habits, state, now, tried) != act:
                    continue
            number += 1
            entries, refusal = await _do(world, script, act, state, number)
            state = hear(entries)
            if act.place >= 0:
                script.done(act.place)
            else:
                tried.add(act.once)
            if refusal is not None:
                told.refused.append(RefusedAct(now, act.who, act.verb, refusal.code, refusal.message))
        if progress is not None:
            progress(now, state)
    told.now = now
    for left in script.left():
        why = "the simulation ended first" if left.at else f"{left.on} (time {left.nth}) never came"
        told.refused.append(RefusedAct(now, left.who, left.do, "simulate.not_reached", why))
    return told


def _next(script: Script, habits: Habits, state: State, now: datetime, tried: set[str]) -> Due | None:
    scripted = tuple(script.due(state))
    found = [*scripted, *(d for d in habits.due(state, scripted) if d.once not in tried)]
    # At one instant the script comes first, in its own order; what is late is done now.
    late = [replace(d, at=now) if d.at < now else d for d in found]
    return min(late, key=lambda d: (d.at, d.place < 0, d.place), default=None)


async def _do(
    world: World, script: Script, act: Due, state: State, number: int
) -> tuple[tuple[Entry, ...], Refusal | None]:
    try:
        command = act.command or command_of(script.act(act.place), state, number)
    except Impossible as error:
        return (), Refusal("simulate.impossible", str(error))
    return await world.act(Actor(id=act.who), command, f"simulate-{number}")


def _over(told: Chronicle, state: State, now: datetime, changes: tuple[datetime, ...], script: Script) -> bool:
    """True when nothing more will happen but reminders."""
    quiet = told.quiet_since
    if quiet is None or any(at > quiet for at in changes) or any(d.at > quiet for d in script.due(state)):
        return False
    if state.phase in (Phase.ROLLING_OUT, Phase.CLEANING_UP):
        return now - quiet > _QUIET_AFTER_GO
    coming = state.round is not None or state.slot is not None or freeze_due(state) is not None
    return not coming and now - quiet > _QUIET
