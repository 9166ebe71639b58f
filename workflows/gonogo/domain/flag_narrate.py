"""One plain line for every entry of a flag's own ledger: what happened. Who did it stands in the entry's actor."""

from collections.abc import Callable
from typing import Any

from . import flag_events as f
from .events import HandlerFaulted
from .facts import WriteStatus
from .flag_notes import FlagNote
from .telling import listed, when


def _because(reason: str) -> str:
    return f": {reason}" if reason.strip() else ""


def _written(note: FlagNote) -> str:
    before = f", {note.original} before" if note.original is not None else ""
    return f"exposed to {note.exposure}{before}" if note.exposure is not None else "changed"


def _shipped(note: FlagNote) -> str:
    return "shipped" + (f", at {note.exposure}" if note.exposure is not None else "")


def _waived(note: FlagNote) -> str:
    until = f" until {when(note.until)}" if note.until else ""
    return f"removal waived{until}{_because(note.reason)}"


_NOTES: dict[str, Callable[[FlagNote], str]] = {
    "announced": lambda note: "listed" + (f", owner {note.owner}" if note.owner else ""),
    "written": _written,
    "let_go": lambda note: "given back",
    "shipped": _shipped,
    "carried": lambda note: "left to live on by itself",
    "waived": _waived,
    "cycle": lambda note: "completed: one more release of the product",
}


def _granted(x: f.FlagGranted) -> str:
    return f"granted to {x.release_id}" + (f", taken over from {x.carried_from}" if x.carried_from else "")


def _switched(x: f.FlagSwitched) -> str:
    done = "killed, back to" if x.how == "kill" else "set to"
    return f"{done} {x.wanted}: {x.reason}"


def _answered(x: f.SwitchAnswered) -> str:
    result = x.result
    if result.status is WriteStatus.WRITTEN:
        return f"the provider confirms {result.after}, which {x.by.id} asked for"
    if result.status is WriteStatus.GONE:
        return "the provider has no such flag: nobody sees it"
    return f"not confirmed yet ({result.status.value}{_because(result.detail)}): it is tried again"


_LINES: dict[type[Any], Callable[[Any], str]] = {
    f.FlagOpened: lambda x: f"first heard of, at provider {x.provider}",
    f.FlagNoted: lambda x: f"{x.note.release_id}: {_NOTES[x.note.kind](x.note)}",
    f.FlagGranted: _granted,
    f.FlagSwitched: _switched,
    f.SwitchRequested: lambda x: f"the provider is asked, under fence {x.fence.epoch}.{x.fence.sequence}",
    f.SwitchAnswered: _answered,
    f.ProofTaken: lambda x: f"is it gone? {x.finding.status.value}{_because(x.finding.finding)}",
    f.OwnerReminded: lambda x: f"reminded {listed(x.to)} of its removal, due {when(x.due)}",
    f.OverdueEscalated: lambda x: f"overdue since {when(x.due)}: told {listed(x.to)}",
    f.FlagGone: lambda x: f"gone: {x.proof}",
    HandlerFaulted: lambda x: f"a message to {x.handler} could not be read: {x.message}",
}


def flag_summary(entry: f.FlagEntry) -> str:
    """What happened, in one line. Total: there is a line for every event."""
    return " ".join(_LINES[type(entry.event)](entry.event).split())
