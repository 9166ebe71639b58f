"""The messages that ask somebody for something: ballots, answers, confirmations, things that are due."""

from collections.abc import Callable, Iterable
from typing import Any

from . import events as e
from .assessing import assess, electorate, involved
from .narrate import summary
from .notices_values import Notice, notice
from .plan import Moment
from .rights import PRODUCT_MANAGER, RELEASE_MANAGER
from .standing import facts
from .state import State
from .telling import line, listed, people, when
from .terms import Choice
from .verdict import Electorate

_Told = Iterable[Notice]
_OTHERWISE = "Without GO by then the round ends and the release is postponed."


def _evidence(state: State, entry: e.Entry) -> str:
    """The facts that stand, for whoever has to decide: what does not pass by name, what is waived by name."""
    known = facts(state, Moment.GO, entry.at)
    waived = [f.subject for f in known if f.waived]
    bad = [f.detail for f in known if f.status.value != "pass" and not f.waived]
    passed = sum(f.status.value == "pass" for f in known)
    lines = [f"Evidence: {passed} of {len(known)} required facts pass."]
    lines += [f"- {text}" for text in bad]
    lines += [f"- held ({h.reason.value}): {h.text}" for h in state.holds]
    if waived:
        lines.append(f"Waived: {listed(waived)}.")
    return "\n".join(lines)


def _vote_lines(state: State, role: str) -> tuple[tuple[str, str], ...]:
    # Each answer names the question that it was shown: answered late, it is refused, not counted for another round.
    asked = (f"--question {state.round.request_id}",) if state.round else ()
    made = []
    for choice in Choice:
        reason = () if choice is Choice.GO else ("--reason WHY",)
        made.append((choice.value, line(state, "vote", choice.value, f"--role {role}", *asked, *reason)))
    return tuple(made)


def _subject_of_vote(state: State) -> str:
    commit = state.candidate.commit if state.candidate else "no candidate yet"
    slot = f"in the slot {state.slot.local or when(state.slot.starts)}" if state.slot else "at the first open window"
    return f"{state.release_id} ({commit}) reach users {slot}"


def _poll_opened(x: e.PollOpened, entry: e.Entry, state: State) -> _Told:
    for body in electorate(state):
        yield _ask_role(state, entry, body, "poll.opened", f"GO or NO-GO? {body.role}, until {when(x.closes)}")


def _ask_role(state: State, entry: e.Entry, body: Electorate, kind: str, what: str) -> Notice:
    current = state.round
    closes = f" until {when(current.closes)}" if current else ""
    request = f"The open question is {current.request_id}.\n" if current else ""
    text = (
        f"Shall {_subject_of_vote(state)}? {body.role} answers{closes}; {body.quorum} GO needed from "
        f"{listed(body.people)}.\n{_OTHERWISE}\n{request}{_evidence(state, entry)}"
    )
    return notice(state, kind, what, text, body.people, _vote_lines(state, body.role))


def _reminder(x: e.ReminderSent, entry: e.Entry, state: State) -> _Told:
    kind, _, name = x.subject.partition(":")
    if kind == "poll":
        for body in electorate(state):
            waiting = tuple(p for p in body.people if p in x.to)
            if waiting:
                what = f"{body.role} has not answered; the poll closes {when(x.due)}"
                asked = _ask_role(state, entry, body, "reminder.poll", what)
                yield Notice(type=asked.type, subject=asked.subject, body=asked.body, to=waiting, answers=asked.answers)
        return
    item = state.items[name]
    late = "was due" if x.due <= entry.at else "is due"
    body_text = f"{item.title}\nIt gates {item.gates.value}; it {late} {when(x.due)}."
    answers = (
        ("done", line(state, "sign-off", name)),
        ("in progress", line(state, "sign-off", name, "--status in_progress")),
        ("blocked", line(state, "sign-off", name, "--status blocked", "--note WHY")),
    )
    yield notice(state, "reminder.item", f"{name} {late} {when(x.due)}", body_text, x.to, answers)


def _escalated(x: e.Escalated, entry: e.Entry, state: State) -> _Told:
    body = f"It waits since {when(x.since)}.\nWhat would clear it: {line(state, 'why')}"
    yield notice(state, "escalated", f"{x.subject} waits since {when(x.since)}", body, x.to)


def _question(x: e.QuestionAsked, entry: e.Entry, state: State) -> _Told:
    until = (
        f"Until {when(x.deadline)}; then it is escalated and asked again." if x.deadline else "No deadline runs now."
    )
    rollout = state.rollout
    seen = [f"- guard {name}: {c.good} good, last {c.last}" for name, c in rollout.counts.items()] if rollout else []
    here = state.stages[x.stage].exposure
    following = state.stages[x.stage + 1].exposure if x.stage + 1 < len(state.stages) else "shipped"
    body = "\n".join(
        [
            f"Stage {x.stage + 1} ({here}) has baked; next: {following}. {until}",
            "Without an answer exposure stays as it is.",
            "Evidence:",
            *(seen or ["- no guard watches this stage"]),
        ]
    )
    answers = (
        ("yes", line(state, "widen", f"--question {x.question}")),
        ("no", line(state, "widen", f"--question {x.question}", "--no", "--reason WHY")),
    )
    yield notice(state, "question.asked", x.text, body, people(state, x.role), answers)


def _exception(x: e.ExceptionRequested, entry: e.Entry, state: State) -> _Told:
    managers = people(state, PRODUCT_MANAGER, RELEASE_MANAGER)
    to = tuple(p for p in managers if p != entry.actor.id) or managers
    asked = f"Asked by {entry.actor.id}: {x.why}"
    body = f"{asked}\nBoth managers must approve; unanswered when the poll opens, it is rejected."
    answers = (
        ("approve", line(state, "exception approve", x.exception)),
        ("reject", line(state, "exception reject", x.exception, "--reason WHY")),
    )
    yield notice(state, "exception.requested", summary(entry), body, to, answers)


def _override(x: e.OverrideProposed, entry: e.Entry, state: State) -> _Told:
    if not state.plan.policy.second_person_override:
        return  # it is in force at once, and that is told
    barred = {entry.actor.id, *involved(state)}
    to = tuple(p for b in electorate(state) for p in b.people if p not in barred)
    left = [r.text for r in assess(state, entry.at).reasons if r.name not in x.codes]
    body = (
        f"{entry.actor.id} overrides {listed(x.codes)}: {x.reason}\nA second person confirms. "
        f"Reasons that it does not name: {'; '.join(left) or 'none'}."
    )
    answers = (("confirm", line(state, "override", f"--confirm {x.override}")),)
    yield notice(state, "override.proposed", summary(entry), body, tuple(dict.fromkeys(to)), answers)


ASKING: dict[type[Any], Callable[[Any, e.Entry, State], _Told]] = {
    e.PollOpened: _poll_opened,
    e.ReminderSent: _reminder,
    e.Escalated: _escalated,
    e.QuestionAsked: _question,
    e.ExceptionRequested: _exception,
    e.OverrideProposed: _override,
}
"""Event -> the messages that ask."""
