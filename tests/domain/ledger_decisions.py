"""The part of the independent judge that knows what a decision needs: what is voted on, by whom, and what bars a GO."""

import json
from datetime import datetime, timedelta

from gonogo.domain import events as e
from gonogo.domain.canonical import to_json
from gonogo.domain.plan import Plan

from .ledger_picture import Picture

SKEW = timedelta(minutes=5)
"""How far a system's own clock may be off."""


class Violation(AssertionError):
    """Something that must always hold does not. The first word of the message is the property's name."""

    def __init__(self, prop: str, text: str) -> None:
        super().__init__(f"{prop}: {text}")
        self.prop = prop


def require(holds: object, prop: str, text: str) -> None:
    if not holds:
        raise Violation(prop, text)


class DecisionJudge:
    """What the ledger says so far, and whether what it says of a decision may be."""

    def __init__(self) -> None:
        self.p = Picture()
        self.meaning: dict[str, str] = {}
        """Digest -> the material content that it stood for, as this checker sees it."""

    def _PollOpened(self, entry: e.Entry, event: e.PollOpened, past: list[e.Entry], rest: list[e.Entry]) -> None:
        content = self._content()
        known = self.meaning.setdefault(event.digest, content)
        require(known == content, "a_digest_means_one_content", f"{event.digest} stood for something else")
        require(event.closes > entry.at, "a_round_has_time", str(event.closes))
        blocked = [h for h in self.p.holds.values() if h.reason.value in ("schedule", "rolled_back")]
        require(not blocked, "no_poll_while_held_without_slot", str(blocked))

    def _content(self) -> str:
        p = self.p
        plan = p.plan
        named = p.named_flags()
        made = {
            "candidate": (p.candidate.commit, sorted(p.candidate.artifacts.items())) if p.candidate else None,
            "features": {f.id: sorted(f.flags) for f in p.in_scope()},
            "slot": "on_demand" if plan.schedule.mode == "on_demand" else [p.slot and (p.slot.starts, p.slot.ends)],
            "stages": [to_json(s) for s in (plan.stages if named else plan.stages[-1:])],
            "flags": {k: [plan.flags[k].provider, to_json(plan.flags[k].reach)] for k in named},
            "roles": {r: (plan.roles[r].quorum, plan.roles[r].min_proof) for r in self._asked(plan)},
            "checks": {n: [k.kind, k.params, str(k.max_age), k.moment] for n, k in plan.checks.items()},
            "items": {i: x.gates for i, x in p.items.items() if x.planned and x.required and x.gates != "completion"},
            "policy": to_json(plan.policy),
        }
        return json.dumps(made, sort_keys=True, default=str)

    @staticmethod
    def _asked(plan: Plan) -> set[str]:
        return {"release_manager", *(plan.poll.roles or (r for r, x in plan.roles.items() if x.votes))}

    def _VoteCast(self, entry: e.Entry, event: e.VoteCast, past: list[e.Entry], rest: list[e.Entry]) -> None:
        p = self.p
        asked = p.round
        require(asked and asked.round == event.round, "ballots_count_for_their_question", str(event.round))
        require(entry.actor.id in p.people.get(event.role, ()), "only_a_roles_people_vote", entry.actor.id)
        if p.plan.policy.one_role_per_person:
            other = [r for r, who in p.ballots if who == entry.actor.id and r != event.role]
            require(not other, "one_person_one_role", entry.actor.id)

    def _GoGiven(self, entry: e.Entry, event: e.GoGiven, past: list[e.Entry], rest: list[e.Entry]) -> None:
        p = self.p
        require(p.round and p.round.digest == event.digest, "go_is_for_what_was_voted_on", event.digest)
        require(self.meaning[event.digest] == self._content(), "go_is_for_what_was_voted_on", "the content changed")
        against = {*self._votes_against(), *self._facts_against(entry.at, None)}
        against |= {f"hold.{h.reason.value}:hold:{h.id}" for h in p.holds.values()}
        if p.candidate is None:
            against.add("candidate.missing:candidate")
        left = against - set(p.override)
        require(not left, "go_needs_every_role_and_fact", ", ".join(sorted(left)))
        require(not any(c.startswith(("hold.rolled_back", "candidate.")) for c in p.override), "never_overridden", "")
        # Never by the launcher or an author alone; by two people unless the policy says otherwise.
        by, involved = set(p.override_by), {p.launcher, *(p.candidate.authors if p.candidate else ())}
        enough = len(by) >= (2 if p.plan.policy.second_person_override else 1) and by - involved
        require(not p.override or enough, "an_override_has_its_people", str(p.override_by))

    def _votes_against(self) -> set[str]:
        p = self.p
        plan = p.plan
        involved = {p.launcher, *(p.candidate.authors if p.candidate else ())}
        found, independent = set(), False
        for role in self._asked(plan):
            people = [x for x in p.people.get(role, ()) if not (plan.policy.strict_duties and x in involved)]
            said = {x: p.ballots[role, x] for x in people if (role, x) in p.ballots}
            if "NO_GO" in said.values():
                found.add(f"vote.no_go:role:{role}")
            going = [x for x, choice in said.items() if choice == "GO"]
            independent = independent or any(x not in involved for x in going)
            if len(going) < max(plan.roles[role].quorum, plan.policy.min_quorum):
                absent = f"vote.abstain:role:{role}"
                found.add(absent if absent in p.override else f"vote.missing:role:{role}")
        if not independent and not any("vote." in x for x in found):
            found.add("duties.not_independent:duties")
        return found

    def _facts_against(self, now: datetime, since: int | None) -> set[str]:
        """Required facts that do not pass; with `since`, only what was asked for after that entry counts."""
        p = self.p
        found = set()
        for name, check in p.plan.checks.items():
            if check.moment.value != "go" or p.waived(f"check:{name}", now):
                continue
            finding, asked = p.findings.get(name, (None, 0))
            if finding is None:
                found.add(f"check.unmeasured:check:{name}")
            elif p.candidate_at is not None and finding.at < p.candidate_at - SKEW:
                found.add(f"check.before_candidate:check:{name}")
            elif finding.status.value != "pass":
                found.add(f"check.{'failed' if finding.status.value == 'fail' else 'unclear'}:check:{name}")
            elif now >= min(finding.at, now) + check.max_age:
                found.add(f"check.stale:check:{name}")
            elif since is not None and check.kind != "pushed" and asked <= since:
                found.add(f"check.not_remeasured:check:{name}")
        for name, item in p.items.items():
            if item.required and item.gates == "go" and item.status != "done" and not p.waived(f"item:{name}", now):
                found.add(f"item.{item.status}:item:{name}")
        return found
