"""The rollout: stages, windows, bakes, guards, "go wider?", the `deployed` check."""

from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.answers import MAX_REFUSALS
from gonogo.domain.events import (
    BallotRefused,
    Escalated,
    GuardTripped,
    QuestionAsked,
    QuestionExpired,
    ReleaseShipped,
    StageExposed,
)
from gonogo.domain.facts import FlagReading, Status, WriteStatus
from gonogo.domain.reports import WatchReport
from gonogo.domain.terms import FeatureStatus, Phase
from gonogo.domain.values import Audience, Exposure, exposure
from gonogo.domain.wakeups import wakeups
from tests.domain.worlds import DAY, GUARD, HOUR, MINUTE, SAMPLE, SLOT, World, make_plan

TEN = exposure(Audience.PERCENTAGE, 10)
PLAIN: list[dict[str, Any]] = [{"percent": 10, "bake": "1h"}, {"audience": "everyone", "bake": "1h"}]
ASKED: list[dict[str, Any]] = [{**PLAIN[0], "question": "Wider?"}, PLAIN[1]]


def rolling(**changes: Any) -> World:
    return World(**changes).to(Phase.ROLLING_OUT)


def exposed(world: World) -> list[tuple[Any, str]]:
    return [(e.at - SLOT, str(e.event.exposure)) for e in world.entries if isinstance(e.event, StageExposed)]


def guarded(**guard: Any) -> list[dict[str, Any]]:
    return [{**PLAIN[0], "guards": [{**GUARD, **guard}]}, PLAIN[1]]


# --- stages --------------------------------------------------------------------------------------------------------


def test_stage_by_stage_and_shipped_when_the_last_has_baked() -> None:
    world = rolling(stages=PLAIN).wait(phase=Phase.CLEANING_UP)
    assert exposed(world) == [(0 * HOUR, "10 %"), (HOUR, "everyone")]
    assert world.at == SLOT + 2 * HOUR
    assert (world.state.released_at, len(world.events(ReleaseShipped))) == (world.at, 1)
    assert world.exposure == {"gifts": "everyone"}


def test_reach_caps_a_flag_and_users_who_are_in_stay_in() -> None:
    world = World(stages=PLAIN, flags={"gifts": {"reach": "50%"}}).go()
    world.flags["gifts"] = exposure(Audience.PERCENTAGE, 20)
    world.wait(SLOT)
    assert world.exposure == {"gifts": "20 %"}
    world.wait(phase=Phase.CLEANING_UP)
    assert world.exposure == {"gifts": "50 %"}


def test_the_code_must_be_there_before_every_stage() -> None:
    world = rolling(stages=PLAIN)
    world.checks["live"] = Status.FAIL
    world.wait(SLOT + HOUR + 12 * MINUTE)
    assert (exposed(world), world.holds) == ([(0 * HOUR, "10 %")], ["readiness"])
    world.checks.clear()
    world.wait(5 * MINUTE)
    assert (len(exposed(world)), world.holds) == (2, [])


def test_a_window_that_closes_during_a_bake_stops_the_next_widening_and_not_the_bake() -> None:
    windows = [{"id": "day", "action": "allow", "start": "2026-01-01T09:00", "lasts": "90m", "rrule": "FREQ=DAILY"}]
    world = rolling(stages=PLAIN, schedule={**SAMPLE["schedule"], "windows": windows})
    world.wait(SLOT + 2 * HOUR)
    assert "BakeCompleted" in world.types
    assert len(exposed(world)) == 1
    world.wait(SLOT + DAY)
    assert exposed(world)[1] == (DAY - HOUR, "everyone")


@pytest.mark.parametrize("how", [WriteStatus.FAILED, WriteStatus.GONE, None])
def test_a_flag_that_was_not_changed_holds_and_is_tried_again(how: WriteStatus | None) -> None:
    world = World(stages=PLAIN).go()
    world.writes["gifts"] = how
    world.wait(SLOT)
    assert (exposed(world), world.holds) == ([], ["readiness"])
    world.writes.clear()
    world.wait(6 * MINUTE)
    assert (len(exposed(world)), world.holds) == (1, [])


@pytest.mark.parametrize("stale", [True, False])
def test_a_foreign_edit_found_while_writing_holds(stale: bool) -> None:
    world = rolling(stages=PLAIN)
    world.flags["gifts"] = exposure(Audience.PERCENTAGE, 5)
    if stale:
        world.writes["gifts"] = WriteStatus.STALE
    world.wait(SLOT + HOUR)
    assert world.holds == ["guard"]
    assert ("newer change" if stale else "changed elsewhere") in world.hold("guard").text


def test_a_foreign_edit_that_the_flags_workflow_reports_holds_until_somebody_entitled_resumes() -> None:
    world = rolling(stages=PLAIN)
    seen = FlagReading(key="gifts", exists=True, exposure=TEN, at=world.at)
    world.do(c.TakeFlagNews(flag="gifts", reading=seen, proof="mallory"))
    hold = world.hold("guard")
    assert "mallory" in hold.text
    assert world.refused(c.LiftHold(hold=hold.id, measurement=hold.measurement), "cid") == "command.not_entitled"
    assert world.refused(c.LiftHold(hold=hold.id), "fay") == "hold.measurement"
    world.do(c.LiftHold(measurement=hold.measurement), "fay")
    assert world.holds == []


# --- bakes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stages", [PLAIN, guarded()])
def test_a_hold_stops_the_bake_clock_and_nothing_widens_under_it(stages: list[dict[str, Any]]) -> None:
    world = rolling(stages=stages).wait(30 * MINUTE)
    world.do(c.PlaceHold(text="wait"), "dan")
    world.wait(3 * HOUR)
    assert len(exposed(world)) == 1
    world.do(c.LiftHold(), "dan")
    world.wait(29 * MINUTE)
    assert len(exposed(world)) == 1
    world.wait(6 * MINUTE)
    assert len(exposed(world)) == 2


def test_time_in_which_no_guard_could_measure_does_not_count_as_baked() -> None:
    world = rolling(stages=guarded(mode="observe"))
    world.guards["errors"] = "none"
    world.wait(2 * HOUR)
    assert len(exposed(world)) == 1
    world.guards.clear()
    world.wait(HOUR + 10 * MINUTE)
    assert len(exposed(world)) == 2


def test_a_bake_needs_its_least_good_samples() -> None:
    world = rolling(stages=guarded(min_samples=3, bad_in_row=20))
    world.guards["errors"] = "bad"
    world.wait(SLOT + 70 * MINUTE)
    assert len(exposed(world)) == 1, "an hour has passed, and not one sample was good"
    world.guards.clear()
    world.wait(HOUR)
    assert len(exposed(world)) == 2


# --- guards --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("says", ["bad", "none", "error"])
@pytest.mark.parametrize("no_data", ["hold", "bad"])
@pytest.mark.parametrize("mode", ["observe", "pause", "rollback"])
def test_what_a_guard_does_in_each_mode_with_bad_samples_and_without_data(mode: str, no_data: str, says: str) -> None:
    world = rolling(stages=guarded(mode=mode, no_data=no_data))
    world.guards["errors"] = says
    world.wait(event="GuardTripped")
    blind = says != "bad" and no_data == "hold"
    assert (world.last(GuardTripped).mode, world.last(GuardTripped).no_data) == (mode, blind)
    if mode == "observe":
        assert (world.phase, world.holds) == (Phase.ROLLING_OUT, [])
    elif mode == "pause" or blind:
        assert (world.phase, world.holds) == (Phase.ROLLING_OUT, ["guard"])
    else:
        assert (world.phase, world.holds, world.exposure) == (Phase.READYING, ["rolled_back"], {"gifts": "nobody"})


def test_it_is_continued_against_one_measurement_and_bad_samples_count_afresh() -> None:
    world = rolling(stages=guarded())
    world.guards["errors"] = "bad"
    world.wait(event="GuardTripped")
    first = world.hold("guard")
    assert world.refused(c.LiftHold(hold=first.id, measurement="m-other"), "bob") == "hold.measurement"
    world.do(c.LiftHold(measurement=first.measurement), "bob")
    assert world.holds == []
    at = world.at
    world.wait(event="GuardTripped")
    assert world.at - at == 15 * MINUTE, "three bad samples again"
    second = world.hold("guard")
    assert second.measurement != first.measurement
    assert world.refused(c.LiftHold(hold=second.id, measurement=first.measurement), "bob") == "hold.measurement"


def test_guards_keep_running_while_a_person_decides() -> None:
    stages = [{**guarded()[0], "question": "Wider?"}, PLAIN[1]]
    world = rolling(stages=stages).wait(event="QuestionAsked")
    world.guards["errors"] = "bad"
    world.wait(HOUR)
    assert world.holds == ["guard"]


def test_the_other_guards_keep_watching_when_one_holds() -> None:
    guards = [GUARD, {**GUARD, "id": "latency", "mode": "rollback"}]
    world = rolling(stages=[{**PLAIN[0], "guards": guards}, PLAIN[1]])
    world.guards["errors"] = "bad"
    world.wait(event="GuardTripped")
    world.guards["latency"] = "bad"
    world.wait(HOUR)
    assert world.phase is Phase.READYING


# --- "ready to go wider?" ------------------------------------------------------------------------------------------


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


# --- rollback ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [Phase.SCOPING, Phase.READYING, Phase.DECIDING, Phase.AWAITING_WINDOW])
def test_before_the_rollout_a_rollback_is_recorded_and_changes_no_phase(phase: Phase) -> None:
    scope: Any = {"freeze_at": SLOT - 2 * DAY} if phase is Phase.SCOPING else {}
    world = World(scope=scope).to(phase)
    world.do(c.RollBack(reason="to be sure"), "eve")
    assert (world.phase, world.holds) == (phase, ["manual"] if phase is Phase.AWAITING_WINDOW else [])
    assert {"RollbackStarted", "RollbackConfirmed"} <= set(world.types[-3:])


def test_every_flag_goes_back_newest_change_first_and_no_vote_is_needed() -> None:
    features = [{"id": "gifts", "title": "G", "flags": ["a", "b"]}]
    flags = {"a": {"reach": "10%"}, "b": {}}
    world = World(stages=PLAIN, features=features, flags=flags).go()
    before = dict(world.flags) | {"a": exposure(Audience.OPT_IN)}
    world.flags.update(before)
    world.wait(SLOT + HOUR)
    assert world.exposure == {"a": "10 %", "b": "everyone"}
    world.do(c.PlaceHold(text="wait"), "dan")
    made = world.do(c.RollBack(reason="bad"), "eve")
    asked = next(e.event for e in made if e.event.type == "WritesRequested")
    assert list(asked.writes) == ["b", "a"]
    assert (world.flags, world.phase) == (before, Phase.READYING)
    assert (world.holds, world.state.released_at) == (["manual", "rolled_back"], None)


def test_what_cannot_be_restored_is_retried_and_accepted_by_name() -> None:
    world = rolling(stages=PLAIN)
    world.writes["gifts"] = WriteStatus.FAILED
    world.do(c.RollBack(reason="bad"), "bob")
    assert world.phase is Phase.ROLLING_OUT
    assert world.refused(c.RollBack(reason="bad"), "bob") == "rollback.under_way"
    world.wait(10 * MINUTE)
    assert world.phase is Phase.ROLLING_OUT
    assert world.refused(c.AcceptUnrestorable(flag="nope", reason="x"), "bob") == "rollback.not_left"
    world.do(c.AcceptUnrestorable(flag="gifts", reason="gone for good"), "bob")
    assert (world.phase, world.state.flags["gifts"].changed_at > 0) == (Phase.READYING, True)


def test_a_flag_that_is_being_put_back_is_not_accepted_yet() -> None:
    world = rolling(stages=PLAIN)
    world.silent.add("writes")
    world.do(c.RollBack(reason="bad"), "bob")
    assert world.refused(c.AcceptUnrestorable(flag="gifts", reason="x"), "bob") == "rollback.not_failed"


def test_a_flag_that_cannot_be_switched_off_is_listed_until_accepted() -> None:
    world = rolling(stages=PLAIN, flags={"gifts": {"can_be_disabled": False}})
    world.do(c.RollBack(reason="bad"), "bob")
    assert (world.phase, world.exposure) == (Phase.ROLLING_OUT, {"gifts": "10 %"})
    world.do(c.AcceptUnrestorable(flag="gifts", reason="a migration"), "bob")
    assert world.phase is Phase.READYING


@pytest.mark.parametrize("under_way", [False, True])
def test_cancel_during_a_rollout_rolls_back_and_closes(under_way: bool) -> None:
    world = rolling(stages=PLAIN)
    if under_way:
        world.writes["gifts"] = WriteStatus.FAILED
        world.do(c.RollBack(reason="bad"), "bob")
    world.do(c.Cancel(reason="never mind"), "bob")
    world.writes.clear()
    world.wait(2 * MINUTE)
    assert (world.phase, world.state.outcome, world.exposure) == (Phase.ROLLED_BACK, "rolled_back", {"gifts": "nobody"})


def test_before_anything_was_exposed_cancel_closes_as_cancelled() -> None:
    world = World().go()
    world.do(c.Cancel(reason="never mind"), "bob")
    assert (world.phase, world.state.outcome) == (Phase.CANCELLED, "cancelled")


def test_after_a_rollback_cancel_closes_as_rolled_back() -> None:
    world = rolling(stages=PLAIN)
    world.do(c.RollBack(reason="bad"), "bob")
    world.do(c.Cancel(reason="never mind"), "bob")
    assert world.phase is Phase.ROLLED_BACK


def test_a_rollback_while_cleaning_up_clears_the_release_and_reopens_what_comes_after_it() -> None:
    world = World(stages=PLAIN).to(Phase.CLEANING_UP)
    world.sign_off()
    assert world.phase is Phase.CLEANING_UP, "the flag is not settled"
    world.do(c.RollBack(reason="bad"), "fay")
    assert (world.phase, world.state.released_at, world.exposure) == (Phase.READYING, None, {"gifts": "nobody"})
    assert world.state.items["looked"].status.value == "open"


def test_after_a_rollback_a_new_candidate_goes_all_the_way() -> None:
    world = rolling(stages=PLAIN)
    world.do(c.RollBack(reason="bad"), "bob")
    world.candidate("c2")
    world.to(Phase.COMPLETED)
    assert (world.state.rolled_back, world.exposure) == (("c1",), {"gifts": "everyone"})


def test_an_exposure_reads_as_people_say_it() -> None:
    assert str(Exposure(audience=Audience.OPT_IN)) == "opt-in"


def test_a_window_can_be_closed_for_a_segment_only() -> None:
    stages = [{"segments": ["staff"], "bake": "1h"}, {"segments": ["bank"], "bake": "1h"}, {"audience": "everyone"}]
    deny = {"id": "close", "action": "deny", "start": "2026-11-19T09:00", "lasts": "5h", "segments": ["bank"]}
    world = rolling(stages=stages, schedule={**SAMPLE["schedule"], "windows": [deny]})
    world.wait(SLOT + 3 * HOUR)
    assert exposed(world) == [(0 * HOUR, "staff")]
    world.wait(SLOT + 5 * HOUR)
    assert exposed(world)[1] == (4 * HOUR, "bank, staff")


def test_answers_to_what_is_not_asked_say_nothing() -> None:
    world = rolling(stages=guarded())
    assert world.do(c.TakeWrites(ask="writes-0", results=())) == ()
    report = WatchReport(since=world.at, at=world.at, counts={})
    assert world.do(c.TakeWatch(ask="watch-0", report=report)) == ()


def test_without_a_known_window_a_question_has_no_deadline_yet() -> None:
    windows = [{"id": "once", "action": "allow", "start": "2026-11-19T09:00", "lasts": "2h"}]
    world = rolling(stages=ASKED, schedule={"slot": SLOT, "windows": windows}).wait(event="QuestionAsked")
    assert world.last(QuestionAsked).deadline is None
    world.wait(10 * DAY)
    assert (world.phase, world.exposure) == (Phase.ROLLING_OUT, {"gifts": "10 %"})


def test_without_a_known_window_the_next_stage_waits_for_the_calendar_or_another_plan() -> None:
    once = {"id": "once", "action": "allow", "start": "2026-11-19T09:00", "lasts": "90m"}
    world = rolling(stages=PLAIN, schedule={"slot": SLOT, "windows": [once]}).wait(3 * HOUR)
    assert [what for _, what in wakeups(world.state, world.at)] == ["the calendar is asked again"]
    assert world.exposure == {"gifts": "10 %"}
    world.amend(stages=PLAIN, schedule={"slot": SLOT, "windows": [{**once, "lasts": "8h"}]})
    assert world.exposure == {"gifts": "everyone"}


def test_what_is_still_exposed_is_not_dropped_or_unlisted() -> None:
    world = rolling(stages=PLAIN, flags={"gifts": {"can_be_disabled": False}})
    world.do(c.RollBack(reason="bad"), "bob")
    world.do(c.AcceptUnrestorable(flag="gifts", reason="a migration"), "bob")
    drop = c.ChangeFeature(feature="gifts", status=FeatureStatus.DROPPED)
    assert world.refused(drop, "ann") == "feature.exposed"
    none = make_plan(stages=PLAIN, flags={}, features=[{"id": "gifts", "title": "G", "no_flag": "x"}])
    assert world.refused(c.Amend(plan=none), "bob") == "amend.flag_exposed"


def test_a_window_that_is_closed_while_the_opening_is_held_is_waited_for() -> None:
    world = World().go()
    world.checks["ci"] = Status.UNCLEAR
    world.wait(SLOT + MINUTE)
    deny = {"id": "stop", "action": "deny", "start": "2026-11-19T10:00", "lasts": "2h"}
    world.amend(schedule={**SAMPLE["schedule"], "windows": [deny]})
    world.checks.clear()
    world.do(c.RunChecks(), "sam")
    assert world.phase is Phase.AWAITING_WINDOW
    world.wait(SLOT + 2 * HOUR + 5 * MINUTE)
    assert world.state.phase is Phase.ROLLING_OUT
