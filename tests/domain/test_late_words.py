"""A word that comes after an instant that nobody was awake for: what time decided then comes first, and stands."""

import pytest

from gonogo.domain import commands as c
from gonogo.domain.errors import Refused
from gonogo.domain.events import Entry, QuestionAsked
from gonogo.domain.facts import Finding, Status
from gonogo.domain.plan import Feature
from gonogo.domain.release import decide
from gonogo.domain.terms import Choice, Ended, Phase
from gonogo.domain.values import Actor

from .worlds import CLOSES, DAY, HOUR, MINUTE, MONDAY, SLOT, World


def _types(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.event.type for entry in entries]


def test_a_hold_lifted_after_the_slot_does_not_ship_into_its_window() -> None:
    world = World().go()
    world.do(c.PlaceHold(text="wait"), "dan")
    world.at = SLOT + HOUR
    world.do(c.LiftHold(), "dan")
    assert "SlotMissed" in world.types
    assert world.phase is Phase.READYING
    assert not world.state.exposed_ever


def test_a_yes_after_the_deadline_of_its_question_is_recorded_as_refused_and_asked_again() -> None:
    world = World(checks={}).to(Phase.ROLLING_OUT)
    world.wait(event="QuestionAsked")
    asked = world.last(QuestionAsked)
    assert asked.deadline is not None
    world.at = asked.deadline + 5 * MINUTE
    made = _types(world.do(c.Widen(question=asked.question), "ann"))
    assert made[:3] == ["QuestionExpired", "Escalated", "QuestionAsked"]
    assert "BallotRefused" in made
    assert world.state.rollout is not None
    assert world.state.rollout.stage == 0


def test_scope_that_comes_after_the_freeze_date_is_refused() -> None:
    world = World(scope={"freeze_at": MONDAY + DAY})
    world.at = MONDAY + DAY + MINUTE
    feature = Feature(id="late", title="Late", no_flag="no code path of its own")
    assert world.refused(c.AddFeature(feature=feature), "ann") == "command.not_in_phase"


def test_a_ballot_after_the_deadline_finds_the_round_over_and_says_so() -> None:
    world = World().to(Phase.DECIDING)
    current = world.state.round
    assert current is not None
    world.at = CLOSES + MINUTE
    made = decide(
        world.state,
        c.CastVote(request_id=current.request_id, role="qa", choice=Choice.GO, ballot_id="b1"),
        world.at,
        actor=Actor(id="cid"),
    )
    ended = next(entry for entry in made if entry.event.type == "RoundEnded")
    assert ended.event.how is Ended.EXPIRED  # type: ignore[union-attr]
    assert [(e.event.type, e.cause) for e in made if e.event.type == "BallotRefused"] == [
        ("BallotRefused", "vote.cast")
    ]


def test_a_check_that_passes_after_the_deadline_does_not_give_go() -> None:
    world = World()
    world.silent.add("checks")
    world.to(Phase.DECIDING)
    world.vote_go()
    ask, asked = next(iter(world.state.check_rounds.items()))
    good = Finding(status=Status.PASS, at=CLOSES - MINUTE)
    found = c.TakeFindings(ask=ask, findings=dict.fromkeys(asked.checks, good))
    made = decide(world.state, found, CLOSES + MINUTE)
    assert "RoundEnded" in _types(made)
    assert "GoGiven" not in _types(made)


def test_what_time_decided_stands_in_the_ledger_as_its_own_doing() -> None:
    world = World().go()
    world.at = SLOT + MINUTE
    made = world.do(c.PlaceHold(text="wait"), "dan")
    assert [(e.event.type, e.cause, e.actor.id) for e in made[:1]] == [("OpeningReached", "tick", "gonogo")]
    assert [(e.event.type, e.cause, e.actor.id) for e in made if e.event.type == "Held"] == [("Held", "hold", "dan")]


def test_a_refusal_leaves_what_time_decided_to_time() -> None:
    world = World().go()
    before = world.state
    with pytest.raises(Refused, match="awaiting_window"):
        decide(before, c.OpenPoll(), SLOT + MINUTE, actor=Actor(id="bob"))
    assert world.state == before
