"""What people do to the release of the machine: what helps it on, and anything at all, entitled or not."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from gonogo.domain import commands as c
from gonogo.domain.assessing import assess
from gonogo.domain.facts import Finding, Status
from gonogo.domain.plan import Feature, Plan
from gonogo.domain.plan_rules import problems
from gonogo.domain.state import State
from gonogo.domain.terms import Choice, ExceptionKind, ExceptionStatus, FeatureStatus, HoldReason, ItemStatus, Phase
from gonogo.domain.values import Actor, ActorKind, Candidate

from .machine_plans import LAUNCHER, PEOPLE, STRANGER, random_plan

Deed = tuple[c.Command, Actor]


def _person(r: Random, state: State, owner: str) -> Actor:
    return Actor(id=r.choice(state.people_of(owner)))


# --- what helps ----------------------------------------------------------------------------------------------------


def helpful(state: State, at: datetime, r: Random) -> Deed | None:
    """Something that takes the release on; None when nobody has to do anything."""
    deeds: list[Deed] = [*_unblocking(state, at, r), *_readiness(state, at, r)]
    manager, product = _person(r, state, "release_manager"), _person(r, state, "product_manager")
    if state.phase is Phase.SCOPING and state.freeze_refused:
        deeds.append((c.FreezeScope(), manager))
        deeds += [
            (c.ChangeFeature(feature=f, status=FeatureStatus.DROPPED), product)
            for f, x in state.features.items()
            if x.is_in
        ]
    if state.phase is Phase.READYING and r.random() < 0.1:
        deeds.append((c.OpenPoll(), manager))
    if state.phase is Phase.DECIDING:
        deeds += _votes(state, at, r)
    if state.rollout and state.rollout.question:
        deeds += [(c.Widen(question=state.rollout.question.id), _person(r, state, state.rollout.question.role))] * 4
    if state.phase in (Phase.ROLLING_OUT, Phase.CLEANING_UP) and r.random() < 0.1:
        return r.choice((c.PlaceHold(text="look first"), c.RollBack(reason="it is bad"))), manager
    if state.rollback:
        deeds += [(c.AcceptUnrestorable(flag=k, reason="known"), manager) for k in state.rollback.left]
    return r.choice(deeds) if deeds else None


def _unblocking(state: State, at: datetime, r: Random) -> list[Deed]:
    manager = _person(r, state, "release_manager")
    found: list[Deed] = []
    for hold in state.holds:
        if hold.reason is HoldReason.MANUAL:
            found.append((c.LiftHold(hold=hold.id), manager))
        elif hold.reason is HoldReason.GUARD:
            found.append((c.LiftHold(hold=hold.id, measurement=hold.measurement), manager))
        elif hold.reason is HoldReason.SCHEDULE and hold.subject == "slots":
            to = at.replace(minute=0, second=0, microsecond=0) + timedelta(days=r.choice((1, 2)))
            found.append((c.Postpone(to=to), manager))
    if state.candidate is None or (state.held(HoldReason.ROLLED_BACK) and state.phase is Phase.READYING):
        found.append((c.SetCandidate(candidate=Candidate(commit=f"c{state.seq}", authors=(LAUNCHER,))), manager))
    return found * 3


def _readiness(state: State, at: datetime, r: Random) -> list[Deed]:
    found: list[Deed] = []
    for item in state.items.values():
        if item.status is not ItemStatus.DONE and item.required and r.random() < 0.6:
            found.append((c.SignOff(item=item.id), _person(r, state, item.owner)))
    for name, check in state.plan.checks.items():
        finding = state.findings.get(name)
        if finding is None or finding.status is not Status.PASS or at - finding.at > check.max_age / 2:
            if check.kind == "pushed":
                pushed = c.PushResult(check=name, finding=Finding(status=Status.PASS, at=at))
                found.append((pushed, _person(r, state, check.owner)))
            elif not state.check_rounds:
                found.append((c.RunChecks(checks=(name,)), _person(r, state, check.owner)))
    return found


def _votes(state: State, at: datetime, r: Random) -> list[Deed]:
    assert state.round is not None
    found: list[Deed] = []
    for role in state.round.roles:
        for person in state.people_of(role):
            ballot = state.round.ballots.get((role, person))
            if ballot is None or ballot.choice is not Choice.GO:
                found += [(_ballot(state, role, person, Choice.GO), Actor(id=person))] * 2
    if state.proposed:
        found.append((c.ConfirmOverride(override=state.proposed.id), Actor(id=r.choice(PEOPLE))))
    if r.random() < 0.1:
        reasons = assess(state, at).reasons
        if reasons:
            codes = tuple(x.name for x in r.sample(reasons, r.randint(1, len(reasons))))
            found.append((c.ProposeOverride(codes=codes, reason="must"), _person(r, state, "release_manager")))
    return found


def _ballot(state: State, role: str, person: str, choice: Choice, request: str | None = None) -> c.CastVote:
    return c.CastVote(
        request_id=request or (state.round.request_id if state.round else f"{state.release_id}/r1/0"),
        role=role,
        choice=choice,
        ballot_id=f"{person}-{role}-{state.seq}",
        reason="" if choice is Choice.GO else "because",
    )


# --- anything at all -----------------------------------------------------------------------------------------------


def wild(state: State, at: datetime, r: Random) -> Deed:
    """Any command by anybody, strangers and services included, with arguments that may be wrong."""
    command = r.choice((*_of_scope(state, at, r), *_of_readiness(state, at, r), *_of_release(state, at, r)))
    if r.random() < 0.15:
        kind = r.choice((ActorKind.PERSON, ActorKind.SERVICE))
        return command, Actor(id=r.choice((STRANGER, LAUNCHER, "bot")), kind=kind)
    asked = state.people_of(command.role) if isinstance(command, c.CastVote) else ("bob", "ben", "ann", "cid")
    # Mostly somebody who may: what is refused at the door finds little.
    return command, Actor(id=r.choice(asked if r.random() < 0.6 else PEOPLE), proof=r.choice((0, 1)))


def _feature(r: Random, state: State) -> Feature:
    name = f"n{r.randint(1, 6)}"
    if state.plan.flags and r.random() < 0.5:
        return Feature(id=name, title="New", flags=(r.choice(tuple(state.plan.flags)),), announce=r.random() < 0.5)
    return Feature(id=name, title="New", no_flag="none", estimate_days=Decimal(2))


def _of_scope(state: State, at: datetime, r: Random) -> list[c.Command]:
    feature = r.choice((*state.features, "nobody"))
    open_ones = [x for x, e in state.exceptions.items() if e.status is ExceptionStatus.OPEN]
    exception = r.choice((*open_ones, "x0"))
    return [
        c.AddFeature(feature=_feature(r, state)),
        c.SplitFeature(feature=feature, into=(_feature(r, state), _feature(r, state))),
        c.EstimateFeature(feature=feature, days=Decimal(r.randint(-1, 5)), by=("cid",)),
        c.ChangeFeature(feature=feature, status=r.choice(tuple(FeatureStatus)), until=r.choice(("", "2.0.0"))),
        c.FreezeScope(),
        c.RequestException(kind=r.choice(tuple(ExceptionKind)), feature=_feature(r, state), why="late"),
        c.RequestException(kind=ExceptionKind.LATE, subject=feature, until="soon", why="late"),
        c.RequestException(kind=ExceptionKind.SCOPE, subject=feature, days=Decimal(9), why="more"),
        c.AnswerException(exception=exception, approve=r.random() < 0.8),
        c.AnswerException(exception=exception, approve=True),
        c.WithdrawException(exception=exception),
    ]


def _of_readiness(state: State, at: datetime, r: Random) -> list[c.Command]:
    check = r.choice((*state.plan.checks, "none"))
    item = r.choice((*state.items, "none"))
    subject = r.choice((f"check:{check}", f"item:{item}", *(f"flag:{k}" for k in state.flags)))
    until = r.choice((None, at + timedelta(hours=5), at + timedelta(days=9), at - timedelta(hours=1)))
    finding = Finding(status=r.choice(tuple(Status)), at=at + r.choice((timedelta(0), timedelta(hours=1))))
    return [
        c.RunChecks(checks=(check,) if r.random() < 0.5 else ()),
        c.PushResult(check=check, finding=finding),
        c.SignOff(item=item, status=r.choice(("done", "in_progress", "blocked"))),
        c.UnSign(item=item),
        c.Waive(subject=subject, reason="known", until=until),
    ]


def _of_release(state: State, at: datetime, r: Random) -> list[c.Command]:
    role = r.choice((*state.plan.roles, "nobody"))
    person = r.choice(PEOPLE)
    choice = r.choice(tuple(Choice))
    hold = r.choice((*(h.id for h in state.holds), "h0"))
    measurement = r.choice((*(h.measurement for h in state.holds), ""))
    rollout = state.rollout
    question = rollout.question.id if rollout and rollout.question and r.random() < 0.8 else "q0"
    stale = r.choice((None, None, None, f"{state.release_id}/r1/0"))
    conditional = c.CastVote(
        request_id=state.round.request_id if state.round else "none",
        role=role,
        choice=Choice.GO,
        ballot_id=f"if-{state.seq}",
        conditions=("watch it",),
    )
    to = r.choice((None, at + timedelta(days=2), at - timedelta(days=1)))
    left = r.choice((*(state.rollback.left if state.rollback else ()), "x"))
    names = tuple(x.name for x in assess(state, at).reasons) or ("vote.missing:role:qa",)
    commit = r.choice((f"c{state.seq}", "c0", *state.rolled_back))
    return [
        c.OpenPoll(),
        *[_ballot(state, role, person, choice, stale)] * 3,
        conditional,
        c.WithdrawVote(role=role),
        c.Call(choice=r.choice(("go", "no_go", "postpone")), ballot_id=f"call-{state.seq}"),
        c.ProposeOverride(codes=(r.choice(names),), reason="must"),
        c.ProposeOverride(codes=names, reason="must"),
        c.ConfirmOverride(override=state.proposed.id if state.proposed else "o0"),
        c.PlaceHold(text="wait"),
        *[c.LiftHold(hold=hold, measurement=measurement)] * 2,
        c.LiftHold(),
        c.Postpone(to=to),
        *[c.Amend(plan=_amended(state, r))] * 2,
        c.SetCandidate(candidate=Candidate(commit=commit, authors=tuple(r.sample(PEOPLE, r.randint(0, 2))))),
        *[c.Widen(question=question, yes=r.random() < 0.7, reason=r.choice(("", "no")))] * 2,
        *([c.RollBack(reason="bad")] if r.random() < 0.5 else []),
        c.AcceptUnrestorable(flag=left, reason="known"),
        *([c.Cancel(reason="no more")] if r.random() < 0.2 else []),
    ]


def _amended(state: State, r: Random) -> Plan:
    """The plan in force with one part of another: sometimes the same, sometimes material, sometimes neither."""
    plan, other = state.plan, random_plan(r.randrange(500))
    made = r.choice(
        (
            replace(plan, title=f"t{r.randint(0, 9)}"),
            replace(plan, checks=other.checks),
            replace(plan, checklists=other.checklists),
            replace(plan, stages=other.stages),
            replace(plan, stages=other.stages),
            replace(plan, schedule=other.schedule),
            replace(plan, roles={**plan.roles, "qa": other.roles["qa"]}),
            replace(plan, features=other.features, flags=other.flags),
            replace(plan, version="9"),
            plan,
        )
    )
    return plan if problems(made) else made
