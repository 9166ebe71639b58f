"""What became of a slot that a person gave up: which it was, how many may be given up, and which is next."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from gonogo.client.errors import ClientError
from gonogo.client.release_client import ReleaseClient
from gonogo.domain.deciding import poll_due
from gonogo.domain.events import SlotGivenUp, SlotsResolved
from gonogo.domain.state import State
from gonogo.domain.telling import when
from gonogo.domain.terms import HoldReason, Phase
from gonogo.workflows.messages import Answer

from .common import Common, exit_code, print_answer
from .show import emit_json

_CALENDAR_S = 10
"""How long the calendar's answer is waited for: it knows the next slot a moment after the last one is given up."""


async def give_up(
    common: Common, release: str, call: Callable[[ReleaseClient], Awaitable[Answer]], cause: str, done: str
) -> int:
    """Gives a command that may give up the slot, and says what became of it. `cause`: its name in the ledger."""
    async with common.client() as client:
        answer = await call(client)
        if common.json:
            emit_json(answer)
            return exit_code(answer)
        print_answer(answer, done)
        # It is done, whatever becomes of the rest: nobody shall give the command again for want of these lines.
        with contextlib.suppress(ClientError):
            for line in await _told(client, release, answer, cause) if answer.accepted else []:
                print(f"  {line}")
    return exit_code(answer)


async def _told(client: ReleaseClient, release: str, answer: Answer, cause: str) -> list[str]:
    given = await _given_up(client, release, answer, cause)
    if given is None and cause != "postpone":
        return []
    state = await client.get(release)
    if state.slots_ask is not None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CALENDAR_S):
                async for entry in client.watch(release, after=state.seq):
                    if isinstance(entry.event, SlotsResolved):
                        break
        state = await client.get(release)
    return [*([_lost(given, state)] if given else []), _following(state)]


async def _given_up(client: ReleaseClient, release: str, answer: Answer, cause: str) -> SlotGivenUp | None:
    """What the entries of this very command say of the slot."""
    found = None
    for entry in (await client.ledger(release)).entries():
        if entry.seq > answer.seq:
            break
        found = None if entry.cause != cause else entry.event if isinstance(entry.event, SlotGivenUp) else found
    return found


def _lost(given: SlotGivenUp, state: State) -> str:
    allowed = state.plan.schedule.max_postponements
    count = f"{given.count} given up, {allowed} allowed"
    slot = given.slot
    what = "the slot" if state.plan.schedule.mode != "on_demand" else "this try"
    if slot is not None and not slot.local.startswith("on demand"):
        what = f"the slot {slot.local or when(slot.starts)}"
    return f"given up: {what} ({count})"


def _following(state: State) -> str:
    why = f"gonogo why {state.release_id}"
    held = state.held(HoldReason.SCHEDULE)
    if held:
        return f"next: none; held: {held[0].text}"
    if state.slots_ask is not None:
        return f"next: the calendar is still asked for it, see {why}"
    opens = poll_due(state, state.at) if state.phase is Phase.READYING else None
    poll = f"the poll opens {when(opens)}" if opens else "the poll is not due yet"
    if state.slot is None or state.plan.schedule.mode == "on_demand":
        return f"next: {poll}, or with `gonogo poll open {state.release_id}`"
    return f"next: the slot {state.slot.local or when(state.slot.starts)}; {poll}"
