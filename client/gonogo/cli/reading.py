"""`gonogo list`, `status`, `why`, `watch`, `notes`."""

from typing import Annotated, Literal

from cyclopts import Parameter
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gonogo.client.listing import ReleaseRow
from gonogo.client.release_client import ReleaseClient
from gonogo.domain.canonical import to_json
from gonogo.domain.events import Entry
from gonogo.domain.narrate import glyph, summary
from gonogo.domain.notes import release_notes
from gonogo.domain.terms import Phase
from gonogo.domain.values import format_instant

from .choices import ANY_CASE
from .common import DEFAULT, Common, Release
from .exits import DONE, NO
from .explanation import explanation
from .picture import picture
from .show import console, display, emit_json, instant

_GLYPHS = {
    "ok": ("✓", "green"),
    "bad": ("✗", "red"),
    "wait": ("…", "yellow"),
    "info": ("·", "dim"),
    "person": ("●", "cyan"),
}


async def list_releases(
    *,
    product: Annotated[str | None, Parameter(help="Of this product only.")] = None,
    phase: Annotated[Phase | None, Parameter(help="In this phase only.", name_transform=str.lower)] = None,
    outcome: Annotated[
        Literal["completed", "cancelled", "rolled_back"] | None, ANY_CASE, Parameter(help="With this outcome only.")
    ] = None,
    common: Common = DEFAULT,
) -> int:
    """List releases, newest first."""
    async with common.client() as client:
        rows = await client.list(product=product, phase=phase, outcome=outcome, standing=True)
    if common.json:
        emit_json(rows)
        return DONE
    if not rows and (product or phase or outcome):
        print("no release is like that: gonogo list shows all of them")
        return DONE
    if not rows:
        print("no release yet; begin with: gonogo plan new --product PRODUCT --release VERSION --out release.yaml")
        return DONE
    table = Table(box=None, pad_edge=False, header_style="dim")
    for head in ("release", "phase", "exposure", "launched", "by", "manager"):
        table.add_column(head, no_wrap=True)
    table.add_column("waits for, or how it ended", overflow="fold")
    for row in rows:
        # A workflow that was ended from outside still says its last phase: Temporal's word is the truth then.
        ended = row.status not in ("running", "completed")
        stands = f"{row.phase or 'launching'} ({row.status})" if ended else row.phase or "launching"
        table.add_row(
            row.release_id,
            stands.replace("_", " "),
            f"{row.exposure} %",
            instant(row.launched_at),
            row.launched_by or "-",
            ", ".join(row.managers) or "-",
            _stands(row),
        )
    console().print(table)
    return DONE


def _stands(row: ReleaseRow) -> str:
    """What an open release waits for, and on whom; how and when a closed one ended, and why."""
    if row.closed_at is not None:
        return row.ending or f"closed {instant(row.closed_at)}"
    if not row.waits:
        return "-"
    return f"{row.waits} ({', '.join(row.responsible)})"


async def status(release: Release, /, *, common: Common = DEFAULT) -> int:
    """Show where a release stands."""
    async with common.client() as client:
        view = await client.status(release)
    if common.json:
        emit_json(view)
    else:
        display(picture(view))
    return DONE


async def why(release: Release, /, *, common: Common = DEFAULT) -> int:
    """Say what a release waits for, and what happens next by itself."""
    async with common.client() as client:
        view = await client.why(release)
    if common.json:
        emit_json(view)
    else:
        display(explanation(view))
    return DONE


async def watch(
    release: Release,
    /,
    *,
    after: Annotated[int, Parameter(help="Begin behind this entry. Default: with the whole story.")] = 0,
    common: Common = DEFAULT,
) -> int:
    """Follow a release live: its picture on a terminal, else a line for each entry, until it closes.

    Ends with 0 when the release was completed, with 1 when it was cancelled or rolled back.
    """
    async with common.client() as client:
        out = console()
        if common.json:
            async for entry in client.watch(release, after=after):
                emit_json({**to_json(entry), "summary": summary(entry)})
        elif not out.is_terminal:
            async for entry in client.watch(release, after=after):
                print(line(entry).plain, flush=True)
        else:
            await _live(client, release, after)
        return DONE if (await client.get(release)).outcome == "completed" else NO


async def _live(client: ReleaseClient, release: str, after: int) -> None:
    out = console()
    newest = (await client.status(release)).seq
    with Live(console=out, auto_refresh=False) as live:
        async for entry in client.watch(release, after=after):
            live.console.print(line(entry))
            # What is past is told without asking for a picture of every step.
            if entry.seq >= newest:
                view = await client.status(release)
                newest = view.seq
                live.update(picture(view), refresh=True)


def line(entry: Entry) -> Text:
    """One entry as a line of a timeline."""
    mark, style = _GLYPHS[glyph(entry)]
    return Text.assemble(
        (f"{entry.seq:>4} {format_instant(entry.at)[:19]}Z ", "dim"),
        (mark, style),
        f" {entry.actor.id}: {summary(entry)}",
    )


async def notes(
    release: Release,
    /,
    *,
    audience: Annotated[
        Literal["support", "sales", "customers"], ANY_CASE, Parameter(name="--for", help="Who reads them.")
    ] = "customers",
    common: Common = DEFAULT,
) -> int:
    """Write release notes for an audience, in Markdown."""
    async with common.client() as client:
        state = await client.get(release)
        # A closed release says no more who sees its flags: they do.
        flags = (await client.status(release)).flags if state.outcome else ()
    text = release_notes(state, audience, now={flag.key: flag.now for flag in flags if flag.now is not None})
    if common.json:
        emit_json({"release_id": release, "audience": audience, "markdown": text})
    else:
        print(text)
    return DONE
