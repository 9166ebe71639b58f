"""What every notifier promises: once per key, whole, or an error that says whether to try again."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gonogo.activities.ports import Message, Notifier
from gonogo.adapters.errors import BadParams, DeliveryFailed, DeliveryRefused
from gonogo.adapters.inbox import Inbox, read_inbox
from gonogo.adapters.memory import MemoryInbox
from gonogo.adapters.webhook import Webhook
from gonogo.domain.resolution import Interval

AT = datetime(2026, 3, 5, 14, tzinfo=UTC)
KEY = base64.b64encode(b"a key of thirty-two bytes, almost").decode()
ENV = {"HOOK_SECRET": f"whsec_{KEY}", "PLAIN": "plain secret", "BAD": "whsec_%%%", "EMPTY": " "}
SIGNED = {"secret": "env:HOOK_SECRET"}


def message(n: int = 1, **more: Any) -> Message:
    said: dict[str, Any] = {
        "key": f"release/shop/1.2.0/{n}/team",
        "type": "poll.opened",
        "release_id": "shop/1.2.0",
        "channel": "team",
        "subject": "shop 1.2.0: go or no-go?",
        "body": "Ünïcode, answered by 15:00Z",
        "to": ("ann",),
        "answers": (("go", "gonogo vote shop/1.2.0 go"),),
        "at": AT + timedelta(minutes=n),
    }
    return Message(**said | more)


class World(ABC):
    """A channel, and the subjects of what has arrived there."""

    notifier: Notifier
    params: dict[str, Any]

    @abstractmethod
    def arrived(self) -> list[str]:
        """The subjects, oldest first."""

    async def deliver(self, sent: Message) -> None:
        await self.notifier.deliver(sent, self.params)


class InMemory(World):
    def __init__(self, folder: Path, web: Any) -> None:
        self.memory = MemoryInbox()
        self.notifier, self.params = self.memory, {}

    def arrived(self) -> list[str]:
        return [m.subject for m in self.memory.messages]


class InFolder(World):
    def __init__(self, folder: Path, web: Any) -> None:
        self.folder = folder / "inbox"
        self.notifier, self.params = Inbox(self.folder), {}

    def arrived(self) -> list[str]:
        return [m.subject for m in read_inbox(self.folder)]


class ByWebhook(World):
    """A receiver that drops what it has seen, as Standard Webhooks say."""

    def __init__(self, folder: Path, web: Any) -> None:
        self._web = web
        self.notifier, self.params = Webhook(env=ENV), {"url": web.says("/hook", "", 204), **SIGNED}

    def arrived(self) -> list[str]:
        unique = {seen.headers["webhook-id"]: seen for seen in self._web.seen}
        return [json.loads(seen.body)["data"]["subject"] for seen in unique.values()]


@pytest.fixture(params=[InMemory, InFolder, ByWebhook], ids=["memory", "inbox", "webhook"])
def world(request: pytest.FixtureRequest, tmp_path: Path, web: Any) -> World:
    made: World = request.param(tmp_path, web)
    return made


def test_it_is_a_notifier(world: World) -> None:
    assert isinstance(world.notifier, Notifier)


async def test_messages_arrive_in_order(world: World) -> None:
    for n in range(3):
        await world.deliver(message(n, subject=f"number {n}"))
    assert world.arrived() == ["number 0", "number 1", "number 2"]


async def test_a_message_that_is_delivered_again_arrives_once(world: World) -> None:
    for _ in range(3):
        await world.deliver(message())
    assert world.arrived() == [message().subject]


async def test_deliveries_at_the_same_time_arrive_once_each(world: World) -> None:
    await asyncio.gather(*(world.deliver(message(n % 5)) for n in range(20)))
    assert len(world.arrived()) == 5


# --- inbox ---------------------------------------------------------------------------------------------------------


async def test_a_message_is_read_back_as_it_was_sent(tmp_path: Path) -> None:
    await Inbox(tmp_path).deliver(message(), {})
    assert read_inbox(tmp_path) == (message(),)
    assert len(os.listdir(tmp_path)) == 1


async def test_an_inbox_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert read_inbox(tmp_path / "none") == ()


async def test_half_written_files_are_no_messages_and_broken_ones_are_named(tmp_path: Path) -> None:
    (tmp_path / ".half").write_text("{")
    assert read_inbox(tmp_path) == ()
    (tmp_path / "0.json").write_text("{}")
    with pytest.raises(DeliveryFailed, match=r"0\.json is no message"):
        read_inbox(tmp_path)


async def test_an_inbox_that_cannot_be_written_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeliveryFailed, match="cannot be written"):
        await Inbox(tmp_path / "file").deliver(message(), {})


async def test_an_inbox_takes_no_parameters(tmp_path: Path) -> None:
    with pytest.raises(BadParams, match="channel 'team': unknown parameter 'url'"):
        await Inbox(tmp_path).deliver(message(), {"url": "https://a.example"})


# --- webhook -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "key"), [("HOOK_SECRET", base64.b64decode(KEY)), ("PLAIN", b"plain secret")])
async def test_the_signature_is_the_one_of_standard_webhooks(web: Any, name: str, key: bytes) -> None:
    params = {"url": web.says("/hook", ""), "secret": f"env:{name}"}
    await Webhook(env=ENV, clock=lambda: 1772719260.9).deliver(message(), params)
    [seen] = web.seen
    assert seen.headers["webhook-timestamp"] == "1772719260"
    assert "." not in seen.headers["webhook-id"]
    signed = f"{seen.headers['webhook-id']}.1772719260.".encode() + seen.body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert seen.headers["webhook-signature"] == f"v1,{wanted}"


async def test_the_body_is_a_cloud_event(web: Any) -> None:
    await Webhook(env=ENV).deliver(message(), {"url": web.says("/hook", ""), **SIGNED})
    [seen] = web.seen
    assert (seen.method, seen.headers["content-type"]) == ("POST", "application/cloudevents+json; charset=utf-8")
    assert json.loads(seen.body) == {
        "specversion": "1.0",
        "id": "release/shop/1.2.0/1/team",
        "source": "gonogo/release/shop/1.2.0",
        "type": "dev.gonogo.poll.opened",
        "time": "2026-03-05T14:01:00.000000Z",
        "subject": "shop/1.2.0",
        "datacontenttype": "application/json",
        "data": {
            "channel": "team",
            "subject": "shop 1.2.0: go or no-go?",
            "body": "Ünïcode, answered by 15:00Z",
            "to": ["ann"],
            "answers": [{"answer": "go", "command": "gonogo vote shop/1.2.0 go"}],
        },
    }


async def test_a_second_attempt_has_the_same_id_and_a_fresh_signature(web: Any) -> None:
    now = iter([1_000.0, 2_000.0])
    hook = Webhook(env=ENV, clock=lambda: next(now))
    for _ in range(2):
        await hook.deliver(message(), {"url": web.says("/hook", ""), **SIGNED})
    first, second = web.seen
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
async def test_a_receiver_that_may_take_it_later_is_asked_again(web: Any, status: int) -> None:
    with pytest.raises(DeliveryFailed, match=f"channel 'team': 127.0.0.1 answered {status}"):
        await Webhook(env=ENV).deliver(message(), {"url": web.says("/hook", "", status), **SIGNED})


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
async def test_a_receiver_that_refuses_is_not_asked_again(web: Any, status: int) -> None:
    with pytest.raises(DeliveryRefused, match=f"answered {status}"):
        await Webhook(env=ENV).deliver(message(), {"url": web.says("/hook", "", status), **SIGNED})


async def test_a_redirect_is_refused_and_not_followed(web: Any) -> None:
    with pytest.raises(DeliveryRefused, match="answered 302"):
        await Webhook(env=ENV).deliver(message(), {"url": web.redirects(), **SIGNED})
    assert len(web.seen) == 1


async def test_a_receiver_that_is_down_or_answers_too_much_is_asked_again(web: Any, closed_port: str) -> None:
    for url in (closed_port, web.says("/hook", "x" * 70_000)):
        with pytest.raises(DeliveryFailed):
            await Webhook(env=ENV).deliver(message(), {"url": url, **SIGNED})


@pytest.mark.parametrize("name", ["MISSING", "EMPTY"])
async def test_a_secret_that_is_not_there_is_named_and_nothing_is_sent(web: Any, name: str) -> None:
    with pytest.raises(DeliveryFailed, match=f"no environment variable {name}: set it"):
        await Webhook(env=ENV).deliver(message(), {"url": web.says("/hook", ""), "secret": f"env:{name}"})
    assert web.seen == []


async def test_the_address_can_be_a_secret_too(web: Any) -> None:
    hook = Webhook(env={**ENV, "HOOK_URL": web.says("/hook/token", "", 500)})
    with pytest.raises(DeliveryFailed) as failed:
        await hook.deliver(message(), {"url": "env:HOOK_URL", **SIGNED})
    assert "token" not in str(failed.value)
    with pytest.raises(BadParams, match=r"url \(env:PLAIN\)"):
        await Webhook(env=ENV).deliver(message(), {"url": "env:PLAIN", **SIGNED})


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"url": "https://a.example"},
        {"secret": "env:HOOK_SECRET"},
        {"url": "ftp://a.example", **SIGNED},
        {"url": "https://a.example", "secret": "hunter2"},
        {"url": "https://a.example", "secret": "env:BAD"},
        {"url": "https://a.example", "secret": "env:"},
        {"url": "https://ann:hunter2@a.example", **SIGNED},
        {"url": "https://a.example", "sekret": "hunter2", **SIGNED},
    ],
)
async def test_parameters_that_make_no_sense_are_named_without_the_secret(params: dict[str, Any]) -> None:
    with pytest.raises(BadParams, match="channel 'team': ") as refused:
        await Webhook(env=ENV).deliver(message(), params)
    assert "hunter2" not in str(refused.value)


# --- memory --------------------------------------------------------------------------------------------------------


async def test_a_channel_that_is_out_fails_and_takes_the_message_afterwards() -> None:
    inbox = MemoryInbox(outages={"team": (Interval(start=AT, end=AT + timedelta(hours=1)),)})
    with pytest.raises(DeliveryFailed, match="'team' cannot be reached"):
        await inbox.deliver(message(1), {})
    await inbox.deliver(message(60), {})
    assert [m.key for m in inbox.messages] == [message(60).key]
