"""A flag that a later release took over is that release's: a rollback of the earlier one leaves it alone."""

from typing import Any

from gonogo.domain import commands as c
from gonogo.domain.events import FlagSettled, RollbackConfirmed, RollbackStarted, WritesRequested
from gonogo.domain.evolve import fold
from gonogo.domain.facts import WriteStatus
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


def test_a_rollback_leaves_a_flag_that_a_later_release_took_over_alone() -> None:
    world = taken()
    world.do(c.RollBack(reason="bad"), "eve")
    assert list(world.last(WritesRequested).writes) == ["b"]
    assert (world.phase, world.exposure) == (Phase.READYING, {"gifts": "50 %", "b": "nobody"})


def test_it_says_which_flag_it_leaves_alone_and_whose_that_is() -> None:
    world = taken()
    assert why_view(world.state, world.at).notes == (
        "flag gifts was taken over by shop/1.3.0: it is that release's, and a rollback here leaves it alone",
    )
    assert [f.taken_by for f in status_view(world.state, world.at).flags] == ["shop/1.3.0", ""]
    world.do(c.RollBack(reason="bad"), "eve")
    assert said(world, RollbackStarted) == "rolling back (left alone: gifts, which shop/1.3.0 took over): bad"
    assert said(world, RollbackConfirmed) == "rolled back; left alone: gifts, which shop/1.3.0 took over"
    (told,) = started(world)
    assert "Flag gifts stays as it is: shop/1.3.0 took it over." in told.body


def test_a_rollback_of_nothing_but_a_flag_that_was_taken_over_is_confirmed_at_once() -> None:
    world = World(stages=PLAIN).to(Phase.CLEANING_UP)
    world.do(TAKEN)
    written = world.types.count("WritesRequested")
    world.do(c.RollBack(reason="bad"), "eve")
    assert (world.phase, world.types.count("WritesRequested")) == (Phase.READYING, written)
    (told,) = started(world)
    assert "Flags that go back: none.\n" in told.body


def test_a_flag_that_lives_on_by_itself_is_taken_over_too() -> None:
    world = cleaning(flags={"gifts": {"retire_by": {"cycles": 2}}, "b": {}})
    assert world.last(FlagSettled).proof == "it is due in 2 cycles"
    world.do(TAKEN)
    assert world.last(FlagSettled).taken_by == "shop/1.3.0"
    world.do(c.RollBack(reason="bad"), "eve")
    assert list(world.last(WritesRequested).writes) == ["b"]


def test_a_flag_that_is_gone_is_not_taken_over() -> None:
    world = cleaning()
    world.do(c.TakeFlagNews(flag="gifts", gone=True, proof="archived"))
    assert world.do(TAKEN) == ()


def test_a_flag_that_is_taken_over_while_it_is_put_back_is_left_where_it_is() -> None:
    world = cleaning()
    world.writes = {"gifts": WriteStatus.FAILED, "b": WriteStatus.FAILED}
    world.do(c.RollBack(reason="bad"), "eve")
    assert world.state.rollback is not None
    assert set(world.state.rollback.left) == {"gifts", "b"}
    world.do(TAKEN)
    assert world.state.rollback.left == ("b",)
    world.writes = {}
    world.wait(phase=Phase.READYING)
    assert (world.last(RollbackConfirmed).left_alone, world.exposure) == (
        {"gifts": "shop/1.3.0"},
        {"gifts": "everyone", "b": "nobody"},
    )


def test_what_a_write_that_was_out_meets_at_a_flag_that_was_taken_over_fails_nothing() -> None:
    world = cleaning()
    world.silent.add("writes")
    world.do(c.RollBack(reason="bad"), "eve")
    world.do(TAKEN)
    world.silent.clear()
    world.writes = {"gifts": WriteStatus.STALE}
    world.answer()
    assert (world.phase, world.exposure["b"]) == (Phase.READYING, "nobody")


def test_when_the_release_rolls_out_again_the_flag_is_claimed_and_read_anew() -> None:
    world = taken()
    world.do(c.RollBack(reason="bad"), "eve")
    flag = world.state.flags["gifts"]
    assert (flag.taken_by, flag.original, flag.current, flag.changed_at) == ("", None, None, 0)
    world.do(c.RollBack(reason="again"), "eve")
    assert world.exposure["gifts"] == "50 %", "it is still the other release's"
    world.candidate("c2")
    world.to(Phase.ROLLING_OUT).wait(HOUR)
    assert world.state.flags["gifts"].original == HALF
    world.do(c.RollBack(reason="worse"), "eve")
    assert world.exposure == {"gifts": "50 %", "b": "nobody"}


def test_a_flag_that_was_waived_and_then_taken_over_says_who_has_it() -> None:
    world = cleaning()
    world.do(c.Waive(subject="flag:gifts", reason="next month", until=world.at + 24 * HOUR), "bob")
    world.do(TAKEN)
    assert said(world, FlagSettled) == "flag gifts settled: carried: carried to shop/1.3.0"
