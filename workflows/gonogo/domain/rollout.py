"""The rollout: stage by stage, each behind the code that must be there and a window that must be open; shipped."""

from datetime import datetime

from . import commands as c
from .baking import finish_bake
from .draft import Draft
from .events import FlagChangedElsewhere, FlagsWritten, PhaseChanged, ReleaseShipped, StageExposed, WritesRequested
from .evolve_common import RETRY
from .facts import FlagReading, Status, WriteStatus
from .fences import write_epoch
from .holds import BUT_READINESS, lift_all, raise_hold
from .plan import Moment, Stage
from .questions import ask_question
from .readiness import ask
from .resolution import open_until
from .standing import DEPLOYED, check_fact, overridden
from .state import State
from .state_parts import Rollout
from .terms import AskedFor, HoldReason, Phase
from .values import Exposure, capped, wider
from .verdict import Fact


def targets(state: State, stage: Stage) -> dict[str, Exposure]:
    """Who shall see each flag in a stage: the wider of the value before the release and min(stage, reach)."""
    made: dict[str, Exposure] = {}
    for key, flag in state.flags.items():
        if flag.gone:
            continue
        assert flag.original is not None
        assert flag.current is not None, "a rollout begins when every flag has been read"
        wanted = wider(flag.original, capped(stage.exposure, state.plan.flags[key].reach))
        made[key] = wider(flag.current, wanted)  # users who are in stay in
    return made


def stage_met(state: State) -> bool:
    """True when the stage that stands is done: baked, and its question answered with yes."""
    rollout = state.rollout
    assert rollout is not None
    if rollout.stage < 0:
        return True
    return rollout.bake_done and (state.stages[rollout.stage].question is None or rollout.answered)


def go_on(draft: Draft) -> None:
    """Takes the rollout one step further, when everything that must be met is met."""
    state = draft.state
    rollout = state.rollout
    if state.phase is not Phase.ROLLING_OUT or rollout is None or state.rollback or state.writes:
        return
    finish_bake(draft)
    ask_question(draft)
    state = draft.state
    following = rollout.stage + 1
    last = following == len(state.stages)
    # A hold for readiness lifts when what it is about is tried again; shipping tries nothing again.
    if not stage_met(state) or (state.holds if last else state.held(*BUT_READINESS)):
        return
    if last:
        draft.emit_by_itself(ReleaseShipped())
        draft.emit_by_itself(PhaseChanged(before=Phase.ROLLING_OUT, after=Phase.CLEANING_UP))
        return
    stage = state.stages[following]
    if state.resolution is None or open_until(state.resolution, draft.at, stage.segments) is None:
        return
    if not _deployed(draft, rollout):
        return
    # What was held for something else is tried again as soon as the code is known to be there.
    due = rollout.deployed_at == draft.at or (rollout.retry_at is not None and draft.at >= rollout.retry_at)
    if draft.state.held(HoldReason.READINESS) and not due:
        return
    _expose(draft, following, stage)


def deployed_checks(state: State, now: datetime) -> tuple[str, ...]:
    """The required checks that are asked for the candidate before a stage: not those that pass whatever they find."""
    return tuple(
        n
        for n, k in state.plan.checks.items()
        if k.kind == DEPLOYED
        and k.moment is Moment.GO
        and not state.waived(f"check:{n}", now)
        and not overridden(state, f"check:{n}", fails=True)
    )


def _not_there(state: State, now: datetime) -> tuple[Fact, ...]:
    """What the `deployed` checks say against a stage, as they count now; a pushed result counts too."""
    found = (check_fact(state, n, state.plan.checks[n], now) for n in deployed_checks(state, now))
    return tuple(
        f
        for f in found
        if f.status is not Status.PASS and not overridden(state, f.subject, fails=f.status is Status.FAIL)
    )


def _deployed(draft: Draft, rollout: Rollout) -> bool:
    """True when the code is known to be there; otherwise asks, or waits for the answer."""
    checks = deployed_checks(draft.state, draft.at)
    if not checks:
        lift_all(draft, "passed by name", HoldReason.READINESS, subject="deployed")
        return True
    if any(r.why is AskedFor.STAGE for r in draft.state.check_rounds.values()):
        return False
    measured = rollout.deployed_at is not None and draft.at - rollout.deployed_at < RETRY
    if measured and not _not_there(draft.state, draft.at):
        lift_all(draft, "the code is there", HoldReason.READINESS, subject="deployed")
        return True
    if rollout.retry_at is None or draft.at >= rollout.retry_at:
        ask(draft, checks, AskedFor.STAGE)
    return False


def hold_for_deployed(draft: Draft) -> None:
    """A `deployed` check before a stage that does not pass holds the release, unless it is rolled back already."""
    state = draft.state
    if state.rollout is not None and state.rollback is None:
        for fact in _not_there(state, draft.at)[:1]:
            raise_hold(draft, HoldReason.READINESS, fact.detail, subject="deployed")


def _expose(draft: Draft, number: int, stage: Stage) -> None:
    rollout = draft.state.rollout
    assert rollout is not None
    wanted = {k: e for k, e in targets(draft.state, stage).items() if e != draft.state.flags[k].current}
    if not wanted:
        lift_all(draft, "the flags are where the stage takes them", HoldReason.READINESS)
        draft.emit_by_itself(StageExposed(stage=number, exposure=stage.exposure))
        return
    for hold in draft.state.held(HoldReason.READINESS):
        if hold.subject.startswith("flag:") and hold.subject.removeprefix("flag:") not in wanted:
            lift_all(draft, "the flag needs no change any more", HoldReason.READINESS, subject=hold.subject)
    draft.emit_by_itself(
        WritesRequested(
            ask=f"writes-{draft.next_seq}",
            stage=number,
            epoch=write_epoch(draft.state, draft.at, rollout.refused),
            writes=wanted,
            first_sequence=rollout.sequence,
        )
    )


def take_writes(draft: Draft, command: c.TakeWrites) -> None:
    """A batch of writes came back. What is missing has failed; what was called off says nothing."""
    batch = draft.state.writes
    if batch is None or batch.ask != command.ask:
        return
    results = tuple(r for r in command.results if r.key in batch.writes)
    before = {k: draft.state.flags[k].current for k in batch.writes if k in draft.state.flags}
    draft.emit_by_itself(FlagsWritten(ask=batch.ask, results=results))
    if batch.stage < 0:
        return
    said = {r.key: r for r in results}
    for key in batch.writes:
        result = said.get(key)
        if result is None or result.status in (WriteStatus.FAILED, WriteStatus.GONE):
            why = result.detail or result.status.value if result else "no answer came back"
            raise_hold(draft, HoldReason.READINESS, f"flag {key} was not changed: {why}", subject=f"flag:{key}")
        elif result.status is WriteStatus.STALE or (
            result.before is not None and result.before not in (before[key], result.after)
        ):
            seen = result.before if result.before is not None else before[key]
            reading = FlagReading(key=key, exists=True, exposure=result.after, fence=result.fence, at=result.at)
            draft.emit_by_itself(FlagChangedElsewhere(reading=reading, by="somebody else"))
            if result.status is WriteStatus.STALE:
                text = f"flag {key} has a newer change by somebody else: {result.detail or 'the write was refused'}"
            else:
                text = f"flag {key} was changed elsewhere: it was at {seen}, {before[key]} was expected"
            raise_hold(draft, HoldReason.GUARD, text, subject=f"flag:{key}", measurement=f"{batch.ask}.{key}"[:120])
        else:
            lift_all(draft, "the flag is written", HoldReason.READINESS, subject=f"flag:{key}")
    _landed(draft, batch.stage)


def _landed(draft: Draft, number: int) -> None:
    """Says that a stage stands as soon as its writes have landed, also when the window closed in between.

    Whoever is exposed is watched by the stage's guards from then on. A hold calls writes off: they never come here.
    """
    state = draft.state
    stage = state.stages[number]
    held = {h.subject for h in state.held(HoldReason.READINESS, HoldReason.GUARD)}
    reached = all(e == state.flags[k].current for k, e in targets(state, stage).items())
    if state.rollback is None and reached and not any(f"flag:{k}" in held for k in state.flags):
        draft.emit_by_itself(StageExposed(stage=number, exposure=stage.exposure))
