"""A flag that a later release took over: the earlier one says whose it is, and still takes it back."""

from typing import Any

from gonogo.domain import commands as c
from gonogo.domain.events import FlagSettled, RollbackStarted, WritesRequested
from gonogo.domain.evolve import fold
from gonogo.domain.narrate import summary
from gonogo.domain.notices import Notice, notices
from gonogo.domain.terms import Phase
from gonogo.domain.values import Audience, exposure
from gonogo.domain.views import status_view
from gonogo.domain.why import why_view
from tests.domain.worlds import HOUR, World

PLAIN: list[dict[str, Any]] = [{"percent": 10, "bake": "1h"}, {"audience": "everyone", "bake": "1h"}]
TWO: dict[str, Any] = {
    "stages": PLAIN,
    "flags": {"gifts": {"owner": "fay"}, "b": {}},
    "features": [{"id": "gifts", "title": "G", "flags": ["gifts", "b"]}],
}
TAKEN = c.TakeFlagNews(flag="gifts", carried_to="shop/1.3.0")
HALF = exposure(Audience.PERCENTAGE, 50)


def cleaning(**changes: Any) -> World:
    return World(**{**TWO, **changes}).to(Phase.CLEANING_UP)


def taken(**changes: Any) -> World:
    """The later release took `gifts` over, and has narrowed who sees it."""
    world = cleaning(**changes)
    world.do(TAKEN)
    world.flags["gifts"] = HALF
    return world


def said(world: World, kind: type[Any]) -> str:
    return next(summary(entry) for entry in reversed(world.entries) if isinstance(entry.event, kind))


def started(world: World) -> list[Notice]:
    """What was told when the rollback began."""
    entry = next(entry for entry in world.entries if isinstance(entry.event, RollbackStarted))
    return [n for n in notices(entry, fold(world.entries[: entry.seq])) if n.type == "rollback.started"]


def test_a_rollback_takes_back_also_what_a_later_release_took_over() -> None:
    # Nobody tells this release whether the later one still has it: left alone, it could stay with everybody for good.
    world = taken()
    world.do(c.RollBack(reason="bad"), "eve")
    assert set(world.last(WritesRequested).writes) == {"gifts", "b"}
    assert (world.phase, world.exposure) == (Phase.READYING, {"gifts": "nobody", "b": "nobody"})
    assert world.state.flags["gifts"].taken_by == ""


def test_it_says_whose_a_flag_is_by_now_and_that_a_rollback_takes_it_back() -> None:
    world = taken()
    assert why_view(world.state, world.at).notes == (
        "flag gifts was taken over by shop/1.3.0: a rollback here takes it back all the same",
    )
    assert [f.taken_by for f in status_view(world.state, world.at).flags] == ["shop/1.3.0", ""]
    world.do(c.RollBack(reason="bad"), "eve")
    (told,) = started(world)
    assert "Flag gifts was taken over by shop/1.3.0: it has to know that it goes back." in told.body


def test_a_flag_that_lives_on_by_itself_is_taken_over_too() -> None:
    world = cleaning(flags={"gifts": {"retire_by": {"cycles": 2}}, "b": {}})
    assert world.last(FlagSettled).proof == "it is due in 2 cycles"
    world.do(TAKEN)
    assert world.last(FlagSettled).taken_by == "shop/1.3.0"


def test_a_flag_that_is_gone_is_not_taken_over() -> None:
    world = cleaning()
    world.do(c.TakeFlagNews(flag="gifts", gone=True, proof="archived"))
    assert world.do(TAKEN) == ()


def test_a_flag_that_was_waived_and_then_taken_over_says_who_has_it() -> None:
    world = cleaning()
    world.do(c.Waive(subject="flag:gifts", reason="next month", until=world.at + 24 * HOUR), "bob")
    world.do(TAKEN)
    assert said(world, FlagSettled) == "flag gifts settled: carried: carried to shop/1.3.0"
