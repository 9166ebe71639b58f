"""A release that holds as many entries as can travel: it goes on, and records no more than it must."""

from datetime import timedelta

from gonogo.domain import commands as c
from gonogo.domain.facts import Finding, Status
from gonogo.domain.state import MOST_ENTRIES, replace
from gonogo.domain.terms import Phase
from gonogo.domain.values import Actor

from .worlds import DAY, MONDAY, World

EVERY = {"ci": {"kind": "http", "owner": "qa", "every": "1h"}, "load": {"kind": "pushed", "owner": "qa"}}


def _full(world: World) -> World:
    world.state = replace(world.state, seq=MOST_ENTRIES)
    return world


def test_checks_are_not_measured_again_by_themselves() -> None:
    world = World(checks=EVERY)
    world.wait(DAY)
    asked = world.types.count("ChecksRequested")
    assert asked > 20
    _full(world).wait(DAY)
    assert world.types.count("ChecksRequested") == asked


def test_results_that_are_pushed_are_refused_and_what_cannot_be_read_is_dropped() -> None:
    world = _full(World(checks=EVERY))
    push = c.PushResult(check="load", finding=Finding(status=Status.PASS, at=MONDAY))
    assert world.refused(push, "cid") == "check.full"
    assert world.do(c.RecordMalformed(handler="go_no_go", message="odd")) == ()
    ballot = c.CastVote(request_id="shop/1.2.0/r1/0", role="qa", choice="GO", ballot_id="b")  # type: ignore[arg-type]
    assert world.do(c.RecordRefusal(code="x", message="odd", ballot=ballot), Actor(id="stranger")) == ()


def test_it_still_goes_all_the_way() -> None:
    world = _full(World(checks={"ci": EVERY["ci"]}))
    world.to(Phase.ROLLING_OUT)
    world.wait(timedelta(hours=3))
    assert world.state.rollout is not None
    assert world.state.rollout.stage == 0
