"""Overrides: reasons of the verdict named one by one, confirmed by a second person, reviewed afterwards."""

from datetime import timedelta

from . import commands as c
from .answers import refuse_answer
from .assessing import assess, involved
from .draft import Draft
from .errors import Refused
from .events import ItemOpened, Lifted, Overridden, OverrideProposed
from .rights import RELEASE_MANAGER
from .values import Actor

REVIEW_DUE_HOURS = 48
"""An override, or a hotfix, is reviewed within this time."""


def propose_override(draft: Draft, command: c.ProposeOverride, actor: Actor) -> None:
    """The release manager names reasons of the verdict, one by one; a second person confirms."""
    state = draft.state
    if actor.id in involved(state) and not state.plan.policy.second_person_override:
        others = [p for p in state.people_of(RELEASE_MANAGER) if p not in involved(state)]
        refuse_answer(
            draft,
            "override",
            "override.own_release",
            f"{actor.id!r} launched the release or wrote the candidate, and cannot override alone"
            + (f"; {', '.join(others)} can" if others else ""),
        )
        return
    standing = {r.name: r for r in assess(state, draft.at).reasons}
    for name in command.codes:
        if name not in standing:
            raise Refused(
                "override.unknown",
                f"{name!r} is no reason of the verdict; reasons: {', '.join(standing) or 'none'}",
                reason=name,
            )
        if name.startswith(("candidate.missing:", "duties.")):
            raise Refused("override.forbidden", f"{name!r} cannot be overridden", reason=name)
    override = f"o{draft.next_seq}"
    # What an override in force names stays named: another one adds to it.
    before = state.override.codes if state.override else ()
    codes = tuple(dict.fromkeys((*before, *command.codes)))
    draft.emit(OverrideProposed(override=override, codes=codes, reason=command.reason))
    if not state.plan.policy.second_person_override:
        _override(draft)


def confirm_override(draft: Draft, command: c.ConfirmOverride, actor: Actor) -> None:
    """A second person agrees; the override is in force."""
    stands = draft.state.override
    if stands is not None and stands.id == command.override:
        raise Refused("override.confirmed", f"{stands.id!r} is in force already", override=stands.id)
    made = draft.state.proposed
    if made is None or made.id != command.override:
        raise Refused(
            "override.none", f"there is no override {command.override!r} to confirm", override=command.override
        )
    if made.proposed_by == actor.id:
        raise Refused("override.second_person", f"{actor.id!r} proposed it; a second person confirms", override=made.id)
    if actor.id in involved(draft.state) and made.proposed_by in involved(draft.state):
        refuse_answer(
            draft,
            "override",
            "override.own_release",
            f"{actor.id!r} and {made.proposed_by!r} launched it or wrote the candidate: somebody else confirms",
        )
        return
    _override(draft)


def _override(draft: Draft) -> None:
    made = draft.state.proposed
    assert made is not None
    draft.emit(Overridden(override=made.id, codes=made.codes, proposed_by=made.proposed_by, reason=made.reason))
    for hold in draft.state.holds:
        if f"hold.{hold.reason.value}:hold:{hold.id}" in made.codes:
            draft.emit(Lifted(hold=hold.id, why=f"overridden by {made.proposed_by}"))
    open_review(draft, f"review-{made.id}", "the override was reviewed")


def open_review(draft: Draft, name: str, title: str) -> None:
    """Opens an item that gates completion: somebody looks at what was skipped, within 48 h."""
    due = draft.at + timedelta(hours=REVIEW_DUE_HOURS)
    draft.emit_by_itself(ItemOpened(item=name, title=title, owner=RELEASE_MANAGER, gates="completion", due=due))
