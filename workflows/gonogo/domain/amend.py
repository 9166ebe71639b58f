"""Another candidate, another revision of the plan: what it changes, and whether it ends a round."""

from collections.abc import Mapping
from datetime import datetime

from . import commands as c
from .canonical import digest, to_json
from .draft import Draft
from .errors import Refused
from .events import CandidateAccepted, PlanAmended
from .holds import lift_all
from .material import differences
from .plan import Moment, Plan
from .plan_problem import did_you_mean, known_people
from .plan_rules_people import duties
from .policy import weaknesses
from .readiness import ask, measurable
from .schedule import request_slots
from .state import State
from .terms import AskedFor, HoldReason, ItemStatus, Phase
from .values import Candidate


def resolve_people(plan: Plan, at: datetime) -> dict[str, tuple[str, ...]]:
    """Role -> people, with every rotation resolved at `at`."""
    people: dict[str, tuple[str, ...]] = {}
    for name, role in plan.roles.items():
        turn = role.rotation
        if turn is None:
            people[name] = role.people
        else:
            index = max(0, (at - turn.since) // turn.every)
            people[name] = (turn.people[index % len(turn.people)],)
    return people


def require_duties(
    plan: Plan, people: Mapping[str, tuple[str, ...]], launcher: str, candidate: Candidate | None
) -> None:
    """Raises when with this launcher and these authors no round could ever be GO: it would wait for nobody."""
    involved = (launcher, *(candidate.authors if candidate else ()))
    for problem in duties(plan, people, involved):
        raise Refused(problem.code, problem.message)


def _require_known(state: State, candidate: Candidate) -> None:
    """Raises for an author whom the plan does not name: whose GO is independent could not be told."""
    known = known_people(state.plan)
    for author in candidate.authors:
        if author not in known:
            raise Refused(
                "candidate.author_unknown",
                f"{author!r} is nobody in the plan: name them under people, by `gonogo amend`"
                f"{did_you_mean(author, known)}",
                author=author,
            )


def accept_candidate(draft: Draft, command: c.SetCandidate) -> None:
    """Another build: nothing that was found of the one before counts any more."""
    state = draft.state
    candidate = command.candidate
    if candidate.commit in state.rolled_back:
        raise Refused(
            "candidate.rolled_back",
            f"{candidate.commit!r} was rolled back in this release: give a build that is not it",
            commit=candidate.commit,
        )
    if candidate == state.candidate:
        return
    _require_known(state, candidate)
    require_duties(state.plan, state.people, state.launcher.id, candidate)
    reopened = tuple(i.id for i in state.items.values() if i.reopens and i.status is not ItemStatus.OPEN)
    draft.emit(CandidateAccepted(candidate=candidate, reopened=reopened))
    lift_all(draft, f"new candidate {candidate.commit}", HoldReason.ROLLED_BACK)
    moment = Moment.FREEZE if state.phase is Phase.SCOPING else Moment.GO
    ask(draft, measurable(state, moment), AskedFor.CANDIDATE)


def _fixed(old: Plan, new: Plan) -> tuple[str, ...]:
    return tuple(n for n in ("product", "version", "environment", "kind") if getattr(old, n) != getattr(new, n))


def _out(state: State) -> set[str]:
    return {name for r in state.check_rounds.values() for name in r.checks}


def _require_scope(state: State, plan: Plan) -> None:
    """Raises when a plan would change the scope in a way that it cannot: that is the exceptions' business."""
    before = {f.id: f for f in state.plan.features}
    for feature in plan.features:
        old, now = before.get(feature.id), state.features.get(feature.id)
        said = old.estimate_days if old else now.feature.estimate_days if now else None
        up = feature.estimate_days is not None and (said is None or feature.estimate_days > said)
        if state.frozen_at is not None and (now is None or up):
            raise Refused(
                "amend.scope_frozen",
                f"the scope is frozen: {feature.id!r} {'joins' if now is None else 'grows'} by an exception, not by an "
                "amended plan",
                feature=feature.id,
            )
    for key, flag in state.flags.items():
        if flag.changed_at and key not in plan.flags:
            raise Refused("amend.flag_exposed", f"{key!r} is not back to what it was before: keep it listed", flag=key)
    after = {f.id for f in plan.features}
    for joined in (f.feature for f in state.features.values() if f.is_in and f.feature.id not in {*before, *after}):
        for key in joined.flags:
            if key not in plan.flags:
                raise Refused(
                    "amend.flag_in_use",
                    f"{joined.id!r}, which joined later, names the flag {key!r}: list both",
                    flag=key,
                )


def amend(draft: Draft, command: c.Amend) -> None:
    """Puts another revision in force. Material differences end the round, and are refused once the rollout began."""
    state = draft.state
    plan = command.plan
    if fixed := _fixed(state.plan, plan):
        raise Refused(
            "amend.fixed", f"{', '.join(fixed)} cannot change: launch another release", fields=", ".join(fixed)
        )
    found = digest(plan)
    if weaker := weaknesses(plan.policy, state.plan.policy):
        raise Refused(
            "amend.policy_weaker",
            "the policy that is in force cannot be weakened: " + "; ".join(f"{n} {demand}" for n, demand in weaker),
            fields=", ".join(n for n, _ in weaker),
        )
    if found == state.plan_digest:
        raise Refused("amend.same", "the plan is the same as the one in force")
    if state.plan.candidate != plan.candidate and plan.candidate != state.candidate:
        raise Refused("amend.candidate", "a new build comes by `gonogo candidate`, not by an amended plan")
    if (state.plan.schedule.slot != plan.schedule.slot) and state.phase not in (Phase.SCOPING, Phase.READYING):
        raise Refused("amend.slot", "the slot changes by `gonogo postpone --to`")
    trial = Draft(state, draft.at, draft.actor, draft.cause)
    people = resolve_people(plan, state.launched_at)
    revision = state.revision + 1
    event = PlanAmended(plan=plan, plan_digest=found, revision=revision, material=(), immaterial=(), people=people)
    trial.emit(event)
    material = differences(state, trial.state)
    if material and state.phase in (Phase.ROLLING_OUT, Phase.CLEANING_UP):
        raise Refused(
            "amend.material",
            f"in {state.phase.value} only immaterial fields can change; these are material: " + "; ".join(material),
        )
    _require_scope(state, plan)
    require_duties(plan, people, state.launcher.id, state.candidate)
    old, new = to_json(state.plan), to_json(plan)
    changed = tuple(k for k in dict.fromkeys((*old, *new)) if old.get(k) != new.get(k))
    immaterial = tuple(k for k in changed if not any(m.split(".")[0].split(":")[0] == k for m in material))
    draft.emit(
        PlanAmended(
            plan=plan,
            plan_digest=found,
            revision=revision,
            material=tuple(m[:2000] for m in material),
            immaterial=immaterial,
            people=people,
        )
    )
    if state.plan.schedule != plan.schedule:
        request_slots(draft, anew=True)
    if state.phase in (Phase.READYING, Phase.DECIDING, Phase.AWAITING_WINDOW):
        # What is another check now, and what was out together with it.
        lost = _out(state) - _out(draft.state)
        new = tuple(n for n in measurable(draft.state, Moment.GO) if n in lost or n not in draft.state.asked_at)
        ask(draft, new, AskedFor.READYING)
