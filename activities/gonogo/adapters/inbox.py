"""Notifier `inbox`: a folder with one JSON file for each message. Needs no account; `gonogo inbox` shows them."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gonogo.activities.ports import Message
from gonogo.activities.registry import AdapterSettings
from gonogo.domain.plan import Channel
from gonogo.domain.plan_problem import Problem
from gonogo.domain.values import value

from .answers import params_problems, read_params
from .errors import DeliveryFailed

_MESSAGE = TypeAdapter(Message)


@value
class InboxParams:
    """The channel kind `inbox` has no parameters."""


class Inbox:
    """Delivers into a folder."""

    def __init__(self, root: Path) -> None:
        """Uses the folder `root`, which is made with the first message."""
        self._root = root

    @classmethod
    def from_settings(cls, settings: AdapterSettings) -> "Inbox":
        """Uses `inbox/` in the settings' folder."""
        return cls(inbox_folder(settings.folder))

    @staticmethod
    def plan_problems(asked: Channel) -> tuple[Problem, ...]:
        """What is wrong with the channel's parameters."""
        return params_problems(InboxParams, asked.params)

    async def deliver(self, message: Message, params: Mapping[str, Any]) -> None:
        """Delivers once per `message.key`, whole or not at all.

        Raises:
            BadParams: the channel has parameters.
            DeliveryFailed: the file cannot be written.
        """
        read_params(InboxParams, params, f"channel {message.channel!r}")
        await asyncio.to_thread(self._deliver, message)

    def _deliver(self, message: Message) -> None:
        # The key names the file, and making a link fails when the name is taken: delivered is delivered, also when
        # two workers do it at once.
        name = hashlib.sha256(message.key.encode()).hexdigest()[:32]
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            fd, made = tempfile.mkstemp(prefix=".", dir=self._root)
            try:
                with os.fdopen(fd, "wb") as file:
                    file.write(_MESSAGE.dump_json(message, indent=2) + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
                os.link(made, self._root / f"{name}.json")
            except FileExistsError:
                return
            finally:
                os.unlink(made)
        except OSError as refused:
            raise DeliveryFailed(f"the inbox {self._root} cannot be written: {refused.strerror}") from None


def inbox_folder(home: Path) -> Path:
    """Where the messages are kept in a data folder."""
    return home / "inbox"


def read_inbox(root: Path) -> tuple[Message, ...]:
    """The messages in the inbox at `root`, oldest first; none when there is no such folder.

    Raises:
        DeliveryFailed: a file there is no message of ours.
    """
    found = []
    for path in root.glob("[0-9a-f]*.json"):
        try:
            found.append(_MESSAGE.validate_json(path.read_bytes()))
        except (OSError, ValidationError):
            raise DeliveryFailed(f"{path} is no message: remove it") from None
    return tuple(sorted(found, key=lambda message: (message.at, message.key)))
