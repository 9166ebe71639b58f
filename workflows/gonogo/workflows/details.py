"""What Temporal's own UI shows of a release: search attributes, and a few readable lines."""

from typing import Any

from gonogo.domain.state import State
from gonogo.domain.terms import TERMINAL
from gonogo.domain.values import format_instant
from gonogo.domain.views import exposure_percent
from gonogo.domain.wakeups import housekeeping, wakeups

from .search import EXPOSURE, OUTCOME, PHASE, PRODUCT


def search_attributes(state: State) -> dict[Any, Any]:
    """Product, phase, outcome, widest exposure."""
    seen = [exposure_percent(f.current) for f in state.flags.values() if f.current is not None]
    found: dict[Any, Any] = {
        PRODUCT: state.plan.product,
        PHASE: state.phase.value,
        EXPOSURE: max(seen, default=0),
    }
    if state.phase in TERMINAL:
        found[OUTCOME] = state.outcome
    return found


def details(state: State) -> str:
    """The release in a few lines of Markdown."""
    lines = [
        f"**{state.release_id}** is **{state.phase.value.replace('_', ' ')}** since {format_instant(state.phase_since)}"
    ]
    if state.slot is not None:
        lines.append(f"- slot: {state.slot.local or format_instant(state.slot.starts)}")
    if state.candidate is not None:
        lines.append(f"- candidate: `{state.candidate.commit}`")
    lines += [f"- held ({h.reason.value}): {h.text}" for h in state.holds]
    if state.round is not None:
        answered = ", ".join(f"{role} {b.choice.value}" for (role, _), b in state.round.ballots.items()) or "nobody yet"
        lines.append(f"- round {state.round.number}, closes {format_instant(state.round.closes)}: {answered}")
    if state.rollout is not None and state.rollout.stage >= 0:
        lines.append(f"- stage {state.rollout.stage + 1} of {len(state.stages)}")
    kept = frozenset(housekeeping(state, state.at))
    coming = next((one for one in wakeups(state) if one not in kept), None)
    if coming is not None:
        lines.append(f"- next by itself: {coming[1]}, {format_instant(coming[0])}")
    return "\n".join(lines)
