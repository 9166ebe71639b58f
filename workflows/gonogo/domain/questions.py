""" "Ready to go wider?": asked after a bake, answered by a role, asked again when nobody answers."""

from datetime import datetime, timedelta

from . import commands as c
from .answers import refuse_answer
from .draft import Draft
from .errors import Refused
from .events import Escalated, QuestionAnswered, QuestionAsked, QuestionExpired
from .holds import raise_hold
from .resolution import Resolution
from .rights import RELEASE_MANAGER
from .terms import HoldReason
from .values import Actor


def add_open(known: Resolution, at: datetime, length: timedelta) -> datetime | None:
    """The instant at which `length` has passed since `at`, counting only while a window is open."""
    for span in known.openings:
        if span.end <= at:
            continue
        start = max(at, span.start)
        if span.end - start >= length:
            return start + length
        length -= span.end - start
    return None


def ask_question(draft: Draft) -> None:
    """Asks the stage's question once its bake is done; an answer that does not come is escalated and asked for anew."""
    state = draft.state
    rollout = state.rollout
    assert rollout is not None
    if rollout.stage < 0 or not rollout.bake_done or rollout.answered:
        return
    question = state.stages[rollout.stage].question
    if question is None:
        return
    if rollout.question is not None:
        deadline = rollout.question.deadline
        if deadline is None or draft.at < deadline:
            return
        draft.emit_by_itself(QuestionExpired(question=rollout.question.id))
        to = (*state.people_of(question.role), *state.people_of(RELEASE_MANAGER))
        asked = rollout.question
        draft.emit_by_itself(Escalated(subject=f"question:{asked.id}", to=tuple(dict.fromkeys(to)), since=asked.asked))
    elif state.holds:
        return
    ends = add_open(state.resolution, draft.at, question.deadline) if state.resolution else None
    draft.emit_by_itself(
        QuestionAsked(
            question=f"q{draft.next_seq}", stage=rollout.stage, text=question.text, role=question.role, deadline=ends
        )
    )


def widen(draft: Draft, command: c.Widen, actor: Actor) -> None:
    """Answers the open question. An answer to a closed one is recorded as refused."""
    rollout = draft.state.rollout
    question = rollout.question if rollout else None
    if question is None or question.id != command.question:
        now = f"the open question is {question.id!r}" if question else "no question is open"
        message = f"{command.question!r} is not open; {now}"
        refuse_answer(draft, "widen", "widen.closed", message, question=command.question)
        return
    if not command.yes and not command.reason.strip():
        raise Refused("widen.no_reason", "'no' needs a reason", question=question.id)
    draft.emit(QuestionAnswered(question=question.id, yes=command.yes, reason=command.reason))
    if not command.yes:
        text = f"{actor.id} says no to {question.text!r}: {command.reason}"
        raise_hold(draft, HoldReason.MANUAL, text, subject=f"question:{question.id}", by=actor)
