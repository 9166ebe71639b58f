"""What a flag shows of itself: a pure function of its state and an instant. Lists, pictures and `flag_debt` read it."""

from datetime import datetime

from .facts import Fence, FlagChange
from .flag_core import next_wakeup
from .flag_state import FlagLife
from .plan import FlagKind
from .telling import when
from .values import Audience, Exposure, FlagKey, Id, Instant, Text, value


@value
class FlagView:
    """A flag, for lists, pictures and scripts. It grows by optional fields only."""

    id: Text
    """Id of its workflow, `flag/<product>/<environment>/<key>`."""
    product: Id
    """The product."""
    environment: Id
    """The environment."""
    key: FlagKey
    """The flag."""
    provider: Id
    """Name of the flag adapter."""
    phase: Text
    """listed, rolling_out, live (its end is awaited), idle (nobody lists it) or gone."""
    kind: FlagKind
    """What it is for."""
    owner: Text = ""
    """Who answers for it; empty: no release has said."""
    people: tuple[Id, ...] = ()
    """The people behind the owner."""
    entitled: tuple[Id, ...] = ()
    """Who may change it outside a release."""
    exposure: Exposure | None = None
    """Who sees it, by the last read-back; absent: not known."""
    original: Exposure | None = None
    """Who saw it before the last release; what `kill` restores. Absent: not known, `kill` then goes to nobody."""
    holder: Text = ""
    """The release that rolls it out; empty: none."""
    listed_by: tuple[Text, ...] = ()
    """Open releases that list it; its clean-up waits for them."""
    shipped_by: Text = ""
    """The release that shipped it last, or left it behind."""
    since: Instant | None = None
    """Since when its end is awaited."""
    due: Instant | None = None
    """When it should be gone; absent: never, or cycles are still to pass."""
    cycles_left: int | None = None
    """Completed releases until it is due; absent: it is not counted in cycles."""
    overdue: bool = False
    """True: it counts as debt."""
    waived_until: Instant | None = None
    """Until when nobody is reminded, and it is no debt."""
    waiver: Text = ""
    """Who waived it last, and why; empty: nobody did."""
    removable: Text = ""
    """Why it can be removed; empty: it cannot, or need not."""
    changing: Text = ""
    """A change by a person that is not confirmed yet; empty: none."""
    changed: FlagChange | None = None
    """The last change by a person that is confirmed; absent: none since a release last wrote it."""
    fence: Fence | None = None
    """The newest fence that is known: the provider refuses an older one. Absent: none is known."""
    proof: Text = ""
    """The last answer to whether it is gone."""
    next_wakeup: Instant | None = None
    """When something next happens by itself."""
    next_what: Text = ""
    """What."""
    seq: int
    """Number of entries in its ledger."""
    head: Text = ""
    """SHA-256 of the last of them."""


def phase(state: FlagLife) -> str:
    """Where a flag stands in its life."""
    if state.gone:
        return "gone"
    if state.holder:
        return "rolling_out"
    if state.listed_by:
        return "listed"
    return "live" if state.life else "idle"


def removable(state: FlagLife) -> str:
    """Why a flag can be removed; empty when it cannot, or need not."""
    life, seen = state.life, state.exposure
    permanent = state.kind in (FlagKind.KILL_SWITCH, FlagKind.PERMISSION)
    if life is None or state.waits or permanent or seen is None:
        return ""
    who = {Audience.EVERYONE: "Everybody sees it", Audience.NOBODY: "Nobody sees it"}.get(seen.audience)
    if who is None:
        return ""
    if state.changed is not None:
        return f"{who} since {state.changed.at:%Y-%m-%d}, by the word of {state.changed.by.id}."
    return (
        f"{who} since {life.since:%Y-%m-%d}." if seen.audience is Audience.EVERYONE else f"{who} since {life.release}."
    )


def overdue(state: FlagLife, now: datetime) -> bool:
    """True when a flag is debt: it should be gone, no waiver stands, and no open release lists it."""
    due = state.due
    return due is not None and due <= now and not state.waived(now) and not state.waits and not state.gone


def since_left(flag: FlagView, left: Exposure | None, release: str) -> str:
    """What became of a flag that the closed `release` left at `left`; empty: nothing that could be told."""
    if flag.phase == "gone":
        told = f"gone by now: {flag.proof}"
    elif flag.changing:
        told = f"being changed by {flag.changing}"
    elif flag.exposure is None or left is None or flag.exposure == left:
        return ""
    elif flag.changed is not None:
        done = "killed" if flag.changed.how == "kill" else "set"
        told = f"by now {flag.exposure}: {done} by {flag.changed.by.id}, {when(flag.changed.at)}"
    else:
        other = next((name for name in (flag.holder, flag.shipped_by) if name not in ("", release)), "")
        told = f"by now {flag.exposure}" + (f", by {other}" if other else "")
    return f"{told}; see gonogo flags show {flag.id.removeprefix('flag/')}"


def flag_view(state: FlagLife, now: datetime, *, head: str = "") -> FlagView:
    """A flag at `now`."""
    life, switch, following = state.life, state.switch, next_wakeup(state)
    wanted = life.retire_by.cycles if life and life.retire_by else None
    changing = ""
    if switch is not None:
        changing = f"{switch.by.id}: {switch.how} to {switch.wanted}" + (f"; {switch.failed}" if switch.failed else "")
    return FlagView(
        id=state.id,
        product=state.product,
        environment=state.environment,
        key=state.key,
        provider=state.provider,
        phase=phase(state),
        kind=state.kind,
        owner=state.owner,
        people=state.people,
        entitled=state.entitled,
        exposure=state.exposure,
        original=state.original,
        holder=state.holder,
        listed_by=state.listed_by,
        shipped_by=life.release if life else "",
        since=life.since if life else None,
        due=state.due,
        cycles_left=None if wanted is None or life is None else max(0, wanted - life.cycles),
        overdue=overdue(state, now),
        waived_until=state.waived_until,
        waiver=state.waiver,
        removable=removable(state),
        changing=changing[:2000],
        changed=state.changed,
        fence=state.fence,
        proof=state.proof.finding if state.proof else "",
        next_wakeup=following[0] if following else None,
        next_what=following[1] if following else "",
        seq=state.seq,
        head=head,
    )
