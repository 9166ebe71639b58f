"""Bakes and guards: how long a stage has stood under watch, and what a guard that trips does."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from . import commands as c
from .draft import Draft
from .events import BakeCompleted, Escalated, GuardsMeasured, GuardTripped
from .holds import raise_hold
from .plan import Guard, GuardMode, NoData, Stage
from .reports import WatchReport
from .rights import RELEASE_MANAGER
from .rollback import start_rollback
from .state import State
from .state_parts import Rollout
from .terms import HoldReason


def bake_ends(state: State) -> datetime | None:
    """When the bake's timer runs out; None while its clock stands, when it is done, or when guards report it."""
    rollout = state.rollout
    if rollout is None or rollout.stage < 0 or rollout.bake_done or rollout.baking_since is None:
        return None
    stage = state.stages[rollout.stage]
    return None if stage.guards else rollout.baking_since + (stage.bake - rollout.baked)


def samples_missing(stage: Stage, rollout: Rollout) -> tuple[str, ...]:
    """Guards that can act and have not seen enough good samples, or do not see good ones now."""
    found = []
    for guard in stage.guards:
        count = rollout.counts.get(guard.id)
        fine = (
            count is not None and count.good >= guard.min_samples and not count.bad_in_row and not count.missing_in_row
        )
        if guard.mode is not GuardMode.OBSERVE and not fine:
            found.append(guard.id)
    return tuple(found)


def blind(stage: Stage, rollout: Rollout) -> bool:
    """True when the stage has guards, and none of them could measure when they last reported."""
    last = [rollout.counts.get(g.id) for g in stage.guards]
    return bool(last) and all(count is not None and count.missing_in_row for count in last)


def finish_bake(draft: Draft) -> None:
    """Says that the bake is done: its time has run, every guard has seen enough, and nothing holds."""
    state = draft.state
    rollout = state.rollout
    assert rollout is not None
    if rollout.stage < 0 or rollout.bake_done or state.holds:
        return
    stage = state.stages[rollout.stage]
    ends = bake_ends(state)
    timer_over = rollout.baked >= stage.bake if stage.guards else ends is not None and ends <= draft.at
    if timer_over and not samples_missing(stage, rollout):
        draft.emit_by_itself(BakeCompleted(stage=rollout.stage))


def guards_watching(state: State, stage: Stage) -> tuple[Guard, ...]:
    """The guards of a stage that take samples: one whose hold stands has said what it has to say."""
    spoken = {h.subject for h in state.held(HoldReason.GUARD)}
    return tuple(g for g in stage.guards if g.id not in spoken)


def watch_id(rollout: Rollout) -> str:
    """Id of the watch that is out over the guards of the stage that stands."""
    return f"watch-{rollout.epoch}-{rollout.stage}-{rollout.watch_no}"


def _baked(ran: Iterable[tuple[datetime, datetime]], report: WatchReport) -> timedelta:
    """The time, in whole seconds, in which the bake clock ran and some guard could measure.

    Nothing is known of the time after the report was made, however late it comes.
    """
    baked = timedelta(0)
    for start, end in ran:
        until = min(end, report.at)
        blind = (max(timedelta(0), min(until, gap.end) - max(start, gap.start)) for gap in report.unmeasured)
        baked += max(timedelta(0), until - start - sum(blind, timedelta(0)))
    return timedelta(seconds=baked // timedelta(seconds=1))


def _tell_blind(draft: Draft) -> None:
    """Says, once for each stage, that nothing measures it: nobody holds it, and yet its bake does not go on."""
    state = draft.state
    rollout = state.rollout
    assert rollout is not None
    if blind(state.stages[rollout.stage], rollout) and not (rollout.blind_told or rollout.bake_done or state.holds):
        to = state.people_of(RELEASE_MANAGER)
        since = rollout.exposed_at or state.phase_since
        draft.emit_by_itself(Escalated(subject=f"stage:{rollout.stage + 1}", to=to, since=since))


def take_watch(draft: Draft, command: c.TakeWatch) -> None:
    """A watch over guards reported: what it saw is counted, and a guard that tripped acts."""
    state = draft.state
    rollout = state.rollout
    if rollout is None or state.rollback or rollout.stage < 0 or command.ask != watch_id(rollout):
        return
    stage = state.stages[rollout.stage]
    known = {g.id: g for g in stage.guards}
    report = command.report
    ran = rollout.ran if rollout.baking_since is None else (*rollout.ran, (rollout.baking_since, draft.at))
    baked = _baked(ran, report)
    counts = {k: v for k, v in report.counts.items() if k in known}
    draft.emit_by_itself(GuardsMeasured(ask=command.ask, stage=rollout.stage, counts=counts, baked=baked))
    guard = known.get(report.tripped or "")
    if guard is None:
        _tell_blind(draft)
        return
    measurement = f"m-{command.ask}"
    count = counts.get(guard.id)
    last = (
        "no data" if report.no_data else f"{count.last if count else '?'}, healthy is {guard.healthy} {guard.threshold}"
    )
    finding = f"{guard.id}: {last} at stage {rollout.stage + 1} ({stage.exposure})"
    draft.emit_by_itself(
        GuardTripped(
            guard=guard.id, mode=guard.mode.value, no_data=report.no_data, measurement=measurement, finding=finding
        )
    )
    if guard.mode is GuardMode.OBSERVE:
        return
    if guard.mode is GuardMode.ROLLBACK and not (report.no_data and guard.no_data is NoData.HOLD):
        start_rollback(draft, f"guard {finding}")
    else:
        raise_hold(draft, HoldReason.GUARD, finding, subject=guard.id, measurement=measurement)
