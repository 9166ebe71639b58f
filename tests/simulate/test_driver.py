"""Simulated people and a simulated world: what the driver does with them, over the core alone."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gonogo.client.people import read_people
from gonogo.client.plan_file import read_plan
from gonogo.domain.terms import Outcome, Phase
from gonogo.domain.values import Actor
from gonogo.worker.driver import Chronicle, drive
from gonogo.worker.scene import Scene, launcher_of
from gonogo.worker.simulate import start_of
from gonogo.worker.simulate_result import SimulationResult, result_of

ROOT = Path(__file__).parents[2]
SERVICE = ROOT / "examples" / "service"
PLAN = (SERVICE / "plan.yaml").read_text(encoding="utf-8")

Run = Callable[..., Any]


@pytest.fixture
def run(core_world: Callable[..., Any]) -> Run:
    async def told(people: str = "gonogo: 1", plan: str = PLAN) -> Chronicle:
        read = read_plan(plan, name="plan.yaml")
        script = read_people(people, name="people.yaml", plan=read)
        scene, starts = Scene(script, read), start_of(read, script)
        world = core_world(read, Actor(id=launcher_of(read, script)), starts, scene.adapters)
        return await drive(world, script, starts=starts, changes=scene.changes(), removals=scene.removals)

    return told


def kinds(told: Chronicle) -> list[str]:
    return [type(entry.event).__name__ for entry in told.entries]


def result(told: Chronicle) -> SimulationResult:
    return result_of(told, "head")


async def test_without_people_everybody_answers_well_and_it_ships(run: Run) -> None:
    told = await run()
    assert told.state.phase is Phase.COMPLETED
    assert told.first_blocked is None
    assert told.refused == []
    assert [d.outcome for d in told.decisions] == [Outcome.UNCLEAR, Outcome.GO]


async def test_the_example_tells_of_a_no_go_a_rollback_and_a_release(run: Run) -> None:
    told = await run((SERVICE / "people.yaml").read_text(encoding="utf-8"))
    found = result(told)
    assert found.outcome == "completed"
    assert found.refused == ()
    assert [d.outcome for d in found.decisions] == ["UNCLEAR", "NO_GO", "UNCLEAR", "GO", "UNCLEAR", "GO"]
    assert kinds(told).count("RollbackConfirmed") == 1
    assert found.first_blocked is not None
    assert "cid says NO-GO" in found.first_blocked.summary
    assert found.exposure == {"one-click": 100}


async def test_the_example_of_the_page_about_people_acts_on_the_plan_of_the_readme(run: Run) -> None:
    def block(page: str) -> str:
        return (ROOT / page).read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]

    told = await run(block("docs/people.md"), plan=block("README.md"))
    assert told.refused == []
    assert "tests fails: 3 tests fail" in {event.summary for event in result(told).events}
    assert kinds(told).count("PollOpened") == 2
    assert told.state.candidate.commit == "b2c3d4e"
    assert told.state.phase is Phase.COMPLETED


async def test_nobody_votes_and_the_release_says_what_it_waits_for(run: Run) -> None:
    found = result(await run("defaults: {votes: never}"))
    assert (found.outcome, found.phase, found.released_at) == ("open", "readying", None)
    assert found.why
    assert found.waiting


async def test_a_check_that_fails_holds_the_release_until_it_passes(run: Run) -> None:
    script = "checks: {tests: [{at: 2026-03-04T00:00:00Z, status: fail}, {at: 2026-03-10T00:00:00Z, status: pass}]}"
    told = await run(script)
    assert told.state.released_at.isoformat().startswith("2026-03-12")
    assert kinds(told).count("SlotGivenUp") == 1


async def test_unreachable_flags_delay_the_opening_and_nothing_else(run: Run) -> None:
    script = "outages: {flags: [{start: 2026-03-05T09:00:00Z, end: 2026-03-05T09:30:00Z}]}"
    told = await run(script)
    held = [e for e in told.entries if type(e.event).__name__ == "StageExposed"]
    assert held[0].at.isoformat() == "2026-03-05T09:30:00+00:00"
    assert told.state.phase is Phase.COMPLETED


async def test_a_guard_without_data_holds_and_a_resume_goes_on(run: Run) -> None:
    script = """
acts: [{on: held, after: 30m, who: bob, do: resume}]
guards: {errors: [{at: 2026-03-05T09:20:00Z}, {at: 2026-03-05T10:00:00Z, value: 0}]}
"""
    told = await run(script)
    assert told.state.phase is Phase.COMPLETED
    assert "GuardTripped" in kinds(told)
    assert told.refused == []


async def test_a_plan_without_a_candidate_gets_one_after_the_freeze(run: Run) -> None:
    plan = PLAN.replace("candidate: {commit: 4f2c9d1, authors: [dev]}\n", "")
    told = await run(plan=plan)
    assert told.state.candidate.commit == "simulated"
    assert told.state.phase is Phase.COMPLETED


async def test_pushed_results_come_when_they_are_needed_and_stay_fresh(run: Run) -> None:
    plan = PLAN.replace("checks:\n", "checks:\n  report: {kind: pushed, owner: qa, max_age: 5h}\n")
    told = await run(plan=plan)
    assert told.state.phase is Phase.COMPLETED
    assert told.first_blocked is None


UNFREEZABLE = (
    PLAN.replace(
        "features:\n",
        """\
scope: {freeze_at: 2026-03-03T09:00:00Z, capacity_days: 3, max_feature_days: 2}
features:
  - {id: big, title: Big, owner: dev, estimate_days: 9, estimated_by: [cid], no_flag: x}
  - {id: new, title: New, no_flag: x}
  - {id: two, title: Two, owner: dev, estimate_days: 2, estimated_by: [cid], rank: 2, no_flag: x}
  - {id: one, title: One, owner: dev, estimate_days: 1, estimated_by: [cid], rank: 1, no_flag: x}
""",
    )
    .replace(
        "checks:\n",
        "checks:\n  debt: {kind: http, owner: qa, moment: freeze, params: {url: 'https://debt.example.org'}}\n",
    )
    .replace("flags: [one-click]", "flags: [one-click], owner: dev, rank: 1")
)


async def test_after_a_refused_freeze_people_clear_what_stands_in_the_way_and_freeze(run: Run) -> None:
    script = "checks: {debt: [{at: 2026-03-01T00:00:00Z, status: fail}, {at: 2026-03-06T00:00:00Z, status: pass}]}"
    told = await run(script, plan=UNFREEZABLE)
    assert kinds(told).count("FreezeRefused") == 1
    assert told.state.frozen_at.isoformat() == "2026-03-06T09:00:00+00:00"
    assert told.refused == []
    assert result(told).scope.ins == ("one", "one-click")
    assert told.state.phase is Phase.COMPLETED


async def test_a_refused_freeze_stays_refused_where_nobody_clears_it(run: Run) -> None:
    told = await run("defaults: {freeze: never}", plan=UNFREEZABLE)
    assert told.state.phase is Phase.SCOPING
    assert told.now - told.entries[0].at < timedelta(days=60)


async def test_acts_that_are_refused_or_never_come_to_be_are_told(run: Run) -> None:
    script = """
acts:
  - {at: 2026-03-02T10:00:00Z, who: eve, do: rollback, reason: I may not}
  - {at: 2026-03-02T10:00:00Z, who: ann, do: vote}
  - {on: rollback.confirmed, who: bob, do: candidate, commit: never}
"""
    told = await run(script)
    assert [r.code for r in told.refused] == ["command.not_entitled", "simulate.impossible", "simulate.not_reached"]


async def test_at_one_instant_the_world_comes_first_then_timers_then_people(run: Run) -> None:
    # The check turns red, the poll opens and measures it, and then somebody holds: all at 09:00.
    script = """
acts: [{at: 2026-03-04T09:00:00Z, who: eve, do: hold, text: wait}]
checks: {tests: [{at: 2026-03-04T09:00:00Z, status: fail}]}
"""
    told = await run(script)
    at_once = [e for e in told.entries if e.at.isoformat() == "2026-03-04T09:00:00+00:00"]
    order = [type(e.event).__name__ for e in at_once]
    assert order.index("PollOpened") < order.index("ChecksMeasured") < order.index("Held")


async def test_exceptions_amendments_and_drops_come_out_in_the_scope(run: Run) -> None:
    script = """
acts:
  - at: 2026-03-02T10:00:00Z
    who: dev
    do: exception.request
    kind: scope
    why: late
    feature: {id: a, title: A, no_flag: x}
  - at: 2026-03-02T10:00:00Z
    who: dev
    do: exception.request
    kind: scope
    why: late
    feature: {id: b, title: B, no_flag: x}
  - {at: 2026-03-02T11:00:00Z, who: ann, do: exception.approve, about: a}
  - {at: 2026-03-02T11:00:00Z, who: bob, do: exception.approve, about: a}
  - {at: 2026-03-02T11:30:00Z, who: bob, do: exception.reject, about: b, reason: too late}
  - {at: 2026-03-02T12:00:00Z, who: bob, do: amend, flags: {a: {}}, features: [{id: a, title: A, flags: [a]}]}
  - {at: 2026-03-02T13:00:00Z, who: ann, do: scope.drop, feature: one-click, reason: not ready}
removed: {a: 2d}
"""
    found = result(await run(script))
    assert found.refused == ()
    assert found.scope.ins == ("a",)
    assert [o.id for o in found.scope.out] == ["one-click", "b"]
    assert found.scope.out[0].why == "dropped: not ready"
    assert found.scope.out[1].why.endswith("rejected: too late")
    assert set(found.exposure) == {"a"}


async def test_a_simulation_ends_when_only_reminders_are_left(run: Run) -> None:
    told = await run("acts: [{at: 2026-03-02T10:00:00Z, who: eve, do: hold, text: for ever}]")
    assert told.state.phase is Phase.READYING
    assert told.now - told.entries[0].at < timedelta(days=200)
