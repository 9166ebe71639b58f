"""Check kind `pushed`: nobody is asked; a named person or service reports the result."""

from gonogo.activities.ports import CheckRequest
from gonogo.activities.registry import AdapterSettings
from gonogo.domain.facts import Finding, Status

from .answers import measured

WAITING = "waiting for a pushed result"
"""What an unanswered check of this kind says."""


class PushedCheck:
    """Measures nothing, so it is unclear until a result is pushed."""

    @classmethod
    def from_settings(cls, settings: AdapterSettings) -> "PushedCheck":
        """The adapter needs no settings."""
        return cls()

    async def measure(self, request: CheckRequest) -> Finding:
        """Always unclear."""
        return measured(Status.UNCLEAR, WAITING)
