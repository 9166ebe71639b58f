"""The small words of everything that people read: instants, lists of names, command lines."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from .facts import FlagChange
from .state import State
from .values import format_duration

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def when(at: datetime) -> str:
    """An instant for people, in UTC: `Thu 2026-03-05 09:00Z`. The slot's own local text comes from the calendar."""
    shown = at.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds" if at.second else "minutes")
    return f"{_DAYS[at.weekday()]} {shown}Z"


def span(length: timedelta) -> str:
    """A length of time for people, in whole seconds: `1h30m`."""
    return format_duration(length - timedelta(microseconds=length.microseconds))


def listed(names: Iterable[str], *, none: str = "nobody") -> str:
    """Names in a row."""
    return ", ".join(names) or none


def change_told(key: str, change: FlagChange) -> str:
    """What a person did to a flag outside the stages of a release: who, when and why."""
    done = "killed" if change.how == "kill" else "set"
    return f"flag {key} was {done} by {change.by.id} ({when(change.at)}), to {change.wanted}: {change.reason}"


def people(state: State, *owners: str) -> tuple[str, ...]:
    """The people behind owners (roles or people), each once."""
    return tuple(dict.fromkeys(person for owner in owners for person in state.people_of(owner)))


def everybody(state: State) -> tuple[str, ...]:
    """Everybody who fills a role."""
    return people(state, *state.people)


def line(state: State, verb: str, *rest: str) -> str:
    """A command line that a person can copy: verb, release, then the rest."""
    return " ".join(("gonogo", verb, state.release_id, *rest))


def quoted(state: State, verb: str, *rest: str) -> str:
    """The same inside a sentence."""
    return f"`{line(state, verb, *rest)}`"
