"""Why a release is where it is, for people: each thing that it waits for with what clears it, then what comes next."""

from rich.console import Group, RenderableType
from rich.text import Text

from gonogo.domain.why_values import Waiting, WhyView

from .show import ago, instant, names
from .ways import Hanging, Ways

_COMING = 5
"""How much of what happens by itself is shown; `--json` has all of it, housekeeping too."""


def explanation(view: WhyView) -> RenderableType:
    """The headline, everything that is waited for, and what happens next by itself."""
    parts: list[RenderableType] = [Text(view.headline, style="bold")]
    for one, called in _each_once(view.waiting):
        since = f"since {instant(one.since)} ({ago(one.since, view.at)})"
        parts += [
            Text(),
            Hanging(Text("- "), Text.assemble(one.text, (f"  {called}", "dim"))),
            Hanging(Text("  "), Text(f"waits for {names(one.responsible)} {since}", style="dim")),
            Ways(one.clears, 2),
        ]
    last = [Hanging(Text("note  ", style="dim"), Text(note)) for note in view.notes if note not in view.headline]
    coming = [one for one in view.next if not one.housekeeping]
    last += [
        Hanging(Text("next  ", style="dim"), Text(f"{instant(one.at)} ({ago(one.at, view.at)}): {one.what}"))
        for one in coming[:_COMING]
    ]
    return Group(*parts, *([Text()] if last else []), *last)


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
