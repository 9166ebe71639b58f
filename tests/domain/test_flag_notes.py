"""What a release tells its flags' own workflows."""

from collections.abc import Iterator

import pytest

from gonogo.domain import commands as c
from gonogo.domain.events import Entry
from gonogo.domain.evolve import evolve
from gonogo.domain.facts import WriteStatus
from gonogo.domain.flag_notes import FlagNote, flag_notes
from gonogo.domain.plan import Feature
from gonogo.domain.state import State
from gonogo.domain.terms import FeatureStatus, Phase
from gonogo.domain.values import NOBODY
from tests.domain.worlds import DAY, POLL, SAMPLE, World

GIFTS = SAMPLE["features"][0]
MORE = {"id": "more", "title": "More", "flags": ["more"]}


def steps(world: World) -> Iterator[tuple[Entry, State, State | None]]:
    before: State | None = None
    for entry in world.entries:
        state = evolve(before, entry)
        yield entry, state, before
        before = state


def notes(world: World) -> list[FlagNote]:
    return [note for entry, state, before in steps(world) for note in flag_notes(entry, state, before)]


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


def test_a_flag_that_the_amended_plan_lists_no_more_is_given_back_and_the_others_are_announced_again() -> None:
    world = World(features=[GIFTS, MORE], flags={"gifts": {}, "more": {}})
    world.amend(features=[GIFTS], flags={"gifts": {}})
    told = [(n.kind, n.flag) for n in notes(world)]
    assert told == [("announced", "gifts"), ("announced", "more"), ("announced", "gifts"), ("let_go", "more")]


def test_a_feature_that_joins_announces_the_flag_that_it_names() -> None:
    world = World(scope={"freeze_at": POLL})
    world.do(c.AddFeature(feature=Feature(id="cards", title="Cards", flags=("gifts",))), "ann")
    assert kinds(world) == ["announced", "announced"]
    assert notes(world)[-1].key == f"shop/1.2.0/{world.entries[-1].seq}/announced/gifts"


def test_a_write_that_failed_tells_of_no_exposure() -> None:
    world = World().to(Phase.AWAITING_WINDOW)
    world.writes["gifts"] = WriteStatus.FAILED
    world.wait(event="FlagsWritten")
    assert kinds(world) == ["announced"]


def test_a_flag_that_is_kept_on_purpose_is_left_behind_when_the_release_has_shipped() -> None:
    world = World(flags={"gifts": {"kind": "permission"}}).to(Phase.CLEANING_UP)
    assert kinds(world)[-2:] == ["shipped", "carried"]


def test_a_flag_that_is_gone_with_proof_is_not_shipped_again_after_a_rollback() -> None:
    world = World(features=[GIFTS, MORE], flags={"gifts": {}, "more": {}}).to(Phase.CLEANING_UP)
    world.do(c.TakeFlagNews(flag="more", gone=True, proof="archived, no references"))
    world.do(c.RollBack(reason="errors"), "bob")
    world.candidate("c2")
    world.to(Phase.CLEANING_UP)
    assert [n.flag for n in notes(world) if n.kind == "shipped"] == ["gifts", "more", "gifts"]
