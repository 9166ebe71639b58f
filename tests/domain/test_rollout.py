"""The rollout: stages, windows, what a flag of it may be, the `deployed` check."""

import pytest

from gonogo.domain import commands as c
from gonogo.domain.events import ReleaseShipped
from gonogo.domain.facts import FlagReading, Status, WriteStatus
from gonogo.domain.reports import WatchReport
from gonogo.domain.terms import Phase
from gonogo.domain.values import Audience, Exposure, exposure
from gonogo.domain.wakeups import wakeups
from tests.domain.rollouts import PLAIN, exposed, guarded, rolling
from tests.domain.worlds import DAY, HOUR, MINUTE, SAMPLE, SLOT, World

TEN = exposure(Audience.PERCENTAGE, 10)


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


def test_without_a_known_window_the_next_stage_waits_for_the_calendar_or_another_plan() -> None:
    once = {"id": "once", "action": "allow", "start": "2026-11-19T09:00", "lasts": "90m"}
    world = rolling(stages=PLAIN, schedule={"slot": SLOT, "windows": [once]}).wait(3 * HOUR)
    assert [what for _, what in wakeups(world.state, world.at)] == ["the calendar is asked again"]
    assert world.exposure == {"gifts": "10 %"}
    world.amend(stages=PLAIN, schedule={"slot": SLOT, "windows": [{**once, "lasts": "8h"}]})
    assert world.exposure == {"gifts": "everyone"}


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
