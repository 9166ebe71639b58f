"""The opening: everything measured once more, flags granted, or held for readiness until it passes by itself."""

from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.events import ChecksRequested, Held, RolloutStarted
from gonogo.domain.facts import FlagReading, Status
from gonogo.domain.reports import ClaimAnswer
from gonogo.domain.terms import AskedFor, Phase
from gonogo.domain.values import EVERYONE
from tests.domain.worlds import HOUR, MINUTE, SLOT, WEEK, World


def test_it_needs_a_measurement_that_was_taken_after_it_began() -> None:
    world = World().go()
    world.wait(SLOT - 2 * MINUTE)
    world.do(c.RunChecks(), "sam")
    world.silent.add("checks")
    world.wait(SLOT)
    assert (world.phase, world.holds) == (Phase.AWAITING_WINDOW, [])
    world.silent.clear()
    world.answer()
    assert world.phase is Phase.ROLLING_OUT


@pytest.mark.parametrize("said", [Status.FAIL, Status.UNCLEAR, None])
def test_a_fact_that_does_not_pass_holds_it_and_it_goes_on_by_itself_with_no_new_vote(said: Status | None) -> None:
    world = World().go()
    world.checks["ci"] = said
    world.wait(SLOT + 12 * MINUTE)
    assert (world.phase, world.holds) == (Phase.AWAITING_WINDOW, ["readiness"])
    tries = [
        e.at - SLOT for e in world.entries if isinstance(e.event, ChecksRequested) and e.event.why is AskedFor.OPENING
    ]
    assert tries == [0 * MINUTE, 5 * MINUTE, 10 * MINUTE]
    world.checks.clear()
    world.wait(SLOT + 15 * MINUTE)
    assert (world.phase, world.holds, world.state.rounds) == (Phase.ROLLING_OUT, [], 1)


def test_held_for_readiness_until_its_end_the_slot_is_missed() -> None:
    world = World().go()
    world.checks["ci"] = Status.UNCLEAR
    world.wait(SLOT + 4 * HOUR)
    assert (world.phase, world.holds, world.state.given_up) == (Phase.READYING, [], 1)
    assert world.state.slot is not None
    assert world.state.slot.starts == SLOT + WEEK


def test_a_fact_that_turns_before_the_opening_is_only_shown() -> None:
    world = World().go()
    world.checks["ci"] = Status.FAIL
    world.do(c.RunChecks(), "sam")
    assert (world.phase, world.holds) == (Phase.AWAITING_WINDOW, [])


def test_items_count_as_they_stand() -> None:
    world = World(checks={}).go()
    world.do(c.UnSign(item="tested"), "cid")
    world.wait(SLOT + HOUR)
    assert world.holds == ["readiness"]
    world.sign_off()
    assert world.phase is Phase.ROLLING_OUT


def test_a_waiver_lets_it_go_on() -> None:
    world = World().go()
    world.checks["ci"] = Status.FAIL
    world.wait(SLOT)
    world.do(c.Waive(subject="check:ci", reason="known"), "bob")
    assert world.phase is Phase.ROLLING_OUT


def reading(world: World) -> FlagReading:
    return FlagReading(key="gifts", exists=True, exposure=EVERYONE, at=world.at)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "did not answer"),
        ({"granted": False, "held_by": "shop/1.1.0"}, "held by shop/1.1.0"),
        ({"granted": False, "detail": "it is locked"}, "it is locked"),
        ({"granted": True}, "did not say who sees it"),
    ],
)
def test_without_a_grant_and_a_reading_of_every_flag_nothing_starts(answer: dict[str, Any] | None, says: str) -> None:
    world = World().go()
    world.claims["gifts"] = None if answer is None else ClaimAnswer(flag="gifts", **answer)
    world.wait(SLOT)
    assert (world.phase, world.holds) == (Phase.AWAITING_WINDOW, ["readiness"])
    assert says in world.last(Held).text
    world.wait(SLOT + 4 * MINUTE)
    world.claims.clear()
    assert world.holds == ["readiness"]
    world.wait(SLOT + 10 * MINUTE)
    assert world.phase is Phase.ROLLING_OUT
    assert len(world.events(RolloutStarted)) == 1


def test_an_answer_about_another_flag_or_claim_says_nothing() -> None:
    world = World().go()
    world.silent.add("claims")
    world.wait(SLOT)
    assert world.state.claim is not None
    assert world.do(c.TakeClaims(ask="flags-0", answers=())) == ()
    other = ClaimAnswer(flag="other", granted=True, reading=reading(world))
    world.do(c.TakeClaims(ask=world.state.claim.ask, answers=(other,)))
    assert world.holds == ["readiness"]


def test_a_release_without_flags_needs_no_grant() -> None:
    features = [{"id": "gifts", "title": "G", "no_flag": "a service"}]
    world = World(features=features, flags={}).to(Phase.COMPLETED)
    assert "FlagsRequested" not in world.types
    assert world.types.count("StageExposed") == 1, "nothing can be widened step by step"


def test_without_checks_the_items_and_a_go_are_enough() -> None:
    world = World(checks={}).go().wait(SLOT)
    assert world.phase is Phase.ROLLING_OUT
