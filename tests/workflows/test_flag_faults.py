"""What a flag's workflow does not take: payloads that make no sense, notes for others, a clock that is not its own."""

import random
from typing import Any

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from gonogo.domain.flag_notes import FlagNote
from gonogo.domain.values import EVERYONE
from tests.workflows.flag_world import DAY, START, world

POISON: tuple[Any, ...] = (
    None,
    0,
    -1,
    1.5,
    True,
    "",
    "x",
    "\ud7ff",
    [],
    [1, [2]],
    {},
    {"key": "k"},
    {"kind": "written"},
)


async def test_no_payload_of_a_signal_stops_the_flag(server: Client) -> None:
    async with world(server) as w:
        await w.tell(w.note("announced", "1.0", START))
        seeded = random.Random(7)
        good = {
            "key": "k",
            "kind": "written",
            "release_id": "r/1",
            "product": w.product,
            "flag": "x",
            "environment": "production",
            "at": "2026-03-02T09:00:00Z",
        }
        for number in range(200):
            bad: Any = seeded.choice(POISON)
            if number % 2:
                bad = {**good, seeded.choice([*good, "surprise"]): seeded.choice(POISON)}
            if number % 40 == 0:
                await w.handle.signal("note", args=[])
            elif number % 41 == 0:
                await w.handle.signal("note", args=[bad, bad])
            elif number % 43 == 0:
                await w.handle.signal("no_such_signal", bad)
            else:
                await w.handle.signal("note", bad)
        assert (await w.claim("1.0", START + DAY)).granted
        history = await w.handle.fetch_history()
        failed = [e for e in history.events if e.HasField("workflow_task_failed_event_attributes")]
        assert failed == []
        assert (await w.events()).count("HandlerFaulted") > 100


async def test_a_note_for_another_flag_is_recorded_and_changes_nothing(server: Client) -> None:
    async with world(server) as w:
        await w.tell(w.note("announced", "1.0", START))
        other = w.note("shipped", "1.0", START, exposure=EVERYONE)
        await w.handle.signal("note", FlagNote(**{**_fields(other), "flag": "y"}))
        assert await w.events() == ["FlagOpened", "FlagNoted", "HandlerFaulted"]
        assert (await w.view()).phase == "listed"


def _fields(note: FlagNote) -> dict[str, Any]:
    return {name: getattr(note, name) for name in note.__dataclass_fields__}


async def test_a_driven_clock_is_refused_by_a_worker_in_real_time(server: Client) -> None:
    async with world(server, simulation=False) as w:
        await w.tell(w.note("announced", "1.0", START))
        with pytest.raises(Exception, match="Workflow execution failed"):
            await w.handle.result()


async def test_a_flag_in_real_time_is_not_advanced(server: Client) -> None:
    async with world(server, simulation=False) as w:
        await w.desk.tell((w.note("announced", "1.0", START),), driven=False, at=START)
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await w.advance(START)
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == "flag.not_driven"
