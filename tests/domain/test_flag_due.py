"""How a flag's life ends: the date it is due, reminders, waivers, and the proof that it is gone."""

from datetime import timedelta

import pytest

from gonogo.domain.commands import Tick
from gonogo.domain.errors import Refused
from gonogo.domain.facts import Finding, Status
from gonogo.domain.flag_commands import KillFlag, TakeProof
from gonogo.domain.flag_core import wakeups
from gonogo.domain.flag_effects import proof_wanted
from gonogo.domain.flag_views import flag_view
from gonogo.domain.plan import FlagKind, RetireBy
from tests.domain.flag_life import DAY, OLGA, START, Life


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
