"""Release notes."""

from .state import State


def release_notes(state: State, audience: str) -> str:
    """Markdown for `support`, `sales` or `customers`."""
    raise NotImplementedError
