"""Real release cycles of Kubernetes, as plans: they come out as they were, and nothing in a file is a crash."""

import copy
import importlib.util
import json
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gonogo.client.people import People, read_people
from gonogo.client.plan_file import read_plan
from gonogo.domain.events import ExceptionApproved, ExceptionRejected, ExceptionRequested, ExceptionWithdrawn
from gonogo.domain.plan import Plan
from gonogo.domain.scope import in_scope
from gonogo.domain.values import Actor
from gonogo.worker.driver import Chronicle, drive
from gonogo.worker.scene import Scene, launcher_of
from gonogo.worker.simulate import run_simulation, start_of

FOLDER = Path(__file__).parents[2] / "examples" / "kubernetes"
CYCLES = ("v1.31", "v1.32", "v1.33")
ZONE = ZoneInfo("America/Los_Angeles")


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # A script finds its neighbours by their plain names.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


cycle_module = _load("cycle")
converter = _load("plan")


def facts(cycle: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{cycle}.json").read_text(encoding="utf-8"))
    return found


def converted(data: dict[str, Any]) -> tuple[Plan, People]:
    plan_text, people_text = converter.convert(json.dumps(data))
    plan = read_plan(plan_text, name="plan.yaml")
    return plan, read_people(people_text, name="people.yaml", plan=plan)


async def in_the_core(plan: Plan, people: People, core_world: Callable[..., Any]) -> Chronicle:
    scene, starts = Scene(people, plan), start_of(plan, people)
    world = core_world(plan, Actor(id=launcher_of(plan, people)), starts, scene.adapters)
    return await drive(world, people, starts=starts, changes=scene.changes(), removals=scene.removals)


def gates(data: dict[str, Any]) -> set[str]:
    return {gate for feature in data["features"] for gate in feature["gates"] if gate != "None"}


@pytest.mark.parametrize("cycle", CYCLES)
async def test_a_cycle_comes_out_as_it_was(cycle: str, core_world: Callable[..., Any]) -> None:
    data = facts(cycle)
    told = await in_the_core(*converted(data), core_world)
    state = told.state
    assert state is not None
    assert (state.phase.value, told.refused) == ("completed", [])
    assert state.released_at is not None
    assert state.released_at.astimezone(ZONE).date().isoformat() == data["released"]
    assert set(in_scope(state)) == {f"kep-{f['kep']}" for f in data["features"]}
    assert set(state.flags) == gates(data)
    assert all(flag.settled for flag in state.flags.values())


@pytest.mark.parametrize("cycle", CYCLES)
async def test_exceptions_are_decided_as_they_were_on_their_days(cycle: str, core_world: Callable[..., Any]) -> None:
    data = facts(cycle)
    told = await in_the_core(*converted(data), core_world)
    about: dict[str, tuple[str, datetime]] = {}
    found = []
    for entry in told.entries:
        event = entry.event
        if isinstance(event, ExceptionRequested):
            name = event.feature.id if event.feature else event.subject or ""
            about[event.exception] = (name, entry.at)
            continue
        how = {ExceptionRejected: "rejected", ExceptionWithdrawn: "removed"}.get(type(event))
        if isinstance(event, ExceptionApproved) and event.granted:
            how = "approved"
        if how and isinstance(event, ExceptionApproved | ExceptionRejected | ExceptionWithdrawn):
            name, asked = about[event.exception]
            found.append((name, *(at.astimezone(ZONE).date().isoformat() for at in (asked, entry.at)), how))
    real = [(f"kep-{r['kep']}", r["requested"], r["reviewed"], r["status"]) for r in data["requests"]]
    assert sorted(found) == sorted(real)


def test_every_role_but_advisers_votes_and_the_file_says_that_it_is_invented() -> None:
    data = facts("v1.33")
    plan, people = converted(data)
    voters = {act.args["role"] for act in people.acts if act.do == "vote"}
    assert voters == {role for role in plan.roles if "advis" not in role}
    assert {*data["team"], "product_manager", "release_manager"} <= set(plan.roles)
    assert "invented" in converter.convert(json.dumps(data))[1].splitlines()[1]


def test_milestones_are_items_of_their_roles_on_their_days() -> None:
    plan, _ = converted(facts("v1.33"))
    items = {item.id: item for listed in plan.checklists.values() for item in listed.items}
    assert items["code_freeze"].owner == "branch_manager"
    assert items["code_freeze"].due_at is not None
    assert items["code_freeze"].due_at.isoformat() == "2025-03-21T02:00:00+00:00"
    assert items["feature_blogs_review_due"].owner == "enhancement_owner"
    assert plan.scope.freeze_at is not None
    assert plan.scope.freeze_at.isoformat() == "2025-02-14T02:00:00+00:00"
    assert plan.schedule.slot is not None
    assert plan.schedule.slot.isoformat() == "2025-04-23T18:00:00+00:00"


async def test_the_1_33_cycle_runs_on_the_real_workflows_within_thirty_seconds() -> None:
    data = facts("v1.33")
    begun = datetime.now().astimezone()
    result = await run_simulation(*converted(data))
    assert (datetime.now().astimezone() - begun).total_seconds() < 30
    assert (result.outcome, result.refused) == ("completed", ())
    assert result.released_at is not None
    assert result.released_at.date().isoformat() == data["released"]
    assert set(result.scope.ins) == {f"kep-{f['kep']}" for f in data["features"]}
    assert set(result.exposure) == gates(data)
    assert len(result.exposure) == 65  # 66 names, and one of them is "None"
    assert {flag.settled for flag in result.flags} == {"gone", "carried"}


def small() -> dict[str, Any]:
    """A cycle with one of everything, small enough to be spoiled many times."""
    data = facts("v1.31")
    kept = {"4622", "784", "3973", "4330"}
    data["features"] = [f for f in data["features"] if str(f["kep"]) in kept] + data["features"][:3]
    data["requests"] = [r for r in data["requests"] if r["kep"] in kept]
    data["milestones"] = [
        m for m in data["milestones"] if "freeze" in m["kind"] or m["kind"] in ("cycle_start", "released")
    ]
    return data


def places(given: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path] if path else []
    pairs = given.items() if isinstance(given, dict) else enumerate(given) if isinstance(given, list) else ()
    return found + [place for key, item in pairs for place in places(item, (*path, key))]


def at(data: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


def usable(data: Any) -> bool:
    """True for a plan, and for an error without a word; False for one clear error."""
    try:
        converted(data)
    except cycle_module.CycleError as error:
        return not str(error)
    return True


def test_a_missing_key_anywhere_is_a_default_or_a_clear_error() -> None:
    for path in places(small()):
        data = small()
        del at(data, path[:-1])[path[-1]]
        usable(data)


WRONG: tuple[Any, ...] = (
    None, True, 0, -1, 1e400, "", " ", "x" * 300, "2025-13-45", "9999-12-31", "0001-01-01", "2024-06-01T00:00", [], {},
    [None], {"a": 1}, "None", "réléase", "1.31", ["a", 1], "release_manager", "2024-08-12", "\u0000", "0",
)  # fmt: skip


def test_a_wrong_value_anywhere_is_a_default_or_a_clear_error() -> None:
    dice = random.Random(7)
    every = places(small())
    for _ in range(150):
        data = small()
        path = dice.choice(every)
        at(data, path[:-1])[path[-1]] = copy.deepcopy(dice.choice(WRONG))
        usable(data)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"release": None}, "release: is missing"),
        ({"features": None}, "features: is missing"),
        ({"features": [{"kep": "abc", "stage": "beta"}]}, "features[0].kep: 'abc' is no enhancement number"),
        ({"features": [{"kep": 1, "stage": "gamma"}]}, "features[0].stage: 'gamma' is none of alpha, beta, stable"),
        ({"milestones": [{"kind": "x", "when": "soon"}]}, "milestones[0].when: 'soon' is neither a day"),
        ({"requests": [{"kep": 1}]}, "requests[0].freeze: is missing"),
    ],
)
def test_an_error_names_the_key(change: dict[str, Any], named: str) -> None:
    with pytest.raises(cycle_module.CycleError) as caught:
        converter.convert(json.dumps({**facts("v1.33"), **change}))
    assert named in str(caught.value)


@pytest.mark.parametrize("day", ["0001-01-01", "0001-01-02", "1969-12-31", "2200-01-01", "9999-12-31"])
@pytest.mark.parametrize("more", [{}, {"milestones": None}])
def test_a_year_that_no_cycle_lies_in_is_an_error_that_names_the_key(day: str, more: dict[str, Any]) -> None:
    with pytest.raises(cycle_module.CycleError, match=r"^released: .* lies outside the years 1970 to 2199"):
        converter.convert(json.dumps({**facts("v1.33"), **more, "released": day}))


async def test_a_cycle_with_other_milestones_and_roles_works(core_world: Callable[..., Any]) -> None:
    data: dict[str, Any] = {
        "release": "2.0.0",
        "released": "2030-05-01",
        "team": ["captain", "Senior Advisor"],
        "milestones": [
            {"kind": "Dress Rehearsal", "roles": ["stage hand", "captain"], "when": "2030-04-20"},
            {"kind": "party", "when": "2030-05-02T10:00:00Z"},
        ],
        "features": [{"kep": "7", "stage": "beta", "gates": ["Seven"]}, {"kep": 8, "stages": {"alpha": "2.0"}}],
        "requests": [
            {"freeze": "enhancements_freeze", "kep": 8, "requested": "2030-01-01", "status": "approved"},
            {"freeze": "code_freeze", "kep": 9, "requested": "2030-04-25", "reviewed": "2030-04-26", "status": "odd"},
        ],
    }
    plan, people = converted(data)
    told = await in_the_core(plan, people, core_world)
    assert told.state is not None
    assert told.state.phase.value == "completed"
    assert {"captain", "senior_advisor", "stage_hand"} <= set(plan.roles)
    assert not plan.roles["senior_advisor"].votes


def test_the_script_writes_both_files_and_says_what_is_wrong(tmp_path: Path) -> None:
    script = [sys.executable, str(FOLDER / "plan.py")]
    done = subprocess.run(
        [*script, str(FOLDER / "v1.32.json"), "--out", str(tmp_path / "new")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["people.yaml", "plan.yaml"]
    (tmp_path / "bad.json").write_text("{}", encoding="utf-8")
    done = subprocess.run(
        [*script, str(tmp_path / "bad.json"), "--out", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (2, "bad.json: release: is missing\n")
