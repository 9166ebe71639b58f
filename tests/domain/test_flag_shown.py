"""What a flag shows of itself, and where its messages go."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gonogo.domain.commands import Tick
from gonogo.domain.facts import Finding, FlagChange, Status, WriteStatus
from gonogo.domain.flag_commands import KillFlag, SetFlag, TakeProof
from gonogo.domain.flag_effects import channels
from gonogo.domain.flag_views import flag_view, since_left
from gonogo.domain.plan import FlagKind, Notifications, Route
from gonogo.domain.values import EVERYONE, NOBODY, Exposure
from tests.domain.flag_life import DAY, HALF, OLGA, START, Life


def test_the_phase_says_where_the_flag_stands_in_its_life() -> None:
    life = Life()

    def phase() -> str:
        return flag_view(life.state, START + DAY).phase

    assert phase() == "idle"
    life.note("announced")
    assert phase() == "listed"
    life.claim("1")
    assert phase() == "rolling_out"
    life.note("shipped", at=START + DAY)
    assert phase() == "live"
    life.do(TakeProof(finding=Finding(status=Status.PASS, at=START + DAY)), START + DAY)
    assert phase() == "gone"


@pytest.mark.parametrize(
    ("seen", "kind", "why"),
    [
        (EVERYONE, FlagKind.RELEASE, "Everybody sees it since 2026-03-02."),
        (NOBODY, FlagKind.RELEASE, "Nobody sees it since shop/1."),
        (HALF, FlagKind.RELEASE, ""),
        (None, FlagKind.RELEASE, ""),
        (EVERYONE, FlagKind.KILL_SWITCH, ""),
    ],
)
def test_a_flag_can_be_removed_when_everybody_sees_it_or_nobody(seen: Any, kind: FlagKind, why: str) -> None:
    life = Life()
    life.note("announced")
    life.note("shipped", exposure=seen, flag_kind=kind)
    assert flag_view(life.state, START).removable == why


def test_a_flag_that_was_killed_after_it_shipped_can_be_removed_since_the_kill() -> None:
    life = Life().shipped()
    life.do(KillFlag(reason="it hurts"), START + DAY, OLGA)
    life.answer(WriteStatus.WRITTEN, START + DAY)
    assert flag_view(life.state, START + DAY).removable == "Nobody sees it since 2026-03-03, by the word of olga."


def test_a_change_that_is_not_confirmed_is_shown_with_who_makes_it_and_why_it_failed() -> None:
    life = Life().shipped()
    life.do(SetFlag(wanted=HALF, reason="a test"), START, OLGA)
    assert flag_view(life.state, START).changing == "olga: set to 50 %"
    life.answer(WriteStatus.FAILED)
    assert flag_view(life.state, START).changing == "olga: set to 50 %; failed"
    life.do(Tick(), START + timedelta(minutes=1))
    life.answer(WriteStatus.WRITTEN, START + timedelta(minutes=1))
    assert flag_view(life.state, START).changing == ""


def test_a_message_goes_to_every_channel_that_a_route_names_for_its_type_once() -> None:
    routes = (
        Route(events=("flag.*",), channel="inbox"),
        Route(events=("poll.opened", "flag.killed"), channel="chat"),
        Route(channel="inbox"),
    )
    told = Notifications(routes=routes)
    assert channels(told, "flag.killed") == ("inbox", "chat")
    assert channels(told, "flag.gone") == ("inbox",)
    assert channels(Notifications(routes=routes[:2]), "poll.closed") == ()
    assert channels(None, "flag.killed") == (), "no release has said where to"


def test_who_changed_it_last_is_shown_until_a_release_writes_it_again() -> None:
    life = Life().shipped()
    life.do(SetFlag(wanted=HALF, reason="a test"), START, OLGA)
    assert flag_view(life.state, START).changed is None, "it is not confirmed"
    life.answer(WriteStatus.WRITTEN, START + timedelta(minutes=1))
    shown = flag_view(life.state, START)
    assert shown.changed == FlagChange(how="set", wanted=HALF, by=OLGA, reason="a test", at=START)
    assert shown.fence is not None
    life.written(EVERYONE, (shown.fence.epoch + 1, 0), "2")
    assert flag_view(life.state, START).changed is None


def test_a_release_is_told_what_a_person_changed_when_and_why() -> None:
    life = Life().shipped()
    life.do(SetFlag(wanted=HALF, reason="a test"), START, OLGA)
    life.answer(WriteStatus.WRITTEN, START + timedelta(minutes=1))
    ((release, news),) = life.told
    assert release == "shop/1"
    assert news.change == FlagChange(how="set", wanted=HALF, by=OLGA, reason="a test", at=START)


def test_who_waived_it_and_why_is_shown() -> None:
    life = Life().shipped()
    life.note("waived", until=START + DAY, reason="bob: next month")
    shown = flag_view(life.state, START)
    assert (shown.waived_until, shown.waiver) == (START + DAY, "bob: next month")


_KILLED = FlagChange(how="kill", wanted=NOBODY, reason="it burns", by=OLGA, at=START)


@pytest.mark.parametrize(
    ("flag", "left", "told"),
    [
        ({"exposure": EVERYONE}, EVERYONE, ""),
        ({"exposure": EVERYONE, "changed": _KILLED}, EVERYONE, ""),
        ({}, EVERYONE, ""),
        ({"exposure": EVERYONE}, None, ""),
        ({"exposure": NOBODY, "changed": _KILLED}, EVERYONE, "by now nobody: killed by olga, Mon 2026-03-02 09:00Z"),
        (
            {"exposure": HALF, "changed": replace(_KILLED, how="set", wanted=HALF)},
            EVERYONE,
            "by now 50 %: set by olga, Mon 2026-03-02 09:00Z",
        ),
        ({"exposure": EVERYONE, "changing": "olga: kill to nobody"}, EVERYONE, "being changed by olga: kill to nobody"),
        ({"exposure": HALF, "holder": "shop/2", "shipped_by": "shop/1"}, EVERYONE, "by now 50 %, by shop/2"),
        ({"exposure": HALF, "shipped_by": "shop/2"}, EVERYONE, "by now 50 %, by shop/2"),
        ({"exposure": HALF, "shipped_by": "shop/1"}, EVERYONE, "by now 50 %"),
        ({"phase": "gone", "exposure": EVERYONE, "proof": "archived"}, EVERYONE, "gone by now: archived"),
    ],
)
def test_what_became_of_a_flag_is_told_where_it_is_not_as_the_closed_release_left_it(
    flag: dict[str, Any], left: Exposure | None, told: str
) -> None:
    shown = flag_view(Life().state, START)
    assert shown.id == "flag/shop/production/x"
    more = f"{told}; see gonogo flags show shop/production/x" if told else ""
    assert since_left(replace(shown, **flag), left, "shop/1") == more
