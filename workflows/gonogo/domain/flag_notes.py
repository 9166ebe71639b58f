"""What a release tells the flags' own workflows: derived from its entries, delivered at least once, in any order."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from . import events as e
from .facts import Fence, WriteStatus
from .plan import FlagKind, Notifications, ReleaseKind, RetireBy
from .rights import PRODUCT_MANAGER, RELEASE_MANAGER, flag_owner
from .state import State
from .terms import Settled
from .values import Exposure, FlagKey, Id, Instant, Text, value

NoteKind = Literal["announced", "written", "let_go", "shipped", "carried", "waived", "cycle"]


@value
class FlagNote:
    """One thing that a release tells a flag's own workflow."""

    key: Text
    """`<release>/<seq>/<kind>/<flag>`: the same again is the same note."""
    kind: NoteKind
    """announced: a release lists it; written: who sees it changed; let_go: the release gives it back and may claim it
    again; shipped: its life begins; carried: the release will not touch it again, and it lives on; waived: until
    `until`; cycle: a release of the product that is no hotfix completed."""
    release_id: Text
    """`<product>/<version>`."""
    product: Id
    """The product."""
    flag: FlagKey | None = None
    """The flag; absent for `cycle`, which is for every flag of the product in the environment."""
    environment: Id
    """The environment."""
    provider: Id | None = None
    """Name of the flag adapter; absent for `cycle`."""
    at: Instant
    """When."""
    owner: Id | None = None
    """announced, shipped, carried: who answers for it."""
    people: tuple[Id, ...] = ()
    """announced, shipped, carried: the people behind the owner, who are reminded and may kill it."""
    managers: tuple[Id, ...] = ()
    """announced, shipped, carried: the release manager's people, to whom it is escalated and who may kill it."""
    others: tuple[Id, ...] = ()
    """announced, shipped, carried: who else may kill it: the product manager's people and whoever is on call."""
    trust_local: bool = False
    """announced, shipped, carried: local names count as proof for that release."""
    notifications: Notifications | None = None
    """announced, shipped, carried: where reminders go."""
    flag_kind: FlagKind | None = None
    """announced, shipped, carried: what it is for."""
    retire_by: RetireBy | None = None
    """announced, shipped, carried: when it should be gone; None: it is permanent."""
    exposure: Exposure | None = None
    """written, shipped: who sees it now."""
    original: Exposure | None = None
    """written, shipped: who saw it before the release; what `kill` restores."""
    fence: Fence | None = None
    """written: the write's fence."""
    until: Instant | None = None
    """waived: until when."""
    reason: Text = ""
    """waived: why, and by whom."""


class _Notes:
    """Makes the notes of one entry."""

    def __init__(self, entry: e.Entry, state: State) -> None:
        self._entry = entry
        self._state = state

    def make(self, kind: NoteKind, flag: str | None, **more: Any) -> FlagNote:
        state = self._state
        listed = state.plan.flags.get(flag or "")
        return FlagNote(
            key=f"{state.release_id}/{self._entry.seq}/{kind}/{flag or '*'}",
            kind=kind,
            release_id=state.release_id,
            product=state.plan.product,
            flag=flag,
            environment=state.plan.environment,
            provider=listed.provider if listed else None,
            at=self._entry.at,
            **more,
        )

    def listed(self, keys: Iterable[str]) -> Iterator[str]:
        """Those of `keys` that the plan describes: of no other is it known where it lives."""
        return (key for key in keys if key in self._state.plan.flags)

    def about(self, kind: NoteKind, key: str, **more: Any) -> FlagNote:
        """A note that also says who answers for the flag, and for how long it is expected to live."""
        state = self._state
        flag = state.plan.flags[key]
        owner = flag_owner(state, key)
        on_call = tuple(name for name, person in state.plan.people.items() if person.on_call)
        return self.make(
            kind,
            key,
            owner=owner,
            people=state.people_of(owner),
            managers=state.people.get(RELEASE_MANAGER, ()),
            others=tuple(dict.fromkeys((*state.people.get(PRODUCT_MANAGER, ()), *on_call))),
            trust_local=state.trust_local,
            notifications=state.plan.notifications,
            flag_kind=flag.kind,
            retire_by=flag.retire_by,
            **more,
        )


def flag_notes(entry: e.Entry, state_after: State, before: State | None = None) -> tuple[FlagNote, ...]:
    """What `entry` tells flags' own workflows; `state_after` is the release right after it, `before` right before it.

    A completed release that is no hotfix counts as a cycle for every flag of its product in its environment, listed or
    not: that note names no flag, and the desk hands it to each flag's workflow that it finds.
    """
    made = tuple(_made(entry, state_after))
    if before is None or not isinstance(entry.event, e.PlanAmended):
        return made
    # A flag that the amended plan lists no more is no flag of this release: whatever it was granted, it gives back.
    old = _Notes(entry, before)
    gone = [key for key in before.flags if key not in state_after.flags]
    return (*made, *(old.make("let_go", key) for key in old.listed(gone)))


def _made(entry: e.Entry, state: State) -> Iterator[FlagNote]:
    notes = _Notes(entry, state)
    match entry.event:
        case e.ReleaseLaunched() | e.PlanAmended():
            for key in notes.listed(state.flags):
                yield notes.about("announced", key)
        case e.FeatureProposed(feature=feature):
            for key in notes.listed(feature.flags):
                yield notes.about("announced", key)
        case e.FeatureChanged(feature=name):
            # What only a feature that left the scope brought is no flag of this release any more.
            dropped = [key for key in state.features[name].feature.flags if key not in state.flags]
            for key in notes.listed(dropped):
                yield notes.about("carried", key)
        case e.FlagsWritten(results=results):
            for result in results:
                if result.status is WriteStatus.WRITTEN and result.key in state.flags:
                    original = state.flags[result.key].original
                    yield notes.make(
                        "written", result.key, exposure=result.after, original=original, fence=result.fence
                    )
        case e.GoEnded() | e.RollbackConfirmed():
            # A missed slot ends its GO too. Whether a claim that is still out was granted is not known here: all of
            # them are given back, and a flag that was never claimed ignores it.
            for key in notes.listed(state.flags):
                yield notes.make("let_go", key)
        case e.ReleaseShipped():
            for key in notes.listed(state.flags):
                flag = state.flags[key]
                if not flag.gone:
                    yield notes.about("shipped", key, exposure=flag.current, original=flag.original)
        case e.FlagSettled(flag=key, how=Settled.CARRIED):
            for listed in notes.listed((key,)):
                yield notes.about("carried", listed)
        case e.ReleaseClosed(outcome="completed"):
            if state.plan.kind is not ReleaseKind.HOTFIX:
                yield notes.make("cycle", None)
        case e.ReleaseClosed():
            for key in notes.listed(state.flags):
                yield notes.about("carried", key)
        case e.Waived(subject=subject, until=until, reason=reason) if subject.startswith("flag:"):
            for key in notes.listed((subject.removeprefix("flag:"),)):
                yield notes.make("waived", key, until=until, reason=f"{entry.actor.id}: {reason}"[:2000])
