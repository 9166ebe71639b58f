"""An independent judge: it reads the entries of a ledger, one by one, and nothing else, and says what was not allowed.

It shares no rule with the core: what a GO needs, what an exposure needs and which steps exist is written down here a
second time, in another way, from the product's text. It keeps its own picture of the release, made of events alone.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from gonogo.domain import events as e
from gonogo.domain.canonical import to_json
from gonogo.domain.plan import Plan
from gonogo.domain.values import Actor, Audience, Exposure

from .ledger_picture import Picture

STEPS = {
    ("scoping", "readying"): "ScopeFrozen",
    ("readying", "deciding"): "PollOpened",
    ("deciding", "awaiting_window"): "GoGiven",
    ("deciding", "readying"): "RoundEnded",
    ("awaiting_window", "rolling_out"): "",
    ("awaiting_window", "readying"): "GoEnded",
    ("rolling_out", "cleaning_up"): "ReleaseShipped",
    ("rolling_out", "readying"): "RollbackConfirmed",
    ("cleaning_up", "readying"): "RollbackConfirmed",
    ("cleaning_up", "completed"): "ReleaseClosed",
    **{(p, t): "ReleaseClosed" for p in ("scoping", "readying", "deciding", "awaiting_window") for t in
       ("cancelled", "rolled_back")},
}  # fmt: skip
"""The table of the product: (before, after) -> the event that must have led there at the same instant."""
_WITHOUT_GO = ("no_go", "expired", "postponed", "superseded")
_AUDIENCES = tuple(Audience)
_SKEW = timedelta(minutes=5)
"""How far a system's own clock may be off."""


class Violation(AssertionError):
    """Something that must always hold does not. The first word of the message is the property's name."""

    def __init__(self, prop: str, text: str) -> None:
        super().__init__(f"{prop}: {text}")
        self.prop = prop


def _require(holds: object, prop: str, text: str) -> None:
    if not holds:
        raise Violation(prop, text)


def _reach(shown: Exposure | None) -> tuple[int, int]:
    return (_AUDIENCES.index(shown.audience), shown.percent) if shown else (0, 0)


def _within(shown: Exposure, *bounds: Exposure | None) -> bool:
    audience = max(_reach(b)[0] for b in bounds)
    percent = max(_reach(b)[1] for b in bounds)
    segments = {s for b in bounds if b for s in b.segments}
    named = _AUDIENCES[audience] is Audience.EVERYONE or set(shown.segments) <= segments
    return _reach(shown)[0] <= audience and shown.percent <= percent and named


def _capped(stage: Exposure, reach: Exposure) -> Exposure:
    if stage.audience is not reach.audience:
        return min(stage, reach, key=_reach)
    shared = [s for s in stage.segments if s in reach.segments or stage.audience is not Audience.SEGMENT]
    return Exposure(audience=stage.audience, percent=min(stage.percent, reach.percent), segments=tuple(shared))


class Checker:
    """Feed it every entry, in order."""

    def __init__(self) -> None:
        self.p = Picture()
        self.meaning: dict[str, str] = {}
        """Digest -> the material content that it stood for, as this checker sees it."""

    def see(self, entries: Any) -> None:
        """What one command led to: all of it at one instant."""
        batch = list(entries)
        round_before = self.p.round
        for place, entry in enumerate(batch):
            p = self.p
            _require(entry.seq == p.seq + 1 and entry.at >= p.at, "entries_are_in_order", f"{entry.seq} after {p.seq}")
            _require(p.closed is None or p.closed == "now", "closed_accepts_nothing", entry.event.type)
            before = getattr(self, f"_{entry.event.type}", None)
            if before is not None:
                before(entry, entry.event, batch[:place], batch[place + 1 :])
            p.take(entry)
        kinds = {x.event.type for x in batch}
        if "CandidateAccepted" in kinds:
            same = self.p.round is not None and self.p.round is round_before
            _require(not same, "a_candidate_ends_round_and_go", "the round goes on")
            _require(not self.p.go or "GoGiven" in kinds, "a_candidate_ends_round_and_go", "the GO stands")

    def commanded(self, command: Any, actor: Actor, made: Any) -> None:
        """What a command must, or must not, have led to."""
        kinds = [x.event.type for x in made]
        if getattr(command, "choice", None) == "NO_GO" and "VoteCast" in kinds:
            ended = "RoundEnded" in kinds
            held = any(h.reason.value == "no_go" and h.by == actor.id for h in self.p.holds.values())
            _require(held or ended, "one_no_go_holds_at_once", actor.id)
        if command.type == "vote.cast" and "VoteCast" in kinds:
            voted = next(x.event for x in made if x.event.type == "VoteCast")
            asked = self.p.requests.get(command.request_id)
            _require(asked == (voted.round, voted.digest), "ballots_count_for_their_question", command.request_id)
        for x in made:
            if x.event.type == "Lifted" and command.type == "lift" and x.actor.id == actor.id:
                _require(x.event.measurement == command.measurement, "resumed_by_measurement", x.event.hold)

    # --- phases and holds ---

    def _PhaseChanged(self, entry: e.Entry, event: e.PhaseChanged, past: list[e.Entry], rest: list[e.Entry]) -> None:
        p = self.p
        step = (event.before.value, event.after.value)
        _require(event.before.value == p.phase and step in STEPS, "phases_are_those_of_the_table", " -> ".join(step))
        cause = next((x.event for x in reversed(past) if x.event.type == STEPS[step]), None)
        _require(not STEPS[step] or cause, "phases_are_those_of_the_table", f"{step} without {STEPS[step]}")
        if isinstance(cause, e.RoundEnded):
            _require(cause.how.value in _WITHOUT_GO, "phases_are_those_of_the_table", f"{step}: {cause.how}")
        if step[1] in ("cancelled", "rolled_back"):
            right = "rolled_back" if p.exposed_ever else "cancelled"
            _require(step[1] == right, "phases_are_those_of_the_table", f"closed as {step[1]}, not {right}")
        if step == ("awaiting_window", "rolling_out"):
            self._may_start(entry)
        if step[0] in ("rolling_out", "cleaning_up") and step[1] == "readying":
            held = any(h.reason.value == "rolled_back" for h in p.holds.values())
            _require(held, "rolled_back_holds", "readying without the hold rolled_back")

    def _Lifted(self, entry: e.Entry, event: e.Lifted, past: list[e.Entry], rest: list[e.Entry]) -> None:
        hold = self.p.holds.get(event.hold)
        _require(hold, "holds_are_lifted_once", event.hold)
        assert hold is not None
        reason, why = hold.reason.value, [x.event.type for x in past]
        if reason == "guard":
            named = event.measurement == hold.measurement and bool(hold.measurement)
            ok = "RollbackStarted" in why or named or self._named_by_override(past, hold.id)
            _require(ok, "unclear_is_passed_only_by_name", f"guard hold {hold.id} lifted without its measurement")
        if reason == "rolled_back":
            _require("CandidateAccepted" in why, "rolled_back_holds", "lifted without a new candidate")
        if reason == "no_go":
            ok = bool({"RoundEnded", "VoteCast", "VoteWithdrawn"} & set(why)) or self._named_by_override(past, hold.id)
            _require(ok, "one_no_go_holds_at_once", f"{hold.id} lifted by {why}")

    def _named_by_override(self, past: list[e.Entry], hold: str) -> bool:
        codes = [c for x in past if isinstance(x.event, e.Overridden) for c in x.event.codes]
        return any(c.endswith(f":hold:{hold}") for c in codes)

    # --- the decision ---

    def _PollOpened(self, entry: e.Entry, event: e.PollOpened, past: list[e.Entry], rest: list[e.Entry]) -> None:
        content = self._content()
        known = self.meaning.setdefault(event.digest, content)
        _require(known == content, "a_digest_means_one_content", f"{event.digest} stood for something else")
        _require(event.closes > entry.at, "a_round_has_time", str(event.closes))
        blocked = [h for h in self.p.holds.values() if h.reason.value in ("schedule", "rolled_back")]
        _require(not blocked, "no_poll_while_held_without_slot", str(blocked))

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
        _require(asked and asked.round == event.round, "ballots_count_for_their_question", str(event.round))
        _require(entry.actor.id in p.people.get(event.role, ()), "only_a_roles_people_vote", entry.actor.id)
        if p.plan.policy.one_role_per_person:
            other = [r for r, who in p.ballots if who == entry.actor.id and r != event.role]
            _require(not other, "one_person_one_role", entry.actor.id)

    def _GoGiven(self, entry: e.Entry, event: e.GoGiven, past: list[e.Entry], rest: list[e.Entry]) -> None:
        p = self.p
        _require(p.round and p.round.digest == event.digest, "go_is_for_what_was_voted_on", event.digest)
        _require(self.meaning[event.digest] == self._content(), "go_is_for_what_was_voted_on", "the content changed")
        against = {*self._votes_against(), *self._facts_against(entry.at, None)}
        against |= {f"hold.{h.reason.value}:hold:{h.id}" for h in p.holds.values()}
        if p.candidate is None:
            against.add("candidate.missing:candidate")
        left = against - set(p.override)
        _require(not left, "go_needs_every_role_and_fact", ", ".join(sorted(left)))
        _require(not any(c.startswith(("hold.rolled_back", "candidate.")) for c in p.override), "never_overridden", "")
        # Never by the launcher or an author alone; by two people unless the policy says otherwise.
        by, involved = set(p.override_by), {p.launcher, *(p.candidate.authors if p.candidate else ())}
        enough = len(by) >= (2 if p.plan.policy.second_person_override else 1) and by - involved
        _require(not p.override or enough, "an_override_has_its_people", str(p.override_by))

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
            elif p.candidate_at is not None and finding.at < p.candidate_at - _SKEW:
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

    # --- exposing ---

    def _may_start(self, entry: e.Entry) -> None:
        p = self.p
        self._go_stands()
        _require(not p.holds, "exposure_never_rises_under_a_hold", f"opening under {list(p.holds)}")
        _require(p.opening and p.opening[0].starts <= entry.at < p.opening[0].ends, "starts_in_its_slot", str(entry.at))
        assert p.opening is not None
        left = {x for x in self._facts_against(entry.at, p.opening[1]) if not self._passed_by_name(x)}
        _require(not left, "the_opening_measures_again", ", ".join(sorted(left)))
        first = (p.plan.stages if p.named_flags() else p.plan.stages[-1:])[0].segments
        _require(p.open_at(entry.at, first), "widens_only_in_an_open_window", str(entry.at))
        claimed = all(k in p.original and k in p.granted for k in p.named_flags())
        _require(claimed, "flags_are_claimed_first", str(p.named_flags()))

    def _passed_by_name(self, reason: str) -> bool:
        """True when the override names this reason, or another one about the same fact, which then is no failure."""
        code, _, subject = reason.partition(":")
        about = [x.partition(":")[0] for x in self.p.override if x.partition(":")[2] == subject]
        return code in about or (bool(about) and code != "check.failed")

    def _go_stands(self) -> None:
        p = self.p
        _require(p.go, "nothing_is_exposed_without_go", "no GO stands")
        _require(p.go and self.meaning[p.go] == self._content(), "nothing_is_exposed_without_go", "GO was for another")

    def _RolloutStarted(self, entry: e.Entry, event: e.RolloutStarted, past: list[e.Entry], rest: list[Any]) -> None:
        _require(event.epoch > max(self.p.epochs, default=-1), "one_epoch_after_the_other", str(event.epoch))

    def _RollbackStarted(self, entry: e.Entry, event: e.RollbackStarted, past: list[e.Entry], rest: list[Any]) -> None:
        _require(event.epoch > max(self.p.epochs, default=-1), "one_epoch_after_the_other", str(event.epoch))
        _require(not self.p.rollback, "one_rollback_at_a_time", event.reason)

    def _WritesRequested(self, entry: e.Entry, event: e.WritesRequested, past: list[e.Entry], rest: list[Any]) -> None:
        p = self.p
        _require(event.epoch >= max(p.epochs), "one_epoch_after_the_other", f"writes of {event.epoch}")
        _require(p.batch is None, "one_batch_at_a_time", event.ask)
        _require((event.stage < 0) == bool(p.rollback), "no_widening_after_a_rollback", f"stage {event.stage}")
        _require(event.first_sequence >= p.sequences.get(event.epoch, 0), "fences_grow", str(event.first_sequence))
        if event.stage < 0:
            for key, wanted in event.writes.items():
                back = wanted == p.original.get(key, wanted)
                _require(back, "rollback_restores_what_was", f"{key}: {wanted}")
            return
        own = {f"flag:{k}" for k in event.writes}
        self._may_widen(entry, event.stage, own)
        stage = p.plan.stages[event.stage].exposure if p.named_flags() else p.plan.stages[-1].exposure
        for key, wanted in event.writes.items():
            _require(key in p.named_flags(), "only_flags_in_scope_are_written", key)
            bounds = (_capped(stage, p.plan.flags[key].reach), p.original.get(key), p.current.get(key))
            _require(_within(wanted, *bounds), "nobody_is_exposed_beyond_stage_and_reach", f"{key}: {wanted}")
            kept = _within(p.current[key], wanted)
            _require(kept, "exposure_only_grows_in_a_rollout", f"{key}: {p.current[key]} -> {wanted}")

    def _may_widen(self, entry: e.Entry, number: int, own: set[str]) -> None:
        p = self.p
        self._go_stands()
        _require(p.phase == "rolling_out" and not p.rollback, "nothing_is_exposed_without_go", p.phase)
        commit = p.candidate.commit if p.candidate else ""
        _require(commit not in p.rolled_back, "no_widening_after_a_rollback", commit)
        # Trying once more to write a flag is how the hold that says "it was not written" is lifted.
        others = [h for h in p.holds.values() if h.reason.value != "readiness" or h.subject not in own]
        _require(not others, "exposure_never_rises_under_a_hold", f"stage {number} under {others}")
        _require(number == p.stage + 1, "stages_come_in_order", f"{number} after {p.stage}")
        segments = (p.plan.stages if p.named_flags() else p.plan.stages[-1:])[number].segments
        _require(p.open_at(entry.at, segments), "widens_only_in_an_open_window", f"stage {number}")
        if p.stage >= 0:
            self._stage_is_met()
        for name, check in p.plan.checks.items():
            if check.kind != "deployed" or p.waived(f"check:{name}", entry.at):
                continue
            finding, asked = p.findings.get(name, (None, 0))
            found = finding.status.value if finding else "unmeasured"
            if finding and p.candidate_at is not None and finding.at < p.candidate_at - _SKEW:
                found = "before_candidate"
            elif finding and found == "pass" and entry.at >= finding.at + check.max_age:
                found = "stale"
            code = {"fail": "check.failed"}.get(found, f"check.{found}")
            ok = (found == "pass" and asked > p.stage_seq) or self._passed_by_name(f"{code}:check:{name}")
            _require(ok, "the_code_is_there_before_it_is_shown", f"stage {number}: {name} is {found}")

    def _stage_is_met(self) -> None:
        p = self.p
        _require(p.baked, "a_stage_bakes_before_the_next", f"stage {p.stage}")
        _require(not p.stage_plan().question or p.yes, "go_wider_is_answered", f"stage {p.stage}")

    def _StageExposed(self, entry: e.Entry, event: e.StageExposed, past: list[e.Entry], rest: list[e.Entry]) -> None:
        p = self.p
        if p.written == event.stage:
            # What was asked for in time has landed, unless a hold called it off: it is recorded as it is.
            _require(p.go and not p.rollback, "nothing_is_exposed_without_go", f"stage {event.stage}")
            held = [h.id for h in p.holds.values() if h.reason.value != "readiness"]
            _require(not held, "exposure_never_rises_under_a_hold", f"stage {event.stage} stands under {held}")
            _require(event.stage == p.stage + 1, "stages_come_in_order", f"{event.stage} after {p.stage}")
        else:
            self._may_widen(entry, event.stage, set())
        for key in p.named_flags() - p.gone:
            due = _capped(event.exposure, p.plan.flags[key].reach)
            _require(
                _within(due, p.current.get(key)), "a_stage_stands_when_its_flags_do", f"{key}: {p.current.get(key)}"
            )

    def _BakeCompleted(self, entry: e.Entry, event: e.BakeCompleted, past: list[e.Entry], rest: list[e.Entry]) -> None:
        p = self.p
        stage = p.stage_plan()
        ran = p.unheld(entry.at)
        baked = p.baked_time if stage.guards else ran
        _require(not p.holds, "a_hold_stops_the_bake", str(list(p.holds)))
        _require(stage.bake <= baked <= ran, "a_stage_bakes_before_the_next", f"{baked} of {stage.bake}, ran {ran}")
        for guard in stage.guards:
            count = p.counts.get(guard.id)
            fine = count and count.good >= guard.min_samples and not count.bad_in_row and not count.missing_in_row
            _require(fine or guard.mode.value == "observe", "unclear_never_widens", f"guard {guard.id}")

    def _QuestionAnswered(self, entry: e.Entry, event: e.QuestionAnswered, past: list[e.Entry], rest: Any) -> None:
        p = self.p
        _require(event.question == p.question, "only_the_open_question_is_answered", event.question)
        role = p.stage_plan().question
        _require(role and entry.actor.id in p.people[role.role], "only_the_asked_answer", entry.actor.id)

    def _QuestionAsked(self, entry: e.Entry, event: e.QuestionAsked, past: list[e.Entry], rest: list[e.Entry]) -> None:
        _require(self.p.baked, "people_are_asked_last", event.question)

    def _ReleaseShipped(self, entry: e.Entry, event: e.ReleaseShipped, past: list[e.Entry], rest: list[Any]) -> None:
        p = self.p
        self._stage_is_met()
        _require(p.stage == (len(p.plan.stages) if p.named_flags() else 1) - 1, "stages_come_in_order", "shipped early")
        _require(not p.holds, "exposure_never_rises_under_a_hold", "shipped under a hold")

    def _RollbackConfirmed(self, entry: e.Entry, event: e.RollbackConfirmed, past: list[e.Entry], rest: Any) -> None:
        p = self.p
        for key, shown in p.current.items():
            back = key in p.gone | p.absent | p.accepted or shown == p.original[key]
            _require(back, "rollback_is_confirmed_when_all_is_back", f"{key} is at {shown}, was {p.original[key]}")
        _require(set(event.unrestorable) <= p.accepted, "rollback_is_confirmed_when_all_is_back", "not accepted")

    def _ReleaseClosed(self, entry: e.Entry, event: e.ReleaseClosed, past: list[e.Entry], rest: list[Any]) -> None:
        p = self.p
        if event.outcome == "completed":
            _require(p.named_flags() <= p.settled, "completed_when_all_is_settled", str(p.named_flags() - p.settled))
