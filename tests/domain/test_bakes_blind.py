"""A stage that nothing measures does not bake, and somebody is told."""

from decimal import Decimal
from typing import Any

from gonogo.domain import commands as c
from gonogo.domain.effects import WatchGuards, outstanding
from gonogo.domain.events import Escalated
from gonogo.domain.facts import Sample
from gonogo.domain.guards import Watching
from gonogo.domain.notices import notices
from gonogo.domain.terms import Phase
from gonogo.domain.why import why_view
from tests.domain.worlds import GUARD, HOUR, SLOT, World

SEEN: dict[str, Any] = {**GUARD, "mode": "observe"}


def rolling(*guards: dict[str, Any]) -> World:
    stages = [{"percent": 10, "bake": "1h", "guards": guards or (SEEN,)}, {"audience": "everyone", "bake": "1h"}]
    world = World(stages=stages).to(Phase.ROLLING_OUT)
    world.silent.add("watch")
    return world


def watched(world: World, **values: int | None) -> None:
    """One whole watch, as a worker runs it: guard -> what its source says; None or not named: it does not answer."""
    (effect,) = [e for e in outstanding(world.state) if isinstance(e, WatchGuards)]
    assert effect.until is not None
    found = Watching.begin(effect)
    while not found.tripped and (at := found.next_due()) <= effect.until:
        for guard in found.due(at):
            value = values.get(guard.id)
            said = Sample(at=at, error="connection refused") if value is None else Sample(at=at, value=Decimal(value))
            found = found.seen(guard, said)
    world.at = effect.until
    world.do(c.TakeWatch(ask=effect.ask, report=found.report(world.at)))


def told(world: World) -> list[Escalated]:
    return [e for e in world.events(Escalated) if e.subject.startswith("stage:")]


def waiting(world: World) -> list[str]:
    return [w.code for w in why_view(world.state, world.at).waiting]


def test_a_stage_that_only_blind_observers_watch_never_bakes_and_the_release_manager_is_told_once() -> None:
    world = rolling()
    for _ in range(30):
        watched(world)
    assert (world.exposure, world.holds) == ({"gifts": "10 %"}, [])
    assert [(e.subject, e.to, e.since) for e in told(world)] == [("stage:1", ("bob",), SLOT)]
    said = next(w for w in why_view(world.state, world.at).waiting if w.code == "guard.blind")
    assert ("errors: connection refused" in said.text, said.responsible) == (True, ("http", "bob"))
    entry = next(e for e in world.entries if e.event is told(world)[0])
    (notice,) = notices(entry, world.state)
    assert (notice.type, notice.to) == ("escalated", ("bob",))


def test_it_bakes_and_says_no_more_when_the_source_answers_again() -> None:
    world = rolling()
    watched(world)
    assert "guard.blind" in waiting(world)
    watched(world, errors=0)
    assert "guard.blind" not in waiting(world)
    assert world.exposure == {"gifts": "everyone"}
    assert world.at == SLOT + 2 * HOUR


def test_one_guard_that_sees_is_enough_to_bake() -> None:
    world = rolling(SEEN, {**SEEN, "id": "latency"})
    watched(world, latency=0)
    assert (world.exposure, told(world)) == ({"gifts": "everyone"}, [])


def test_each_stage_that_is_blind_is_told_of() -> None:
    stages = [{"percent": n, "bake": "1h", "guards": [{**SEEN, "id": f"g{n}"}]} for n in (10, 20)]
    world = World(stages=stages).to(Phase.ROLLING_OUT)
    world.silent.add("watch")
    watched(world)
    watched(world, g10=0)
    watched(world)
    assert [e.subject for e in told(world)] == ["stage:1", "stage:2"]


def test_under_a_hold_nobody_is_told_because_somebody_is_at_it() -> None:
    world = rolling()
    world.do(c.PlaceHold(text="wait"), "dan")
    watched(world)
    assert told(world) == []
    world.do(c.LiftHold(), "dan")
    watched(world)
    assert [e.subject for e in told(world)] == ["stage:1"]
