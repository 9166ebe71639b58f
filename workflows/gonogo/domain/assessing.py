"""The verdict over a release: what the core's state says of facts, votes and holds, put to `verdict`."""

from datetime import datetime

from .material import required_roles
from .plan import Moment
from .rights import RELEASE_MANAGER
from .standing import facts
from .state import State
from .verdict import Electorate, Facts, Verdict, Votes, verdict


def electorate(state: State) -> tuple[Electorate, ...]:
    """Who can answer for each required role; with strict duties neither launcher nor authors."""
    barred = involved(state) if state.plan.policy.strict_duties else ()
    made = []
    for name in required_roles(state.plan):
        role = state.plan.roles[name]
        people = tuple(p for p in state.people.get(name, ()) if p not in barred)
        made.append(Electorate(name, people, max(role.quorum, state.plan.policy.min_quorum), role.min_proof))
    return tuple(made)


def involved(state: State) -> tuple[str, ...]:
    """The launcher and the candidate's authors."""
    authors = state.candidate.authors if state.candidate else ()
    return (state.launcher.id, *authors)


def assess(state: State, now: datetime) -> Verdict:
    """The verdict over a release at `now`; before a round there are no votes."""
    current = state.round
    votes = Votes(
        ballots=current.ballots if current else {},
        electorate=electorate(state),
        closes=current.closes if current else None,
        opened=current.opened if current else state.phase_since,
        involved=involved(state),
    )
    override = state.override
    known = Facts(
        required=facts(state, Moment.GO, now),
        holds=state.holds,
        candidate=state.candidate is not None,
        release_managers=state.people_of(RELEASE_MANAGER),
        overridden=override.codes if override else (),
    )
    return verdict(state.plan.policy, known, votes, now)
