"""A flag's own workflow on a real server: who holds it, what it is told, whom it reminds, and how it ends."""

import asyncio
from datetime import timedelta

from temporalio.client import Client

from gonogo.domain.plan import RetireBy
from gonogo.domain.values import EVERYONE, NOBODY
from tests.workflows.flag_world import DAY, HALF, START, world


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
