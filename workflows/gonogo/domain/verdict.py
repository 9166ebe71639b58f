"""GO, NO_GO or UNCLEAR: a total, pure function of policy, facts, votes and time, with every reason.

NO_GO if any NO_GO ballot stands or a required fact is fail; else UNCLEAR if a required vote is missing or ABSTAIN, a
required fact is unclear, or a hold stands; else GO.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from .facts import Status
from .policy import Policy
from .state_parts import Ballot, Hold
from .terms import Choice, HoldReason, Outcome


class Fact(NamedTuple):
    """A required check or item, as it counts now."""

    subject: str
    """`check:ID` or `item:ID`."""
    status: Status
    code: str
    """Stable code of its status, such as `check.failed`, `check.stale`, `item.open`."""
    detail: str
    responsible: tuple[str, ...]
    since: datetime
    clears: str
    waived: bool = False
    changes_at: datetime | None = None
    """When it changes by itself: a pass that ages out, a waiver that ends."""


@dataclass(frozen=True, slots=True)
class Electorate:
    """One required role: who can answer for it, and how many must."""

    role: str
    people: tuple[str, ...]
    quorum: int
    min_proof: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that stands between the release and GO."""

    code: str
    """Stable code."""
    subject: str
    """What it is about: `check:ID`, `item:ID`, `role:ID`, `hold:ID`, `candidate`, `duties`."""
    status: Status
    """fail makes NO_GO, unclear makes UNCLEAR."""
    text: str
    """One sentence for a person."""
    responsible: tuple[str, ...]
    """The people, or the system, that it waits for."""
    since: datetime
    """Since when it stands."""
    clears: str
    """What would clear it."""

    @property
    def name(self) -> str:
        """`code:subject`, which an override names."""
        return f"{self.code}:{self.subject}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the facts and the votes come to."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    """Every reason against GO, failures first."""
    waived: tuple[str, ...]
    """Facts that pass by waiver."""
    overridden: tuple[str, ...]
    """Reasons, `code:subject`, that an override names."""
    changes_at: datetime | None
    """The next instant at which anything here changes by itself."""


@dataclass(frozen=True, slots=True)
class Votes:
    """The open round, as far as the verdict needs it."""

    ballots: Mapping[tuple[str, str], Ballot]
    electorate: tuple[Electorate, ...]
    closes: datetime | None
    opened: datetime
    involved: tuple[str, ...] = ()
    """The launcher and the candidate's authors: a GO of theirs alone is not independent."""


def _vote_reasons(policy: Policy, votes: Votes) -> tuple[list[Reason], bool]:
    """The reasons of the votes, and whether a GO stands of somebody who is neither launcher nor author."""
    found: list[Reason] = []
    independent = False
    for body in votes.electorate:
        cast = [b for (role, _), b in votes.ballots.items() if role == body.role]
        # Who fills the role no more gives it no GO any more; their NO-GO stands until it is taken back.
        standing = [b for b in cast if b.voter.id in body.people]
        subject = f"role:{body.role}"
        for ballot in cast:
            who = ballot.voter.id
            if ballot.choice is Choice.NO_GO:
                found.append(
                    Reason(
                        "vote.no_go",
                        subject,
                        Status.FAIL,
                        f"{who} says NO-GO for {body.role}: {ballot.reason}",
                        (who,),
                        ballot.at,
                        f"{who} votes otherwise or withdraws",
                    )
                )
        going = [b for b in standing if b.choice is Choice.GO]
        independent = independent or any(b.voter.id not in votes.involved for b in going)
        quorum = max(body.quorum, policy.min_quorum)
        if len(going) >= quorum:
            continue
        waiting = tuple(p for p in body.people if (body.role, p) not in votes.ballots)
        for ballot in standing:
            if ballot.choice is Choice.ABSTAIN:
                who = ballot.voter.id
                found.append(
                    Reason(
                        "vote.abstain",
                        subject,
                        Status.UNCLEAR,
                        f"{who} abstains for {body.role}: {ballot.reason}",
                        (who,),
                        ballot.at,
                        f"{who} answers GO",
                    )
                )
        if waiting or len(standing) < quorum:
            missing = quorum - len(going)
            found.append(
                Reason(
                    "vote.missing",
                    subject,
                    Status.UNCLEAR,
                    f"{body.role} has not answered ({len(going)} of {quorum} GO)",
                    waiting or body.people,
                    votes.opened,
                    f"{missing} more GO from {', '.join(waiting or body.people)}",
                )
            )
    return found, independent


def _duties_reason(votes: Votes) -> Reason:
    others = tuple(dict.fromkeys(p for b in votes.electorate for p in b.people if p not in votes.involved))
    return Reason(
        "duties.not_independent",
        "duties",
        Status.UNCLEAR,
        "no GO is by somebody who is neither the launcher nor an author of the candidate",
        others,
        votes.opened,
        "a GO by somebody who neither launched the release nor wrote the candidate",
    )


def _fact_reason(fact: Fact) -> Reason:
    return Reason(fact.code, fact.subject, fact.status, fact.detail, fact.responsible, fact.since, fact.clears)


def _hold_reason(hold: Hold, release_managers: tuple[str, ...]) -> Reason:
    people = (hold.by.id,) if hold.reason in (HoldReason.MANUAL, HoldReason.NO_GO) else release_managers
    text = f"held ({hold.reason.value})" + (f": {hold.text}" if hold.text else "")
    return Reason(
        f"hold.{hold.reason.value}", f"hold:{hold.id}", Status.UNCLEAR, text, people, hold.since, LIFTED_BY[hold.reason]
    )


LIFTED_BY: dict[HoldReason, str] = {
    HoldReason.MANUAL: "whoever raised it, or the release manager, lifts it",
    HoldReason.NO_GO: "that voter withdraws or votes otherwise, or the round ends",
    HoldReason.READINESS: "by itself, when what it is about passes while the window is open",
    HoldReason.GUARD: "the release manager or the flag's owner resumes against the measurement",
    HoldReason.SCHEDULE: "the freeze, or `postpone --to` by the release manager",
    HoldReason.ROLLED_BACK: "a new candidate",
}
"""What lifts a hold of each reason."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything but votes that the verdict looks at."""

    required: tuple[Fact, ...]
    holds: tuple[Hold, ...] = ()
    candidate: bool = True
    release_managers: tuple[str, ...] = ()
    since: datetime | None = None
    overridden: tuple[str, ...] = field(default=())
    """`code:subject` of the reasons that an override in force names."""


def verdict(policy: Policy, facts: Facts, votes: Votes, now: datetime) -> Verdict:
    """What facts and votes come to at `now`, with every reason. Total: there is always an answer."""
    reasons, independent = _vote_reasons(policy, votes)
    if not facts.candidate:
        reasons.append(
            Reason(
                "candidate.missing",
                "candidate",
                Status.UNCLEAR,
                "there is no candidate",
                facts.release_managers,
                votes.opened,
                "`gonogo candidate COMMIT`",
            )
        )
    reasons += [_fact_reason(f) for f in facts.required if f.status is not Status.PASS and not f.waived]
    reasons += [_hold_reason(h, facts.release_managers) for h in facts.holds]
    overridden = tuple(r.name for r in reasons if r.name in facts.overridden)
    reasons = [r for r in reasons if r.name not in facts.overridden]
    if not independent and not any(r.code.startswith("vote.") for r in reasons):
        # While votes are missing it is too early to say; no override makes up for it.
        reasons.append(_duties_reason(votes))
    reasons.sort(key=lambda r: r.status is not Status.FAIL)
    if any(r.status is Status.FAIL for r in reasons):
        outcome = Outcome.NO_GO
    else:
        outcome = Outcome.UNCLEAR if reasons else Outcome.GO
    changes = [f.changes_at for f in facts.required if f.changes_at is not None and f.changes_at > now]
    if votes.closes is not None and votes.closes > now:
        changes.append(votes.closes)
    return Verdict(
        outcome=outcome,
        reasons=tuple(reasons),
        waived=tuple(f.subject for f in facts.required if f.waived),
        overridden=overridden,
        changes_at=min(changes, default=None),
    )
