"""The opening and the rollout: measured once more, flags claimed, stage by stage, guarded, asked, shipped."""

from datetime import datetime, timedelta

from . import commands as c
from .answers import refuse_answer
from .draft import Draft
from .errors import Refused
from .events import (
    BakeCompleted,
    Escalated,
    FlagChangedElsewhere,
    FlagsAnswered,
    FlagsRequested,
    FlagsWritten,
    GuardsMeasured,
    GuardTripped,
    OpeningReached,
    PhaseChanged,
    QuestionAnswered,
    QuestionAsked,
    QuestionExpired,
    ReleaseShipped,
    RolloutStarted,
    SlotMissed,
    StageExposed,
    WritesRequested,
)
from .evolve_common import RETRY
from .facts import FlagReading, Status, WriteStatus
from .holds import lift_all, raise_hold
from .plan import GuardMode, Moment, NoData, Stage
from .readiness import DEPLOYED, ask, measurable, unmet
from .resolution import Resolution, open_until
from .rights import RELEASE_MANAGER
from .rollback import start_rollback
from .schedule import end_go, fresh, give_up, request_slots
from .state import Opening, Rollout, State
from .terms import AskedFor, HoldReason, Phase
from .values import Actor, Exposure, capped, wider
from .verdict import Fact

_BUT_READINESS = tuple(r for r in HoldReason if r is not HoldReason.READINESS)

# --- the opening ---------------------------------------------------------------------------------------------------


def open_window(draft: Draft) -> None:
    """At the slot: measures every required fact once more, claims the flags, and starts; or misses the slot."""
    state = draft.state
    slot = state.slot
    if state.phase is not Phase.AWAITING_WINDOW or slot is None or draft.at < slot.starts:
        return
    standing = state.held(*_BUT_READINESS)
    if standing:
        _miss(draft, f"held ({standing[0].reason.value}): {standing[0].text}")
    elif draft.at >= slot.ends:
        held = state.held(HoldReason.READINESS)
        _miss(draft, "its opening ended first" + (f": {held[0].text}" if held else ""))
    elif state.opening is None:
        draft.emit_by_itself(OpeningReached(slot=slot))
        if not fresh(draft.state, draft.at):
            request_slots(draft)
        ask(draft, measurable(draft.state, Moment.GO), AskedFor.OPENING)
    else:
        _try_to_start(draft)


def _miss(draft: Draft, why: str) -> None:
    slot = draft.state.slot
    assert slot is not None
    draft.emit_by_itself(SlotMissed(slot=slot, why=why[:2000]))
    end_go(draft, f"the slot was missed: {why}")
    give_up(draft, f"missed: {why}"[:2000])


def _overridden(state: State, subject: str) -> bool:
    """True when the override in force names a fact: it counts as passed, whatever is found of it now."""
    named = state.override.codes if state.override and state.override.confirmed else ()
    return any(code.partition(":")[2] == subject for code in named)


def _try_to_start(draft: Draft) -> None:
    state = draft.state
    opening = state.opening
    assert opening is not None
    out = any(r.why is AskedFor.OPENING for r in state.check_rounds.values())
    if out or state.claim is not None or state.slots_ask is not None or state.resolution is None or state.rollback:
        return
    if open_until(state.resolution, draft.at) is None:
        return
    again = opening.retry_at is not None and draft.at >= opening.retry_at
    left = _left_at_opening(state, opening, draft.at)
    unmet_now = {f.subject for f in left}
    for hold in state.held(HoldReason.READINESS):
        if not hold.subject.startswith("flag:") and hold.subject not in unmet_now:
            lift_all(draft, "it passes now", HoldReason.READINESS, subject=hold.subject)
    state = draft.state
    if left:
        text = "; ".join(f.detail for f in left)
        raise_hold(draft, HoldReason.READINESS, text, subject=left[0].subject)
        if again:
            _measure_again(draft)
        return
    if not _all_granted(state) and state.flags:
        held = state.held(HoldReason.READINESS)
        if not held or again or not opening.measured:
            flags = tuple(state.flags)
            draft.emit_by_itself(FlagsRequested(ask=f"flags-{draft.next_seq}", flags=flags))
        return
    _start(draft)


def _left_at_opening(state: State, opening: Opening, now: datetime) -> tuple[Fact, ...]:
    found = unmet(state, Moment.GO, now, since=opening.at)
    return tuple(f for f in found if not _overridden(state, f.subject))


def opening_retry(state: State, now: datetime) -> datetime | None:
    """When an opening that is held for readiness is tried again; None while it waits for an answer, or for people."""
    opening = state.opening
    if opening is None or opening.retry_at is None or state.claim or state.slots_ask or state.rollback:
        return None
    if any(r.why is AskedFor.OPENING for r in state.check_rounds.values()):
        return None
    if state.resolution is None or open_until(state.resolution, max(now, opening.retry_at)) is None:
        return None
    if _left_at_opening(state, opening, now) and not measurable(state, Moment.GO):
        return None
    return opening.retry_at


def _measure_again(draft: Draft) -> None:
    checks = measurable(draft.state, Moment.GO)
    if checks:
        ask(draft, checks, AskedFor.OPENING)


def _all_granted(state: State) -> bool:
    return all(f.granted and f.original is not None for f in state.flags.values())


def take_claims(draft: Draft, command: c.TakeClaims) -> None:
    """The flags' workflows answered. Without a grant and a reading of every flag nothing starts."""
    claim = draft.state.claim
    if claim is None or claim.ask != command.ask:
        return
    known = tuple(a for a in command.answers if a.flag in claim.flags)
    draft.emit_by_itself(FlagsAnswered(ask=command.ask, answers=known))
    said = {a.flag: a for a in known}
    for key in claim.flags:
        answer = said.get(key)
        if answer is None or not answer.granted or answer.reading is None:
            why = (
                "its workflow did not answer"
                if answer is None
                else answer.detail
                or (f"held by {answer.held_by}" if answer.held_by else "its provider did not say who sees it")
            )
            raise_hold(draft, HoldReason.READINESS, f"flag {key}: {why}", subject=f"flag:{key}")
    if not any(h.subject.startswith("flag:") for h in draft.state.held(HoldReason.READINESS)):
        return
    refused = {k for k in claim.flags if (a := said.get(k)) is None or not a.granted or a.reading is None}
    for hold in draft.state.held(HoldReason.READINESS):
        if hold.subject.startswith("flag:") and hold.subject[5:] not in refused:
            lift_all(draft, "the flag is granted", HoldReason.READINESS, subject=hold.subject)


def epoch_of(state: State, at: datetime) -> int:
    """The first half of a new fence: workflow time in ms, or one more than any flag, or this release, has seen."""
    last = max((f.last_epoch for f in state.flags.values()), default=0)
    return max(int(at.timestamp() * 1000), last + 1, state.epoch + 1)


def _start(draft: Draft) -> None:
    lift_all(draft, "every required fact passes", HoldReason.READINESS)
    draft.emit_by_itself(PhaseChanged(before=Phase.AWAITING_WINDOW, after=Phase.ROLLING_OUT))
    draft.emit_by_itself(RolloutStarted(epoch=epoch_of(draft.state, draft.at)))


# --- stages --------------------------------------------------------------------------------------------------------


def targets(state: State, stage: Stage) -> dict[str, Exposure]:
    """Who shall see each flag in a stage: the wider of the value before the release and min(stage, reach)."""
    made: dict[str, Exposure] = {}
    for key, flag in state.flags.items():
        if flag.gone or flag.original is None:
            continue
        wanted = wider(flag.original, capped(stage.exposure, state.plan.flags[key].reach))
        if flag.current is not None:
            wanted = wider(flag.current, wanted)  # users who are in stay in
        made[key] = wanted
    return made


def stage_met(state: State) -> bool:
    """True when the stage that stands is done: baked, and its question answered with yes."""
    rollout = state.rollout
    if rollout is None:
        return False
    if rollout.stage < 0:
        return True
    return rollout.bake_done and (state.stages[rollout.stage].question is None or rollout.answered)


def go_on(draft: Draft) -> None:
    """Takes the rollout one step further, when everything that must be met is met."""
    state = draft.state
    rollout = state.rollout
    if state.phase is not Phase.ROLLING_OUT or rollout is None or state.rollback or state.writes:
        return
    _finish_bake(draft)
    _ask_question(draft)
    state, rollout = draft.state, draft.state.rollout
    if rollout is None or not stage_met(state) or state.held(*_BUT_READINESS):
        return
    following = rollout.stage + 1
    if following == len(state.stages):
        if not state.holds:
            draft.emit_by_itself(ReleaseShipped())
            draft.emit_by_itself(PhaseChanged(before=Phase.ROLLING_OUT, after=Phase.CLEANING_UP))
        return
    stage = state.stages[following]
    if state.resolution is None or open_until(state.resolution, draft.at, stage.segments) is None:
        return
    if not _deployed(draft, rollout):
        return
    if draft.state.held(HoldReason.READINESS) and not (rollout.retry_at and draft.at >= rollout.retry_at):
        return
    _expose(draft, following, stage)


def deployed_checks(state: State, now: datetime) -> tuple[str, ...]:
    """The required checks that must find the candidate in the environment: not those that pass by name."""
    return tuple(
        n
        for n, k in state.plan.checks.items()
        if k.kind == DEPLOYED
        and k.moment is Moment.GO
        and not state.waived(f"check:{n}", now)
        and not _overridden(state, f"check:{n}")
    )


def _deployed(draft: Draft, rollout: Rollout) -> bool:
    """True when the code is known to be there; otherwise asks, or waits for the answer."""
    checks = deployed_checks(draft.state, draft.at)
    if not checks:
        lift_all(draft, "passed by name", HoldReason.READINESS, subject="deployed")
        return True
    if any(r.why is AskedFor.STAGE for r in draft.state.check_rounds.values()):
        return False
    # A result that was pushed since, and does not pass, counts too.
    passes = all((f := draft.state.findings.get(n)) is not None and f.status is Status.PASS for n in checks)
    if passes and rollout.deployed_at is not None and draft.at - rollout.deployed_at < RETRY:
        lift_all(draft, "the code is there", HoldReason.READINESS, subject="deployed")
        return True
    if rollout.retry_at is None or draft.at >= rollout.retry_at:
        ask(draft, checks, AskedFor.STAGE)
    return False


def hold_for_deployed(draft: Draft) -> None:
    """A `deployed` check before a stage that does not pass holds the release."""
    state = draft.state
    checks = deployed_checks(state, draft.at)
    bad = [n for n in checks if (f := state.findings.get(n)) is None or f.status is not Status.PASS]
    if bad and state.rollout is not None and state.rollout.deployed_at is None:
        found = state.findings.get(bad[0])
        text = f"{bad[0]} is {found.status.value}: {found.finding}" if found else f"{bad[0]} has not been measured"
        raise_hold(draft, HoldReason.READINESS, text, subject="deployed")


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
            epoch=rollout.epoch,
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
    """Says that a stage stands as soon as its writes have landed, whatever hold or closing window came in between.

    Whoever is exposed is watched by the stage's guards from then on; the bake clock waits for the holds.
    """
    state = draft.state
    stage = state.stages[number]
    held = {h.subject for h in state.held(HoldReason.READINESS, HoldReason.GUARD)}
    reached = all(e == state.flags[k].current for k, e in targets(state, stage).items())
    if state.rollback is None and reached and not any(f"flag:{k}" in held for k in state.flags):
        draft.emit_by_itself(StageExposed(stage=number, exposure=stage.exposure))


# --- bakes and guards ----------------------------------------------------------------------------------------------


def bake_ends(state: State) -> datetime | None:
    """When the bake's timer runs out; None while its clock stands, when it is done, or when guards report it."""
    rollout = state.rollout
    if rollout is None or rollout.stage < 0 or rollout.bake_done or rollout.baking_since is None:
        return None
    stage = state.stages[rollout.stage]
    return None if stage.guards else rollout.baking_since + (stage.bake - rollout.baked)


def samples_missing(state: State) -> tuple[str, ...]:
    """Guards that can act and have not seen enough good samples, or do not see good ones now."""
    rollout = state.rollout
    if rollout is None or rollout.stage < 0:
        return ()
    found = []
    for guard in state.stages[rollout.stage].guards:
        count = rollout.counts.get(guard.id)
        fine = (
            count is not None and count.good >= guard.min_samples and not count.bad_in_row and not count.missing_in_row
        )
        if guard.mode is not GuardMode.OBSERVE and not fine:
            found.append(guard.id)
    return tuple(found)


def _finish_bake(draft: Draft) -> None:
    state = draft.state
    rollout = state.rollout
    assert rollout is not None
    if rollout.stage < 0 or rollout.bake_done or state.holds:
        return
    stage = state.stages[rollout.stage]
    ends = bake_ends(state)
    timer_over = rollout.baked >= stage.bake if stage.guards else ends is not None and ends <= draft.at
    if timer_over and not samples_missing(state):
        draft.emit_by_itself(BakeCompleted(stage=rollout.stage))


def watch_id(rollout: Rollout) -> str:
    """Id of the watch that is out over the guards of the stage that stands."""
    return f"watch-{rollout.epoch}-{rollout.stage}-{rollout.watch_no}"


def take_watch(draft: Draft, command: c.TakeWatch) -> None:
    """A watch over guards reported: what it saw is counted, and a guard that tripped acts."""
    state = draft.state
    rollout = state.rollout
    if rollout is None or state.rollback or rollout.stage < 0 or command.ask != watch_id(rollout):
        return
    stage = state.stages[rollout.stage]
    known = {g.id: g for g in stage.guards}
    report = command.report
    ran = rollout.ran + (draft.at - rollout.baking_since if rollout.baking_since is not None else timedelta(0))
    baked = timedelta(0) if rollout.bake_done else max(timedelta(0), ran - report.unmeasured)
    counts = {k: v for k, v in report.counts.items() if k in known}
    draft.emit_by_itself(GuardsMeasured(ask=command.ask, stage=rollout.stage, counts=counts, baked=baked))
    guard = known.get(report.tripped or "")
    if guard is None:
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


# --- "ready to go wider?" ------------------------------------------------------------------------------------------


def add_open(known: Resolution, at: datetime, length: timedelta) -> datetime | None:
    """The instant at which `length` has passed since `at`, counting only while a window is open."""
    for span in known.openings:
        if span.end <= at:
            continue
        start = max(at, span.start)
        if span.end - start >= length:
            return start + length
        length -= span.end - start
    return None


def _ask_question(draft: Draft) -> None:
    state = draft.state
    rollout = state.rollout
    assert rollout is not None
    if rollout.stage < 0 or not rollout.bake_done or rollout.answered:
        return
    question = state.stages[rollout.stage].question
    if question is None:
        return
    if rollout.question is not None:
        deadline = rollout.question.deadline
        if deadline is None or draft.at < deadline:
            return
        draft.emit_by_itself(QuestionExpired(question=rollout.question.id))
        to = (*state.people_of(question.role), *state.people_of(RELEASE_MANAGER))
        asked = rollout.question
        draft.emit_by_itself(Escalated(subject=f"question:{asked.id}", to=tuple(dict.fromkeys(to)), since=asked.asked))
    elif state.holds:
        return
    ends = add_open(state.resolution, draft.at, question.deadline) if state.resolution else None
    draft.emit_by_itself(
        QuestionAsked(
            question=f"q{draft.next_seq}", stage=rollout.stage, text=question.text, role=question.role, deadline=ends
        )
    )


def widen(draft: Draft, command: c.Widen, actor: Actor) -> None:
    """Answers the open question. An answer to a closed one is recorded as refused."""
    rollout = draft.state.rollout
    question = rollout.question if rollout else None
    if question is None or question.id != command.question:
        now = f"the open question is {question.id!r}" if question else "no question is open"
        message = f"{command.question!r} is not open; {now}"
        refuse_answer(draft, "widen", "widen.closed", message, question=command.question)
        return
    if not command.yes and not command.reason.strip():
        raise Refused("widen.no_reason", "'no' needs a reason", question=question.id)
    draft.emit(QuestionAnswered(question=question.id, yes=command.yes, reason=command.reason))
    if not command.yes:
        text = f"{actor.id} says no to {question.text!r}: {command.reason}"
        raise_hold(draft, HoldReason.MANUAL, text, subject=f"question:{question.id}", by=actor)
