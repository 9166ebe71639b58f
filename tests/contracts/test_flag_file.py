"""What is special to flag files: hand-made ones, damaged ones, several writers."""

import asyncio
import fcntl
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gonogo.adapters.errors import FlagFileError
from gonogo.adapters.flag_file import FlagFile
from gonogo.domain.facts import Fence, FlagTarget, Status, WriteStatus
from gonogo.domain.values import EVERYONE, NOBODY, Audience, Exposure, exposure

AT = datetime(2026, 3, 5, 14, tzinfo=UTC)
NEW = FlagTarget(key="new", environment="production", provider="file")
OPT_IN = exposure(Audience.OPT_IN)
HALF = exposure(Audience.PERCENTAGE, 50, ("beta",))


def fence(epoch: int) -> Fence:
    return Fence(epoch=epoch, sequence=0)


def the_file(folder: Path) -> Path:
    return folder / "production.flagd.json"


def put(folder: Path, flag: dict[str, Any], key: str = "new") -> None:
    the_file(folder).write_text(json.dumps({"flags": {key: flag}}))


async def write(flags: FlagFile, wanted: Exposure, epoch: int = 1, target: FlagTarget = NEW) -> WriteStatus:
    return (await flags.write(target, wanted, fence(epoch), key="k", at=AT)).status


async def read(folder: Path) -> Exposure | None:
    return (await FlagFile(folder).read(NEW, at=AT)).exposure


BASE: dict[str, Any] = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}


async def test_the_first_write_makes_folder_file_and_flag(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there"
    assert (await FlagFile(folder).read(NEW, at=AT)).exists is False
    assert await write(FlagFile(folder), OPT_IN) is WriteStatus.WRITTEN
    assert await read(folder) == OPT_IN


async def test_without_create_missing_an_unknown_flag_is_gone(tmp_path: Path) -> None:
    put(tmp_path, BASE, key="another")
    before = the_file(tmp_path).read_text()
    assert await write(FlagFile(tmp_path, create_missing=False), OPT_IN) is WriteStatus.GONE
    assert the_file(tmp_path).read_text() == before


async def test_everything_else_in_the_file_is_kept(tmp_path: Path) -> None:
    mine = {**BASE, "variants": {"new": True, "old": False}, "defaultVariant": "old", "metadata": {"team": "shop"}}
    other = {"state": "DISABLED", "variants": {"a": 0.5, "ü": "x"}, "defaultVariant": "a"}
    given = {"$evaluators": {"x": {"in": [1, [2]]}}, "metadata": {"v": 1}, "flags": {"other": other, "new": mine}}
    the_file(tmp_path).write_text(json.dumps(given))
    the_file(tmp_path).chmod(0o640)
    assert await write(FlagFile(tmp_path), EVERYONE) is WriteStatus.WRITTEN
    now = json.loads(the_file(tmp_path).read_text())
    assert now["flags"]["other"] == other
    assert (now["$evaluators"], now["metadata"]) == (given["$evaluators"], given["metadata"])
    assert now["flags"]["new"]["defaultVariant"] == "new"
    assert now["flags"]["new"]["metadata"] == {
        "team": "shop",
        "gonogo.epoch": 1,
        "gonogo.sequence": 0,
        "gonogo.exposure": '{"audience":"everyone","percent":100,"segments":[]}',
    }
    assert the_file(tmp_path).stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(tmp_path)) == [the_file(tmp_path).name + end for end in ("", ".fences", ".lock")]


async def test_a_symbolic_link_still_leads_to_the_file_afterwards(tmp_path: Path) -> None:
    real = tmp_path / "real" / "flags.json"
    real.parent.mkdir()
    real.write_text('{"flags": {}}')
    the_file(tmp_path).symlink_to(real)
    assert await write(FlagFile(tmp_path), OPT_IN) is WriteStatus.WRITTEN
    assert the_file(tmp_path).is_symlink()
    assert "new" in json.loads(real.read_text())["flags"]


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({}, NOBODY),
        ({"defaultVariant": "on"}, EVERYONE),
        ({"targeting": {}}, NOBODY),
        ({"targeting": None}, NOBODY),
        ({"state": "DISABLED"}, None),
        ({"state": None}, None),
        ({"defaultVariant": None}, None),
        ({"defaultVariant": "blue"}, None),
        ({"defaultVariant": ["on"]}, None),
        ({"targeting": {"if": [True, "on"]}}, None),
        ({"targeting": {"fractional": [["on", 10], ["off", 90]]}}, None),
        ({"targeting": {"fractional": [["off", 90], ["on", 10]]}}, None),
        ({"targeting": []}, None),
        ({"targeting": "on"}, None),
        ({"variants": {"on": True, "off": False, "blue": True}}, None),
        ({"variants": {"a": "x", "b": "y"}}, None),
        ({"variants": {"on": 1, "off": 0}}, None),
        ({"variants": None}, None),
    ],
    ids=str,
)
async def test_a_hand_made_flag_is_read_as_an_exposure_or_as_unknown_never_guessed(
    tmp_path: Path, change: dict[str, Any], seen: Exposure | None
) -> None:
    put(tmp_path, {**BASE, **change})
    reading = await FlagFile(tmp_path).read(NEW, at=AT)
    assert (reading.exists, reading.exposure) == (True, seen)


@pytest.mark.parametrize(
    "edit",
    [
        lambda flag: flag.update(state="DISABLED"),
        lambda flag: flag.update(defaultVariant="on"),
        lambda flag: flag.pop("targeting"),
        lambda flag: flag["targeting"]["if"][2]["fractional"].__setitem__(0, ["on", 80]),
        lambda flag: flag["targeting"]["if"][2]["fractional"].reverse(),
        lambda flag: flag["targeting"]["if"][2]["fractional"][0].__setitem__(1, True),
        lambda flag: flag["targeting"]["if"].__setitem__(0, True),
        lambda flag: flag["targeting"]["if"][0]["or"].pop(0),
        lambda flag: flag["targeting"]["if"][0]["or"][0]["==="].__setitem__(1, 1),
        lambda flag: flag["targeting"]["if"][0]["or"][2]["in"].__setitem__(1, ["alpha", "beta"]),
        lambda flag: flag["targeting"].update(other=1),
    ],
)
async def test_a_foreign_edit_that_keeps_our_metadata_is_seen(tmp_path: Path, edit: Any) -> None:
    await write(FlagFile(tmp_path), HALF)
    document = json.loads(the_file(tmp_path).read_text())
    edit(document["flags"]["new"])
    the_file(tmp_path).write_text(json.dumps(document))
    assert await read(tmp_path) != HALF


async def test_a_changed_percentage_is_read_as_an_unknown_or_as_what_it_is_now(tmp_path: Path) -> None:
    await write(FlagFile(tmp_path), HALF)
    document = json.loads(the_file(tmp_path).read_text())
    document["flags"]["new"]["targeting"]["if"][2]["fractional"] = [["on", 80], ["off", 20]]
    the_file(tmp_path).write_text(json.dumps(document))
    assert await read(tmp_path) == exposure(Audience.PERCENTAGE, 80, ("beta",))


async def test_a_flag_without_on_and_off_is_not_written(tmp_path: Path) -> None:
    put(tmp_path, {**BASE, "variants": {"red": "r", "blue": "b"}})
    result = await FlagFile(tmp_path).write(NEW, EVERYONE, fence(1), key="k", at=AT)
    assert (result.status, result.detail) == (WriteStatus.FAILED, "'new' needs two variants, one true and one false")


async def test_an_older_write_stays_refused_after_the_file_was_reverted(tmp_path: Path) -> None:
    await write(FlagFile(tmp_path), HALF, 1)
    old = the_file(tmp_path).read_text()
    await write(FlagFile(tmp_path), NOBODY, 3)
    the_file(tmp_path).write_text(old)
    assert await write(FlagFile(tmp_path), EVERYONE, 2) is WriteStatus.STALE
    assert await write(FlagFile(tmp_path), NOBODY, 4) is WriteStatus.WRITTEN
    assert await read(tmp_path) == NOBODY


async def test_a_second_delivery_does_not_undo_an_edit_that_dropped_our_metadata(tmp_path: Path) -> None:
    await write(FlagFile(tmp_path), EVERYONE)
    put(tmp_path, BASE)
    assert await write(FlagFile(tmp_path), EVERYONE) is WriteStatus.FAILED
    assert await read(tmp_path) == NOBODY


DAMAGED = {
    "": "it is empty",
    " \n": "it is empty",
    "{": "is no flag definition file",
    "[]": "write an object with `flags`",
    "null": "write an object with `flags`",
    "{}": "`flags` must be an object",
    '{"flags": []}': "`flags` must be an object",
    '{"flags": {"new": "on"}}': "flags.new must be an object",
    '{"flags": {"new": {}, "new": {}}}': "'new' stands there twice",
    '{"flags": {"x": {"variants": {"a": NaN}}}}': "NaN is no JSON",
    "[" * 100_000: "is no flag definition file",
}


@pytest.mark.parametrize(("text", "said"), DAMAGED.items(), ids=[text[:30] for text in DAMAGED])
async def test_a_damaged_file_is_an_error_and_is_left_as_it_is(tmp_path: Path, text: str, said: str) -> None:
    the_file(tmp_path).write_text(text)
    flags = FlagFile(tmp_path)
    with pytest.raises(FlagFileError, match=said):
        await flags.read(NEW, at=AT)
    with pytest.raises(FlagFileError, match=said):
        await write(flags, EVERYONE)
    finding = await flags.references(NEW, at=AT)
    assert finding.status is Status.UNCLEAR
    assert the_file(tmp_path).read_text() == text


async def test_bytes_that_are_no_text_are_an_error(tmp_path: Path) -> None:
    the_file(tmp_path).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FlagFileError, match="cannot be read"):
        await read(tmp_path)


async def test_no_file_is_no_proof_that_a_flag_is_gone(tmp_path: Path) -> None:
    finding = await FlagFile(tmp_path).references(NEW, at=AT)
    assert (finding.status, finding.finding) == (Status.UNCLEAR, "there is no file production.flagd.json")


@pytest.mark.parametrize("text", ["[]", "{", '{"new": [1]}', '{"new": [-1, 0]}', '{"new": null}'])
async def test_damaged_fences_refuse_every_write(tmp_path: Path, text: str) -> None:
    await write(FlagFile(tmp_path), NOBODY)
    the_file(tmp_path).with_name("production.flagd.json.fences").write_text(text)
    with pytest.raises(FlagFileError, match=r"\.fences"):
        await write(FlagFile(tmp_path), EVERYONE, 2)
    assert json.loads(the_file(tmp_path).read_text())["flags"]["new"]["defaultVariant"] == "off"


async def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "plain-file").write_text("")
    for root in (tmp_path / "plain-file", Path("/proc/gonogo")):
        with pytest.raises(FlagFileError, match="cannot be"):
            await write(FlagFile(root), EVERYONE)


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Without the rights of root, who may write everywhere; anybody else stays who they are."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


async def test_a_read_only_folder_is_a_clear_error(tmp_path: Path) -> None:
    # Not below pytest's own folder, which nobody else may even enter.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o555)
        await write(FlagFile(tmp_path), EVERYONE)  # whatever is imported late is there by now
        with _as_nobody(), pytest.raises(FlagFileError, match="Permission denied"):
            await write(FlagFile(Path(folder)), EVERYONE)


async def test_a_lock_that_is_never_given_back_ends_the_write(tmp_path: Path) -> None:
    hasty = FlagFile(tmp_path, lock_wait=timedelta(milliseconds=50))
    await write(FlagFile(tmp_path), NOBODY)
    with (tmp_path / "production.flagd.json.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(FlagFileError, match="is locked by another process"):
            await write(hasty, EVERYONE, 2)
        assert await read(tmp_path) == NOBODY
    assert await write(FlagFile(tmp_path), EVERYONE, 2) is WriteStatus.WRITTEN


async def test_writes_of_one_process_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    flags = FlagFile(tmp_path)
    targets = [FlagTarget(key=f"flag-{n}", environment="production", provider="file") for n in range(30)]
    assert set(await asyncio.gather(*(write(flags, HALF, target=t) for t in targets))) == {WriteStatus.WRITTEN}
    assert set(json.loads(the_file(tmp_path).read_text())["flags"]) == {t.key for t in targets}


_WRITER = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from gonogo.adapters.flag_file import FlagFile
from gonogo.domain.facts import Fence, FlagTarget
from gonogo.domain.values import EVERYONE, Audience, exposure

async def main(folder, name, parity):
    flags = FlagFile(Path(folder))
    sys.stdin.readline()
    for n in range(40):
        own = FlagTarget(key=f"{name}-{n}", environment="production", provider="file")
        shared = FlagTarget(key="shared", environment="production", provider="file")
        at = datetime.now(UTC)
        await flags.write(own, EVERYONE, Fence(epoch=1, sequence=0), key="k", at=at)
        wanted = exposure(Audience.PERCENTAGE, 1 + 2 * n + int(parity))
        print((await flags.write(shared, wanted, Fence(epoch=2 * n + int(parity), sequence=0), key="k", at=at)).status)

asyncio.run(main(*sys.argv[1:]))
"""


def test_two_processes_that_write_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(tmp_path), name, parity],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name, parity in (("left", "0"), ("right", "1"))
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    said = [writer.communicate(timeout=60)[0].split() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    flags = json.loads(the_file(tmp_path).read_text())["flags"]
    assert set(flags) == {"shared"} | {f"{name}-{n}" for name in ("left", "right") for n in range(40)}
    # The newest fence of all has won, whoever came last; the other process was refused where it came too late.
    assert flags["shared"]["metadata"]["gonogo.epoch"] == 79
    assert {word for words in said for word in words} <= {"written", "stale"}
    assert said[1][-1] == "written"
