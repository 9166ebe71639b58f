"""What a simulation came to, as values; their JSON is stable."""

import json

from gonogo.domain.canonical import to_json
from gonogo.domain.events import ExceptionRejected
from gonogo.domain.flag_events import ProofTaken
from gonogo.domain.flag_narrate import flag_summary
from gonogo.domain.narrate import Glyph, glyph, summary
from gonogo.domain.scope import in_scope
from gonogo.domain.state import State
from gonogo.domain.terms import OUT, TERMINAL
from gonogo.domain.values import Instant, value
from gonogo.domain.why import why_view

from .driver import Chronicle
from .flag_lives import FlagLife


@value
class Out:
    """A feature that is not in the release."""

    id: str
    """The feature."""
    why: str
    """Why."""


@value
class ScopeResult:
    """What was in the release in the end."""

    ins: tuple[str, ...] = ()
    """Ids of the features that are in; `in` in JSON."""
    out: tuple[Out, ...] = ()
    """Features that were proposed and are not in."""


@value
class EventLine:
    """One thing that happened."""

    seq: int
    """Place in the ledger, from 1."""
    at: Instant
    """When."""
    type: str
    """The event's type."""
    actor: str
    """Who."""
    summary: str
    """What, in one line."""
    news: Glyph = "info"
    """What kind of news it is, as in a timeline: ok, bad, wait, info, person."""


@value
class DecisionLine:
    """The verdict when something was decided."""

    at: Instant
    """When."""
    what: str
    """The event: PollOpened, GoGiven or RoundEnded."""
    outcome: str
    """GO, NO_GO or UNCLEAR."""
    reasons: tuple[str, ...] = ()
    """Everything that stood against GO."""


@value
class FlagLine:
    """A flag in the end."""

    key: str
    """The flag."""
    exposure: str
    """Who sees it."""
    settled: str = ""
    """gone, waived or carried; empty: not settled."""
    why: str = ""
    """The proof, or why it is carried."""


@value
class FlagAfterLine:
    """A flag after its release has closed, when an instant is known at which something happens to it."""

    key: str
    """The flag."""
    stands: str
    """gone, overdue, waived or live."""
    due: Instant | None
    """When it should be gone; absent: that is not known."""
    until: Instant
    """The last instant that was simulated for it: until it was gone, or 30 days late."""
    events: tuple[EventLine, ...]
    """What happened to it since the release closed, but for the daily question whether it is gone. `seq` is the place
    in the flag's own ledger."""


@value
class RefusedLine:
    """Something in the people file that was refused, or never came to be."""

    at: Instant
    """When."""
    who: str
    """Who."""
    do: str
    """What."""
    code: str
    """Stable code."""
    message: str
    """Why."""


@value
class BlockedLine:
    """The first thing that stood in the way."""

    at: Instant
    """When."""
    summary: str
    """What."""


@value
class SimulationResult:
    """What a simulation came to; its JSON is stable and grows by optional fields only."""

    release_id: str
    """`<product>/<version>`."""
    outcome: str
    """completed, cancelled or rolled_back; `open` when it did not close."""
    phase: str
    """Where the release stands in the end."""
    started_at: Instant
    """When it was launched."""
    released_at: Instant | None
    """When it had shipped; None: it did not."""
    ended_at: Instant
    """The last instant that was simulated."""
    why: str
    """What it waits for, when it did not close."""
    waiting: tuple[str, ...] = ()
    """Everything that it waits for, when it did not close."""
    exposure: dict[str, int]
    """Flag -> percent of users who see it."""
    scope: ScopeResult
    """What is in, and what is not."""
    flags: tuple[FlagLine, ...]
    """Each flag in the end."""
    decisions: tuple[DecisionLine, ...]
    """The verdict at each decision."""
    first_blocked: BlockedLine | None
    """The first thing that stood in the way; None: nothing did."""
    refused: tuple[RefusedLine, ...]
    """Acts of the people file that were refused."""
    events: tuple[EventLine, ...]
    """Everything that happened."""
    ledger_head: str
    """SHA-256 of the last entry of the ledger."""
    flags_after: tuple[FlagAfterLine, ...] = ()
    """Flags after the release has closed."""


def after_line(life: FlagLife) -> FlagAfterLine:
    """What became of a flag after its release has closed."""
    view = life.view
    stands = "live"
    if view.phase == "gone":
        stands = "gone"
    elif view.overdue:
        stands = "overdue"
    elif view.waived_until is not None and view.waived_until > life.until:
        stands = "waived"
    return FlagAfterLine(
        key=view.key,
        stands=stands,
        due=view.due,
        until=life.entries[-1].at if life.entries and stands == "gone" else life.until,
        events=tuple(
            EventLine(seq=e.seq, at=e.at, type=e.event.type, actor=e.actor.id, summary=flag_summary(e))
            for e in life.entries
            if not isinstance(e.event, ProofTaken)
        ),
    )


def result_of(told: Chronicle, head: str) -> SimulationResult:
    """What was told, as a result."""
    state = told.state
    assert state is not None
    closed = state.phase in TERMINAL
    ended = max(told.entries[-1].at, told.now or told.entries[-1].at)
    why = None if closed else why_view(state, ended)
    first = told.first_blocked
    return SimulationResult(
        release_id=state.release_id,
        outcome=state.outcome or "open",
        phase=state.phase.value,
        started_at=state.launched_at,
        released_at=state.released_at,
        ended_at=ended,
        why=why.headline if why else "",
        waiting=tuple(f"{w.text} ({', '.join(w.responsible)}): {w.clears}" for w in why.waiting) if why else (),
        exposure={key: flag.current.percent if flag.current else 0 for key, flag in state.flags.items()},
        scope=_scope(told, state),
        flags=tuple(
            FlagLine(
                key=key,
                exposure=str(flag.current) if flag.current else "not known",
                settled=flag.settled.value if flag.settled else "",
                why=flag.proof,
            )
            for key, flag in state.flags.items()
        ),
        decisions=tuple(
            DecisionLine(at=d.at, what=d.what, outcome=d.outcome.value, reasons=tuple(r.text for r in d.reasons))
            for d in told.decisions
        ),
        first_blocked=BlockedLine(at=first[0], summary=first[1]) if first else None,
        refused=tuple(RefusedLine(at=r.at, who=r.who, do=r.do, code=r.code, message=r.message) for r in told.refused),
        events=tuple(
            EventLine(seq=e.seq, at=e.at, type=e.event.type, actor=e.actor.id, summary=summary(e), news=glyph(e))
            for e in told.entries
        ),
        ledger_head=head,
    )


def _scope(told: Chronicle, state: State) -> ScopeResult:
    out = [
        Out(id=name, why=f"{held.status.value}: {held.reason}" if held.reason else held.status.value)
        for name, held in state.features.items()
        if held.status in OUT
    ]
    reasons = {e.event.exception: e.event.reason for e in told.entries if isinstance(e.event, ExceptionRejected)}
    for asked in state.exceptions.values():
        name = asked.feature.id if asked.feature else None
        if name is not None and name not in state.features and name not in {o.id for o in out}:
            reason = reasons.get(asked.id)
            why = f"exception {asked.id} {asked.status.value}" + (f": {reason}" if reason else "")
            out.append(Out(id=name, why=why))
    return ScopeResult(ins=in_scope(state), out=tuple(out))


def json_of(result: SimulationResult) -> str:
    """The result as one line of JSON."""
    made = to_json(result)
    made["scope"]["in"] = made["scope"].pop("ins")
    # What is absent elsewhere is null here: scripts look for these keys.
    return json.dumps({"released_at": None, "first_blocked": None, **made}, ensure_ascii=False)
