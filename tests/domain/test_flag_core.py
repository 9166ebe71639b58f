"""A flag's own life, without a workflow: one holder at a time, kills that win, reminders, and the end."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from gonogo.domain.commands import RecordMalformed, Tick
from gonogo.domain.errors import Refused
from gonogo.domain.events import HandlerFaulted
from gonogo.domain.facts import Finding, Status, WriteResult, WriteStatus
from gonogo.domain.flag_commands import ClaimFlag, KillFlag, SetFlag, TakeProof, TakeSwitch
from gonogo.domain.flag_core import claim_refusal, wakeups
from gonogo.domain.flag_effects import proof_wanted, switch_wanted
from gonogo.domain.flag_evolve import fold_flag
from gonogo.domain.flag_views import flag_view
from gonogo.domain.plan import FlagKind, RetireBy
from gonogo.domain.values import EVERYONE, NOBODY, Actor
from tests.domain.flag_life import DAY, HALF, OLGA, START, Life


def epoch(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def test_one_release_holds_the_flag_and_the_refusal_names_it() -> None:
    life = Life()
    assert life.claim("1") == ""
    assert life.claim("1") == ""
    assert life.claim("2") == "held by shop/1, which rolls it out"
    assert [e.event.type for e in life.entries] == ["FlagOpened", "FlagGranted"]


def test_a_claim_that_the_release_has_taken_back_meanwhile_grants_nothing() -> None:
    life = Life()
    life.claim("1", START)
    life.note("let_go", at=START + DAY)
    assert life.state.holder == ""
    late = ClaimFlag(release_id="shop/1", at=START)
    assert claim_refusal(life.state, late) == "shop/1 has given it back since it asked"
    assert life.do(late, START + DAY) == []
    assert life.claim("1", START + 2 * DAY) == ""


def test_a_release_that_gives_back_what_it_never_held_takes_it_from_nobody() -> None:
    life = Life().shipped()
    life.claim("2", START + DAY)
    life.note("let_go", "3", START + 2 * DAY)
    assert (life.state.holder, life.state.last_release) == ("shop/2", "")
    assert life.state.life is not None
    assert life.state.life.release == "shop/1"


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


def test_the_same_note_twice_is_taken_once() -> None:
    life = Life()
    assert life.note("announced", key="n1") == ["FlagNoted"]
    assert life.note("announced", key="n1") == []


@pytest.mark.parametrize("other", [{"flag": "y"}, {"product": "mall"}, {"environment": "staging"}])
def test_a_note_for_another_flag_is_recorded_as_a_fault_and_changes_nothing(other: dict[str, Any]) -> None:
    life = Life()
    assert life.note("announced", **other) == ["HandlerFaulted"]
    fault = life.entries[-1].event
    assert isinstance(fault, HandlerFaulted)
    assert fault.message.endswith("not for flag/shop/production/x")
    assert (life.state.listed_by, life.state.owner) == ((), "")


def test_a_note_that_names_nobody_who_answers_for_it_changes_nobody() -> None:
    life = Life()
    life.note("announced")
    life.note("announced", "2", owner=None)
    assert (life.state.owner, life.state.people) == ("team", ("olga",))
    assert life.state.listed_by == ("shop/1", "shop/2")


def test_a_waiver_without_an_end_waives_nothing() -> None:
    life = Life().shipped()
    life.note("waived", until=None)
    assert life.state.waived_until is None
    assert flag_view(life.state, START + 60 * DAY).overdue


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


def test_a_kill_of_a_flag_that_its_provider_has_no_more_is_done_and_proof_is_asked_for_at_once() -> None:
    life = Life().shipped()
    life.do(TakeProof(finding=Finding(status=Status.FAIL, at=START)))
    life.do(KillFlag(reason="bad"), START, OLGA)
    assert not proof_wanted(life.state, START)
    assert life.answer(WriteStatus.GONE) == ["SwitchAnswered"]
    assert (life.state.switch, life.state.exposure) == (None, None)
    assert proof_wanted(life.state, START)


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


def test_set_is_refused_while_another_change_is_not_confirmed() -> None:
    life = Life().shipped()
    life.do(SetFlag(wanted=HALF, reason="a test"), START, OLGA)
    with pytest.raises(Refused, match="'olga' is changing 'x'; wait until it is confirmed") as refused:
        life.do(SetFlag(wanted=NOBODY, reason="another"), START, Actor(id="bob"))
    assert refused.value.code == "flag.change_under_way"
    life.answer(WriteStatus.WRITTEN)
    assert life.do(SetFlag(wanted=NOBODY, reason="another"), START, Actor(id="bob"))


def test_set_is_refused_before_any_release_has_shipped_the_flag() -> None:
    life = Life()
    life.note("announced")
    with pytest.raises(Refused) as refused:
        life.do(SetFlag(wanted=HALF, reason="a test"), START, OLGA)
    assert refused.value.code == "flag.not_shipped"


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


def test_a_flag_that_is_given_no_cycles_is_due_as_soon_as_it_shipped() -> None:
    assert Life().shipped(retire_by=RetireBy(cycles=0)).state.due == START


def test_cycles_that_pass_do_not_move_a_due_date_that_stands_already() -> None:
    by_days = Life().shipped()
    by_cycles = Life().shipped(retire_by=RetireBy(cycles=1))
    for life in (by_days, by_cycles):
        for version, days in (("2", 1), ("3", 2)):
            life.note("cycle", version, START + days * DAY)
    assert (by_days.state.due, by_cycles.state.due) == (START + 40 * DAY, START + DAY)


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
    assert wakeups(life.state) == ()
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


def test_a_ledger_without_its_beginning_is_no_flag() -> None:
    life = Life().shipped()
    with pytest.raises(TypeError, match="a flag begins with FlagOpened, not FlagNoted"):
        fold_flag(life.entries[1:])
    with pytest.raises(ValueError, match="a flag without entries has no state"):
        fold_flag(())
