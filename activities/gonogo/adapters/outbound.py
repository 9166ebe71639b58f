"""The one way in which adapters speak HTTP: no redirects, bounded in time and size, nothing from the environment."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import httpx2 as httpx

from .errors import Unreachable

MAX_BYTES = 64 * 1024
"""Largest answer that is read; a longer one is refused, not cut."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    """HTTP status."""
    body: bytes
    """At most `MAX_BYTES`."""


def check_url(url: str) -> str:
    """`url` when it can be asked.

    Raises:
        ValueError: it is no http(s) URL with a host, its port is none, or it carries a user name or password.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        raise ValueError("this is no URL: write https://host/path") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError("this is no http(s) URL with a host: write https://host/path")
    if parsed.port is not None and not 1 <= parsed.port <= 65535:
        raise ValueError(f"{parsed.port} is no port: 1 to 65535")
    if parsed.userinfo:
        # It would stand in the plan, in the history and in every message about this URL.
        raise ValueError("a URL carries no user name or password")
    return url


async def ask(
    method: str,
    url: str,
    *,
    within: timedelta,
    content: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """One request and its whole answer, whatever its status.

    Raises:
        Unreachable: no answer `within` that time, or more than `MAX_BYTES`. Names the host, never the path.
    """
    host = httpx.URL(url).host
    try:
        # trust_env=False: no proxy, .netrc password or certificate path gets in unseen.
        async with (
            asyncio.timeout(within.total_seconds()),
            httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=None) as client,
            client.stream(
                method, url, content=content, headers={"user-agent": "gonogo", "accept": "*/*", **(headers or {})}
            ) as response,
        ):
            body = bytearray()
            # Decoded size is what counts: a small compressed answer can unfold into gigabytes.
            async for chunk in response.aiter_bytes(chunk_size=8192):
                body += chunk
                if len(body) > MAX_BYTES:
                    raise Unreachable(f"{host} answered more than {MAX_BYTES} bytes")
            return Answer(status=response.status_code, body=bytes(body))
    except TimeoutError:
        raise Unreachable(f"{host} gave no answer within {within.total_seconds():g} s") from None
    except (httpx.HTTPError, OSError, ValueError, ExceptionGroup) as failed:
        # ValueError: a host name that no resolver takes, such as one with a label of 64 letters.
        # ExceptionGroup: several addresses of one host are tried at once, and what goes wrong there comes as a group.
        raise Unreachable(f"{host} could not be reached: {type(failed).__name__}") from None
