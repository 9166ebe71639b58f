"""Why a release is where it is, for people: each thing that it waits for with what clears it, then what comes next."""

from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from gonogo.domain.why_before import SYSTEM
from gonogo.domain.why_values import Next, Waiting, WhyView

from .show import ago, instant, names
from .ways import Hanging, Ways

_COMING = 5
"""How many instants at which something happens by itself are shown; `--json` has all, housekeeping too."""
_AT_ONCE = 3
"""How much of what happens at one of them is shown."""


def explanation(view: WhyView) -> RenderableType:
    """The headline, everything that is waited for, and what happens next by itself."""
    parts: list[RenderableType] = [Text(view.headline, style="bold")]
    for one, called in _each_once(view.waiting):
        who = "nobody has to act" if one.responsible == SYSTEM else f"waits for {names(one.responsible)}"
        since = f"since {instant(one.since)} ({ago(one.since, view.at)})"
        parts += [
            Text(),
            Hanging(Text("- "), Text.assemble(one.text, (f"  {called}", "dim"))),
            Hanging(Text("  "), Text(f"{who}, {since}", style="dim")),
            Ways(one.clears, 2),
        ]
    last = [Hanging(Text("note  ", style="dim"), Text(note)) for note in view.notes if note not in view.headline]
    for at, told in list(_by_instant(view.next).items())[:_COMING]:
        more = f"; and {len(told) - _AT_ONCE} more" if len(told) > _AT_ONCE else ""
        text = f"{instant(at)} ({ago(at, view.at)}): {'; '.join(told[:_AT_ONCE])}{more}"
        last.append(Hanging(Text("next  ", style="dim"), Text(text)))
    return Group(*parts, *([Text()] if last else []), *last)


def _by_instant(coming: tuple[Next, ...]) -> dict[datetime, list[str]]:
    """What happens by itself, without housekeeping: reminders of many items often go out at one instant."""
    found: dict[datetime, list[str]] = {}
    for one in coming:
        if not one.housekeeping:
            found.setdefault(one.at, []).append(one.what)
    return found


def _each_once(waiting: tuple[Waiting, ...]) -> list[tuple[Waiting, str]]:
    """What is waited for with its names: a NO-GO, which a hold tells already, is only another name of that hold."""
    refused = {f"vote.no_go:{one.subject}": one for one in waiting if one.code == "vote.no_go"}
    shown: list[tuple[Waiting, str]] = []
    for one in waiting:
        name = f"{one.code}:{one.subject}"
        if one.code == "hold.no_go":
            votes = [called for called, vote in refused.items() if one.text.endswith(vote.text)]
            name = " ".join((name, *votes))
            for called in votes:
                del refused[called]
        if one.code != "vote.no_go" or name in refused:
            shown.append((one, name))
    return shown
