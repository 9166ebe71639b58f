"""The parts of a release's status: features, checks, items, the poll, holds, the rollout, flags."""

from datetime import datetime, timedelta

from .assessing import electorate
from .clearing import clears_hold
from .items import due_at
from .readiness import unsettled
from .rights import flag_owner
from .standing import check_fact
from .state import State
from .state_parts import Rollout
from .telling import change_told
from .terms import Choice, ItemStatus
from .values import Audience, Exposure
from .view_values import (
    AnswerView,
    CheckView,
    ExceptionView,
    FeatureView,
    HoldView,
    ItemView,
    RoleView,
    RoundView,
    ScopeView,
)
from .view_values_rollout import FlagView, QuestionView, RolloutView, StageView
from .why_rollout import baked


def exposure_percent(exposure: Exposure | None) -> int:
    """How far something is exposed, 0 to 100. Opt-in and segments are chosen people, not a share of all: 0."""
    if exposure is None:
        return 0
    return 100 if exposure.audience is Audience.EVERYONE else exposure.percent


def scope(state: State) -> ScopeView:
    """How much is in scope."""
    included = sum(f.is_in for f in state.features.values())
    return ScopeView(
        included=included, out=len(state.features) - included, churn=state.churn, frozen_at=state.frozen_at
    )


def features(state: State) -> tuple[FeatureView, ...]:
    """Every feature, in or out."""
    return tuple(
        FeatureView(
            id=name,
            title=held.feature.title,
            status=held.status.value,
            owner=held.feature.owner or "",
            flags=held.feature.flags,
            until=held.until,
            reason=held.reason,
        )
        for name, held in state.features.items()
    )


def checks(state: State, now: datetime) -> tuple[CheckView, ...]:
    """Every check, as it counts now."""
    out = {name for r in state.check_rounds.values() for name in r.checks}
    made = []
    for name, check in state.plan.checks.items():
        fact = check_fact(state, name, check, now)
        finding = state.findings.get(name)
        made.append(
            CheckView(
                name=name,
                status=fact.status.value,
                moment=check.moment.value,
                waived=fact.waived,
                detail=fact.detail,
                owner=check.owner,
                age=_whole(max(now - finding.at, timedelta(0))) if finding else None,
                evidence=finding.evidence if finding else "",
                running=name in out,
            )
        )
    return tuple(made)


def _whole(length: timedelta) -> timedelta:
    return length - timedelta(microseconds=length.microseconds)


def items(state: State, now: datetime) -> tuple[ItemView, ...]:
    """Every checklist item."""
    made = []
    for name, item in state.items.items():
        due = due_at(state, item)
        done = item.status is ItemStatus.DONE
        waived = not done and state.waived(f"item:{name}", now)
        made.append(
            ItemView(
                id=name,
                title=item.title,
                owner=item.owner,
                status=(ItemStatus.WAIVED if waived else item.status).value,
                gates=item.gates.value,
                required=item.required,
                overdue=due is not None and due <= now and not done and not waived,
                due=due,
                note=item.note,
                evidence=item.evidence,
            )
        )
    return tuple(made)


def roles(state: State) -> tuple[RoleView, ...]:
    """The roles of the poll, with the answers of the open round."""
    ballots = state.round.ballots if state.round else {}
    made = []
    for body in electorate(state):
        answered = tuple(
            AnswerView(person=person, choice=b.choice.value, reason=b.reason, at=b.at)
            for (role, person), b in ballots.items()
            if role == body.role and person in body.people
        )
        made.append(
            RoleView(
                role=body.role,
                people=body.people,
                quorum=body.quorum,
                go=sum(a.choice == Choice.GO.value for a in answered),
                answered=answered,
            )
        )
    return tuple(made)


def poll(state: State) -> RoundView | None:
    """The open round."""
    found = state.round
    if found is None:
        return None
    return RoundView(
        number=found.number,
        request_id=found.request_id,
        digest=found.digest,
        opened=found.opened,
        closes=found.closes,
    )


def holds(state: State) -> tuple[HoldView, ...]:
    """Holds that stand."""
    return tuple(
        HoldView(
            id=hold.id,
            reason=hold.reason.value,
            text=hold.text,
            since=hold.since,
            by=hold.by.id,
            lifted_by=clears_hold(state, hold),
            subject=hold.subject,
            measurement=hold.measurement,
        )
        for hold in state.holds
    )


def exceptions(state: State) -> tuple[ExceptionView, ...]:
    """Requests for late changes."""
    return tuple(
        ExceptionView(
            id=name,
            kind=asked.kind.value,
            status=asked.status.value,
            requester=asked.requester,
            about=asked.feature.id if asked.feature else asked.subject or "",
            why=asked.why,
            approved_by=tuple(asked.approved_by),
        )
        for name, asked in state.exceptions.items()
    )


def flags(state: State, now: datetime) -> tuple[FlagView, ...]:
    """The release's flags."""
    left = unsettled(state, now)
    return tuple(
        FlagView(
            key=key,
            owner=flag_owner(state, key),
            exposure="unknown" if flag.current is None else str(flag.current),
            percent=exposure_percent(flag.current),
            settled=flag.settled.value if flag.settled and key not in left else "",
            proof=flag.proof,
            original="" if flag.original is None else str(flag.original),
            current=flag.current,
            changed=change_told(key, flag.changed) if flag.changed is not None else "",
            taken_by=flag.taken_by,
        )
        for key, flag in state.flags.items()
    )


def widest(state: State) -> int:
    """The widest exposure of the release, in percent. Without flags a release reaches everybody when it rolls out."""
    if state.flags:
        return max(exposure_percent(flag.current) for flag in state.flags.values())
    exposed = state.released_at is not None or (state.rollout is not None and state.rollout.stage >= 0)
    return 100 if exposed else 0


def _stage_state(rollout: Rollout, number: int) -> str:
    if number != rollout.stage:
        return "done" if number < rollout.stage else "waiting"
    if not rollout.bake_done:
        return "baking"
    return "asking" if rollout.question is not None else "done"


def rollout(state: State, now: datetime) -> RolloutView | None:
    """The rollout, or the rollback, that is under way."""
    found, back = state.rollout, state.rollback
    if found is None and back is None:
        return None
    shown = found or Rollout(epoch=0)
    stands = shown.stage >= 0
    asked = shown.question
    return RolloutView(
        stage=shown.stage + 1,
        of=len(state.stages),
        exposure=str(state.stages[shown.stage].exposure) if stands else "nobody",
        stages=tuple(
            StageView(number=n + 1, exposure=str(stage.exposure), bake=stage.bake, state=_stage_state(shown, n))
            for n, stage in enumerate(state.stages)
        ),
        baked_seconds=int(baked(state, shown, now).total_seconds()) if stands else 0,
        bake_seconds=int(state.stages[shown.stage].bake.total_seconds()) if stands else 0,
        question=QuestionView(id=asked.id, text=asked.text, role=asked.role, asked=asked.asked, deadline=asked.deadline)
        if asked
        else None,
        rolling_back=back is not None,
        left=back.left if back else (),
    )
