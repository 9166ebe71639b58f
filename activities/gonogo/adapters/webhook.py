"""Notifier `webhook`: posts each message to a URL, in a CloudEvents 1.0 envelope, signed as Standard Webhooks say.

The receiver checks `webhook-signature` over `webhook-id`, `webhook-timestamp` and the raw body, and drops a
`webhook-id` that it has seen: it is the same however often a message is sent.
"""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any

import httpx2 as httpx
from pydantic import AfterValidator

from gonogo.activities.ports import Message
from gonogo.activities.registry import AdapterSettings
from gonogo.domain.plan import Channel
from gonogo.domain.plan_problem import Problem
from gonogo.domain.values import format_instant, value

from .answers import params_problems, read_params
from .errors import BadParams, DeliveryFailed, DeliveryRefused, Unreachable
from .outbound import ask, check_url

TIMEOUT = timedelta(seconds=10)
"""How long a receiver may take."""

_RETRYABLE = {408, 425, 429}
_REFERENCE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")


def _reference(given: str) -> str:
    if not _REFERENCE.fullmatch(given):
        # What was given instead may be the secret itself: not repeated.
        raise ValueError("name the environment variable that holds the secret: env:NAME")
    return given


def _url_or_reference(given: str) -> str:
    return given if _REFERENCE.fullmatch(given) else check_url(given)


@value
class WebhookParams:
    """Parameters of the channel kind `webhook`."""

    url: Annotated[str, AfterValidator(_url_or_reference)]
    """Where it is posted, or `env:NAME` when the address itself is a secret."""
    secret: Annotated[str, AfterValidator(_reference)]
    """`env:NAME`: the worker's environment variable with the key, plain or as `whsec_<base64>`."""


@value
class CloudEvent:
    """A CloudEvents 1.0 envelope, structured JSON."""

    specversion: str = "1.0"
    """Version of the envelope."""
    id: str
    """The message's key: with `source` it names the event."""
    source: str
    """`gonogo/release/<product>/<version>`."""
    type: str
    """`dev.gonogo.<message type>`."""
    time: str
    """When it happened, UTC."""
    subject: str
    """`<product>/<version>`."""
    datacontenttype: str = "application/json"
    """What `data` is."""
    data: dict[str, Any]
    """The message."""


def envelope(message: Message) -> CloudEvent:
    """The envelope that `message` travels in."""
    return CloudEvent(
        id=message.key,
        source=f"gonogo/release/{message.release_id}",
        type=f"dev.gonogo.{message.type}",
        time=format_instant(message.at),
        subject=message.release_id,
        data={
            "channel": message.channel,
            "subject": message.subject,
            "body": message.body,
            "to": list(message.to),
            "answers": [{"answer": answer, "command": command} for answer, command in message.answers],
        },
    )


def sign(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header of Standard Webhooks."""
    signed = hmac.new(secret, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


class Webhook:
    """Delivers by signed HTTP POST."""

    def __init__(self, *, env: Mapping[str, str], clock: Callable[[], float] = time.time) -> None:
        """Takes secrets from `env` at each delivery; `clock` gives the time that is signed."""
        self._env = env
        self._clock = clock

    @classmethod
    def from_settings(cls, settings: AdapterSettings) -> "Webhook":
        """Takes secrets from the settings' environment."""
        return cls(env=settings.env)

    @staticmethod
    def plan_problems(asked: Channel) -> tuple[Problem, ...]:
        """What is wrong with the channel's parameters."""
        return params_problems(WebhookParams, asked.params)

    def lacks(self, asked: Channel) -> Iterator[Problem]:
        """Environment variables that the channel names and the worker does not have."""
        for key in ("url", "secret"):
            reference = _REFERENCE.fullmatch(str(asked.params.get(key, "")))
            if reference and not self._env.get(reference[1], "").strip():
                yield Problem(code="adapter.secret_missing", path=("params", key), message=_absent(reference[1]))

    async def deliver(self, message: Message, params: Mapping[str, Any]) -> None:
        """Posts the message; the receiver answers 2xx when it has it.

        Raises:
            BadParams: a parameter is missing or wrong.
            DeliveryFailed: no answer, 408, 425, 429 or 5xx, or the secret is not there (yet).
            DeliveryRefused: any other answer, redirects included.
        """
        where = f"channel {message.channel!r}"
        known = read_params(WebhookParams, params, where)
        secret = _key(self._resolve(known.secret, where), known.secret, where)
        url = self._url(known.url, where)
        # A hash, because a full stop in the id (a version has some) would make the signed text ambiguous.
        message_id = f"msg_{hashlib.sha256(message.key.encode()).hexdigest()[:32]}"
        body = json.dumps(_plain(envelope(message)), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        timestamp = int(self._clock())
        headers = {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(secret, message_id, timestamp, body),
        }
        try:
            answer = await ask("POST", url, within=TIMEOUT, content=body, headers=headers)
        except Unreachable as failed:
            raise DeliveryFailed(f"{where}: {failed}") from None
        said = f"{where}: {httpx.URL(url).host} answered {answer.status}"
        if answer.status in _RETRYABLE or answer.status >= 500:
            raise DeliveryFailed(said)
        if not 200 <= answer.status < 300:
            raise DeliveryRefused(said)

    def _resolve(self, reference: str, where: str) -> str:
        name = reference.removeprefix("env:")
        found = self._env.get(name, "").strip()
        if not found:
            raise DeliveryFailed(f"{where}: {_absent(name)}")
        return found

    def _url(self, given: str, where: str) -> str:
        if not _REFERENCE.fullmatch(given):
            return given
        try:
            return check_url(self._resolve(given, where))
        except ValueError as refused:
            raise BadParams(f"{where}: url ({given}): {refused}") from None


def _absent(name: str) -> str:
    return f"the worker has no environment variable {name}: set it and restart the worker"


def _key(secret: str, reference: str, where: str) -> bytes:
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        raise BadParams(f"{where}: secret ({reference}): what follows whsec_ is no base64") from None


def _plain(event: CloudEvent) -> dict[str, Any]:
    return {name: getattr(event, name) for name in CloudEvent.__dataclass_fields__}
