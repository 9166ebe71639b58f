"""`gonogo flags list`, `show`, `kill`."""

from collections.abc import Iterator
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from gonogo.client.errors import NotFound
from gonogo.client.release_client import ReleaseClient
from gonogo.domain.canonical import to_json
from gonogo.domain.flag_events import FlagEntry
from gonogo.domain.flag_narrate import flag_summary
from gonogo.domain.flag_views import FlagView
from gonogo.domain.plan_problem import did_you_mean
from gonogo.domain.values import EVERYONE, format_instant

from .common import DEFAULT, Common, Reason
from .exits import DONE, UsageError
from .show import console, emit_json, instant, names

_Name = Annotated[str, Parameter(help="PRODUCT/ENVIRONMENT/KEY, or KEY where only one flag has it.")]
_PHASES = {"live": "waits for its removal", "idle": "no release lists it"}
"""Phases that nothing else tells, in words."""


async def list_flags(
    *,
    product: Annotated[str | None, Parameter(help="Of this product only.")] = None,
    debt: Annotated[bool, Parameter(help="Only those that should be gone by now.", negative=())] = False,
    common: Common = DEFAULT,
) -> int:
    """List the flags that live: who sees them, who answers for them, and when they should be gone."""
    async with common.client() as client:
        flags = [flag for flag in await client.flags(product=product) if flag.overdue or not debt]
    if common.json:
        emit_json(flags)
        return DONE
    if not flags and not (product or debt):
        print("no flag yet: a release that lists one brings it here")
        return DONE
    if not flags:
        print("no flag is like that: gonogo flags shows all that live")
        return DONE
    table = Table(box=None, pad_edge=False, header_style="dim")
    for head in ("flag", "who sees it", "where it stands", "owner", "gone by"):
        table.add_column(head, overflow="fold")
    for flag in flags:
        table.add_row(
            _id(flag),
            _seen(flag),
            stands(flag),
            flag.owner or "-",
            gone_by(flag),
            style="red" if flag.overdue else "",
        )
    out = console()
    out.print(table)
    out.print(Text("More of one: gonogo flags show FLAG", style="dim"))
    return DONE


def _id(flag: FlagView) -> str:
    return flag.id.removeprefix("flag/")


def _seen(flag: FlagView) -> str:
    return str(flag.exposure) if flag.exposure else "unknown"


def stands(flag: FlagView) -> str:
    """Where a flag stands in its life, and what is most to be known of it."""
    told = []
    if flag.changing:
        told.append(f"being changed by {flag.changing}")
    elif flag.changed is not None:
        told.append(f"{'killed' if flag.changed.how == 'kill' else 'set'} by {flag.changed.by.id}")
    if flag.overdue:
        told.append("overdue")
    elif flag.holder:
        told.append(f"rolled out by {flag.holder}")
    elif flag.listed_by:
        told.append(f"listed by {names(flag.listed_by)}")
    else:
        told.append(_PHASES.get(flag.phase, flag.phase))
    return "; ".join(told)


def gone_by(flag: FlagView) -> str:
    """When a flag should be gone: an instant, or how many releases are still to pass."""
    if flag.due is None and flag.cycles_left is not None:
        return f"after {flag.cycles_left} more release{'s' * (flag.cycles_left != 1)}"
    return instant(flag.due)


async def show(flag: _Name, /, *, common: Common = DEFAULT) -> int:
    """Show where one flag stands, and everything that happened to it and by whom. A flag that is gone, too."""
    async with common.client() as client:
        name = await _named(client, flag, gone=True)
        try:
            view, history = await client.flag(name), await client.flag_history(name)
        except NotFound:
            raise await _unknown(client, name) from None
    if common.json:
        told = [{**to_json(entry), "summary": flag_summary(entry)} for entry in history]
        emit_json({**to_json(view), "history": told})
        return DONE
    out = console()
    title = f"{view.kind.value.replace('_', ' ')} flag of provider {view.provider}"
    out.print(Text.assemble((_id(view), "bold cyan"), f"  {title}"))
    for label, told_of_it in facts(view):
        out.print(Text.assemble((f"{label:<10}", "dim"), told_of_it))
    out.print(Text("\nhistory", style="dim"))
    for entry in history:
        out.print(_line(entry))
    return DONE


def facts(flag: FlagView) -> Iterator[tuple[str, str]]:
    """What there is to say of one flag, line by line: (label, text)."""
    before = f"; {flag.original} before the release that changed it last" if flag.original else ""
    yield "exposure", f"{_seen(flag)}{before}"
    if flag.changing:
        yield "changing", f"{flag.changing}; its provider is asked until it confirms"
    if flag.changed is not None:
        done = "killed" if flag.changed.how == "kill" else f"set to {flag.changed.wanted}"
        yield "changed", f"{done} by {flag.changed.by.id}, {instant(flag.changed.at)}: {flag.changed.reason}"
    yield "held by", flag.holder or "no release"
    if flag.listed_by:
        yield "listed by", f"{names(flag.listed_by)}; its clean-up waits for that"
    owner = f"{flag.owner} ({names(flag.people)})" if flag.people and flag.people != (flag.owner,) else flag.owner
    yield "owner", owner or "nobody: no release has said"
    yield "may kill", names(flag.entitled)
    fence = flag.fence
    yield "fence", f"{fence.epoch}.{fence.sequence}: its provider refuses an older write" if fence else "none is known"
    yield "settled", settled(flag)
    if flag.phase != "gone":
        yield "gone by", gone_by(flag) + (", overdue" if flag.overdue else "")
        if flag.waived_until is not None:
            yield "waived", f"until {instant(flag.waived_until)}: {flag.waiver}"
        if flag.next_wakeup is not None:
            yield "next", f"{instant(flag.next_wakeup)}: {flag.next_what}"


def settled(flag: FlagView) -> str:
    """Whether the flag is out of the way, and what it waits for when it is not."""
    if flag.phase == "gone":
        return f"gone: {flag.proof}"
    if flag.shipped_by and flag.since is not None:
        removable = f"; {flag.removable}" if flag.removable else ""
        asked = f"; last asked whether it is gone: {flag.proof}" if flag.proof else ""
        return f"no; {flag.shipped_by} left it to be removed, {instant(flag.since)}{removable}{asked}"
    return "no; no release has shipped it yet"


def _line(entry: FlagEntry) -> Text:
    at = f"{entry.seq:>4} {format_instant(entry.at)[:19]}Z "
    return Text.assemble((at, "dim"), f"{entry.actor.id}: {flag_summary(entry)}")


async def kill(flag: _Name, /, *, reason: Reason, common: Common = DEFAULT) -> int:
    """Put one flag back to who saw it before its release, at once.

    Legal in any window and under any hold, for the flag's owner, the release manager, the product manager and whoever
    is on call, as long as the flag lives. A release that rolls the flag out is held by it.
    """
    async with common.client() as client:
        name = await _named(client, flag)
        try:
            answer = await client.kill_flag(name, reason=reason)
        except NotFound:
            raise await _unknown(client, name) from None
    if common.json:
        emit_json(answer)
    else:
        still = ", who saw it before: everybody goes on seeing it" if answer.wanted == EVERYONE else ""
        print(f"{name} goes back to {answer.wanted}{still}; its provider is asked until it confirms")
        print(f"follow it: gonogo flags show {name}")
    return DONE


async def _named(client: ReleaseClient, given: str, *, gone: bool = False) -> str:
    """The id of the flag that is meant; a key alone means one that lives before one that is gone."""
    if given.count("/") >= 2:
        return given  # an id needs no list, which lags behind by a moment
    found = _of_key(await client.find_flags(), given)
    if not found and gone:
        found = _of_key(await client.find_flags(gone=True), given)
    if len(found) > 1:
        raise UsageError(f"{given!r} is several flags: {', '.join(found)}: name one")
    if not found:
        raise await _unknown(client, given)
    return found[0]


def _of_key(flags: tuple[str, ...], key: str) -> list[str]:
    return [flag for flag in flags if flag.split("/", 2)[2] == key]


async def _unknown(client: ReleaseClient, given: str) -> NotFound:
    living = await client.find_flags()
    known = living if "/" in given else {flag.split("/", 2)[2] for flag in living}
    text = f"there is no flag {given!r}{did_you_mean(given, known)}; `gonogo flags` shows those that live"
    return NotFound("flag.not_found", text, {"flag": given})
