"""Kills and changes of a flag by people: they win over releases, are tried until confirmed, and who may do them."""

from datetime import datetime, timedelta

import pytest

from gonogo.domain.commands import Tick
from gonogo.domain.errors import Refused
from gonogo.domain.facts import Finding, Status, WriteResult, WriteStatus
from gonogo.domain.flag_commands import KillFlag, SetFlag, TakeProof, TakeSwitch
from gonogo.domain.flag_core import wakeups
from gonogo.domain.flag_effects import proof_wanted, switch_wanted
from gonogo.domain.values import NOBODY, Actor
from tests.domain.flag_life import DAY, HALF, OLGA, START, Life


def epoch(at: datetime) -> int:
    return int(at.timestamp() * 1000)


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
