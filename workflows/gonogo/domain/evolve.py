"""What each event does to the state: `evolve(state, entry) -> state`, and nothing else ever changes it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from . import events as e
from .facts import Status, WriteStatus
from .items import feature_items, plan_items
from .plan import Moment
from .state import (
    Ballot,
    CheckRound,
    Claim,
    ExceptionState,
    FeatureState,
    FlagState,
    Go,
    Hold,
    ItemState,
    Opening,
    Override,
    Question,
    Rollback,
    Rollout,
    Round,
    State,
    Waiver,
    WriteBatch,
    replace,
)
from .terms import AskedFor, Ended, ExceptionStatus, HoldReason, ItemOrigin, ItemStatus, Phase, Settled
from .values import NOBODY

RETRY = timedelta(minutes=5)
"""How often a release that is held for readiness is measured again while its window is open."""
ROLLBACK_RETRY = timedelta(minutes=1)
"""How soon a flag that could not be put back is tried again."""

_K = TypeVar("_K")
_V = TypeVar("_V")


def _with(mapping: Mapping[_K, _V], key: _K, value: _V) -> dict[_K, _V]:
    changed = dict(mapping)
    changed[key] = value
    return changed


def _without(mapping: Mapping[_K, _V], *keys: _K) -> dict[_K, _V]:
    return {k: v for k, v in mapping.items() if k not in keys}


def _launched(entry: e.Entry, event: e.ReleaseLaunched) -> State:
    plan = event.plan
    state = State(
        plan=plan,
        plan_digest=event.plan_digest,
        people=event.people,
        launcher=entry.actor,
        trust_local=event.trust_local,
        launched_at=entry.at,
        phase=Phase.SCOPING,
        phase_since=entry.at,
        seq=entry.seq,
        at=entry.at,
        features={f.id: FeatureState(feature=f) for f in plan.features},
        flags={key: FlagState(key=key) for key in plan.flags},
        candidate=plan.candidate,
        candidate_at=entry.at if plan.candidate else None,
        dated=plan.schedule.slot,
        not_before=plan.schedule.not_before,
    )
    return replace(state, items=plan_items(state))


# --- schedule ------------------------------------------------------------------------------------------------------


def _phase_changed(state: State, entry: e.Entry, event: e.PhaseChanged) -> State:
    return replace(state, phase=event.after, phase_since=entry.at)


def _slots_requested(state: State, entry: e.Entry, event: e.SlotsRequested) -> State:
    return replace(state, slots_ask=event.ask, dated=event.slot)


def _slots_resolved(state: State, entry: e.Entry, event: e.SlotsResolved) -> State:
    return replace(state, slots_ask=None, resolution=event.resolution)


def _slot_taken(state: State, entry: e.Entry, event: e.SlotTaken) -> State:
    if state.slot == event.slot:
        return state
    # Due dates follow the slot, and so do their reminders.
    items = {k: replace(i, reminded=0, escalated=False) for k, i in state.items.items()}
    return replace(state, slot=event.slot, items=items)


def _slot_given_up(state: State, entry: e.Entry, event: e.SlotGivenUp) -> State:
    return replace(
        state,
        slot=None,
        superseded=False,
        given_up=event.count,
        retry_at=event.retry_at,
        not_before=event.not_before or state.not_before,
        opening=None,
        claim=None,
    )


def _slot_missed(state: State, entry: e.Entry, event: e.SlotMissed) -> State:
    return replace(state, opening=None, claim=None, go=None)


def _postponed(state: State, entry: e.Entry, event: e.Postponed) -> State:
    # A named date starts the count of slots given up again.
    return replace(state, given_up=0, not_before=event.to) if event.to else state


# --- scope ---------------------------------------------------------------------------------------------------------


def _feature_proposed(state: State, entry: e.Entry, event: e.FeatureProposed) -> State:
    feature = event.feature
    items = {**state.items, **feature_items(state.plan, feature)}
    flags = {**state.flags, **{key: FlagState(key=key) for key in feature.flags if key not in state.flags}}
    return replace(
        state, features=_with(state.features, feature.id, FeatureState(feature=feature)), items=items, flags=flags
    )


def _feature_changed(state: State, entry: e.Entry, event: e.FeatureChanged) -> State:
    old = state.features[event.feature]
    new = replace(old, status=event.status, until=event.until, reason=event.reason, changed=old.changed + 1)
    features = _with(state.features, event.feature, new)
    state = replace(state, features=features, churn=state.churn + (state.frozen_at is not None and not new.is_in))
    if new.is_in:
        return state
    # What only this feature brought goes with it: its own items, and flags that no other feature in scope names.
    named = {key for f in features.values() if f.is_in for key in f.feature.flags}
    left = [key for key in old.feature.flags if key not in named]
    suffix = f".{event.feature}"
    items = {k: i for k, i in state.items.items() if not (i.plan_item and k == i.plan_item.id + suffix)}
    return replace(state, flags=_without(state.flags, *left), items=items)


def _feature_estimated(state: State, entry: e.Entry, event: e.FeatureEstimated) -> State:
    old = state.features[event.feature]
    feature = replace(old.feature, estimate_days=event.days, estimated_by=event.by)
    new = replace(old, feature=feature, changed=old.changed + 1)
    return replace(
        state,
        features=_with(state.features, event.feature, new),
        # By exception it was counted when that was granted.
        churn=state.churn + (state.frozen_at is not None and event.by_exception is None),
    )


def _scope_frozen(state: State, entry: e.Entry, event: e.ScopeFrozen) -> State:
    return replace(state, frozen_at=entry.at, freeze_refused=(), not_before=state.not_before or entry.at)


def _freeze_refused(state: State, entry: e.Entry, event: e.FreezeRefused) -> State:
    return replace(state, freeze_refused=event.reasons)


def _exception_requested(state: State, entry: e.Entry, event: e.ExceptionRequested) -> State:
    asked = ExceptionState(
        id=event.exception,
        kind=event.kind,
        requester=entry.actor.id,
        why=event.why,
        feature=event.feature,
        subject=event.subject,
        days=event.days,
        until=event.until,
        since=entry.at,
    )
    return replace(state, exceptions=_with(state.exceptions, asked.id, asked))


def _exception_approved(state: State, entry: e.Entry, event: e.ExceptionApproved) -> State:
    old = state.exceptions[event.exception]
    status = ExceptionStatus.APPROVED if event.granted else old.status
    new = replace(old, approved_by=_with(old.approved_by, event.role, entry.actor.id), status=status)
    return replace(state, exceptions=_with(state.exceptions, new.id, new), churn=state.churn + event.granted)


def _exception_rejected(state: State, entry: e.Entry, event: e.ExceptionRejected) -> State:
    new = replace(state.exceptions[event.exception], status=ExceptionStatus.REJECTED)
    return replace(state, exceptions=_with(state.exceptions, new.id, new))


def _exception_withdrawn(state: State, entry: e.Entry, event: e.ExceptionWithdrawn) -> State:
    new = replace(state.exceptions[event.exception], status=ExceptionStatus.WITHDRAWN)
    return replace(state, exceptions=_with(state.exceptions, new.id, new))


# --- readiness -----------------------------------------------------------------------------------------------------


def _checks_requested(state: State, entry: e.Entry, event: e.ChecksRequested) -> State:
    commit = state.candidate.commit if state.candidate else ""
    asked = CheckRound(ask=event.ask, checks=event.checks, why=event.why, at=entry.at, commit=commit)
    return replace(
        state,
        check_rounds=_with(state.check_rounds, event.ask, asked),
        asked_at={**state.asked_at, **dict.fromkeys(event.checks, entry.at)},
    )


def _checks_measured(state: State, entry: e.Entry, event: e.ChecksMeasured) -> State:
    asked = state.check_rounds.get(event.ask) if event.ask else None
    since = asked.at if asked else entry.at
    state = replace(
        state,
        check_rounds=_without(state.check_rounds, event.ask) if event.ask else state.check_rounds,
        findings={**state.findings, **event.findings},
        found_for={**state.found_for, **dict.fromkeys(event.findings, since)},
    )
    state = _retry_later(state, entry)
    rollout = state.rollout
    if rollout and asked and asked.why is AskedFor.STAGE:
        passed = all(f.status is Status.PASS for f in event.findings.values())
        # The code is there: what was held for something else is tried at once, while that is fresh.
        again = entry.at if passed else entry.at + RETRY
        rollout = replace(rollout, deployed_at=entry.at if passed else None, retry_at=again)
    return replace(state, rollout=rollout)


def _retry_later(state: State, entry: e.Entry) -> State:
    """An opening or a stage that is held for readiness is tried again after `RETRY`."""
    if not state.held(HoldReason.READINESS):
        return state
    opening = replace(state.opening, retry_at=entry.at + RETRY) if state.opening else None
    rollout = replace(state.rollout, retry_at=entry.at + RETRY) if state.rollout else None
    return replace(state, opening=opening, rollout=rollout)


def _item_opened(state: State, entry: e.Entry, event: e.ItemOpened) -> State:
    item = ItemState(
        id=event.item,
        title=event.title,
        owner=event.owner,
        gates=Moment(event.gates),
        required=True,
        origin=ItemOrigin.CONDITION if event.condition_of else ItemOrigin.REVIEW,
        due_at=event.due,
        since=entry.at,
        condition_of=event.condition_of,
    )
    return replace(state, items=_with(state.items, item.id, item))


def _item_changed(state: State, entry: e.Entry, event: e.ItemChanged) -> State:
    new = replace(
        state.items[event.item],
        status=event.status,
        evidence=event.evidence,
        note=event.note,
        by=entry.actor.id,
        since=entry.at,
    )
    return replace(state, items=_with(state.items, event.item, new))


def _waived(state: State, entry: e.Entry, event: e.Waived) -> State:
    waiver = Waiver(subject=event.subject, by=entry.actor.id, reason=event.reason, until=event.until)
    return replace(state, waivers=_with(state.waivers, event.subject, waiver))


def _reminder_sent(state: State, entry: e.Entry, event: e.ReminderSent) -> State:
    kind, _, name = event.subject.partition(":")
    if kind == "item":
        item = replace(state.items[name], reminded=event.step)
        return replace(state, items=_with(state.items, name, item))
    assert state.round is not None
    return replace(state, round=replace(state.round, reminded=event.step))


def _escalated(state: State, entry: e.Entry, event: e.Escalated) -> State:
    kind, _, name = event.subject.partition(":")
    if kind == "item" and name in state.items:
        return replace(state, items=_with(state.items, name, replace(state.items[name], escalated=True)))
    if kind == "check":
        return replace(state, told=_with(state.told, name, entry.at))
    holds = tuple(replace(h, escalated=entry.at) if h.id == name else h for h in state.holds)
    return replace(state, holds=holds)


# --- deciding ------------------------------------------------------------------------------------------------------


def _candidate_accepted(state: State, entry: e.Entry, event: e.CandidateAccepted) -> State:
    items = dict(state.items)
    for name in event.reopened:
        items[name] = replace(items[name], status=ItemStatus.OPEN, by="", since=entry.at, evidence="")
    return replace(
        state,
        candidate=event.candidate,
        candidate_at=entry.at,
        items=items,
        findings={},
        check_rounds={},
        opening=None,
        claim=None,
    )


def _plan_amended(state: State, entry: e.Entry, event: e.PlanAmended) -> State:
    plan = event.plan
    features: dict[str, FeatureState] = {}
    planned = {f.id: f for f in state.plan.features}
    for f in plan.features:
        known = state.features.get(f.id)
        # What the plan says as before leaves what was said since, such as an estimate, as it is.
        same = known is not None and planned.get(f.id) == f
        features[f.id] = replace(known, feature=known.feature if same else f) if known else FeatureState(feature=f)
    # Features that joined after launch are not in the plan file; they stay.
    features.update({k: f for k, f in state.features.items() if k not in features and k not in planned})
    named = {key for f in features.values() if f.is_in for key in f.feature.flags} | set(plan.flags)
    # A flag that only features out of scope name left with them.
    gone = {key for f in features.values() if not f.is_in for key in f.feature.flags}
    named -= gone - {key for f in features.values() if f.is_in for key in f.feature.flags}
    # What was found by a check that is another one now says nothing any more; a round of such checks is called off.
    changed = {
        k
        for k, old in state.plan.checks.items()
        if (new := plan.checks.get(k)) is None or (old.kind, old.params) != (new.kind, new.params)
    }
    out = {a: r for a, r in state.check_rounds.items() if changed.isdisjoint(r.checks)}
    before, after = state.plan.schedule, plan.schedule
    state = replace(
        state,
        plan=plan,
        plan_digest=event.plan_digest,
        revision=event.revision,
        people=event.people,
        features=features,
        flags={key: state.flags.get(key, FlagState(key=key)) for key in sorted(named)},
        findings=_without(state.findings, *changed),
        asked_at=_without(state.asked_at, *changed),
        check_rounds=out,
        dated=after.slot if after.slot != before.slot else state.dated,
        not_before=after.not_before if after.not_before != before.not_before else state.not_before,
        slot=None if after.mode == "on_demand" != before.mode else state.slot,
    )
    items = plan_items(state)
    extra = {k: i for k, i in state.items.items() if i.origin is not ItemOrigin.PLAN}
    kept = {
        k: replace(
            i,
            status=state.items[k].status,
            by=state.items[k].by,
            evidence=state.items[k].evidence,
            note=state.items[k].note,
            since=state.items[k].since,
            reminded=state.items[k].reminded,
            escalated=state.items[k].escalated,
        )
        if k in state.items
        else i
        for k, i in items.items()
    }
    return replace(state, items={**kept, **extra})


def _poll_opened(state: State, entry: e.Entry, event: e.PollOpened) -> State:
    opened = Round(
        number=event.round,
        request_id=event.request_id,
        digest=event.digest,
        opened=entry.at,
        closes=event.closes,
        roles=event.roles,
    )
    return replace(
        state, round=opened, rounds=event.round, refusals={}, superseded=False, override=None, go=None, retry_at=None
    )


def _vote_cast(state: State, entry: e.Entry, event: e.VoteCast) -> State:
    assert state.round is not None
    ballot = Ballot(
        voter=entry.actor,
        role=event.role,
        choice=event.choice,
        at=entry.at,
        reason=event.reason,
        ballot_id=event.ballot_id,
        conditions=event.conditions,
    )
    return replace(
        state,
        round=replace(state.round, ballots=_with(state.round.ballots, (event.role, entry.actor.id), ballot)),
        ballots_seen=_with(state.ballots_seen, (entry.actor.id, event.ballot_id), entry.seq),
    )


def _vote_withdrawn(state: State, entry: e.Entry, event: e.VoteWithdrawn) -> State:
    assert state.round is not None
    return replace(
        state, round=replace(state.round, ballots=_without(state.round.ballots, (event.role, entry.actor.id)))
    )


def _ballot_refused(state: State, entry: e.Entry, event: e.BallotRefused) -> State:
    given = (entry.actor.id, event.ballot_id)
    seen = _with(state.ballots_seen, given, entry.seq) if event.ballot_id else state.ballots_seen
    count = state.refusals.get(entry.actor.id, 0) + 1
    return replace(state, ballots_seen=seen, refusals=_with(state.refusals, entry.actor.id, count))


def _override_proposed(state: State, entry: e.Entry, event: e.OverrideProposed) -> State:
    made = Override(id=event.override, codes=event.codes, proposed_by=entry.actor.id, reason=event.reason, at=entry.at)
    return replace(state, override=made)


def _overridden(state: State, entry: e.Entry, event: e.Overridden) -> State:
    made = Override(
        id=event.override,
        codes=event.codes,
        proposed_by=event.proposed_by,
        reason=event.reason,
        at=entry.at,
        confirmed=True,
    )
    return replace(state, override=made)


def _go_given(state: State, entry: e.Entry, event: e.GoGiven) -> State:
    return replace(state, go=Go(round=event.round, digest=event.digest, at=entry.at, overridden=event.overridden))


def _round_ended(state: State, entry: e.Entry, event: e.RoundEnded) -> State:
    over = event.how not in (Ended.VOTED, Ended.OVERRIDDEN)
    return replace(
        state,
        round=None,
        superseded=event.how is Ended.SUPERSEDED,
        override=None if over else state.override,
    )


def _go_ended(state: State, entry: e.Entry, event: e.GoEnded) -> State:
    # The flags' own workflows are told that they are let go: the next opening asks for them again.
    flags = {k: replace(f, granted=False) for k, f in state.flags.items()}
    return replace(state, go=None, override=None, opening=None, claim=None, flags=flags)


# --- holds ---------------------------------------------------------------------------------------------------------


def _stop_bake(state: State, entry: e.Entry) -> State:
    rollout = state.rollout
    if rollout is None or rollout.baking_since is None:
        return state
    ran = entry.at - rollout.baking_since
    if state.stages[rollout.stage].guards:
        # The watch's report says how much of it counts as baked.
        return replace(state, rollout=replace(rollout, ran=rollout.ran + ran, baking_since=None))
    return replace(state, rollout=replace(rollout, baked=rollout.baked + ran, baking_since=None))


def _watch_anew(state: State, rollout: Rollout, at: datetime) -> Rollout:
    """A new watch over the guards: until the bake can be done, or open-ended while its clock stands."""
    stage = state.stages[rollout.stage]
    if not stage.guards:
        return rollout
    until = None
    if rollout.baking_since is not None:
        until = at + max(stage.bake - rollout.baked, min(g.interval for g in stage.guards))
    return replace(rollout, watch_no=rollout.watch_no + 1, watch_since=at, watch_until=until, ran=timedelta(0))


def _held(state: State, entry: e.Entry, event: e.Held) -> State:
    hold = Hold(
        id=event.hold,
        reason=event.reason,
        by=entry.actor,
        since=entry.at,
        text=event.text,
        subject=event.subject,
        measurement=event.measurement,
    )
    state = replace(_stop_bake(state, entry), holds=(*state.holds, hold))
    if event.reason in (HoldReason.SCHEDULE, HoldReason.ROLLED_BACK):
        # While one of these stands there is no slot.
        state = replace(state, slot=None)
    return _retry_later(state, entry) if event.reason is HoldReason.READINESS else state


def _lifted(state: State, entry: e.Entry, event: e.Lifted) -> State:
    lifted = next(h for h in state.holds if h.id == event.hold)
    state = replace(state, holds=tuple(h for h in state.holds if h.id != event.hold))
    rollout = state.rollout
    if rollout and lifted.reason is HoldReason.GUARD and lifted.subject in rollout.counts:
        # Continued against one measurement: what is bad or missing is counted afresh.
        count = replace(rollout.counts[lifted.subject], bad_in_row=0, missing_in_row=0)
        rollout = replace(rollout, counts=_with(rollout.counts, lifted.subject, count))
    if rollout and rollout.stage >= 0 and not state.rollback:
        starts = not state.holds and not rollout.bake_done and rollout.baking_since is None
        if starts:
            rollout = replace(rollout, baking_since=entry.at)
        if starts or lifted.reason is HoldReason.GUARD:
            rollout = _watch_anew(state, rollout, entry.at)
    return replace(state, rollout=rollout)


# --- rollout -------------------------------------------------------------------------------------------------------


def _opening_reached(state: State, entry: e.Entry, event: e.OpeningReached) -> State:
    return replace(state, opening=Opening(slot=event.slot, at=entry.at))


def _flags_requested(state: State, entry: e.Entry, event: e.FlagsRequested) -> State:
    opening = replace(state.opening, measured=True) if state.opening else None
    return replace(state, claim=Claim(ask=event.ask, flags=event.flags), opening=opening)


def _flags_answered(state: State, entry: e.Entry, event: e.FlagsAnswered) -> State:
    flags = dict(state.flags)
    for answer in event.answers:
        flag = flags[answer.flag]
        reading = answer.reading
        original = flag.original
        if original is None and answer.granted and reading is not None:
            original = reading.exposure if reading.exists else NOBODY
        current = original if flag.current is None else flag.current
        last = max(flag.last_epoch, answer.last_epoch)
        flags[answer.flag] = replace(flag, granted=answer.granted, original=original, current=current, last_epoch=last)
    return _retry_later(replace(state, flags=flags, claim=None), entry)


def _rollout_started(state: State, entry: e.Entry, event: e.RolloutStarted) -> State:
    rollout = Rollout(epoch=event.epoch, deployed_at=entry.at)
    return replace(state, rollout=rollout, epoch=event.epoch, opening=None, claim=None)


def _writes_requested(state: State, entry: e.Entry, event: e.WritesRequested) -> State:
    batch = WriteBatch(
        ask=event.ask,
        stage=event.stage,
        epoch=event.epoch,
        first_sequence=event.first_sequence,
        writes=event.writes,
    )
    state = replace(state, writes=batch)
    after = event.first_sequence + len(event.writes)
    if state.rollout and event.stage >= 0:
        state = replace(state, rollout=replace(state.rollout, sequence=after, retry_at=None))
    if state.rollback and event.stage < 0:
        state = replace(state, rollback=replace(state.rollback, retry_at=None, attempts=state.rollback.attempts + 1))
    return state


def _flags_written(state: State, entry: e.Entry, event: e.FlagsWritten) -> State:
    flags = dict(state.flags)
    raised = state.exposed_ever
    for result in event.results:
        flag = flags[result.key]
        last = max(flag.last_epoch, result.fence.epoch)
        if result.status is WriteStatus.GONE:
            flags[result.key] = replace(flag, gone=True, last_epoch=last)
        elif result.status is WriteStatus.WRITTEN and result.after is not None:
            changed = flag.changed_at if result.after == flag.current else entry.seq
            flags[result.key] = replace(flag, current=result.after, changed_at=changed, last_epoch=last)
            if state.rollback is None and result.after != flag.original:
                raised = True
    # A write without a clear answer may have landed: a rollback puts that flag back too.
    clear = {r.key for r in event.results if r.status is not WriteStatus.FAILED}
    for key in state.writes.writes if state.writes and state.writes.stage >= 0 else ():
        if key in flags and key not in clear:
            flags[key] = replace(flags[key], changed_at=entry.seq)
    rollback = state.rollback
    if rollback:
        done = {r.key for r in event.results if r.status in (WriteStatus.WRITTEN, WriteStatus.GONE)}
        failed = {r.key: r.detail or r.status.value for r in event.results if r.key not in done}
        if state.writes:
            said = {r.key for r in event.results}
            failed |= {k: "no answer came back" for k in state.writes.writes if k not in said}
        kept = {k: v for k, v in rollback.failed.items() if k not in done}
        rollback = replace(rollback, left=tuple(k for k in rollback.left if k not in done), failed={**kept, **failed})
        if failed:
            rollback = replace(rollback, retry_at=entry.at + ROLLBACK_RETRY)
    return _retry_later(replace(state, flags=flags, writes=None, exposed_ever=raised, rollback=rollback), entry)


def _stage_exposed(state: State, entry: e.Entry, event: e.StageExposed) -> State:
    assert state.rollout is not None
    rollout = replace(
        state.rollout,
        stage=event.stage,
        exposed_at=entry.at,
        baked=timedelta(0),
        baking_since=None if state.holds else entry.at,
        bake_done=False,
        ran=timedelta(0),
        counts={},
        deployed_at=None,
        answered=False,
        question=None,
        question_left=None,
        retry_at=None,
    )
    return replace(state, rollout=_watch_anew(state, rollout, entry.at))


def _guards_measured(state: State, entry: e.Entry, event: e.GuardsMeasured) -> State:
    rollout = state.rollout
    assert rollout is not None
    rollout = replace(
        rollout,
        counts={**rollout.counts, **event.counts},
        baked=rollout.baked + event.baked,
        baking_since=None if rollout.baking_since is None else entry.at,
    )
    return replace(state, rollout=_watch_anew(state, rollout, entry.at))


def _guard_tripped(state: State, entry: e.Entry, event: e.GuardTripped) -> State:
    rollout = state.rollout
    if rollout is None or event.mode != "observe" or event.guard not in rollout.counts:
        return state
    count = replace(rollout.counts[event.guard], bad_in_row=0, missing_in_row=0)
    return replace(state, rollout=replace(rollout, counts=_with(rollout.counts, event.guard, count)))


def _bake_completed(state: State, entry: e.Entry, event: e.BakeCompleted) -> State:
    assert state.rollout is not None
    rollout = replace(state.rollout, bake_done=True, baking_since=None)
    return replace(state, rollout=_watch_anew(state, rollout, entry.at))


def _question_asked(state: State, entry: e.Entry, event: e.QuestionAsked) -> State:
    assert state.rollout is not None
    stage = state.stages[event.stage].question
    assert stage is not None
    question = Question(
        id=event.question,
        text=event.text,
        role=event.role,
        asked=entry.at,
        left=stage.deadline,
        deadline=event.deadline,
    )
    return replace(state, rollout=replace(state.rollout, question=question), refusals={})


def _question_answered(state: State, entry: e.Entry, event: e.QuestionAnswered) -> State:
    assert state.rollout is not None
    return replace(state, rollout=replace(state.rollout, question=None, answered=event.yes))


def _question_expired(state: State, entry: e.Entry, event: e.QuestionExpired) -> State:
    assert state.rollout is not None
    return replace(state, rollout=replace(state.rollout, question=None))


def _shipped(state: State, entry: e.Entry, event: e.ReleaseShipped) -> State:
    assert state.rollout is not None
    # The rollout is over; its epoch is kept with the flags, its watch ends.
    return replace(state, released_at=entry.at, rollout=None)


def _rollback_started(state: State, entry: e.Entry, event: e.RollbackStarted) -> State:
    touched = (f for f in state.flags.values() if f.changed_at or (f.original is not None and f.current != f.original))
    changed = sorted((f for f in touched if not f.gone), key=lambda f: -f.changed_at)
    left = [f.key for f in changed]
    # A batch that is out may land: its flags go back first.
    pending = [k for k in reversed(tuple(state.writes.writes)) if k not in left] if state.writes else []
    rollback = Rollback(
        epoch=event.epoch,
        reason=event.reason,
        closing=event.closing,
        at=entry.at,
        left=(*[k for k in pending if not state.flags[k].gone], *left),
    )
    return replace(
        _stop_bake(state, entry),
        rollback=rollback,
        epoch=event.epoch,
        writes=None,
        rollout=replace(state.rollout, question=None) if state.rollout else None,
    )


def _rollback_closing(state: State, entry: e.Entry, event: e.RollbackClosing) -> State:
    assert state.rollback is not None
    return replace(state, rollback=replace(state.rollback, closing=True))


def _unrestorable_accepted(state: State, entry: e.Entry, event: e.UnrestorableAccepted) -> State:
    assert state.rollback is not None
    rollback = state.rollback
    left = tuple(k for k in rollback.left if k != event.flag)
    return replace(state, rollback=replace(rollback, left=left, accepted=(*rollback.accepted, event.flag)))


def _rollback_confirmed(state: State, entry: e.Entry, event: e.RollbackConfirmed) -> State:
    rolling = state.phase in (Phase.ROLLING_OUT, Phase.CLEANING_UP)
    commit = state.candidate.commit if state.candidate and rolling else ""
    if not rolling:
        return replace(state, rollback=None, writes=None)
    flags = {
        # What was accepted as it stands is still changed; like the others it is claimed and settled anew.
        k: replace(f, changed_at=f.changed_at if k in event.unrestorable else 0, settled=None, proof="", granted=False)
        for k, f in state.flags.items()
    }
    items = {
        k: replace(i, status=ItemStatus.OPEN, by="", evidence="", reminded=0, escalated=False)
        if i.gates is Moment.COMPLETION and i.origin is ItemOrigin.PLAN
        else i
        for k, i in state.items.items()
    }
    return replace(
        state,
        rollback=None,
        rollout=None,
        writes=None,
        go=None,
        override=None,
        slot=None,
        opening=None,
        released_at=None,
        flags=flags,
        items=items,
        rolled_back=(*state.rolled_back, commit) if commit else state.rolled_back,
    )


def _flag_changed_elsewhere(state: State, entry: e.Entry, event: e.FlagChangedElsewhere) -> State:
    key = event.reading.key
    epoch = event.reading.fence.epoch if event.reading.fence else 0
    flag = state.flags[key]
    return replace(
        state,
        flags=_with(
            state.flags,
            key,
            replace(
                flag,
                current=event.reading.exposure if event.reading.exposure is not None else flag.current,
                last_epoch=max(flag.last_epoch, epoch),
            ),
        ),
    )


def _flag_settled(state: State, entry: e.Entry, event: e.FlagSettled) -> State:
    flag = state.flags[event.flag]
    new = replace(flag, settled=event.how, proof=event.proof, gone=flag.gone or event.how is Settled.GONE)
    return replace(state, flags=_with(state.flags, event.flag, new))


def _closed(state: State, entry: e.Entry, event: e.ReleaseClosed) -> State:
    return replace(
        state,
        outcome=event.outcome,
        round=None,
        opening=None,
        claim=None,
        rollout=None,
        writes=None,
        rollback=None,
        check_rounds={},
        slots_ask=None,
        holds=(),
    )


def _nothing(state: State, entry: e.Entry, event: Any) -> State:
    return state


_APPLY: dict[type[Any], Callable[[State, e.Entry, Any], State]] = {
    e.PhaseChanged: _phase_changed,
    e.SlotsRequested: _slots_requested,
    e.SlotsResolved: _slots_resolved,
    e.SlotTaken: _slot_taken,
    e.SlotGivenUp: _slot_given_up,
    e.SlotMissed: _slot_missed,
    e.Postponed: _postponed,
    e.FeatureProposed: _feature_proposed,
    e.FeatureChanged: _feature_changed,
    e.FeatureEstimated: _feature_estimated,
    e.ScopeFrozen: _scope_frozen,
    e.FreezeRefused: _freeze_refused,
    e.ExceptionRequested: _exception_requested,
    e.ExceptionApproved: _exception_approved,
    e.ExceptionRejected: _exception_rejected,
    e.ExceptionWithdrawn: _exception_withdrawn,
    e.ChecksRequested: _checks_requested,
    e.ChecksMeasured: _checks_measured,
    e.ItemOpened: _item_opened,
    e.ItemChanged: _item_changed,
    e.Waived: _waived,
    e.ReminderSent: _reminder_sent,
    e.Escalated: _escalated,
    e.CandidateAccepted: _candidate_accepted,
    e.PlanAmended: _plan_amended,
    e.PollOpened: _poll_opened,
    e.VoteCast: _vote_cast,
    e.VoteWithdrawn: _vote_withdrawn,
    e.BallotRefused: _ballot_refused,
    e.OverrideProposed: _override_proposed,
    e.Overridden: _overridden,
    e.GoGiven: _go_given,
    e.RoundEnded: _round_ended,
    e.GoEnded: _go_ended,
    e.Held: _held,
    e.Lifted: _lifted,
    e.OpeningReached: _opening_reached,
    e.FlagsRequested: _flags_requested,
    e.FlagsAnswered: _flags_answered,
    e.RolloutStarted: _rollout_started,
    e.WritesRequested: _writes_requested,
    e.FlagsWritten: _flags_written,
    e.StageExposed: _stage_exposed,
    e.GuardsMeasured: _guards_measured,
    e.GuardTripped: _guard_tripped,
    e.BakeCompleted: _bake_completed,
    e.QuestionAsked: _question_asked,
    e.QuestionAnswered: _question_answered,
    e.QuestionExpired: _question_expired,
    e.ReleaseShipped: _shipped,
    e.RollbackStarted: _rollback_started,
    e.RollbackClosing: _rollback_closing,
    e.UnrestorableAccepted: _unrestorable_accepted,
    e.RollbackConfirmed: _rollback_confirmed,
    e.FlagChangedElsewhere: _flag_changed_elsewhere,
    e.FlagSettled: _flag_settled,
    e.ReleaseClosed: _closed,
    e.HandlerFaulted: _nothing,
}


def evolve(state: State | None, entry: e.Entry) -> State:
    """The state after `entry`. The first entry of a release is its launch."""
    event = entry.event
    if state is None:
        if not isinstance(event, e.ReleaseLaunched):
            raise TypeError(f"a release begins with ReleaseLaunched, not {event.type}")
        return _launched(entry, event)
    return replace(_APPLY[type(event)](state, entry, event), seq=entry.seq, at=entry.at)


def fold(entries: Iterable[e.Entry], state: State | None = None) -> State:
    """The state that `entries` add up to."""
    for entry in entries:
        state = evolve(state, entry)
    if state is None:
        raise ValueError("a release without entries has no state")
    return state
