"""What a release tells its flags' own workflows."""

from collections.abc import Iterator

import pytest

from gonogo.domain import commands as c
from gonogo.domain.events import Entry
from gonogo.domain.evolve import evolve
from gonogo.domain.flag_notes import FlagNote, flag_notes
from gonogo.domain.state import State
from gonogo.domain.terms import FeatureStatus, Phase
from gonogo.domain.values import NOBODY
from tests.domain.worlds import DAY, World


def steps(world: World) -> Iterator[tuple[Entry, State]]:
    state: State | None = None
    for entry in world.entries:
        state = evolve(state, entry)
        yield entry, state


def notes(world: World) -> list[FlagNote]:
    return [note for entry, state in steps(world) for note in flag_notes(entry, state)]


def kinds(world: World) -> list[str]:
    return [note.kind for note in notes(world)]


def test_a_launch_announces_every_flag_with_who_answers_for_it() -> None:
    (note,) = notes(World())
    assert (note.kind, note.flag, note.release_id) == ("announced", "gifts", "shop/1.2.0")
    assert (note.owner, note.people, note.managers, note.others) == ("fay", ("fay",), ("bob",), ("ann", "eve"))
    assert note.retire_by is not None
    assert note.retire_by.days == 40


def test_every_confirmed_write_is_told_with_its_fence_and_the_value_before_the_release() -> None:
    world = World().to(Phase.CLEANING_UP)
    written = [n for n in notes(world) if n.kind == "written"]
    assert [str(n.exposure) for n in written] == ["10 %", "everyone"]
    assert all(n.original == NOBODY and n.fence is not None for n in written)
    assert kinds(world) == ["announced", "written", "written", "shipped"]


def test_keys_are_unique_and_derived_again_from_the_same_entries() -> None:
    world = World().to(Phase.CLEANING_UP)
    keys = [n.key for n in notes(world)]
    assert len(set(keys)) == len(keys)
    assert keys == [n.key for n in notes(world)]


def test_a_rollback_writes_the_flag_back_and_lets_it_go() -> None:
    world = World().to(Phase.ROLLING_OUT)
    world.do(c.RollBack(reason="errors"), "bob")
    assert kinds(world) == ["announced", "written", "written", "let_go"]
    assert notes(world)[2].exposure == NOBODY


def test_a_go_that_ended_lets_the_flags_go() -> None:
    world = World().to(Phase.AWAITING_WINDOW)
    world.do(c.Postpone(reason="not today"), "bob")
    assert kinds(world) == ["announced", "let_go"]


def test_a_cancelled_release_leaves_its_flags_behind() -> None:
    world = World()
    world.do(c.Cancel(reason="no"), "bob")
    assert kinds(world) == ["announced", "carried"]


def test_a_waiver_is_told_with_its_end_and_who_gave_it() -> None:
    world = World().to(Phase.CLEANING_UP)
    until = world.at + 30 * DAY
    world.do(c.Waive(subject="flag:gifts", reason="the shop app is late", until=until), "bob")
    note = next(n for n in notes(world) if n.kind == "waived")
    assert (note.until, note.reason) == (until, "bob: the shop app is late")


def test_a_flag_that_only_a_dropped_feature_brought_is_left_behind() -> None:
    world = World()
    world.do(c.ChangeFeature(feature="gifts", status=FeatureStatus.DROPPED, reason="too late"), "ann")
    assert kinds(world) == ["announced", "carried"]


@pytest.mark.parametrize(("kind", "cycles"), [("minor", 1), ("hotfix", 0)])
def test_a_completed_release_is_a_cycle_unless_it_is_a_hotfix(kind: str, cycles: int) -> None:
    world = World(kind=kind).to(Phase.CLEANING_UP)
    world.do(c.TakeFlagNews(flag="gifts", gone=True, proof="archived"))
    world.sign_off()
    assert world.phase is Phase.COMPLETED
    told = [n for n in notes(world) if n.kind == "cycle"]
    assert len(told) == cycles
    assert all(n.flag is None for n in told)
