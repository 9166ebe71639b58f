"""Whatever is sent to a workflow: no task fails, nothing is closed by it, and the release goes on."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from gonogo.domain import commands as c
from gonogo.domain.canonical import to_json
from gonogo.domain.errors import GonogoError
from gonogo.domain.flag_notes import FlagNote
from gonogo.domain.plan_rules import problems
from gonogo.domain.terms import Phase
from gonogo.domain.values import Actor
from gonogo.workflows import flag_messages
from gonogo.workflows.book import Book
from gonogo.workflows.flag import FlagWorkflow
from gonogo.workflows.flag_messages import FlagStart
from gonogo.workflows.messages import GoNoGo, Launch, Request
from gonogo.workflows.release import ReleaseWorkflow
from gonogo.workflows.signals import FlagNews, ballot_of, decoded
from tests.domain.worlds import MONDAY, World, make_plan
from tests.workflows.payloads import ANN, AT, BALLOT, COMMANDS, EXPOSURE, NEWS, malformed
from tests.workflows.scenes import Surroundings, scene, version

IN_PROCESS, ON_SERVER = 2_000, 100
CONVERTER = pydantic_data_converter.payload_converter

NOTE: dict[str, Any] = {
    "key": "shop/1/1/0", "kind": "shipped", "release_id": "shop/1", "product": "shop", "environment": "production",
    "flag": "gifts", "at": AT,
}  # fmt: skip
CHANGE: dict[str, Any] = {"request_id": "r", "actor": ANN, "reason": "errors"}
START: dict[str, Any] = {"product": "shop", "environment": "production", "flag": "gifts", "provider": "file"}
CLAIM: dict[str, Any] = {"release_id": "shop/1", "at": AT}


def request(command: dict[str, Any], who: str = "bob") -> dict[str, Any]:
    return {"request_id": "r", "actor": {"id": who}, "command": command}


def amendment() -> dict[str, Any]:
    return {"type": "amend", "plan": to_json(make_plan(version="1.2.0"))}


ALL_COMMANDS = (*COMMANDS, amendment())


def books() -> dict[Phase, Book]:
    """A release in each phase."""
    made = {}
    for phase in (Phase.READYING, Phase.DECIDING, Phase.AWAITING_WINDOW, Phase.ROLLING_OUT, Phase.CLEANING_UP):
        world = World().to(phase)
        book = Book()
        book._state = world.state
        book.shelf.append(world.entries)
        made[phase] = book
    return made


@pytest.mark.parametrize("command", ALL_COMMANDS, ids=lambda x: x["type"])
def test_a_malformed_command_is_refused_or_decided_and_never_a_fault(command: dict[str, Any]) -> None:
    given = books()
    read = decided = 0
    for sent in malformed(request(command), IN_PROCESS, seed=len(command["type"])):
        try:
            found = CONVERTER.from_payload(sent, Request)
        except Exception:  # noqa: BLE001  # an argument that cannot be read is refused by the SDK, whatever is raised
            continue
        if not isinstance(found, Request):
            continue  # binary/null and the like: the SDK hands over what its encoding says
        read += 1
        if isinstance(found.command, c.Amend) and problems(found.command.plan):
            continue  # refused by the validator, before the core sees it
        book = list(given.values())[read % len(given)]
        try:
            book.would(found.command, book.state.at, found.actor)
            decided += 1
        except GonogoError:
            continue
    assert read


@pytest.mark.parametrize(("kind", "good"), [(GoNoGo, BALLOT), (FlagNews, NEWS), (FlagNote, NOTE)])
def test_a_malformed_signal_is_a_value_or_a_sentence(kind: type[Any], good: dict[str, Any]) -> None:
    given = books()
    sentences = 0
    for place, sent in enumerate(malformed(good, IN_PROCESS, seed=3)):
        found = decoded(RawValue(sent), kind, CONVERTER)
        if isinstance(found, str):
            sentences += 1
            assert 0 < len(found) <= 300
            continue
        book = list(given.values())[place % len(given)]
        try:
            if isinstance(found, GoNoGo):
                ballot = ballot_of(found)
                if isinstance(ballot, str):
                    sentences += 1
                else:
                    book.would(ballot, book.state.at, found.actor)
            elif isinstance(found, FlagNews):
                book.would(found.command(), book.state.at, Actor(id="gonogo"))
        except GonogoError:
            continue
    assert sentences > IN_PROCESS // 2


def kinds() -> Iterator[tuple[type[Any], dict[str, Any]]]:
    yield Launch, {"plan": to_json(make_plan()), "actor": ANN}
    yield FlagStart, START
    for name, kind in vars(flag_messages).items():
        if name in ("FlagKill", "FlagSet", "FlagChange"):
            yield kind, {**CHANGE, "wanted": EXPOSURE}
        elif name == "FlagClaimRequest":
            yield kind, CLAIM


@pytest.mark.parametrize(("kind", "good"), list(kinds()), ids=lambda x: getattr(x, "__name__", ""))
def test_a_malformed_payload_is_a_value_or_an_error(kind: type[Any], good: dict[str, Any]) -> None:
    refused = 0
    for sent in malformed(good, IN_PROCESS, seed=5):
        try:
            CONVERTER.from_payload(sent, kind)
        except Exception:  # noqa: BLE001  # any error is fine: it must be one that can be caught
            refused += 1
    assert refused > IN_PROCESS // 3


# --- on the server -------------------------------------------------------------------------------------------------


def raw(sent: Payload) -> RawValue:
    return RawValue(sent)


async def send(handle: Any, name: str, sent: Payload, *, update: bool) -> None:
    """Sends; a refusal is fine, and so is a server that does not take it."""
    if b"9999-" in sent.data:
        return  # to simulate eight thousand years takes its time
    try:
        if update:
            await handle.execute_update(name, raw(sent))
        else:
            await handle.signal(name, raw(sent))
    except WorkflowUpdateFailedError:
        pass
    except RPCError as refused:
        assert "INVALID_ARGUMENT" in refused.status.name, refused  # noqa: PT017  # one of two that are fine


async def ask(handle: Any, name: str, sent: Payload) -> None:
    """Asks; an error is the answer, and the workflow is none the worse."""
    try:
        await handle.query(name, raw(sent))
    except Exception:  # noqa: BLE001  # an answer that cannot be read here is as fine as an error there
        return


async def test_a_release_outlives_whatever_is_sent_to_it(server: Client) -> None:
    async with scene(server) as release:
        await release.to(Phase.DECIDING)
        handle = release.handle
        for name, good in (("go_no_go", BALLOT), ("flag_news", NEWS), ("whatever", CLAIM)):
            for sent in malformed(good, ON_SERVER, seed=11):
                await send(handle, name, sent, update=False)
        question = await release.question()
        for sent in malformed({**BALLOT, "request_id": question}, ON_SERVER, seed=12):
            await send(handle, "go_no_go", sent, update=False)
        harmless = [x for x in ALL_COMMANDS if x["type"] not in ("cancel", "rollback", "hold", "candidate", "amend")]
        for number, sent in enumerate(malformed({}, ON_SERVER, seed=13)):
            command = harmless[number % len(harmless)]
            for spoilt in malformed(request(command), 1, seed=number):
                await send(handle, "act", spoilt, update=True)
            await send(handle, "act", sent, update=True)
        for sent in malformed(AT, ON_SERVER, seed=14):
            await send(handle, "advance", sent, update=True)
        for name in ("status", "why", "verdict", "ledger"):
            for sent in malformed({"at": AT}, ON_SERVER, seed=15):
                await ask(handle, name, sent)
        assert not await release.failed_tasks()
        faults = [e for e in await release.entries() if e.event.type == "HandlerFaulted"]
        assert len(faults) > ON_SERVER
        await release.advance(release.at)
        await release.to(Phase.COMPLETED)
        assert not await release.failed_tasks()


async def test_a_flag_outlives_whatever_is_sent_to_it(server: Client) -> None:
    queue = version()
    async with Surroundings().worker(server, queue):
        handle = await server.start_workflow(
            FlagWorkflow.run,
            FlagStart(product="shop", environment="production", flag="gifts", provider="file", driven_from=MONDAY),
            id=f"flag/shop/fuzzed/{queue}",
            task_queue=queue,
        )
        known = workflow._Definition.must_from_class(FlagWorkflow)
        for name in {"note", "whatever", *(x for x in known.signals if x)}:
            for sent in malformed(NOTE, ON_SERVER, seed=21):
                await send(handle, name, sent, update=False)
        for name in (x for x in known.updates if x):
            good = CLAIM if name == "claim" else {**CHANGE, "wanted": EXPOSURE}
            for sent in malformed(good, ON_SERVER, seed=22):
                await send(handle, name, sent, update=True)
        for name in (x for x in known.queries if x and not x.startswith("__")):
            for sent in malformed({"at": AT}, ON_SERVER, seed=23):
                await ask(handle, name, sent)
        history = await handle.fetch_history()
        assert not [e for e in history.events if e.HasField("workflow_task_failed_event_attributes")]
        view = await handle.query(FlagWorkflow.flag, MONDAY)
        assert view is not None


async def test_a_plan_that_is_not_sound_fails_at_once_and_says_so(server: Client) -> None:
    plan = make_plan(version=version())
    broken = replace(plan, roles={}, schedule=replace(plan.schedule, zone="Nowhere/Else"))
    async with Surroundings().worker(server, broken.version):
        with pytest.raises(WorkflowFailureError) as failed:
            await server.execute_workflow(
                ReleaseWorkflow.run,
                Launch(plan=broken, actor=Actor(id="mallory")),
                id=f"release/{broken.release_id}",
                task_queue=broken.version,
            )
    assert isinstance(failed.value.cause, ApplicationError)
    assert str(failed.value.cause.type).startswith("plan.")
    assert failed.value.cause.message


async def test_an_amendment_that_is_not_sound_is_refused(server: Client) -> None:
    async with scene(server) as release:
        broken = replace(release.plan, roles={**release.plan.roles, "qa": replace(release.plan.roles["qa"], quorum=9)})
        refused = await release.refused(c.Amend(plan=broken), "bob")
        assert str(refused.type).startswith("plan.")
        assert (await release.state()).plan == release.plan
