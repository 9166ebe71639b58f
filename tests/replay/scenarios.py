"""The lives whose histories are kept: each is played through on a real server, always the same way."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from temporalio.client import Client, WorkflowHandle

from gonogo.adapters.memory import CheckTurn, MemoryChecks, MemoryMetrics, MetricTurn
from gonogo.domain import commands as c
from gonogo.domain.facts import FlagTarget, Status
from gonogo.domain.plan import Feature
from gonogo.domain.terms import ExceptionKind, FeatureStatus, Phase
from gonogo.worker.flag_desk import TemporalFlagDesk
from gonogo.workflows.flag import FlagWorkflow
from gonogo.workflows.flag_messages import FlagClosed
from tests.domain.worlds import DAY, GUARD, HOUR, MINUTE, ON_DEMAND, SLOT
from tests.workflows.scenes import LiveScene, Scene, Surroundings

Play = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """One life of a release."""

    play: Play
    """What happens."""
    changes: dict[str, Any] = field(default_factory=dict)
    """Of the sample plan."""
    around: Callable[[], Surroundings] = Surroundings
    """What the worker talks to."""
    many_runs: bool = False
    """True: on a server that suggests early to continue as new."""
    with_flags: bool = False
    """True: the flags' own workflows live, too."""
    live: bool = False
    """True: in real time, by durable timers. How many of those there are depends on how fast everything is."""


async def happy_train(release: Scene) -> None:
    await release.to(Phase.COMPLETED)


async def no_go_then_candidate(release: Scene) -> None:
    await release.to(Phase.DECIDING)
    await release.vote("qa", "cid", "NO_GO")
    await release.candidate("c2")
    await release.to(Phase.COMPLETED)


def trips_once() -> Surroundings:
    turns = [
        MetricTurn(at=SLOT + 10 * MINUTE, value=Decimal(9)),
        MetricTurn(at=SLOT + DAY, value=Decimal("0.01")),
    ]
    return Surroundings(metrics=MemoryMetrics({"errors": turns}))


async def guard_rolls_back(release: Scene) -> None:
    await release.to(Phase.ROLLING_OUT)
    await release.wait(phase=Phase.READYING)
    await release.candidate("c2")
    await release.to(Phase.COMPLETED)


def check_fails() -> Surroundings:
    return Surroundings(checks=MemoryChecks({"ci": [CheckTurn(at=SLOT - 2 * DAY, status=Status.FAIL)]}))


async def override(release: Scene) -> None:
    await release.to(Phase.READYING)
    await release.sign_off()
    await release.wait(phase=Phase.DECIDING)
    await release.vote_go()
    verdict = await release.handle.query("verdict", release.at, result_type=dict)
    codes = tuple(f"{r['code']}:{r['subject']}" if r.get("subject") else r["code"] for r in verdict["reasons"])
    proposed = await release.act(c.ProposeOverride(codes=codes, reason="a known flake, seen by two people"), "bob")
    await release.act(c.ConfirmOverride(override=proposed.created), "cid")
    await release.to(Phase.ROLLING_OUT)
    await release.to(Phase.COMPLETED)


async def expired_and_postponed(release: Scene) -> None:
    await release.to(Phase.DECIDING)
    await release.wait(phase=Phase.READYING)
    await release.act(c.Postpone(reason="a holiday"), "bob")
    await release.to(Phase.COMPLETED)


SCOPED: dict[str, Any] = {"scope": {"freeze_at": "2026-11-17T09:00:00Z"}}


async def scope_and_exceptions(release: Scene) -> None:
    wishes = Feature(id="wishes", title="Wish lists", no_flag="a page of its own")
    await release.act(c.AddFeature(feature=wishes), "ann")
    await release.to(Phase.READYING)
    late = Feature(id="cards", title="Greeting cards", no_flag="no code")
    asked = await release.act(c.RequestException(kind=ExceptionKind.SCOPE, feature=late, why="the season"), "cid")
    await release.act(c.AnswerException(exception=asked.created, approve=True), "ann")
    await release.act(c.AnswerException(exception=asked.created, approve=True), "bob")
    await release.act(c.RequestException(kind=ExceptionKind.LATE, subject="wishes", why="one more day"), "cid")
    await release.act(c.ChangeFeature(feature="wishes", status=FeatureStatus.DROPPED, reason="no time"), "ann")
    await release.to(Phase.COMPLETED)


async def cancel_during_rollout(release: Scene) -> None:
    await release.to(Phase.ROLLING_OUT)
    await release.advance(release.at + 20 * MINUTE)
    await release.act(c.Cancel(reason="a lawyer called"), "bob")
    if (await release.state()).phase is Phase.READYING:
        await release.act(c.Cancel(reason="a lawyer called"), "bob")


async def hotfix_on_demand(release: Scene) -> None:
    await release.to(Phase.READYING)
    await release.sign_off()
    await release.act(c.PlaceHold(text="wait for the bank"), "bob")
    await release.advance(release.at + HOUR)
    await release.act(c.LiftHold(), "bob")
    await release.to(Phase.COMPLETED)


async def flag_life(release: Scene) -> None:
    await release.to(Phase.ROLLING_OUT)
    while (await release.state()).phase is Phase.ROLLING_OUT:
        if (state := await release.state()).rollout and state.rollout and state.rollout.question:
            await release.widen()
        else:
            assert release.next_wakeup is not None
            await release.advance(release.next_wakeup)
    await release.sign_off()
    flag: WorkflowHandle[FlagWorkflow, FlagClosed] = release.client.get_workflow_handle_for(
        FlagWorkflow.run, flag_id(release)
    )
    await flag.execute_update(FlagWorkflow.advance, release.at + 20 * DAY, id="advance-1")
    release.around.flags.remove("gifts", release.at + 21 * DAY)
    await release.advance(release.at + 21 * DAY)
    await flag.execute_update(FlagWorkflow.advance, release.at + DAY, id="advance-2")
    await flag.result()
    await release.until(lambda entries: entries[-1].event.type == "PhaseChanged")


QUICK: dict[str, Any] = {
    "schedule": {},
    "flags": {"gifts": {"owner": "fay", "kind": "kill_switch"}},
    "checks": {"ci": {"kind": "http", "owner": "qa"}},
    "checklists": {},
    "stages": [
        {"percent": 10, "bake": "2s", "guards": [{**GUARD, "interval": "1s"}]},
        {"audience": "everyone", "bake": "1s"},
    ],
}


async def real_time(release: Scene) -> None:
    assert isinstance(release, LiveScene)
    await release.vote("qa", "cid", "NO_GO")
    await release.candidate("c2")
    await release.happened("PollOpened", 2)
    await release.vote_go()
    await release.happened("ReleaseShipped")


def flag_id(release: Scene) -> str:
    """Of the sample plan's only flag."""
    target = FlagTarget(provider="file", environment=release.plan.environment, key="gifts")
    return f"flag/{release.plan.product}/{target.environment}/{target.key}"


SCENARIOS: dict[str, Scenario] = {
    "happy_train": Scenario(happy_train),
    "no_go_then_candidate": Scenario(no_go_then_candidate),
    "guard_rolls_back": Scenario(
        guard_rolls_back,
        {
            "stages": [
                {"percent": 10, "bake": "1h", "guards": [{**GUARD, "mode": "rollback"}]},
                {"audience": "everyone"},
            ]
        },
        trips_once,
    ),
    "override": Scenario(override, {"checks": {"ci": {"kind": "http", "owner": "qa"}}}, check_fails),
    "expired_and_postponed": Scenario(expired_and_postponed),
    "scope_and_exceptions": Scenario(scope_and_exceptions, SCOPED),
    "cancel_during_rollout": Scenario(cancel_during_rollout),
    "hotfix_on_demand": Scenario(hotfix_on_demand, {"kind": "hotfix", "schedule": ON_DEMAND}),
    "many_runs": Scenario(happy_train, many_runs=True),
    "flag_life": Scenario(flag_life, with_flags=True),
    "real_time": Scenario(real_time, QUICK, live=True),
}
"""Name -> scenario."""


def surroundings(scenario: Scenario, client: Client, task_queue: str) -> Surroundings:
    """What the scenario's worker talks to."""
    around = scenario.around()
    if scenario.with_flags:
        around.desk = TemporalFlagDesk(client, task_queue=task_queue)
    return around
