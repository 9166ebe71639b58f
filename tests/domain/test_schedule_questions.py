""" "Ready to go wider?" and the calendar: the time to answer runs only while the next stage could be widened."""

from typing import Any

from gonogo.domain import commands as c
from gonogo.domain.events import Escalated, QuestionAsked, QuestionDeadlineMoved, QuestionExpired
from gonogo.domain.narrate import summary
from gonogo.domain.notices import notices
from gonogo.domain.state_parts import Question
from gonogo.domain.terms import Phase
from gonogo.domain.why import why_view
from tests.domain.worlds import DAY, HOUR, MINUTE, SAMPLE, SLOT, World

ASKED: list[dict[str, Any]] = [
    {"percent": 10, "bake": "1h", "question": "Wider?"},
    {"audience": "everyone", "bake": "1h"},
]
NOW = SLOT + HOUR


def deny(name: str, start: str, lasts: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "action": "deny", "start": start, "lasts": lasts, **more}


FAIR = deny("fair", "2026-11-19T10:30", "20d")


def asked(*windows: dict[str, Any], stages: Any = None) -> World:
    schedule = {**SAMPLE["schedule"], "windows": list(windows)}
    return World(stages=stages or ASKED, schedule=schedule).to(Phase.ROLLING_OUT).wait(event="QuestionAsked")


def amended(world: World, *windows: dict[str, Any], stages: Any = None) -> None:
    world.amend(stages=stages or ASKED, schedule={**SAMPLE["schedule"], "windows": list(windows)})


def question(world: World) -> Question:
    assert world.state.rollout is not None
    assert world.state.rollout.question is not None
    return world.state.rollout.question


def test_a_question_without_a_deadline_has_one_as_soon_as_an_opening_is_known_and_then_expires() -> None:
    world = asked(deny("fair", "2026-11-19T10:30", "100d"))
    assert (world.at, question(world).deadline) == (NOW, None)
    said = next(w for w in why_view(world.state, world.at).waiting if w.code == "question.open")
    assert "no deadline runs" in said.text
    name = question(world).id
    opens = SLOT + 100 * DAY + 30 * MINUTE
    world.wait(opens)
    # The calendar was asked again and again meanwhile, and once it spoke that far.
    assert (question(world).id, question(world).deadline) == (name, opens + DAY)
    world.wait(opens + DAY)
    assert world.last(QuestionExpired).question == name
    assert world.last(Escalated).subject == f"question:{name}"
    assert (question(world).id != name, world.exposure) == (True, {"gifts": "10 %"})


def test_windows_that_change_move_the_deadline_and_whoever_is_asked_is_told() -> None:
    world = asked()
    assert question(world).deadline == NOW + DAY
    world.wait(NOW + 4 * HOUR)
    amended(world, deny("fair", "2026-11-19T20:00", "2d"))
    moved = world.last(QuestionDeadlineMoved)
    # Four hours are over, five are left of today, fifteen are left after the fair.
    assert (moved.left, moved.deadline) == (20 * HOUR, SLOT + 10 * HOUR + 2 * DAY + 15 * HOUR)
    assert question(world).deadline == moved.deadline
    entry = next(e for e in world.entries if e.event is moved)
    (notice,) = notices(entry, world.state)
    assert (notice.type, notice.to, notice.subject) == ("question.deadline_moved", ("ann",), notice.subject)
    assert "until" in summary(entry)
    # Told once; the same calendar again moves nothing.
    amended(world, deny("fair", "2026-11-19T20:00", "2d", reason="the trade fair"))
    assert len(world.events(QuestionDeadlineMoved)) == 1


def test_time_to_answer_that_has_run_stays_run_while_no_end_is_known() -> None:
    def once(lasts: str) -> dict[str, Any]:
        return {"slot": SLOT, "windows": [{"id": "w", "action": "allow", "start": "2026-11-19T09:00", "lasts": lasts}]}

    world = World(stages=ASKED, schedule=once("4h")).to(Phase.ROLLING_OUT).wait(event="QuestionAsked")
    assert question(world).deadline is None
    world.wait(NOW + HOUR)
    world.amend(stages=ASKED, schedule=once("3h30m"))
    world.wait(50 * DAY)
    moved = [(e.left, e.deadline) for e in world.events(QuestionDeadlineMoved)]
    assert moved == [(23 * HOUR, None), (22 * HOUR + 30 * MINUTE, None)]
    world.amend(stages=ASKED, schedule=once("100d"))
    assert question(world).deadline == world.at + 22 * HOUR + 30 * MINUTE


def test_the_deadline_stops_while_the_next_stage_may_not_be_widened() -> None:
    stages = [ASKED[0], {"segments": ["beta"], "percent": 10, "audience": "percentage", "bake": "1h"}, ASKED[1]]
    beta = deny("beta", "2026-11-19T12:00", "3d", segments=["beta"])
    world = asked(beta, stages=stages)
    assert world.last(QuestionAsked).deadline == NOW + 3 * DAY + DAY
    other = asked({**beta, "segments": ["alpha"]}, stages=stages)
    assert other.last(QuestionAsked).deadline == NOW + DAY


def test_what_the_calendar_says_moves_no_question_that_is_not_open() -> None:
    world = asked()
    world.do(c.Widen(question=question(world).id), "ann")
    amended(world, FAIR)
    assert world.events(QuestionDeadlineMoved) == []


def test_the_last_stages_question_waits_for_the_windows_of_everybody() -> None:
    stages = [ASKED[1] | {"question": "Done?"}]
    world = asked(deny("beta", "2026-11-19T12:00", "3d", segments=["beta"]), stages=stages)
    assert question(world).deadline == NOW + DAY
