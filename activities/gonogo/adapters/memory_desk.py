"""A flag desk in memory: grants a flag to one release at a time, and keeps what it was told."""

from datetime import datetime

from gonogo.activities.ports import FlagClaim
from gonogo.domain.flag_notes import FlagNote
from gonogo.domain.reports import ClaimAnswer


class MemoryDesk:
    """For tests and benches of one worker without flag workflows."""

    def __init__(self) -> None:
        self.holders: dict[str, str] = {}
        self.notes: dict[str, FlagNote] = {}

    async def claim(self, claims: tuple[FlagClaim, ...]) -> tuple[ClaimAnswer, ...]:
        """Grants what no other release holds."""
        answers = []
        for claim in claims:
            place = f"{claim.product}/{claim.target.environment}/{claim.target.key}"
            holder = self.holders.setdefault(place, claim.release_id)
            mine = holder == claim.release_id
            answers.append(ClaimAnswer(flag=claim.target.key, granted=mine, held_by="" if mine else holder))
        return tuple(answers)

    async def tell(self, notes: tuple[FlagNote, ...], *, driven: bool, at: datetime) -> None:
        """Keeps the notes, each once; a release that lets go or ships holds its flags no more."""
        for note in notes:
            self.notes.setdefault(note.key, note)
            if note.kind in ("let_go", "shipped", "carried"):
                place = f"{note.product}/{note.environment}/{note.flag}"
                if self.holders.get(place) == note.release_id:
                    del self.holders[place]
