"""Release notes for an audience, from scope and reach: what ships when, for whom, what changes, what is out."""

from collections.abc import Mapping

from .errors import Refused
from .state import State
from .state_parts import FeatureState
from .telling import when
from .terms import FeatureStatus, Phase
from .values import NOBODY, Audience, Exposure, wider

AUDIENCES = ("support", "sales", "customers")
"""Whom release notes are written for."""


def release_notes(state: State, audience: str, *, now: Mapping[str, Exposure] | None = None) -> str:
    """Release notes in Markdown; for customers only what is announced.

    Args:
        state: The release.
        audience: Who reads them.
        now: Flag -> who sees it by now, where that is not as the closed release left it. Default: all are.

    Raises:
        Refused: `audience` is none of those that notes are written for.
    """
    if audience not in AUDIENCES:
        raise Refused("notes.audience", f"{audience!r} is no audience of notes: {', '.join(AUDIENCES)}")
    every = tuple(state.features.values())
    shown = [f for f in every if audience != "customers" or f.feature.announce]
    lines = [f"# {state.plan.product} {state.plan.version}" + (f": {state.plan.title}" if state.plan.title else "")]
    lines += ["", f"{_when(state)}, in {state.plan.environment}."]
    # Of a release that did not stay out nothing may read as if somebody had it.
    title = "What was planned" if state.outcome not in ("", "completed") else "What changes"
    lines += _section(title, [_change(state, f, audience, now or {}) for f in shown if f.is_in], _nothing(every))
    out = [_out(f) for f in shown if not f.is_in]
    if out:
        lines += _section("Not in this release", out, "")
    return "\n".join(lines) + "\n"


def _nothing(every: tuple[FeatureState, ...]) -> str:
    """Why there is no feature to tell of: none is in scope, or none of those is announced."""
    left_out = sum(f.is_in for f in every)
    if not left_out:
        return "Nothing is in scope."
    return f"Nothing in scope is announced to customers; left out: {left_out} feature{'s' * (left_out != 1)}."


def _section(title: str, entries: list[str], empty: str) -> list[str]:
    return ["", f"## {title}", "", *(entries or [empty])]


def _when(state: State) -> str:
    if state.rollback is not None:
        return "Being rolled back"
    if state.released_at is not None:
        return f"Released {when(state.released_at)}"
    if state.outcome:
        return f"Not released: {state.outcome.replace('_', ' ')}"
    if state.phase is Phase.ROLLING_OUT:
        return f"Being rolled out since {when(state.phase_since)}"
    if state.slot is not None:
        local = state.slot.local
        known = local if local and not local.startswith("on demand") else when(state.slot.starts)
        return f"Planned for {known}"
    return "No date is set yet"


def _change(state: State, held: FeatureState, audience: str, now: Mapping[str, Exposure]) -> str:
    feature = held.feature
    said = feature.notes.get(audience, "").strip() or feature.title
    late = f" Delayed until {held.until}." if held.status is FeatureStatus.DELAYED else ""
    need = f" Why: {feature.need}" if feature.need and audience != "customers" else ""
    return (
        f"- **{feature.title}**"
        + (f": {said}" if said != feature.title else "")
        + f" ({_whom(state, held, now)}){late}{need}"
    )


def _whom(state: State, held: FeatureState, now: Mapping[str, Exposure]) -> str:
    """Who gets it in the end, and who has it already, or by now."""
    keys = [k for k in held.feature.flags if k in state.plan.flags]
    if not keys:
        return "for everyone"
    reach, seen = NOBODY, NOBODY
    for key in keys:
        reach = wider(reach, state.plan.flags[key].reach)
        flag = state.flags.get(key)
        seen = wider(seen, now.get(key) or (flag.current if flag and flag.current else NOBODY))
    if any(key in now for key in keys):
        return f"for {_people(reach)}" + (f"; by now for {_people(seen)}" if seen != reach else "")
    return f"for {_people(reach)}" + (f"; so far for {_people(seen)}" if seen not in (NOBODY, reach) else "")


def _people(exposure: Exposure) -> str:
    names = exposure.segments
    segments = f"the segment{'s' * (len(names) > 1)} {', '.join(names)}"
    match exposure.audience:
        case Audience.PERCENTAGE:
            return f"{exposure.percent} % of users" + (f" and {segments}" if names else "")
        case Audience.SEGMENT:
            return segments
        case Audience.OPT_IN:
            return "whoever opts in"
        case _:
            return str(exposure)


def _out(held: FeatureState) -> str:
    to = f" to {held.until}" if held.until else ""
    why = f": {held.reason}" if held.reason else ""
    return f"- {held.feature.title} ({held.status.value}{to}){why}"
