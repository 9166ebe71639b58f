"""A channel of messages that tests close and open."""

from collections.abc import Mapping
from typing import Any

from gonogo.activities.ports import Message
from gonogo.adapters.errors import DeliveryFailed
from gonogo.adapters.memory import MemoryInbox


class Channel(MemoryInbox):
    """An inbox that can be closed, and keeps the keys of everything that it was asked to deliver."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False
        self.taken: list[str] = []
        self.refused = 0

    async def deliver(self, message: Message, params: Mapping[str, Any]) -> None:
        if self.down:
            self.refused += 1
            raise DeliveryFailed("the channel is down")
        self.taken.append(message.key)
        await super().deliver(message, params)
