"""A flag's own life around the pure core, for tests: it is told things, answers, and keeps whom it told what."""

from datetime import UTC, datetime, timedelta
from typing import Any

from gonogo.domain.facts import Fence, WriteResult, WriteStatus
from gonogo.domain.flag_commands import ClaimFlag, TakeNote, TakeSwitch
from gonogo.domain.flag_core import claim_refusal, decide_flag, open_flag
from gonogo.domain.flag_effects import flag_notices, news, switch_wanted
from gonogo.domain.flag_events import FlagEntry
from gonogo.domain.flag_evolve import evolve_flag, fold_flag
from gonogo.domain.flag_notes import FlagNote, NoteKind
from gonogo.domain.plan import FlagKind, Notifications, RetireBy
from gonogo.domain.values import EVERYONE, NOBODY, Actor, Audience, exposure

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
HALF = exposure(Audience.PERCENTAGE, 50)
OLGA = Actor(id="olga")


def about_the_flag(kind: NoteKind) -> dict[str, Any]:
    """What a note of some kind says of the flag itself: who answers for it, and how long it may live."""
    if kind not in ("announced", "shipped", "carried"):
        return {}
    return {
        "owner": "team",
        "people": ("olga",),
        "managers": ("bob",),
        "others": ("ann",),
        "trust_local": True,
        "notifications": Notifications(),
        "flag_kind": FlagKind.RELEASE,
        "retire_by": RetireBy(days=40),
    }


class Life:
    """A flag, and what it tells."""

    def __init__(self) -> None:
        self.entries: list[FlagEntry] = list(open_flag("shop", "production", "x", "file", START))
        self.state = fold_flag(self.entries)
        self.told: list[tuple[str, Any]] = []
        self.notices: list[tuple[str, tuple[str, ...]]] = []
        self._notes = 0

    def do(self, command: Any, at: datetime = START, actor: Actor | None = None) -> list[str]:
        made = decide_flag(self.state, command, at, actor) if actor else decide_flag(self.state, command, at)
        for entry in made:
            self.state = evolve_flag(self.state, entry)
            self.told += news(entry, self.state)
            self.notices += [(n.type, n.to) for n in flag_notices(entry, self.state)]
        self.entries += made
        return [entry.event.type for entry in made]

    def note(self, kind: NoteKind, version: str = "1", at: datetime = START, **more: Any) -> list[str]:
        self._notes += 1
        about = about_the_flag(kind)
        about |= {
            "key": f"n{self._notes}",
            "product": "shop",
            "flag": None if kind == "cycle" else "x",
            "environment": "production",
            "provider": "file",
        }
        note = FlagNote(kind=kind, release_id=f"shop/{version}", at=at, **{**about, **more})
        return self.do(TakeNote(note=note), at)

    def claim(self, version: str, at: datetime = START) -> str:
        command = ClaimFlag(release_id=f"shop/{version}", at=at)
        refusal = claim_refusal(self.state, command)
        self.do(command, at)
        return refusal

    def written(self, wanted: Any, fence: tuple[int, int], version: str = "1") -> None:
        made = Fence(epoch=fence[0], sequence=fence[1])
        self.note("written", version, exposure=wanted, original=NOBODY, fence=made)

    def answer(self, status: WriteStatus, at: datetime = START) -> list[str]:
        asked = switch_wanted(self.state)
        assert asked is not None
        write = asked.writes[0]
        after = write.wanted if status is WriteStatus.WRITTEN else None
        result = WriteResult(key="x", status=status, after=after, fence=write.fence, at=at)
        return self.do(TakeSwitch(ask=asked.ask, result=result), at)

    def shipped(self, **more: Any) -> "Life":
        self.note("announced")
        self.note("shipped", exposure=EVERYONE, **more)
        return self
