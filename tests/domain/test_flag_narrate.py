"""Every entry of a flag's ledger has a line that a person understands."""

from typing import Any, get_args

import pytest

from gonogo.domain import flag_events as f
from gonogo.domain.events import HandlerFaulted
from gonogo.domain.facts import Fence, Finding, Status, WriteResult, WriteStatus
from gonogo.domain.flag_narrate import flag_summary
from gonogo.domain.flag_notes import FlagNote, NoteKind
from gonogo.domain.values import ENGINE, EVERYONE, NOBODY
from tests.domain.flag_life import HALF, OLGA, START

FENCE = Fence(epoch=7, sequence=2)


def note(kind: NoteKind, **more: Any) -> f.FlagNoted:
    about: dict[str, Any] = {"key": "n", "release_id": "shop/1", "product": "shop", "environment": "production"}
    return f.FlagNoted(note=FlagNote(kind=kind, at=START, **{**about, **more}))


def answered(status: WriteStatus, **more: Any) -> f.SwitchAnswered:
    result = WriteResult(key="x", status=status, fence=FENCE, at=START, **more)
    return f.SwitchAnswered(ask="a", result=result, by=OLGA)


LINES: list[tuple[Any, str]] = [
    (
        f.FlagOpened(product="shop", environment="production", flag="x", provider="file"),
        "first heard of, at provider file",
    ),
    (note("announced", owner="team"), "shop/1: listed, owner team"),
    (note("announced"), "shop/1: listed"),
    (note("written", exposure=HALF, original=NOBODY), "shop/1: exposed to 50 %, nobody before"),
    (note("written", exposure=HALF), "shop/1: exposed to 50 %"),
    (note("written"), "shop/1: changed"),
    (note("let_go"), "shop/1: given back"),
    (note("shipped", exposure=EVERYONE), "shop/1: shipped, at everyone"),
    (note("shipped"), "shop/1: shipped"),
    (note("carried"), "shop/1: left to live on by itself"),
    (
        note("waived", until=START, reason="bob: later"),
        "shop/1: removal waived until Mon 2026-03-02 09:00Z: bob: later",
    ),
    (note("waived"), "shop/1: removal waived"),
    (note("cycle"), "shop/1: completed: one more release of the product"),
    (f.FlagGranted(release_id="shop/2"), "granted to shop/2"),
    (f.FlagGranted(release_id="shop/2", carried_from="shop/1"), "granted to shop/2, taken over from shop/1"),
    (f.FlagSwitched(how="kill", wanted=NOBODY, reason="it breaks"), "killed, back to nobody: it breaks"),
    (f.FlagSwitched(how="set", wanted=HALF, reason="a test"), "set to 50 %: a test"),
    (f.SwitchRequested(ask="a", fence=FENCE), "the provider is asked, under fence 7.2"),
    (answered(WriteStatus.WRITTEN, after=NOBODY), "the provider confirms nobody, which olga asked for"),
    (answered(WriteStatus.GONE), "the provider has no such flag: nobody sees it"),
    (answered(WriteStatus.FAILED, detail="no answer"), "not confirmed yet (failed: no answer): it is tried again"),
    (answered(WriteStatus.STALE), "not confirmed yet (stale): it is tried again"),
    (
        f.ProofTaken(finding=Finding(status=Status.FAIL, at=START, finding="still there")),
        "is it gone? fail: still there",
    ),
    (
        f.OwnerReminded(to=("olga",), due=START, step=1),
        "reminded olga of its removal, due Mon 2026-03-02 09:00Z",
    ),
    (f.OverdueEscalated(to=("bob",), due=START, step=1), "overdue since Mon 2026-03-02 09:00Z: told bob"),
    (f.FlagGone(proof="archived"), "gone: archived"),
    (HandlerFaulted(handler="note", message="no"), "a message to note could not be read: no"),
]


@pytest.mark.parametrize(("event", "told"), LINES)
def test_a_line_says_what_happened(event: Any, told: str) -> None:
    assert flag_summary(f.FlagEntry(seq=1, at=START, actor=ENGINE, cause="note", event=event)) == told


def test_there_is_a_line_for_every_event_and_every_note() -> None:
    assert {type(event) for event, _ in LINES} == set(get_args(get_args(f.FlagEvent)[0]))
    assert {event.note.kind for event, _ in LINES if isinstance(event, f.FlagNoted)} == set(get_args(NoteKind))
