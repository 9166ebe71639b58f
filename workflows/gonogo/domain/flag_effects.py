"""What a flag's own workflow asks of the world, and whom it tells: derived from its entries and its state."""

from datetime import datetime
from fnmatch import fnmatchcase

from .commands import TakeFlagNews
from .effects import FlagWrite, WriteFlags
from .facts import FlagReading, WriteStatus
from .flag_core import proof_wanted_at
from .flag_events import FlagEntry, FlagGone, FlagGranted, FlagSwitched, OverdueEscalated, OwnerReminded, SwitchAnswered
from .flag_state import FlagLife
from .flag_views import removable
from .notices import Notice
from .plan import Notifications


def switch_wanted(state: FlagLife) -> WriteFlags | None:
    """The write that is to be carried out now; None: none is."""
    switch = state.switch
    if switch is None or not switch.ask or switch.fence is None:
        return None
    write = FlagWrite(
        target=state.target,
        wanted=switch.wanted,
        fence=switch.fence,
        key=f"{state.id}/{switch.fence.epoch}/{switch.how}/{switch.fence.sequence}",
    )
    # Written like a rollback: not confirmed before no older write can land any more.
    return WriteFlags(ask=switch.ask, release_id=state.id, writes=(write,), rollback=True)


def proof_wanted(state: FlagLife, now: datetime) -> bool:
    """True when it is time to ask whether the flag is gone."""
    at = proof_wanted_at(state)
    return at is not None and at <= now


# --- whom it tells -------------------------------------------------------------------------------------------------


def news(entry: FlagEntry, state_after: FlagLife) -> tuple[tuple[str, TakeFlagNews], ...]:
    """What `entry` means to releases: (release id, news)."""
    state = state_after
    concerned = tuple(dict.fromkeys(r for r in (state.holder, state.last_release) if r))
    match entry.event:
        case FlagGranted(release_id=release, carried_from=earlier) if earlier:
            return ((earlier, TakeFlagNews(flag=state.key, carried_to=release)),)
        case SwitchAnswered(result=result, by=by) if result.status is WriteStatus.WRITTEN:
            reading = FlagReading(key=state.key, exists=True, exposure=result.after, fence=result.fence, at=result.at)
            told = TakeFlagNews(flag=state.key, reading=reading, proof=by.id, change=state.changed)
            return tuple((release, told) for release in concerned)
        case FlagGone(proof=proof):
            return tuple((r, TakeFlagNews(flag=state.key, gone=True, proof=proof)) for r in concerned)
    return ()


def flag_notices(entry: FlagEntry, state_after: FlagLife) -> tuple[Notice, ...]:
    """What `entry` tells people."""
    state, event = state_after, entry.event
    where = f"Flag {state.key} ({state.environment})"
    managers = tuple(dict.fromkeys((*state.people, *state.managers)))
    match event:
        case OwnerReminded(to=to, due=due):
            late = entry.at >= due
            return (
                Notice(
                    type="flag.reminder",
                    subject=f"{where} {'should have been' if late else 'should be'} gone by {due:%Y-%m-%d}",
                    body=f"{removable(state) or 'It is not everybody who sees it, or nobody.'} "
                    "Remove it from the code and archive it at its provider, or have it waived with a date. "
                    "Overdue flags hold the next release's scope freeze.",
                    to=to,
                ),
            )
        case OverdueEscalated(to=to, due=due, step=step):
            return (
                Notice(
                    type="flag.overdue",
                    subject=f"{where} is overdue since {due:%Y-%m-%d}; {state.owner} answers for it",
                    body=f"Its owner was reminded, and it is still there. This is escalation {step}; it is repeated "
                    "every week. It holds the next release's scope freeze unless it is waived with a date.",
                    to=to,
                ),
            )
        case FlagSwitched(how=how, wanted=wanted, reason=reason):
            verb = "killed" if how == "kill" else "changed"
            return (
                Notice(
                    type=f"flag.{verb}",
                    subject=f"{where} is being {verb} by {entry.actor.id}: it goes to {wanted}",
                    body=reason,
                    to=managers,
                ),
            )
        case SwitchAnswered(result=result) if result.status is WriteStatus.WRITTEN:
            return (Notice(type="flag.confirmed", subject=f"{where} is at {result.after}, confirmed", to=managers),)
        case SwitchAnswered(result=result) if state.switch is not None and state.switch.attempts == 1:
            return (
                Notice(
                    type="flag.change_failed",
                    subject=f"{where} could not be changed yet",
                    body=f"{result.detail or result.status.value}. It is tried again until it is confirmed.",
                    to=managers,
                ),
            )
        case FlagGone(proof=proof):
            return (Notice(type="flag.gone", subject=f"{where} is gone", body=proof, to=managers),)
    return ()


def channels(notifications: Notifications | None, notice_type: str) -> tuple[str, ...]:
    """The channels that a message type goes to, each once."""
    routes = notifications.routes if notifications else ()
    return tuple(
        dict.fromkeys(r.channel for r in routes if any(fnmatchcase(notice_type, pattern) for pattern in r.events))
    )
