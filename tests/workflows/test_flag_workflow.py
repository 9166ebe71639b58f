"""A flag's own workflow on a real server, with memory adapters, under the driven clock."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from gonogo.activities.ports import CheckRequest, FlagClaim
from gonogo.adapters.memory import MemoryChecks, MemoryInbox, MemoryMetrics, memory_adapters
from gonogo.adapters.memory_flags import MemoryFlags
from gonogo.domain.facts import Fence, FlagTarget, Status
from gonogo.domain.flag_notes import FlagNote, NoteKind
from gonogo.domain.flag_views import FlagView
from gonogo.domain.ledger import Ledger, Link, verify
from gonogo.domain.plan import RetireBy
from gonogo.domain.resolution import Interval
from gonogo.domain.values import EVERYONE, NOBODY, Actor, exposure
from gonogo.worker.bootstrap import build_worker
from gonogo.worker.flag_debt import FlagDebt
from gonogo.worker.flag_desk import TemporalFlagDesk
from gonogo.workflows.flag import FlagWorkflow
from gonogo.workflows.flag_book import FLAG_ENTRY
from gonogo.workflows.flag_messages import FlagKill, FlagSet, FlagStart
from gonogo.workflows.messages import Advanced
from tests.domain.flag_life import about_the_flag

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
HALF = exposure(EVERYONE.audience.PERCENTAGE, 50)


class World:
    """A product with one flag, and everything that a release would say to it."""

    def __init__(self, client: Client, queue: str, *, flags: MemoryFlags, inbox: MemoryInbox) -> None:
        self.client, self.flags, self.inbox = client, flags, inbox
        self.product = f"shop-{uuid4().hex[:8]}"
        self.target = FlagTarget(key="x", environment="production", provider="file")
        self.desk = TemporalFlagDesk(client, task_queue=queue)
        self.queue = queue

    @property
    def handle(self) -> WorkflowHandle[FlagWorkflow, Any]:
        return self.client.get_workflow_handle_for(FlagWorkflow.run, f"flag/{self.product}/production/x")

    def note(self, kind: NoteKind, version: str, at: datetime, number: int = 1, **more: Any) -> FlagNote:
        release = f"{self.product}/{version}"
        about = about_the_flag(kind)
        return FlagNote(
            key=f"{release}/{number}/{kind}/x",
            kind=kind,
            release_id=release,
            product=self.product,
            flag=None if kind == "cycle" else "x",
            environment="production",
            provider="file",
            at=at,
            **{**about, **more},
        )

    async def tell(self, *notes: FlagNote) -> None:
        await self.desk.tell(notes, driven=True, at=notes[0].at)

    async def claim(self, version: str, at: datetime) -> Any:
        claim = FlagClaim(
            release_id=f"{self.product}/{version}", product=self.product, target=self.target, driven=True, at=at
        )
        return (await self.desk.claim((claim,)))[0]

    async def advance(self, to: datetime) -> Advanced:
        return await self.handle.execute_update(FlagWorkflow.advance, to)

    async def view(self, at: datetime = START) -> FlagView:
        return await self.handle.query(FlagWorkflow.flag, at)

    async def kill(self, who: str, request: str = "k1") -> Any:
        asked = FlagKill(request_id=request, actor=Actor(id=who), reason="it breaks checkout")
        return await self.handle.execute_update(FlagWorkflow.kill, asked)

    async def written(self, version: str, at: datetime, wanted: Any, epoch: int) -> None:
        fence = Fence(epoch=epoch, sequence=0)
        await self.flags.write(self.target, wanted, fence, key=f"{version}/{epoch}", at=at)
        await self.tell(self.note("written", version, at, epoch, exposure=wanted, original=NOBODY, fence=fence))

    async def events(self) -> list[str]:
        page = await self.handle.query(FlagWorkflow.ledger, 0)
        ledger = Ledger(tuple(line.encode() for line in page.lines), page.head)
        verify(ledger, link=Link(page.seq, page.head), form=FLAG_ENTRY)
        return [entry.event.type for entry in ledger.read(FLAG_ENTRY)]


@asynccontextmanager
async def world(client: Client, *, simulation: bool = True, **flags: Any) -> AsyncIterator[World]:
    queue = f"flags-{uuid4().hex[:8]}"
    inbox = MemoryInbox()
    made = World(client, queue, flags=MemoryFlags(**flags), inbox=inbox)
    adapters = memory_adapters(checks=MemoryChecks(), metrics=MemoryMetrics(), flags=made.flags, inbox=inbox)
    worker = build_worker(
        client, adapters=adapters, desk=made.desk, task_queue=queue, trust_local=True, simulation=simulation
    )
    async with worker:
        yield made


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


async def test_a_flag_is_granted_to_one_rolling_release_at_a_time(server: Client) -> None:
    async with world(server) as w:
        await w.tell(w.note("announced", "1.0", START), w.note("announced", "2.0", START))
        assert (await w.claim("1.0", START)).granted
        again = await w.claim("1.0", START)
        refused = await w.claim("2.0", START)
        assert again.granted
        assert not refused.granted
        assert refused.held_by == f"{w.product}/1.0"
        await w.tell(w.note("let_go", "1.0", START + DAY))
        assert (await w.claim("2.0", START + DAY)).granted


async def test_a_claim_alone_begins_the_flags_workflow(server: Client) -> None:
    async with world(server) as w:
        assert (await w.claim("1.0", START)).granted
        assert (await w.events()) == ["FlagOpened", "FlagGranted"]


async def test_a_claim_that_its_own_let_go_overtook_is_not_granted(server: Client) -> None:
    async with world(server) as w:
        await w.tell(w.note("announced", "1.0", START), w.note("let_go", "1.0", START + DAY))
        assert not (await w.claim("1.0", START)).granted
        assert (await w.claim("1.0", START + 2 * DAY)).granted


async def test_a_later_release_takes_the_flag_over_from_one_that_cleans_up(server: Client) -> None:
    async with world(server) as w:
        await w.tell(w.note("announced", "1.0", START))
        await w.claim("1.0", START)
        await w.tell(w.note("shipped", "1.0", START + DAY, exposure=HALF, original=NOBODY))
        assert (await w.claim("2.0", START + 2 * DAY)).granted
        await w.advance(START + 3 * DAY)
        view = await w.view()
        assert (view.phase, view.holder) == ("rolling_out", f"{w.product}/2.0")


async def test_a_kill_restores_the_value_before_the_release_under_a_newer_fence(server: Client) -> None:
    async with world(server) as w:
        await w.tell(w.note("announced", "1.0", START))
        await w.claim("1.0", START)
        await w.written("1.0", START, HALF, ms(START))
        answer = await w.kill("olga")
        assert answer.wanted == NOBODY
        assert answer.epoch > ms(START)
        await w.advance(START)
        assert w.flags.exposures() == {"x": NOBODY}
        late = await w.flags.write(w.target, HALF, Fence(epoch=ms(START), sequence=7), key="late", at=START)
        assert late.status == "stale"
        assert (await w.view()).exposure == NOBODY
        assert [m.type for m in w.inbox.messages] == ["flag.killed", "flag.confirmed"]


async def test_the_same_kill_again_is_the_same_kill(server: Client) -> None:
    async with world(server) as w:
        await w.tell(w.note("announced", "1.0", START))
        first = await w.kill("olga")
        await w.advance(START)
        assert await w.kill("olga") == first
        assert (await w.events()).count("FlagSwitched") == 1


async def test_only_entitled_people_kill_and_a_refusal_leaves_no_trace(server: Client) -> None:
    async with world(server) as w:
        await w.tell(w.note("announced", "1.0", START))
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await w.kill("mallory")
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == "command.not_entitled"
        assert await w.events() == ["FlagOpened", "FlagNoted"]


async def test_a_kill_is_retried_until_the_provider_confirms_it(server: Client) -> None:
    outage = Interval(start=START, end=START + timedelta(minutes=5))
    async with world(server, outages={"file": (outage,)}) as w:
        await w.tell(w.note("announced", "1.0", START))
        await w.kill("olga")
        await w.advance(START + timedelta(minutes=4))
        assert "could not" not in (await w.view()).changing
        assert (await w.view()).changing
        assert not (await w.claim("1.0", START + timedelta(minutes=4))).granted
        await w.advance(START + timedelta(minutes=6))
        view = await w.view()
        assert (view.changing, view.exposure) == ("", NOBODY)


async def test_a_kill_overtakes_a_fence_that_nobody_told_of(server: Client) -> None:
    async with world(server, start={"x": HALF}) as w:
        await w.tell(w.note("announced", "1.0", START))
        ahead = ms(START + 3 * DAY)
        await w.flags.write(w.target, HALF, Fence(epoch=ahead, sequence=3), key="ahead", at=START)
        await w.kill("bob")
        await w.advance(START)
        assert w.flags.exposures() == {"x": NOBODY}


async def test_who_sees_a_shipped_flag_can_be_set_without_a_release(server: Client) -> None:
    async with world(server) as w:
        await w.tell(w.note("announced", "1.0", START))
        asked = FlagSet(request_id="s1", actor=Actor(id="olga"), wanted=HALF, reason="one customer asked")
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await w.handle.execute_update(FlagWorkflow.set_exposure, asked)
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == "flag.not_shipped"
        await w.tell(w.note("shipped", "1.0", START, exposure=EVERYONE, original=NOBODY))
        await w.handle.execute_update(FlagWorkflow.set_exposure, asked)
        await w.advance(START)
        assert w.flags.exposures() == {"x": HALF}


async def test_the_owner_is_reminded_before_and_at_the_date_and_then_the_release_manager(server: Client) -> None:
    async with world(server) as w:
        await w.tell(w.note("announced", "1.0", START), w.note("shipped", "1.0", START, exposure=EVERYONE))
        await w.advance(START + 48 * DAY)
        told = [((m.at - START).days, m.type, m.to) for m in w.inbox.messages]
        assert told == [
            (33, "flag.reminder", ("olga",)),
            (40, "flag.reminder", ("olga",)),
            (47, "flag.reminder", ("olga",)),
            (47, "flag.overdue", ("bob",)),
        ]
        assert (await w.view(START + 48 * DAY)).overdue


async def test_a_waived_flag_is_quiet_until_the_waiver_ends(server: Client) -> None:
    async with world(server) as w:
        until = START + 60 * DAY
        await w.tell(
            w.note("announced", "1.0", START),
            w.note("shipped", "1.0", START, exposure=EVERYONE),
            w.note("waived", "1.0", START, until=until),
        )
        await w.advance(until - DAY)
        assert [*w.inbox.messages] == []
        await w.advance(until)
        assert [m.type for m in w.inbox.messages] == ["flag.reminder", "flag.overdue"]


async def test_a_flag_that_is_gone_with_proof_ends_its_workflow(server: Client) -> None:
    async with world(server) as w:
        w.flags.remove("x", START + 10 * DAY + timedelta(hours=1))
        await w.tell(w.note("announced", "1.0", START), w.note("shipped", "1.0", START, exposure=EVERYONE))
        await w.advance(START + 10 * DAY)
        end = await w.advance(START + 12 * DAY)
        assert end.closed
        assert end.next_wakeup is None
        closed = await w.handle.result()
        assert closed.proof == "archived, no references"
        assert (closed.seq, closed.head) == (end.seq, end.head)


async def test_clean_up_waits_while_another_release_lists_the_flag(server: Client) -> None:
    async with world(server) as w:
        w.flags.remove("x", START)
        await w.tell(
            w.note("announced", "1.0", START),
            w.note("announced", "2.0", START),
            w.note("shipped", "1.0", START, exposure=EVERYONE),
        )
        waits = await w.advance(START + 50 * DAY)
        assert (waits.closed, waits.next_wakeup) == (False, None)
        assert [*w.inbox.messages] == []
        await w.tell(w.note("carried", "2.0", START + 50 * DAY))
        assert (await w.advance(START + 51 * DAY)).closed


async def test_the_same_note_twice_is_one_note(server: Client) -> None:
    async with world(server) as w:
        note = w.note("announced", "1.0", START)
        await w.tell(note, note)
        await w.tell(note)
        assert await w.events() == ["FlagOpened", "FlagNoted"]


async def test_a_cycle_reaches_flags_that_the_release_does_not_list(server: Client) -> None:
    async with world(server) as w:
        life = RetireBy(cycles=1)
        await w.tell(
            w.note("announced", "1.0", START), w.note("shipped", "1.0", START, exposure=EVERYONE, retire_by=life)
        )
        assert (await w.view()).cycles_left == 1

        async def counted() -> None:
            while (await w.view()).cycles_left:
                # The server's list of workflows lags behind a moment: the note is sent again, under the same key.
                await w.tell(w.note("cycle", "2.0", START + 9 * DAY))

        await asyncio.wait_for(counted(), 20)
        assert (await w.view()).due == START + 9 * DAY


async def test_flag_debt_fails_naming_overdue_flags_and_their_owners(server: Client) -> None:
    async with world(server) as w:
        debt = FlagDebt(server)

        async def measured(at: datetime) -> Any:
            request = CheckRequest(
                release_id=f"{w.product}/2.0",
                environment="production",
                check="debt",
                kind="flag_debt",
                timeout=timedelta(seconds=30),
                at=at,
            )
            return await debt.measure(request)

        assert (await measured(START)).status is Status.PASS
        await w.tell(w.note("announced", "1.0", START), w.note("shipped", "1.0", START, exposure=EVERYONE))

        async def listed() -> None:
            while (await measured(START)).finding != "1 flag open, none overdue":
                pass

        await asyncio.wait_for(listed(), 20)
        late = await measured(START + 41 * DAY)
        assert late.status is Status.FAIL
        assert "x in production (team, since 2026-04-11)" in late.finding
        await w.tell(w.note("waived", "1.0", START, until=START + 60 * DAY))
        assert (await measured(START + 41 * DAY)).status is Status.PASS


async def test_flag_debt_is_unclear_when_a_flag_does_not_answer(server: Client) -> None:
    product = f"mute-{uuid4().hex[:8]}"
    start = FlagStart(product=product, environment="production", flag="x", provider="file")
    mute = await server.start_workflow(
        FlagWorkflow.run, start, id=f"flag/{product}/production/x", task_queue=f"nobody-{product}"
    )
    request = CheckRequest(
        release_id=f"{product}/1",
        environment="production",
        check="debt",
        kind="flag_debt",
        timeout=timedelta(seconds=30),
        at=START,
    )

    async def unclear() -> None:
        while (found := await FlagDebt(server, patience=timedelta(seconds=1)).measure(request)).finding.startswith("0"):
            pass
        assert found.status is Status.UNCLEAR
        assert f"flag/{product}/production/x" in found.finding

    await asyncio.wait_for(unclear(), 30)
    await mute.terminate()


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


async def test_a_flag_that_continues_as_new_keeps_its_ledger_its_answers_and_every_signal(server: Client) -> None:
    async with world(server) as w:
        await w.tell(w.note("announced", "1.0", START))
        answer = await w.kill("olga")
        await w.advance(START)
        first = (await w.handle.describe()).run_id
        told = 0
        while told < 1_000 and (await w.handle.describe()).run_id == first:
            claims = [w.claim("1.0", START) for _ in range(9)]
            notes = [w.note("written", "1.0", START, told + n) for n in range(5)]
            told += len(notes)
            answers = await asyncio.gather(*claims, *(w.handle.signal("note", n) for n in notes))
            assert [found.detail for found in answers[: len(claims)] if not found.granted] == []
        assert (await w.handle.describe()).run_id != first
        events = await w.events()
        assert events.count("FlagNoted") == 1 + told
        assert events.count("FlagGranted") == 1
        assert await w.kill("olga") == answer
        assert events.count("FlagSwitched") == 1
