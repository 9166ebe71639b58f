"""Whole lives of releases, told from beginning to end: what the tests of everything that explains a release look at."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

from gonogo.domain import commands as c
from gonogo.domain.events import Entry
from gonogo.domain.evolve import evolve
from gonogo.domain.facts import Finding, Status, WriteStatus
from gonogo.domain.plan import Feature
from gonogo.domain.reports import ClaimAnswer
from gonogo.domain.state import State
from gonogo.domain.terms import ExceptionKind, FeatureStatus, Phase
from tests.domain.worlds import DATED, DAY, GUARD, HOUR, MINUTE, MONDAY, ON_DEMAND, SAMPLE, WEEK, World

FREEZE: dict[str, Any] = {"freeze_at": "2026-11-17T09:00:00Z"}
NIGHT: dict[str, Any] = {
    "windows": [
        {"id": "night", "action": "deny", "start": "2026-11-01T11:00", "lasts": "12h", "rrule": "FREQ=DAILY"},
    ]
}


def usual() -> World:
    return World().to(Phase.COMPLETED)


def scoped() -> World:
    world = World(scope={**FREEZE, "capacity_days": 5, "max_feature_days": 3})
    for name, days, by in (("big", Decimal(4), ("ann", "cid")), ("own", Decimal(2), ("fay",)), ("none", None, ())):
        feature = Feature(id=name, title=name, owner="fay", estimate_days=days, estimated_by=by, no_flag="small")
        world.do(c.AddFeature(feature=feature), "ann")
    world.do(c.AddFeature(feature=Feature(id="ownerless", title="no owner", no_flag="small")), "ann")
    world.wait(DAY)
    parts = tuple(Feature(id=f"big{n}", title=f"Part {n}", owner="fay", no_flag="small") for n in (1, 2))
    world.do(c.SplitFeature(feature="big", into=parts), "ann")
    for name in ("big1", "big2", "own", "none", "gifts"):
        world.do(c.EstimateFeature(feature=name, days=Decimal(1), by=("ann", "cid")), "ann")
    drop = c.ChangeFeature(feature="ownerless", status=FeatureStatus.DROPPED, reason="nobody does it")
    world.do(drop, "ann")
    world.do(c.FreezeScope(), "bob")
    return world.to(Phase.DECIDING)


def unfrozen() -> World:
    world = World(scope={**FREEZE, "capacity_days": 1})
    return world.wait(2 * DAY)


def late() -> World:
    world = World(schedule=DATED)
    new = Feature(id="late", title="Late", no_flag="small")
    for command in (
        c.RequestException(kind=ExceptionKind.SCOPE, feature=new, why="a customer needs it"),
        c.RequestException(kind=ExceptionKind.SCOPE, subject="gifts", days=Decimal(9), why="harder"),
        c.RequestException(kind=ExceptionKind.LATE, subject="gifts", until="2026-11-18", why="a bug"),
        c.RequestException(kind=ExceptionKind.LATE, subject="gifts", why="another bug"),
        c.RequestException(kind=ExceptionKind.LATE, subject="gifts", why="never mind"),
    ):
        world.do(command, "cid")
    names = list(world.state.exceptions)
    for name in names[:3]:
        for who in ("ann", "bob"):
            world.do(c.AnswerException(exception=name, approve=True), who)
    world.do(c.AnswerException(exception=names[3], approve=False, reason="no"), "bob")
    world.do(c.WithdrawException(exception=names[4]), "cid")
    world.do(c.RequestException(kind=ExceptionKind.LATE, subject="gifts", why="too late"), "ann")
    for until in ("next month", "2026-12-24"):
        world.do(c.ChangeFeature(feature="gifts", status=FeatureStatus.DELAYED, until=until), "fay")
    defer = c.ChangeFeature(feature="late", status=FeatureStatus.DEFERRED, until="1.3.0", reason="no time")
    world.do(defer, "ann")
    return world.wait(phase=Phase.DECIDING)


def disputed() -> World:
    world = World()
    world.checks["ci"] = Finding(status=Status.FAIL, at=world.at, finding="3 tests fail")
    world.do(c.RunChecks(), "cid")
    world.do(c.SignOff(item="tested", status="blocked", note="no machine"), "cid")
    world.do(c.Waive(subject="item:tested", reason="tried by hand", until=MONDAY + DAY), "bob")
    world.wait(phase=Phase.DECIDING)
    world.vote("qa", "cid", "NO_GO", reason="tests")
    world.refused(world.ballot("sales"), "cid")
    world.refused(world.ballot("qa", request_id="another"), "dan")
    world.do(c.WithdrawVote(role="qa", reason="wait"), "cid")
    world.vote("qa", "cid", "ABSTAIN", reason="not sure", acting_for="dan")
    world.vote("product_manager", "ann", conditions=("support is told", "docs are out"))
    world.do(c.ProposeOverride(codes=("check.failed:check:ci",), reason="known and harmless"), "bob")
    world.do(c.ConfirmOverride(override=world.state.proposed.id if world.state.proposed else ""), "dan")
    world.candidate("c2")
    world.wait(phase=Phase.DECIDING)
    world.vote("qa", "cid", "NO_GO", reason="still")
    world.wait(phase=Phase.READYING)
    for _ in range(3):
        world.do(c.Postpone(reason="later"), "bob")
    world.wait(2 * DAY)
    world.do(c.Postpone(to=MONDAY + 4 * WEEK), "bob")
    world.do(c.Cancel(reason="not this year"), "bob")
    return world


def amended() -> World:
    world = World().go()
    world.checks["ci"] = None
    world.do(c.RunChecks(checks=("ci",)), "cid")
    world.do(c.UnSign(item="tested", note="look again"), "cid")
    world.amend(title="Gifts for all", notifications={})
    world.amend(stages=SAMPLE["stages"][1:])
    world.amend(stages=SAMPLE["stages"][1:], schedule=ON_DEMAND)
    return world


def missed() -> World:
    world = World().go()
    world.do(c.PlaceHold(text="the office burns"), "dan")
    world.wait(phase=Phase.READYING)
    world.do(c.LiftHold(note="it is out"), "bob")
    return world


def unready() -> World:
    world = World(schedule={**SAMPLE["schedule"], "open_for": "2h"}).go()
    world.claims["gifts"] = ClaimAnswer(flag="gifts", granted=False, held_by="shop/1.1.0")
    world.checks["live"] = Status.UNCLEAR
    world.wait(event="Held")
    world.wait(10 * MINUTE)
    world.checks["live"] = Status.PASS
    world.wait(20 * MINUTE)
    return world.wait(phase=Phase.READYING)


def guarded() -> World:
    guards = [GUARD, {**GUARD, "id": "seen", "mode": "observe"}]
    world = World(stages=[{**SAMPLE["stages"][0], "guards": guards}, *SAMPLE["stages"][1:]]).to(Phase.ROLLING_OUT)
    world.guards["seen"] = "bad"
    world.wait(30 * MINUTE)
    world.guards["errors"] = "error"
    world.wait(event="Held")
    world.guards = {}
    world.do(c.LiftHold(measurement=world.hold("guard").measurement), "fay")
    world.wait(event="QuestionAsked")
    world.wait(event="QuestionExpired")
    fair = {"id": "fair", "action": "deny", "start": "2026-11-21T00:00", "lasts": "2h"}
    stages = [{**SAMPLE["stages"][0], "guards": guards}, *SAMPLE["stages"][1:]]
    world.amend(stages=stages, schedule={**SAMPLE["schedule"], "windows": [fair]})
    question = world.state.rollout.question if world.state.rollout else None
    assert question is not None
    world.refused(c.Widen(question="q1"), "ann")
    world.do(c.Widen(question=question.id, yes=False, reason="not yet"), "ann")
    world.checks["live"] = Status.FAIL
    world.do(c.LiftHold(), "ann")
    return world


def stepped() -> World:
    """The window closes before the second stage, the code is not there, somebody else changes the flag."""
    world = World(schedule={**SAMPLE["schedule"], **NIGHT}, stages=[{"percent": 10}, {"audience": "everyone"}])
    world.to(Phase.ROLLING_OUT).wait(3 * HOUR)
    world.checks["live"] = Finding(status=Status.FAIL, at=world.at, finding="c0 is there")
    world.wait(event="Held")
    world.checks["live"] = Status.PASS
    world.writes["gifts"] = WriteStatus.STALE
    return world.wait(event="FlagChangedElsewhere")


def unwritten() -> World:
    """The provider does not take a write, and then it does."""
    world = World(checks={}, stages=[{"percent": 10}, {"audience": "everyone"}]).to(Phase.ROLLING_OUT)
    world.writes["gifts"] = WriteStatus.FAILED
    world.wait(event="Held")
    world.writes = {}
    return world.to(Phase.CLEANING_UP)


def rolled_back() -> World:
    world = World(stages=[{"percent": 10, "guards": [{**GUARD, "mode": "rollback"}]}, {"audience": "everyone"}])
    world.to(Phase.ROLLING_OUT)
    world.guards["errors"] = "bad"
    world.writes["gifts"] = WriteStatus.FAILED
    world.wait(2 * HOUR)
    world.do(c.AcceptUnrestorable(flag="gifts", reason="it is harmless"), "bob")
    world.candidate("c2")
    world.do(c.Cancel(reason="enough"), "bob")
    return world


def stuck() -> World:
    world = World(flags={"gifts": {"owner": "fay", "can_be_disabled": False}}).to(Phase.ROLLING_OUT)
    world.do(c.Cancel(reason="a mistake"), "bob")
    world.do(c.Cancel(reason="really"), "bob")
    return world


def cleaned() -> World:
    flags = {"gifts": {"owner": "fay"}, "old": {}, "part": {"reach": "10%"}, "cards": {}}
    features = [{"id": "gifts", "title": "Gift cards", "flags": list(flags), "announce": True}]
    world = World(flags=flags, features=features).to(Phase.CLEANING_UP)
    world.do(c.TakeFlagNews(flag="gifts", gone=True, proof="archived"))
    world.do(c.Waive(subject="flag:old", reason="in use", until=world.at + 30 * DAY), "bob")
    world.do(c.TakeFlagNews(flag="cards", carried_to="shop/1.3.0"))
    world.do(c.RecordMalformed(handler="go_no_go", message="no request_id"))
    return world


def on_demand() -> World:
    checks = {"told": {"kind": "pushed", "owner": "qa"}}
    changes: dict[str, Any] = {"checks": checks, "flags": {}, "stages": [{"audience": "everyone", "bake": "1h"}]}
    features = [{"id": "gifts", "title": "Gift cards", "no_flag": "small"}]
    world = World(schedule=ON_DEMAND, features=features, **changes)
    world.do(c.PushResult(check="told", finding=Finding(status=Status.PASS, at=world.at)), "cid")
    world.sign_off()
    world.wait(phase=Phase.DECIDING)
    world.do(c.Call(choice="postpone", ballot_id="x"), "bob")
    world.wait(DAY - HOUR)
    world.do(c.PushResult(check="told", finding=Finding(status=Status.PASS, at=world.at)), "cid")
    return world.to(Phase.CLEANING_UP)


WALKS: tuple[Callable[[], World], ...] = (
    usual,
    scoped,
    late,
    disputed,
    amended,
    missed,
    unready,
    guarded,
    stepped,
    unwritten,
    unfrozen,
    rolled_back,
    stuck,
    cleaned,
    on_demand,
)


@lru_cache
def walked(walk: Callable[[], World]) -> World:
    """A walk, taken once."""
    return walk()


def steps(world: World) -> Iterator[tuple[Entry, State]]:
    """Every entry of a release, with the state right after it."""
    state: State | None = None
    for entry in world.entries:
        state = evolve(state, entry)
        yield entry, state


def everything() -> Iterator[tuple[Entry, State]]:
    """Every entry of every walk."""
    for walk in WALKS:
        yield from steps(walked(walk))
