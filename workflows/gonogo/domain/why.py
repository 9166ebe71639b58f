"""Why a release is where it is: each unmet condition, whom it waits for, since when, what clears it, what comes next.

A pure function of the state and an instant, total over every phase. A release that is open always waits for something,
or something happens by itself.
"""

from datetime import datetime

from .assessing import assess
from .baking import guards_watching
from .clearing import clears_hold, clears_reason, lifters
from .ending import ending
from .state import State
from .telling import change_told, listed, when
from .terms import TERMINAL, Outcome, Phase
from .wakeups import housekeeping, wakeups
from .why_before import SYSTEM, deciding, readying, scoping
from .why_rollout import PHASES, rolling_back, the_world
from .why_values import Next, ReasonView, VerdictView, Waiting, WhyView

_PHASES = {Phase.SCOPING: scoping, Phase.READYING: readying, Phase.DECIDING: deciding, **PHASES}
_ALONE = "by itself"


def upcoming(state: State, now: datetime) -> tuple[Next, ...]:
    """Everything that happens by itself, soonest first, each once; the report of the guards' watch among it."""
    kept = frozenset(housekeeping(state, max(state.at, now)))
    found = list(wakeups(state, now))
    rollout = state.rollout
    until = rollout.watch_until if rollout is not None and state.rollback is None and not rollout.bake_done else None
    if rollout is not None and until is not None and guards_watching(state, state.stages[rollout.stage]):
        found.append((until, f"the guards of stage {rollout.stage + 1} report"))
    return tuple(Next(at=at, what=what, housekeeping=(at, what) in kept) for at, what in dict.fromkeys(sorted(found)))


def matters(coming: tuple[Next, ...]) -> Next | None:
    """The first of them that somebody may want to know of; None when there is only housekeeping."""
    return next((one for one in coming if not one.housekeeping), None)


def _holds(state: State) -> list[Waiting]:
    return [
        Waiting(
            code=f"hold.{hold.reason.value}",
            subject=f"hold:{hold.id}",
            text=f"held ({hold.reason.value.replace('_', ' ')})" + (f": {hold.text}" if hold.text else ""),
            responsible=lifters(state, hold),
            since=hold.since,
            clears=clears_hold(state, hold),
        )
        for hold in state.holds
    ]


def _at_once(state: State) -> Waiting:
    """Between two entries of one decision, as `audit show --at` can look at it, everything is met already."""
    return Waiting(
        code="moment",
        subject="release",
        text="everything is met, and the release moves on at once",
        responsible=SYSTEM,
        since=state.at,
        clears="by itself",
    )


def _notes(state: State) -> tuple[str, ...]:
    """What people did to its flags outside its stages, where no hold says it, and what is another release's by now."""
    held = {hold.text for hold in state.holds}
    told = (change_told(key, flag.changed) for key, flag in state.flags.items() if flag.changed is not None)
    changed = (text for text in told if text not in held)
    taken = (
        f"flag {key} was taken over by {flag.taken_by}: a rollback here takes it back all the same"
        for key, flag in state.flags.items()
        if flag.taken_by
    )
    return (*changed, *taken)


def waits_for(state: State, now: datetime) -> tuple[Waiting, ...]:
    """Everything that a release waits for at `now`: what people can act on first, then what passes by itself."""
    if state.phase in TERMINAL:
        return ()
    found = [*rolling_back(state, now), *_holds(state), *_PHASES[state.phase](state, now), *the_world(state, now)]
    # Within each half the order is that of the rules above.
    return tuple(sorted(found, key=lambda w: w.clears.startswith(_ALONE)))


def why_view(state: State, now: datetime) -> WhyView:
    """Why a release is where it is at `now`."""
    waiting = waits_for(state, now)
    coming = upcoming(state, now)
    if not waiting and not coming and state.phase not in TERMINAL:
        waiting = (_at_once(state),)
    return WhyView(
        release_id=state.release_id,
        phase=state.phase.value,
        headline=_headline(state, waiting, coming),
        waiting=waiting,
        next=coming,
        notes=_notes(state),
        at=now,
        seq=state.seq,
    )


def _headline(state: State, waiting: tuple[Waiting, ...], coming: tuple[Next, ...]) -> str:
    phase = state.phase.value.replace("_", " ")
    if state.phase in TERMINAL:
        return f"{state.release_id} is closed: {ending(state)}"
    if not waiting:
        first = matters(coming) or coming[0]
        return f"{state.release_id} is {phase}; nobody has to act: {first.what} {when(first.at)}"
    first_one, more = waiting[0], len(waiting) - 1
    rest = f" (and {more} more)" if more else ""
    if first_one.clears.startswith(_ALONE):
        return f"{state.release_id} is {phase}; nobody has to act: {first_one.text}{rest}"
    return f"{state.release_id} is {phase} and waits for {listed(first_one.responsible)}: {first_one.text}{rest}"


def verdict_view(state: State, now: datetime) -> VerdictView:
    """The verdict over a release at `now`. Where a GO stands votes are no reasons any more; later there are none."""
    found = assess(state, now)
    reasons = found.reasons
    outcome = found.outcome
    if state.phase not in (Phase.SCOPING, Phase.READYING, Phase.DECIDING):
        waits = state.phase is Phase.AWAITING_WINDOW
        reasons = tuple(r for r in reasons if waits and not r.code.startswith(("vote.", "duties.")))
        gone = state.phase in (Phase.CANCELLED, Phase.ROLLED_BACK)
        outcome = Outcome.UNCLEAR if gone else Outcome.GO
    return VerdictView(
        release_id=state.release_id,
        outcome=outcome.value,
        reasons=tuple(
            ReasonView(
                name=r.name,
                code=r.code,
                subject=r.subject,
                status=r.status.value,
                text=r.text,
                responsible=r.responsible,
                since=r.since,
                clears=clears_reason(state, r),
            )
            for r in reasons
        ),
        waived=found.waived,
        overridden=found.overridden,
        changes_at=found.changes_at if state.phase not in TERMINAL else None,
        at=now,
        seq=state.seq,
    )


__all__ = [
    "Next",
    "ReasonView",
    "VerdictView",
    "Waiting",
    "WhyView",
    "matters",
    "upcoming",
    "verdict_view",
    "waits_for",
    "why_view",
]
