""" "Ready to go wider?": asked after a bake, answered by a role, asked again when nobody answers."""

from datetime import timedelta

from . import commands as c
from .answers import refuse_answer
from .draft import Draft
from .errors import Refused
from .events import Escalated, QuestionAnswered, QuestionAsked, QuestionDeadlineMoved, QuestionExpired
from .holds import raise_hold
from .resolution import Resolution, add_open, open_time
from .rights import RELEASE_MANAGER
from .state import State
from .terms import HoldReason
from .values import Actor


def _segments(state: State) -> tuple[str, ...]:
    """The segments of the stage that a yes leads to: while it may not be widened, nobody has to answer."""
    rollout = state.rollout
    assert rollout is not None
    following = rollout.stage + 1
    return state.stages[following].segments if following < len(state.stages) else ()


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
    ends = add_open(state.resolution, draft.at, question.deadline, _segments(state)) if state.resolution else None
    draft.emit_by_itself(
        QuestionAsked(
            question=f"q{draft.next_seq}", stage=rollout.stage, text=question.text, role=question.role, deadline=ends
        )
    )


def move_deadline(draft: Draft, before: Resolution | None) -> None:
    """The calendar answered anew: the time to answer that is left ends at another instant, or now has an end.

    Args:
        draft: The decision; its state has the new answer.
        before: What the calendar had said until now.
    """
    state = draft.state
    question = state.rollout.question if state.rollout else None
    if question is None or before is None or state.resolution is None:
        return
    segments = _segments(state)
    if question.deadline is not None:
        left = open_time(before, draft.at, question.deadline, segments)
    else:
        left = question.left - open_time(before, question.left_at, draft.at, segments)
    ends = add_open(state.resolution, draft.at, left, segments)
    left = timedelta(seconds=left // timedelta(seconds=1))  # as the ledger writes it
    if ends != question.deadline or (ends is None and left != question.left):
        draft.emit_by_itself(QuestionDeadlineMoved(question=question.id, left=left, deadline=ends))


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
