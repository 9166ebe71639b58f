"""How a release ended, in one line: what became of it, when, by whom and why."""

from .state import State
from .telling import when
from .values import ENGINE


def ending(state: State) -> str:
    """How it ended; empty while it is open."""
    if not state.outcome:
        return ""
    closed = state.closed_by
    by = f" by {closed.id}" if closed is not None and closed != ENGINE else ""
    why = f": {state.ended_because}" if state.ended_because else ""
    at = when(state.phase_since)
    match state.outcome:
        case "completed":
            shipped = f" (shipped {when(state.released_at)})" if state.released_at else ""
            return f"completed {at}{shipped}{why}"
        case "cancelled":
            return f"cancelled {at}{by}, and nothing of it reached users{why}"
        case _:
            return f"rolled back, and closed {at}{by}{why}"
