""" "Ready to go wider?": when it is asked, how it is answered, and how long it stands."""

from gonogo.domain import commands as c
from gonogo.domain.answers import MAX_REFUSALS
from gonogo.domain.events import BallotRefused, Escalated, QuestionAsked, QuestionExpired
from gonogo.domain.terms import Phase
from tests.domain.rollouts import ASKED, exposed, rolling
from tests.domain.worlds import DAY, HOUR, SAMPLE, SLOT, World


def question(world: World) -> str:
    assert world.state.rollout is not None
    assert world.state.rollout.question is not None
    return world.state.rollout.question.id


def test_it_is_asked_when_everything_else_is_met_and_answered_under_its_own_id() -> None:
    world = rolling(stages=ASKED)
    assert world.refused(c.Widen(question="q1"), "ann") == "widen.closed", "not asked yet"
    world.wait(SLOT + HOUR)
    asked = question(world)
    assert world.refused(c.Widen(question="q1"), "ann") == "widen.closed"
    world.wait(HOUR)
    assert len(exposed(world)) == 1
    world.do(c.Widen(question=asked), "ann")
    assert len(exposed(world)) == 2
    assert world.refused(c.Widen(question=asked), "ann") == "widen.closed", "an earlier yes passes nothing later"
    assert world.last(BallotRefused).kind == "widen"


def test_no_is_a_manual_hold_by_the_answerer_and_lifting_it_asks_again() -> None:
    world = rolling(stages=ASKED).wait(event="QuestionAsked")
    asked = question(world)
    assert world.refused(c.Widen(question=asked, yes=False), "ann") == "widen.no_reason"
    world.do(c.Widen(question=asked, yes=False, reason="support is swamped"), "ann")
    assert (world.hold("manual").by.id, world.holds) == ("ann", ["manual"])
    world.do(c.LiftHold(), "ann")
    assert question(world) != asked
    world.do(c.Widen(question=question(world)), "ann")
    assert len(exposed(world)) == 2


def test_expiry_keeps_the_exposure_is_escalated_and_asks_again_under_a_new_id() -> None:
    world = rolling(stages=ASKED).wait(event="QuestionAsked")
    first = question(world)
    world.wait(DAY)
    assert world.last(QuestionExpired).question == first
    assert question(world) != first
    assert (world.last(Escalated).subject, world.last(Escalated).to) == (f"question:{first}", ("ann", "bob"))
    assert (world.phase, world.exposure) == (Phase.ROLLING_OUT, {"gifts": "10 %"})
    assert world.refused(c.Widen(question=first), "ann") == "widen.closed"


def test_its_deadline_stops_while_no_window_is_open() -> None:
    windows = [{"id": "day", "action": "allow", "start": "2026-01-01T10:00", "lasts": "2h", "rrule": "FREQ=DAILY"}]
    world = rolling(stages=ASKED, schedule={**SAMPLE["schedule"], "windows": windows}).wait(event="QuestionAsked")
    # One hour is left on Thursday, then two hours a day.
    assert world.last(QuestionAsked).deadline == SLOT + 12 * DAY + HOUR


def test_an_answer_while_held_counts_and_widens_only_when_the_hold_is_lifted() -> None:
    world = rolling(stages=ASKED).wait(event="QuestionAsked")
    world.do(c.PlaceHold(text="wait"), "dan")
    world.do(c.Widen(question=question(world)), "ann")
    assert len(exposed(world)) == 1
    world.do(c.LiftHold(), "dan")
    assert len(exposed(world)) == 2


def test_refused_answers_are_counted_per_question() -> None:
    world = rolling(stages=ASKED).wait(event="QuestionAsked")
    for _ in range(MAX_REFUSALS + 2):
        assert world.refused(c.Widen(question="q1"), "ann") == "widen.closed"
    assert len(world.events(BallotRefused)) == MAX_REFUSALS


def test_without_a_known_window_a_question_has_no_deadline_yet() -> None:
    windows = [{"id": "once", "action": "allow", "start": "2026-11-19T09:00", "lasts": "2h"}]
    world = rolling(stages=ASKED, schedule={"slot": SLOT, "windows": windows}).wait(event="QuestionAsked")
    assert world.last(QuestionAsked).deadline is None
    world.wait(10 * DAY)
    assert (world.phase, world.exposure) == (Phase.ROLLING_OUT, {"gifts": "10 %"})
