"""A flag's own life, without a workflow: one holder at a time, kills that win, reminders, and the end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gonogo.domain.commands import RecordMalformed, Tick
from gonogo.domain.errors import Refused
from gonogo.domain.facts import Fence, Finding, Status, WriteResult, WriteStatus
from gonogo.domain.flag_commands import ClaimFlag, KillFlag, SetFlag, TakeNote, TakeProof, TakeSwitch
from gonogo.domain.flag_core import claim_refusal, decide_flag, open_flag, wakeups
from gonogo.domain.flag_effects import flag_notices, news, proof_wanted, switch_wanted
from gonogo.domain.flag_events import FlagEntry
from gonogo.domain.flag_evolve import evolve_flag, fold_flag
from gonogo.domain.flag_notes import FlagNote, NoteKind
from gonogo.domain.flag_views import flag_view
from gonogo.domain.plan import FlagKind, Notifications, RetireBy
from gonogo.domain.values import EVERYONE, NOBODY, Actor, Audience, exposure

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
HALF = exposure(Audience.PERCENTAGE, 50)
OLGA = Actor(id="olga")


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
        about: dict[str, Any] = {}
        if kind in ("announced", "shipped", "carried"):
            about = {
                "owner": "team",
                "people": ("olga",),
                "managers": ("bob",),
                "others": ("ann",),
                "trust_local": True,
                "notifications": Notifications(),
                "flag_kind": FlagKind.RELEASE,
                "retire_by": RetireBy(days=40),
            }
        note = FlagNote(
            key=f"n{self._notes}",
            kind=kind,
            release_id=f"shop/{version}",
            product="shop",
            flag=None if kind == "cycle" else "x",
            environment="production",
            provider="file",
            at=at,
            **{**about, **more},
        )
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


def epoch(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def test_one_release_holds_the_flag_and_the_refusal_names_it() -> None:
    life = Life()
    assert life.claim("1") == ""
    assert life.claim("1") == ""
    assert life.claim("2") == "held by shop/1, which rolls it out"
    assert [e.event.type for e in life.entries] == ["FlagOpened", "FlagGranted"]


def test_the_earlier_release_is_told_that_a_later_one_took_the_flag_over() -> None:
    life = Life().shipped()
    assert life.claim("2", START + DAY) == ""
    assert [(r, n.carried_to) for r, n in life.told] == [("shop/1", "shop/2")]


def test_notes_in_any_order_lead_to_the_same_flag() -> None:
    life = Life()
    life.note("shipped", at=START + DAY, exposure=EVERYONE)
    life.note("announced", at=START)
    assert life.state.listed_by == ()
    life.written(HALF, (5, 2))
    life.written(NOBODY, (5, 1))
    assert life.state.exposure == HALF


def test_a_rollback_of_a_shipped_release_awaits_what_was_awaited_before() -> None:
    life = Life().shipped()
    first = life.state.due
    life.note("announced", "2", START + 5 * DAY)
    life.note("shipped", "2", START + 9 * DAY)
    assert life.state.due == START + 49 * DAY
    life.note("let_go", "2", START + 10 * DAY)
    assert life.state.due == first
    assert life.state.listed_by == ("shop/2",)


def test_a_kill_goes_to_the_value_before_the_release_under_a_fence_newer_than_any_known() -> None:
    life = Life()
    life.note("announced")
    ahead = epoch(START) + 5_000
    life.written(HALF, (ahead, 3))
    assert life.do(KillFlag(reason="bad"), START, OLGA) == ["FlagSwitched", "SwitchRequested"]
    asked = switch_wanted(life.state)
    assert asked is not None
    assert asked.writes[0].wanted == NOBODY
    assert asked.writes[0].fence.epoch > ahead
    assert asked.rollback


def test_a_confirmed_kill_is_told_to_the_release_that_holds_the_flag() -> None:
    life = Life()
    life.note("announced")
    life.claim("1")
    life.do(KillFlag(reason="bad"), START, OLGA)
    life.answer(WriteStatus.WRITTEN)
    release, told = life.told[0]
    assert release == "shop/1"
    assert told.reading.exposure == NOBODY
    assert told.proof == "olga"


def test_a_kill_that_fails_is_tried_again_a_minute_later_and_told_once() -> None:
    life = Life()
    life.note("announced")
    life.do(KillFlag(reason="bad"), START, OLGA)
    assert life.answer(WriteStatus.FAILED) == ["SwitchAnswered"]
    assert switch_wanted(life.state) is None
    assert wakeups(life.state)[0][0] == START + timedelta(minutes=1)
    assert life.do(Tick(), START + timedelta(minutes=1)) == ["SwitchRequested"]
    life.answer(WriteStatus.FAILED, START + timedelta(minutes=1))
    assert [n[0] for n in life.notices] == ["flag.killed", "flag.change_failed"]


def test_a_stale_kill_is_tried_again_at_once_and_overtakes_any_fence() -> None:
    life = Life()
    life.note("announced")
    ahead = epoch(START + 400 * DAY)
    life.do(KillFlag(reason="bad"), START, OLGA)
    for _ in range(60):
        asked = switch_wanted(life.state)
        assert asked is not None
        if asked.writes[0].fence.epoch > ahead:
            return
        assert life.answer(WriteStatus.STALE) == ["SwitchAnswered", "SwitchRequested"]
    pytest.fail("the kill never overtook the other fence")


def test_no_release_is_granted_the_flag_while_a_kill_is_not_confirmed() -> None:
    life = Life()
    life.note("announced")
    life.do(KillFlag(reason="bad"), START, OLGA)
    assert "olga" in life.claim("1")
    assert life.state.holder == ""


@pytest.mark.parametrize(
    ("actor", "code"),
    [(Actor(id="mallory"), "command.not_entitled"), (Actor(id="team"), "command.not_entitled")],
)
def test_a_kill_by_somebody_else_is_refused(actor: Actor, code: str) -> None:
    life = Life()
    life.note("announced")
    with pytest.raises(Refused) as refused:
        life.do(KillFlag(reason="bad"), START, actor)
    assert refused.value.code == code


def test_a_name_that_nobody_proved_counts_only_where_local_trust_is_on() -> None:
    life = Life()
    life.note("announced", trust_local=False)
    with pytest.raises(Refused) as refused:
        life.do(KillFlag(reason="bad"), START, OLGA)
    assert refused.value.code == "actor.unproved"
    life.do(KillFlag(reason="bad"), START, Actor(id="olga", proof=1))


@pytest.mark.parametrize("who", ["olga", "bob", "ann"])
def test_the_owners_people_the_managers_and_whoever_is_on_call_may_kill(who: str) -> None:
    life = Life()
    life.note("announced")
    assert life.do(KillFlag(reason="bad"), START, Actor(id=who))


def test_a_kill_replaces_a_change_that_is_under_way_and_its_late_answer_is_ignored() -> None:
    life = Life().shipped()
    life.do(SetFlag(wanted=HALF, reason="a test"), START, OLGA)
    late = switch_wanted(life.state)
    assert late is not None
    life.do(KillFlag(reason="bad"), START, OLGA)
    result = WriteResult(key="x", status=WriteStatus.WRITTEN, after=HALF, fence=late.writes[0].fence, at=START)
    assert life.do(TakeSwitch(ask=late.ask, result=result)) == []
    with pytest.raises(Refused) as refused:
        life.do(KillFlag(reason="again"), START, OLGA)
    assert refused.value.code == "flag.kill_under_way"


def test_set_is_refused_while_a_release_rolls_the_flag_out() -> None:
    life = Life().shipped()
    life.claim("2", START + DAY)
    with pytest.raises(Refused) as refused:
        life.do(SetFlag(wanted=HALF, reason="a test"), START + DAY, OLGA)
    assert refused.value.code == "flag.held"


def test_reminders_that_were_missed_fold_into_one() -> None:
    life = Life().shipped()
    assert life.do(Tick(), START + 100 * DAY) == ["OwnerReminded", "OverdueEscalated"]
    assert life.do(Tick(), START + 100 * DAY) == []


@pytest.mark.parametrize("kind", [FlagKind.KILL_SWITCH, FlagKind.PERMISSION])
def test_a_permanent_flag_is_never_due(kind: FlagKind) -> None:
    life = Life().shipped(retire_by=None, flag_kind=kind)
    assert life.do(Tick(), START + 3_000 * DAY) == []
    assert not flag_view(life.state, START + 3_000 * DAY).overdue


def test_a_flag_that_lives_for_a_week_is_not_reminded_of_on_its_first_day() -> None:
    life = Life().shipped(retire_by=RetireBy(days=7))
    assert life.notices == []
    assert life.do(Tick(), START + 7 * DAY) == ["OwnerReminded"]


def test_cycles_count_completed_releases_after_the_one_that_shipped_it() -> None:
    life = Life().shipped(retire_by=RetireBy(cycles=2))
    life.note("cycle", "1", START + DAY)
    assert life.state.due is None
    life.note("cycle", "2", START + 2 * DAY)
    life.note("cycle", "3", START + 3 * DAY)
    assert life.state.due == START + 3 * DAY


def test_a_waiver_keeps_it_quiet_and_out_of_the_debt_until_its_end() -> None:
    life = Life().shipped()
    life.note("waived", until=START + 60 * DAY)
    assert life.do(Tick(), START + 59 * DAY) == []
    assert not flag_view(life.state, START + 59 * DAY).overdue
    assert flag_view(life.state, START + 60 * DAY).overdue
    assert life.do(Tick(), START + 60 * DAY) == ["OwnerReminded", "OverdueEscalated"]


@pytest.mark.parametrize("status", [Status.FAIL, Status.UNCLEAR])
def test_without_proof_the_flag_lives_on_and_is_asked_for_again_a_day_later(status: Status) -> None:
    life = Life().shipped()
    assert proof_wanted(life.state, START)
    assert life.do(TakeProof(finding=Finding(status=status, at=START))) == ["ProofTaken"]
    assert not proof_wanted(life.state, START + timedelta(hours=23))
    assert proof_wanted(life.state, START + DAY)


def test_proof_ends_the_life_and_tells_the_release_that_shipped_it() -> None:
    life = Life().shipped()
    gone = Finding(status=Status.PASS, at=START, finding="archived")
    assert life.do(TakeProof(finding=gone)) == ["ProofTaken", "FlagGone"]
    assert [(r, n.gone, n.proof) for r, n in life.told] == [("shop/1", True, "archived")]
    assert life.do(Tick(), START + 90 * DAY) == []
    with pytest.raises(Refused) as refused:
        life.do(KillFlag(reason="bad"), START, OLGA)
    assert refused.value.code == "flag.gone"


def test_a_proof_from_before_another_release_listed_the_flag_proves_nothing() -> None:
    life = Life().shipped()
    life.note("announced", "2")
    gone = Finding(status=Status.PASS, at=START, finding="archived")
    assert life.do(TakeProof(finding=gone)) == ["ProofTaken"]
    assert life.note("carried", "2", START + DAY) == ["FlagNoted"]
    assert not life.state.gone


def test_a_release_that_left_it_behind_unshipped_begins_its_life() -> None:
    life = Life()
    life.note("announced")
    assert not proof_wanted(life.state, START)
    life.note("carried", at=START + DAY)
    assert life.state.due == START + 41 * DAY
    assert proof_wanted(life.state, START + DAY)


def test_a_malformed_message_is_recorded_and_changes_nothing() -> None:
    life = Life().shipped()
    before = flag_view(life.state, START)
    assert life.do(RecordMalformed(handler="note", message="no")) == ["HandlerFaulted"]
    assert flag_view(life.state, START).phase == before.phase


def test_the_ledger_alone_gives_the_state_back() -> None:
    life = Life().shipped()
    life.claim("2", START + DAY)
    life.do(KillFlag(reason="bad"), START + DAY, OLGA)
    life.answer(WriteStatus.WRITTEN, START + DAY)
    assert fold_flag(life.entries) == life.state
