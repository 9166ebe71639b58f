"""What people are told, at hand at once: nobody has to ask the server whether there is something to answer."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from gonogo.activities.ports import Message


class Post:
    """A channel. Of each release it keeps that it was launched, and the first question that was asked."""

    def __init__(self) -> None:
        self._launched: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._asked: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._questions: dict[str, str] = {}

    async def deliver(self, message: Message, params: Mapping[str, Any]) -> None:
        """Takes the message."""
        if message.type == "release.launched":
            self._launched[message.release_id].set()
        elif message.type == "poll.opened":
            _, command = message.answers[0]
            self._questions[message.release_id] = command.rpartition(" --question ")[2]
            self._asked[message.release_id].set()

    async def launched(self, release_id: str) -> None:
        """Waits until the release goes on."""
        await self._launched[release_id].wait()

    async def question(self, release_id: str) -> str:
        """The question of the release's round; waits until it is asked."""
        await self._asked[release_id].wait()
        return self._questions[release_id]
