"""What events of candidates, rounds and overrides do to the state."""

from collections.abc import Mapping

from . import events as e
from .evolve_common import _with, _without
from .items import plan_items
from .state import State, replace
from .state_parts import Ballot, FeatureState, FlagState, Go, Override, Round, Said
from .terms import Ended, ItemOrigin, ItemStatus


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
        acting_for=event.acting_for,
    )
    # Who votes is stood in for by nobody.
    others = {k: b for k, b in state.round.ballots.items() if b.acting_for != entry.actor.id}
    answer = (state.round.request_id, event.role, event.choice.value, event.acting_for or "")
    said = Said(answer=answer, counted=True, reason=event.reason, conditions=event.conditions)
    return replace(
        state,
        round=replace(state.round, ballots=_with(others, (event.role, entry.actor.id), ballot)),
        ballots_seen=_seen(state, entry, event.ballot_id, said),
    )


def _seen(state: State, entry: e.Entry, ballot_id: str, said: Said) -> Mapping[tuple[str, str], tuple[Said, ...]]:
    before = state.said(entry.actor.id, ballot_id)
    return _with(state.ballots_seen, (entry.actor.id, ballot_id), (*before, said))


def _vote_withdrawn(state: State, entry: e.Entry, event: e.VoteWithdrawn) -> State:
    assert state.round is not None
    return replace(
        state, round=replace(state.round, ballots=_without(state.round.ballots, (event.role, entry.actor.id)))
    )


def _ballot_refused(state: State, entry: e.Entry, event: e.BallotRefused) -> State:
    answer = (event.request_id, event.role, event.choice, event.acting_for or "")
    said = Said(answer=answer, counted=False)
    seen = _seen(state, entry, event.ballot_id, said) if event.ballot_id else state.ballots_seen
    count = state.refusals.get(entry.actor.id, 0) + 1
    return replace(state, ballots_seen=seen, refusals=_with(state.refusals, entry.actor.id, count))


def _override_proposed(state: State, entry: e.Entry, event: e.OverrideProposed) -> State:
    made = Override(id=event.override, codes=event.codes, proposed_by=entry.actor.id, reason=event.reason, at=entry.at)
    return replace(state, proposed=made)


def _overridden(state: State, entry: e.Entry, event: e.Overridden) -> State:
    made = Override(
        id=event.override,
        codes=event.codes,
        proposed_by=event.proposed_by,
        reason=event.reason,
        at=entry.at,
    )
    return replace(state, override=made, proposed=None)


def _go_given(state: State, entry: e.Entry, event: e.GoGiven) -> State:
    return replace(state, go=Go(round=event.round, digest=event.digest, at=entry.at, overridden=event.overridden))


def _round_ended(state: State, entry: e.Entry, event: e.RoundEnded) -> State:
    over = event.how not in (Ended.VOTED, Ended.OVERRIDDEN)
    return replace(
        state,
        round=None,
        superseded=event.how is Ended.SUPERSEDED,
        override=None if over else state.override,
        proposed=None,
    )


def _go_ended(state: State, entry: e.Entry, event: e.GoEnded) -> State:
    # The flags' own workflows are told that they are let go: the next opening asks for them again.
    flags = {k: replace(f, granted=False) for k, f in state.flags.items()}
    return replace(state, go=None, override=None, opening=None, claim=None, flags=flags)
