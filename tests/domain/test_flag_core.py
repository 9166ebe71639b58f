"""A flag's own life, without a workflow: one holder at a time, the notes of releases, and the ledger."""

from typing import Any

import pytest

from gonogo.domain.commands import RecordMalformed
from gonogo.domain.events import HandlerFaulted
from gonogo.domain.facts import WriteStatus
from gonogo.domain.flag_commands import ClaimFlag, KillFlag
from gonogo.domain.flag_core import claim_refusal
from gonogo.domain.flag_evolve import fold_flag
from gonogo.domain.flag_views import flag_view
from gonogo.domain.values import EVERYONE, NOBODY
from tests.domain.flag_life import DAY, HALF, OLGA, START, Life


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
