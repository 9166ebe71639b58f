"""A flag that its release leaves behind is simulated to its own end."""

from collections import Counter
from pathlib import Path

from gonogo.client.people import read_people
from gonogo.client.plan_file import read_plan
from gonogo.worker.simulate import run_simulation
from gonogo.worker.simulate_report import show
from gonogo.worker.simulate_result import FlagAfterLine, SimulationResult, json_of

PLAN = (Path(__file__).parents[2] / "examples" / "service" / "plan.yaml").read_text(encoding="utf-8")


async def simulated(people: str, plan: str = PLAN) -> SimulationResult:
    read = read_plan(plan, name="plan.yaml")
    return await run_simulation(read, read_people(people, name="people.yaml", plan=read))


def told(flag: FlagAfterLine) -> Counter[str]:
    return Counter(event.type for event in flag.events)


async def test_a_waived_flag_is_quiet_then_reminds_and_escalates_until_it_is_archived(tmp_path: Path) -> None:
    found = await simulated(
        """
acts:
  - at: 2026-03-07T12:00:00Z
    who: bob
    do: waive
    subject: flag:one-click
    reason: next quarter
    until: 2026-05-20T00:00:00Z
removed: {one-click: 2026-06-04T20:00:00Z}
"""
    )
    assert found.ended_at.isoformat() == "2026-03-07T12:00:00+00:00"
    (flag,) = found.flags_after
    assert flag.stands == "gone"
    assert flag.due is not None
    assert flag.due.isoformat() == "2026-04-14T15:10:00+00:00"
    # It asks once a day whether it is gone, since the release closed at noon.
    assert flag.until.isoformat() == "2026-06-05T12:00:00+00:00"
    assert flag.events[-1].summary == "gone: archived, no references"
    first = next(event for event in flag.events if event.type == "OwnerReminded")
    assert first.at.isoformat() == "2026-05-20T00:00:00+00:00"
    assert told(flag)["OwnerReminded"] >= 3
    assert told(flag)["OverdueEscalated"] >= 3
    assert told(flag)["ProofTaken"] == 0

    assert '"flags_after": [{' in json_of(found)
    with (tmp_path / "shown").open("w", encoding="utf-8") as file:
        show(file, found, in_json=False)
    shown = (tmp_path / "shown").read_text(encoding="utf-8")
    assert "its flags, after it closed" in shown
    assert shown.count("one-click: reminded dev of its removal") == 1
    assert "later     gone, Fri 2026-06-05 12:00Z: 1 (one-click)" in shown


async def test_a_flag_that_nobody_removes_is_followed_until_it_only_repeats_itself() -> None:
    found = await simulated(
        """
acts:
  - {on: stage.exposed, after: 10m, who: bob, do: rollback, reason: flooded}
  - {on: rollback.confirmed, after: 10m, who: bob, do: cancel, reason: flooded}
"""
    )
    assert found.outcome == "rolled_back"
    (flag,) = found.flags_after
    assert flag.stands == "overdue"
    assert flag.due is not None
    assert (flag.until - flag.due).days == 30
    assert told(flag) == {"FlagNoted": 1, "OwnerReminded": 6, "OverdueEscalated": 4}


async def test_a_flag_that_later_releases_have_to_remove_has_nothing_to_come() -> None:
    found = await simulated("gonogo: 1", PLAN.replace("{owner: dev}", "{owner: dev, retire_by: {cycles: 2}}"))
    assert found.outcome == "completed"
    assert [flag.settled for flag in found.flags] == ["carried"]
    assert found.flags_after == ()


async def test_a_flag_that_is_gone_before_its_release_closes_has_nothing_to_come() -> None:
    found = await simulated("gonogo: 1")
    assert [flag.settled for flag in found.flags] == ["gone"]
    assert found.flags_after == ()
