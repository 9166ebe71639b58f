"""What every flag provider promises: the memory one first, then every real one."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gonogo.activities.ports import FlagProvider
from gonogo.adapters.flag_file import FlagFile
from gonogo.adapters.memory_flags import MemoryFlags
from gonogo.domain.facts import Fence, Fencing, FlagTarget, Status, WriteResult, WriteStatus
from gonogo.domain.values import EVERYONE, NOBODY, Audience, Exposure, exposure

AT = datetime(2026, 3, 5, 14, tzinfo=UTC)
NEW = FlagTarget(key="new-checkout", environment="production", provider="any")
TEN = exposure(Audience.PERCENTAGE, 10, ("beta",))
EXPOSURES = [
    NOBODY,
    exposure(Audience.OPT_IN),
    exposure(Audience.SEGMENT, segments=("beta", "internal")),
    exposure(Audience.PERCENTAGE, 1),
    TEN,
    EVERYONE,
]


def fence(epoch: int, sequence: int = 0) -> Fence:
    return Fence(epoch=epoch, sequence=sequence)


class World:
    """A provider with one flag at nobody, and what people can do to that flag behind gonogo's back."""

    provider: FlagProvider
    edit: Callable[[Exposure], None]
    archive: Callable[[], None]

    async def write(self, wanted: Exposure, of: Fence) -> WriteResult:
        return await self.provider.write(NEW, wanted, of, key=f"shop/1/{of.epoch}/{of.sequence}", at=AT)

    async def now(self) -> Exposure | None:
        return (await self.provider.read(NEW, at=AT)).exposure


class InMemory(World):
    def __init__(self, _: Path) -> None:
        self.provider = flags = MemoryFlags()
        self.edit = lambda wanted: flags.edit(NEW, wanted)
        self.archive = lambda: flags.remove(NEW.key, AT)


class InFile(World):
    def __init__(self, folder: Path) -> None:
        self.provider = FlagFile(folder)
        self.path = folder / "production.flagd.json"
        self.path.write_text(json.dumps({"flags": {NEW.key: _hand_made(NOBODY)}}))
        self.edit = lambda wanted: self._change(lambda flags: flags[NEW.key].update(_hand_made(wanted)))
        self.archive = lambda: self._change(lambda flags: flags.pop(NEW.key))

    def _change(self, change: Callable[[dict[str, Any]], Any]) -> None:
        document = json.loads(self.path.read_text())
        change(document["flags"])
        self.path.write_text(json.dumps(document))


def _hand_made(wanted: Exposure) -> dict[str, Any]:
    """On or off, as people write it by hand."""
    default = {NOBODY: "off", EVERYONE: "on"}[wanted]
    return {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": default, "targeting": {}}


@pytest.fixture(params=[InMemory, InFile], ids=["memory", "file"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    made: World = request.param(tmp_path)
    return made


def test_it_is_a_provider_that_says_how_it_fences(world: World) -> None:
    assert isinstance(world.provider, FlagProvider)
    assert world.provider.fencing is Fencing.FENCED


@pytest.mark.parametrize("wanted", EXPOSURES, ids=str)
async def test_what_is_written_is_read_back(world: World, wanted: Exposure) -> None:
    result = await world.write(wanted, fence(1))
    assert (result.status, result.before, result.after) == (WriteStatus.WRITTEN, NOBODY, wanted)
    reading = await world.provider.read(NEW, at=AT)
    assert (reading.exists, reading.exposure, reading.fence) == (True, wanted, fence(1))


async def test_a_flag_that_nobody_wrote_has_no_fence(world: World) -> None:
    reading = await world.provider.read(NEW, at=AT)
    assert (reading.exists, reading.exposure, reading.fence) == (True, NOBODY, None)


@pytest.mark.parametrize(("newer", "older"), [(fence(2), fence(1, 9)), (fence(2, 3), fence(2, 2))])
async def test_an_older_fence_is_refused_and_changes_nothing(world: World, newer: Fence, older: Fence) -> None:
    await world.write(TEN, newer)
    result = await world.write(EVERYONE, older)
    assert (result.status, result.before, result.after) == (WriteStatus.STALE, TEN, TEN)
    reading = await world.provider.read(NEW, at=AT)
    assert (reading.exposure, reading.fence) == (TEN, newer)


async def test_a_delayed_widening_does_not_land_after_the_rollback(world: World) -> None:
    await world.write(TEN, fence(1, 1))
    rollback = await world.write(NOBODY, fence(2, 0))
    zombie = await world.write(EVERYONE, fence(1, 2))
    assert rollback.status is WriteStatus.WRITTEN
    assert zombie.status is WriteStatus.STALE
    assert await world.now() == NOBODY


async def test_a_zombie_stays_refused_when_somebody_edited_the_flag_by_hand(world: World) -> None:
    await world.write(NOBODY, fence(2))
    world.edit(NOBODY)
    assert (await world.write(EVERYONE, fence(1))).status is WriteStatus.STALE
    assert await world.now() == NOBODY


async def test_the_same_write_twice_is_one_write(world: World) -> None:
    first = await world.write(TEN, fence(1))
    second = await world.write(TEN, fence(1))
    assert (first.status, second.status, second.after) == (WriteStatus.WRITTEN, WriteStatus.WRITTEN, TEN)


async def test_the_same_fence_with_another_exposure_is_refused(world: World) -> None:
    await world.write(TEN, fence(1))
    result = await world.write(EVERYONE, fence(1))
    assert result.status is WriteStatus.STALE
    assert "this fence already wrote" in result.detail
    assert await world.now() == TEN


async def test_a_foreign_edit_is_seen(world: World) -> None:
    await world.write(TEN, fence(1))
    world.edit(EVERYONE)
    reading = await world.provider.read(NEW, at=AT)
    assert (reading.exposure, reading.fence) == (EVERYONE, fence(1))


async def test_a_second_delivery_does_not_undo_what_somebody_switched_off_by_hand(world: World) -> None:
    await world.write(TEN, fence(1))
    world.edit(NOBODY)
    result = await world.write(TEN, fence(1))
    assert (result.status, result.after) == (WriteStatus.FAILED, NOBODY)
    assert await world.now() == NOBODY


async def test_a_newer_fence_overrules_a_foreign_edit_and_reports_what_was_there(world: World) -> None:
    await world.write(TEN, fence(1))
    world.edit(EVERYONE)
    result = await world.write(NOBODY, fence(2))
    assert (result.status, result.before, result.after) == (WriteStatus.WRITTEN, EVERYONE, NOBODY)


async def test_a_flag_that_is_there_has_no_proof_of_being_gone(world: World) -> None:
    await world.write(EVERYONE, fence(1))
    assert (await world.provider.references(NEW, at=AT)).status is Status.FAIL


async def test_an_archived_flag_is_gone_and_no_write_makes_it_again(world: World) -> None:
    await world.write(EVERYONE, fence(1))
    world.archive()
    assert (await world.provider.references(NEW, at=AT)).status is Status.PASS
    assert (await world.provider.read(NEW, at=AT)).exists is False
    for late in (fence(1), fence(2)):
        result = await world.write(EVERYONE, late)
        assert (result.status, result.after) == (WriteStatus.GONE, None)
    assert (await world.provider.read(NEW, at=AT)).exists is False


async def test_flags_and_environments_do_not_touch_each_other(world: World) -> None:
    staging = FlagTarget(key=NEW.key, environment="staging", provider="any")
    other = FlagTarget(key="other", environment="production", provider="any")
    await world.provider.write(staging, EVERYONE, fence(5), key="k", at=AT)
    await world.provider.write(other, TEN, fence(6), key="k", at=AT)
    reading = await world.provider.read(NEW, at=AT)
    assert (reading.exposure, reading.fence) == (NOBODY, None)
    assert (await world.provider.read(staging, at=AT)).exposure == EVERYONE
    assert (await world.provider.read(other, at=AT)).exposure == TEN
