"""An independent judge: it reads the entries of a ledger, one by one, and nothing else, and says what was not allowed.

It shares no rule with the core: what a GO needs, what an exposure needs and which steps exist is written down here a
second time, in another way, from the product's text. It keeps its own picture of the release, made of events alone.
"""

from typing import Any

from gonogo.domain import events as e
from gonogo.domain.values import Actor, Audience, Exposure

from .ledger_decisions import SKEW, DecisionJudge, Violation, require

__all__ = ["Checker", "Violation"]

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


class Checker(DecisionJudge):
    """Feed it every entry, in order."""

    def see(self, entries: Any) -> None:
        """What one command led to: all of it at one instant."""
        batch = list(entries)
        round_before = self.p.round
        for place, entry in enumerate(batch):
            p = self.p
            require(entry.seq == p.seq + 1 and entry.at >= p.at, "entries_are_in_order", f"{entry.seq} after {p.seq}")
            require(p.closed is None or p.closed == "now", "closed_accepts_nothing", entry.event.type)
            before = getattr(self, f"_{entry.event.type}", None)
            if before is not None:
                before(entry, entry.event, batch[:place], batch[place + 1 :])
            p.take(entry)
        kinds = {x.event.type for x in batch}
        if "CandidateAccepted" in kinds:
            same = self.p.round is not None and self.p.round is round_before
            require(not same, "a_candidate_ends_round_and_go", "the round goes on")
            require(not self.p.go or "GoGiven" in kinds, "a_candidate_ends_round_and_go", "the GO stands")

    def commanded(self, command: Any, actor: Actor, made: Any) -> None:
        """What a command must, or must not, have led to."""
        kinds = [x.event.type for x in made]
        if getattr(command, "choice", None) == "NO_GO" and "VoteCast" in kinds:
            ended = "RoundEnded" in kinds
            held = any(h.reason.value == "no_go" and h.by == actor.id for h in self.p.holds.values())
            require(held or ended, "one_no_go_holds_at_once", actor.id)
        if command.type == "vote.cast" and "VoteCast" in kinds:
            voted = next(x.event for x in made if x.event.type == "VoteCast")
            asked = self.p.requests.get(command.request_id)
            require(asked == (voted.round, voted.digest), "ballots_count_for_their_question", command.request_id)
        for x in made:
            if x.event.type == "Lifted" and command.type == "lift" and x.actor.id == actor.id:
                require(x.event.measurement == command.measurement, "resumed_by_measurement", x.event.hold)

    # --- phases and holds ---

    def _PhaseChanged(self, entry: e.Entry, event: e.PhaseChanged, past: list[e.Entry], rest: list[e.Entry]) -> None:
        p = self.p
        step = (event.before.value, event.after.value)
        require(event.before.value == p.phase and step in STEPS, "phases_are_those_of_the_table", " -> ".join(step))
        cause = next((x.event for x in reversed(past) if x.event.type == STEPS[step]), None)
        require(not STEPS[step] or cause, "phases_are_those_of_the_table", f"{step} without {STEPS[step]}")
        if isinstance(cause, e.RoundEnded):
            require(cause.how.value in _WITHOUT_GO, "phases_are_those_of_the_table", f"{step}: {cause.how}")
        if step[1] in ("cancelled", "rolled_back"):
            right = "rolled_back" if p.exposed_ever else "cancelled"
            require(step[1] == right, "phases_are_those_of_the_table", f"closed as {step[1]}, not {right}")
        if step == ("awaiting_window", "rolling_out"):
            self._may_start(entry)
        if step[0] in ("rolling_out", "cleaning_up") and step[1] == "readying":
            held = any(h.reason.value == "rolled_back" for h in p.holds.values())
            require(held, "rolled_back_holds", "readying without the hold rolled_back")

    def _Lifted(self, entry: e.Entry, event: e.Lifted, past: list[e.Entry], rest: list[e.Entry]) -> None:
        hold = self.p.holds.get(event.hold)
        require(hold, "holds_are_lifted_once", event.hold)
        assert hold is not None
        reason, why = hold.reason.value, [x.event.type for x in past]
        if reason == "guard":
            named = event.measurement == hold.measurement and bool(hold.measurement)
            ok = "RollbackStarted" in why or named or self._named_by_override(past, hold.id)
            require(ok, "unclear_is_passed_only_by_name", f"guard hold {hold.id} lifted without its measurement")
        if reason == "rolled_back":
            require("CandidateAccepted" in why, "rolled_back_holds", "lifted without a new candidate")
        if reason == "no_go":
            ok = bool({"RoundEnded", "VoteCast", "VoteWithdrawn"} & set(why)) or self._named_by_override(past, hold.id)
            require(ok, "one_no_go_holds_at_once", f"{hold.id} lifted by {why}")

    def _named_by_override(self, past: list[e.Entry], hold: str) -> bool:
        codes = [c for x in past if isinstance(x.event, e.Overridden) for c in x.event.codes]
        return any(c.endswith(f":hold:{hold}") for c in codes)

    # --- exposing ---

    def _may_start(self, entry: e.Entry) -> None:
        p = self.p
        self._go_stands()
        require(not p.holds, "exposure_never_rises_under_a_hold", f"opening under {list(p.holds)}")
        require(p.opening and p.opening[0].starts <= entry.at < p.opening[0].ends, "starts_in_its_slot", str(entry.at))
        assert p.opening is not None
        left = {x for x in self._facts_against(entry.at, p.opening[1]) if not self._passed_by_name(x)}
        require(not left, "the_opening_measures_again", ", ".join(sorted(left)))
        first = (p.plan.stages if p.named_flags() else p.plan.stages[-1:])[0].segments
        require(p.open_at(entry.at, first), "widens_only_in_an_open_window", str(entry.at))
        claimed = all(k in p.original and k in p.granted for k in p.named_flags())
        require(claimed, "flags_are_claimed_first", str(p.named_flags()))

    def _passed_by_name(self, reason: str) -> bool:
        """True when the override names this reason, or another one about the same fact, which then is no failure."""
        code, _, subject = reason.partition(":")
        about = [x.partition(":")[0] for x in self.p.override if x.partition(":")[2] == subject]
        return code in about or (bool(about) and code != "check.failed")

    def _go_stands(self) -> None:
        p = self.p
        require(p.go, "nothing_is_exposed_without_go", "no GO stands")
        require(p.go and self.meaning[p.go] == self._content(), "nothing_is_exposed_without_go", "GO was for another")

    def _RolloutStarted(self, entry: e.Entry, event: e.RolloutStarted, past: list[e.Entry], rest: list[Any]) -> None:
        require(event.epoch > max(self.p.epochs, default=-1), "one_epoch_after_the_other", str(event.epoch))

    def _RollbackStarted(self, entry: e.Entry, event: e.RollbackStarted, past: list[e.Entry], rest: list[Any]) -> None:
        require(event.epoch > max(self.p.epochs, default=-1), "one_epoch_after_the_other", str(event.epoch))
        require(not self.p.rollback, "one_rollback_at_a_time", event.reason)

    def _WritesRequested(self, entry: e.Entry, event: e.WritesRequested, past: list[e.Entry], rest: list[Any]) -> None:
        p = self.p
        require(event.epoch >= max(p.epochs), "one_epoch_after_the_other", f"writes of {event.epoch}")
        require(p.batch is None, "one_batch_at_a_time", event.ask)
        require((event.stage < 0) == bool(p.rollback), "no_widening_after_a_rollback", f"stage {event.stage}")
        require(event.first_sequence >= p.sequences.get(event.epoch, 0), "fences_grow", str(event.first_sequence))
        if event.stage < 0:
            for key, wanted in event.writes.items():
                back = wanted == p.original.get(key, wanted)
                require(back, "rollback_restores_what_was", f"{key}: {wanted}")
            return
        own = {f"flag:{k}" for k in event.writes}
        self._may_widen(entry, event.stage, own)
        stage = p.plan.stages[event.stage].exposure if p.named_flags() else p.plan.stages[-1].exposure
        for key, wanted in event.writes.items():
            require(key in p.named_flags(), "only_flags_in_scope_are_written", key)
            bounds = (_capped(stage, p.plan.flags[key].reach), p.original.get(key), p.current.get(key))
            require(_within(wanted, *bounds), "nobody_is_exposed_beyond_stage_and_reach", f"{key}: {wanted}")
            kept = _within(p.current[key], wanted)
            require(kept, "exposure_only_grows_in_a_rollout", f"{key}: {p.current[key]} -> {wanted}")

    def _may_widen(self, entry: e.Entry, number: int, own: set[str]) -> None:
        p = self.p
        self._go_stands()
        require(p.phase == "rolling_out" and not p.rollback, "nothing_is_exposed_without_go", p.phase)
        commit = p.candidate.commit if p.candidate else ""
        require(commit not in p.rolled_back, "no_widening_after_a_rollback", commit)
        # Trying once more to write a flag is how the hold that says "it was not written" is lifted.
        others = [h for h in p.holds.values() if h.reason.value != "readiness" or h.subject not in own]
        require(not others, "exposure_never_rises_under_a_hold", f"stage {number} under {others}")
        require(number == p.stage + 1, "stages_come_in_order", f"{number} after {p.stage}")
        segments = (p.plan.stages if p.named_flags() else p.plan.stages[-1:])[number].segments
        require(p.open_at(entry.at, segments), "widens_only_in_an_open_window", f"stage {number}")
        if p.stage >= 0:
            self._stage_is_met()
        for name, check in p.plan.checks.items():
            if check.kind != "deployed" or p.waived(f"check:{name}", entry.at):
                continue
            finding, asked = p.findings.get(name, (None, 0))
            found = finding.status.value if finding else "unmeasured"
            if finding and p.candidate_at is not None and finding.at < p.candidate_at - SKEW:
                found = "before_candidate"
            elif finding and found == "pass" and entry.at >= finding.at + check.max_age:
                found = "stale"
            code = {"fail": "check.failed"}.get(found, f"check.{found}")
            ok = (found == "pass" and asked > p.stage_seq) or self._passed_by_name(f"{code}:check:{name}")
            require(ok, "the_code_is_there_before_it_is_shown", f"stage {number}: {name} is {found}")

    def _stage_is_met(self) -> None:
        p = self.p
        require(p.baked, "a_stage_bakes_before_the_next", f"stage {p.stage}")
        require(not p.stage_plan().question or p.yes, "go_wider_is_answered", f"stage {p.stage}")

    def _StageExposed(self, entry: e.Entry, event: e.StageExposed, past: list[e.Entry], rest: list[e.Entry]) -> None:
        p = self.p
        if p.written == event.stage:
            # What was asked for in time has landed, unless a hold called it off: it is recorded as it is.
            require(p.go and not p.rollback, "nothing_is_exposed_without_go", f"stage {event.stage}")
            held = [h.id for h in p.holds.values() if h.reason.value != "readiness"]
            require(not held, "exposure_never_rises_under_a_hold", f"stage {event.stage} stands under {held}")
            require(event.stage == p.stage + 1, "stages_come_in_order", f"{event.stage} after {p.stage}")
        else:
            self._may_widen(entry, event.stage, set())
        for key in p.named_flags() - p.gone:
            due = _capped(event.exposure, p.plan.flags[key].reach)
            require(
                _within(due, p.current.get(key)), "a_stage_stands_when_its_flags_do", f"{key}: {p.current.get(key)}"
            )

    def _BakeCompleted(self, entry: e.Entry, event: e.BakeCompleted, past: list[e.Entry], rest: list[e.Entry]) -> None:
        p = self.p
        stage = p.stage_plan()
        ran = p.unheld(entry.at)
        baked = p.baked_time if stage.guards else ran
        require(not p.holds, "a_hold_stops_the_bake", str(list(p.holds)))
        require(stage.bake <= baked <= ran, "a_stage_bakes_before_the_next", f"{baked} of {stage.bake}, ran {ran}")
        for guard in stage.guards:
            count = p.counts.get(guard.id)
            fine = count and count.good >= guard.min_samples and not count.bad_in_row and not count.missing_in_row
            require(fine or guard.mode.value == "observe", "unclear_never_widens", f"guard {guard.id}")

    def _QuestionAnswered(self, entry: e.Entry, event: e.QuestionAnswered, past: list[e.Entry], rest: Any) -> None:
        p = self.p
        require(event.question == p.question, "only_the_open_question_is_answered", event.question)
        role = p.stage_plan().question
        require(role and entry.actor.id in p.people[role.role], "only_the_asked_answer", entry.actor.id)

    def _QuestionAsked(self, entry: e.Entry, event: e.QuestionAsked, past: list[e.Entry], rest: list[e.Entry]) -> None:
        require(self.p.baked, "people_are_asked_last", event.question)

    def _ReleaseShipped(self, entry: e.Entry, event: e.ReleaseShipped, past: list[e.Entry], rest: list[Any]) -> None:
        p = self.p
        self._stage_is_met()
        require(p.stage == (len(p.plan.stages) if p.named_flags() else 1) - 1, "stages_come_in_order", "shipped early")
        require(not p.holds, "exposure_never_rises_under_a_hold", "shipped under a hold")

    def _RollbackConfirmed(self, entry: e.Entry, event: e.RollbackConfirmed, past: list[e.Entry], rest: Any) -> None:
        p = self.p
        for key, shown in p.current.items():
            back = key in p.gone | p.absent | p.accepted or shown == p.original[key]
            require(back, "rollback_is_confirmed_when_all_is_back", f"{key} is at {shown}, was {p.original[key]}")
        require(set(event.unrestorable) <= p.accepted, "rollback_is_confirmed_when_all_is_back", "not accepted")

    def _ReleaseClosed(self, entry: e.Entry, event: e.ReleaseClosed, past: list[e.Entry], rest: list[Any]) -> None:
        p = self.p
        if event.outcome == "completed":
            require(p.named_flags() <= p.settled, "completed_when_all_is_settled", str(p.named_flags() - p.settled))
