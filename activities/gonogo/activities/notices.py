"""Delivers messages. A channel that is down keeps its own messages back, and nothing else."""

from temporalio import activity

from .beats import beating
from .ports import Message
from .registry import Adapters
from .tasks import NotifyDone, NotifyTask


class Notices:
    """The channels of a release."""

    def __init__(self, adapters: Adapters) -> None:
        self._adapters = adapters

    @activity.defn
    async def notify(self, task: NotifyTask) -> NotifyDone:
        """Delivers what it can, in order for each channel; the rest is asked for again later, under the same keys."""
        delivered: list[str] = []
        down: set[str] = set()
        async with beating():
            for message in task.messages:
                if message.channel in down:
                    continue
                if await self._deliver(message, task):
                    delivered.append(message.key)
                else:
                    down.add(message.channel)
        return NotifyDone(delivered=tuple(delivered))

    async def _deliver(self, message: Message, task: NotifyTask) -> bool:
        channel = task.channels.get(message.channel)
        if channel is None:
            return True  # the channel was amended away: there is nobody to tell any more
        try:
            await self._adapters.notifier(channel.kind).deliver(message, channel.params)
        except Exception as error:  # noqa: BLE001  # a channel that is down never blocks a release
            activity.logger.warning("message %s was not delivered: %s: %s", message.key, type(error).__name__, error)
            # What the receiver refused for good would be refused for ever.
            return type(error).__name__ in ("DeliveryRefused", "BadParams")
        return True
