"""Core and workflow give the same ledger, on 50 generated plans."""

import random
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import Client

from gonogo.client.people import People, people_adapter
from gonogo.client.plan_file import plan_adapter
from gonogo.domain.ledger import Ledger, verify
from gonogo.domain.plan import Plan
from gonogo.domain.plan_defaults import normalise
from gonogo.domain.plan_rules import problems
from gonogo.domain.values import Actor
from gonogo.worker.driver import Chronicle, World, drive
from gonogo.worker.live_world import live_world
from gonogo.worker.private_server import private_server
from gonogo.worker.scene import Scene, launcher_of

START = datetime(2026, 11, 16, 9, tzinfo=UTC)


def generated(seed: int) -> tuple[Plan, People]:
    """A small plan and people who do not only say yes."""
    dice = random.Random(seed)
    flags = [f"flag-{n}" for n in range(dice.randint(0, 3))]
    roles = {"product_manager": "ann", "release_manager": "bob", "qa": ["cid", "dan"], "ops": "eve"}
    schedule: dict[str, Any] = {"starts": START.isoformat()}
    match dice.choice(["train", "dated", "on_demand"]):
        case "train":
            schedule["train"] = {"rrule": "FREQ=WEEKLY;BYDAY=TH", "start": "2026-01-01T10:00"}
        case "dated":
            schedule["slot"] = (START + timedelta(days=4)).isoformat()
    guard = {
        "id": "errors",
        "query": "errors",
        "healthy": "<",
        "threshold": "1",
        "interval": "10m",
        "mode": dice.choice(["observe", "pause", "rollback"]),
    }
    plan: dict[str, Any] = {
        "product": f"shop-{seed}",  # flags outlive releases, and are their product's
        "version": f"1.0.{seed}",
        "candidate": {"commit": f"c{seed}"},
        "roles": roles,
        "features": [{"id": f"of-{f}", "title": f, "flags": [f]} for f in flags]
        or [{"id": "plain", "title": "plain", "no_flag": "text only"}],
        "flags": {f: {"reach": dice.choice(["everyone", "50%", "opt_in"]), "retire_by": {"cycles": 2}} for f in flags},
        "checks": {
            "ci": {"kind": "http", "owner": "qa", "params": {"url": "http://ci"}},
            "report": {"kind": "pushed", "owner": "qa"},
        },
        "checklists": {
            "tech": {
                "moment": "before_go_no_go",
                "owner": "qa",
                "items": [{"id": "tested", "title": "Tested", "due": "1d"}],
            },
            "after": {"moment": "after_release", "owner": "ops", "items": [{"id": "review", "title": "Review"}]},
        },
        "stages": [
            {"percent": 10, "bake": "1h", "guards": [guard]},
            {"audience": "everyone", "bake": "1h", "question": "wider?"},
        ],
        "schedule": schedule,
    }
    return normalise(plan_adapter().validate_python(plan)), people_adapter().validate_python(_people(dice))


def _people(dice: random.Random) -> dict[str, Any]:
    def instant(lowest: int, highest: int) -> str:
        return (START + timedelta(minutes=dice.randint(lowest, highest))).isoformat()

    acts: list[dict[str, Any]] = []
    if dice.random() < 0.3:
        acts.append(
            {"on": "poll.opened", "after": "30m", "who": "cid", "do": "vote", "choice": "NO_GO", "reason": "no"}
        )
        if dice.random() < 0.5:
            acts.append({"on": "poll.opened", "after": "90m", "who": "cid", "do": "vote"})
    if dice.random() < 0.4:
        acts.append({"at": instant(0, 6000), "who": "eve", "do": "hold", "text": "wait"})
        acts.append({"on": "held", "after": "5h", "who": "bob", "do": "lift"})
    if dice.random() < 0.3:
        acts.append({"on": "stage.exposed", "after": "20m", "who": "ann", "do": "rollback", "reason": "looks wrong"})
        acts.append({"on": "rollback.confirmed", "after": "1h", "who": "bob", "do": "candidate", "commit": "better"})
    if dice.random() < 0.3:
        acts.append({"on": "guard.tripped", "after": "2h", "who": "bob", "do": "resume"})
    if dice.random() < 0.2:
        acts.append({"on": "question.asked", "after": "1m", "who": "ann", "do": "widen", "yes": False, "reason": "no"})
        acts.append({"on": "question.answered", "after": "1h", "who": "ann", "do": "lift"})
    people: dict[str, Any] = {"launcher": "ann", "acts": acts}
    if dice.random() < 0.4:
        people["checks"] = {"ci": [{"at": instant(0, 6000), "status": dice.choice(["fail", "unclear", "pass"])}]}
    if dice.random() < 0.4:
        people["guards"] = {"errors": [{"at": instant(0, 20000), "value": 5}]}
        if dice.random() < 0.7:
            people["guards"]["errors"].append({"at": instant(20001, 30000), "value": 0})
    if dice.random() < 0.3:
        begins = dice.randint(0, 9000)
        outage = {"start": instant(begins, begins), "end": instant(begins + 60, begins + 3000)}
        people["outages"] = {dice.choice(["checks", "guards", "flags", "notifications"]): [outage]}
    return people


async def _driven(world: World, people: People, scene: Scene) -> Chronicle:
    return await drive(
        world,
        people,
        starts=START,
        changes=scene.changes(),
        removals=scene.removals,
        horizon=timedelta(days=21),
    )


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[Client]:
    async with private_server() as client:
        yield client


@pytest.mark.parametrize("seed", range(50))
async def test_core_and_workflow_give_the_same_ledger(
    seed: int, server: Client, core_world: Callable[..., Any]
) -> None:
    plan, people = generated(seed)
    assert not problems(plan)
    actor = Actor(id=launcher_of(plan, people))

    scene = Scene(people, plan)
    core = core_world(plan, actor, START, scene.adapters)
    alone = await _driven(core, people, scene)

    scene = Scene(people, plan)
    async with live_world(server, plan, actor, START, scene.adapters) as world:
        hosted = await _driven(world, people, scene)

    assert [(e.at, e.event) for e in hosted.entries] == [(e.at, e.event) for e in alone.entries]
    assert hosted.refused == alone.refused
    assert world.head == verify(core.ledger).head == Ledger().appended(hosted.entries).head
