"""`gonogo audit …`: of a release on the server, or of a file that `audit export` wrote, with no server."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from pydantic import ValidationError

from gonogo.client.audit import (
    Bundle,
    Recorded,
    bundle,
    check_claims,
    read_bundle,
    recorded,
    verify_record,
    write_bundle,
)
from gonogo.client.audit_replay import derive
from gonogo.client.audit_replay import replay as replay_runs
from gonogo.client.errors import AuditFailed, ClientError, Stuck
from gonogo.client.history import Run
from gonogo.client.plan_file import read_text
from gonogo.domain.canonical import to_json
from gonogo.domain.events import Entry
from gonogo.domain.evolve import fold
from gonogo.domain.ledger import Ledger
from gonogo.domain.narrate import summary
from gonogo.domain.terms import TERMINAL
from gonogo.domain.values import Instant, format_instant
from gonogo.domain.views import status_view

from .common import DEFAULT, Common
from .exits import DONE, NO, UsageError
from .files import named_file, refuse_existing, write
from .instants import read_instant
from .picture import picture
from .reading import line
from .show import console, display, emit_json

Subject = Annotated[str, Parameter(help="The release, PRODUCT/VERSION, or a file that `audit export` wrote.")]


@dataclass(frozen=True, slots=True)
class _Record:
    """What is audited."""

    release_id: str
    ledger: Ledger
    runs: tuple[Run, ...]
    file: Bundle | None = None
    """The file that it was read from; None: the server."""

    def verify(self) -> tuple[Recorded, ...]:
        """Verifies it, and what the file says of itself; the places where it was recorded."""
        places = verify_record(self.ledger, self.runs)
        if self.file is not None:
            check_claims(self.file)
        return places


def _file(subject: str) -> Bundle | None:
    return read_bundle(read_text(subject), subject) if named_file(subject) else None


async def _read(subject: str, common: Common) -> _Record:
    if found := _file(subject):
        # What the file lists as recorded is for people; what counts is what its histories say.
        return _Record(found.release_id, found.to_ledger(), found.to_runs(), found)
    async with common.client() as client:
        return _Record(subject, *await client.record(subject))


@dataclass(frozen=True, slots=True)
class _Told:
    """A ledger, and until when it tells."""

    release_id: str
    ledger: Ledger
    until: datetime
    """Nothing is known of what comes after it."""
    doubt: str = ""
    """Why a file is not to be believed."""


async def _ledger(subject: str, common: Common) -> _Told:
    if found := _file(subject):
        doubt = ""
        try:
            _Record(found.release_id, found.to_ledger(), found.to_runs(), found).verify()
        except AuditFailed as failed:
            doubt = str(failed)
        return _Told(found.release_id, found.to_ledger(), found.exported_at, doubt)
    async with common.client() as client:
        return _Told(subject, await client.ledger(subject), datetime.now(UTC))


async def show(
    subject: Subject,
    /,
    *,
    at: Annotated[
        str | None, Parameter(help="Show the state as it was at this instant, or after this entry's number.")
    ] = None,
    common: Common = DEFAULT,
) -> int:
    """Show the timeline of a release, or its state at an instant or entry."""
    told = await _ledger(subject, common)
    release, entries = told.release_id, tuple(told.ledger.entries())
    if told.doubt:
        # On the other stream: what is shown is what the file says, for who wants to see where it is wrong.
        sys.stderr.write(f"{subject} does not verify: {told.doubt}\n")
    code = NO if told.doubt else DONE
    if at is None:
        if common.json:
            emit_json({"release_id": release, "entries": [{**to_json(e), "summary": summary(e)} for e in entries]})
        else:
            out = console()
            for entry in entries:
                out.print(line(entry))
        return code
    then, when = _until(entries, at)
    state, newest = fold(then), then[-1].at
    final = state.phase in TERMINAL and when > newest
    if not final and when > max(told.until, newest):
        raise _ahead(told, at)
    view = status_view(state, newest if final else when, head=Ledger().appended(then).head)
    if common.json:
        emit_json(view)
        return code
    if final:
        print(f"{release} ended {_shown(then[-1])}: this is its final state")
    display(picture(view))
    return code


def _until(entries: tuple[Entry, ...], at: str) -> tuple[tuple[Entry, ...], Instant]:
    """The entries until `at`, and the instant that it names."""
    if not entries:
        raise UsageError(f"--at {at!r}: there are no entries")
    first, last = entries[0], entries[-1]
    if at.isascii() and at.isdigit():
        seq = int(at)
        if not first.seq <= seq <= last.seq:
            raise UsageError(f"--at {at!r}: the entries are {first.seq} to {last.seq}, the last of {_shown(last)}")
        return entries[:seq], entries[seq - 1].at
    try:
        when = read_instant(at)
    except ValidationError:
        raise UsageError(
            f"--at {at!r} is neither an instant, such as 2026-03-05T14:00:00Z, nor the number of an entry"
        ) from None
    # As the timeline shows it, to the second, it means all of that second.
    end = when if "." in at else when + timedelta(seconds=1, microseconds=-1)
    then = tuple(entry for entry in entries if entry.at <= end)
    if not then:
        raise UsageError(f"--at {at!r}: the first entry is of {_shown(first)}")
    return then, max(when, then[-1].at)


def _ahead(told: _Told, at: str) -> ClientError:
    since = f"what is known of {told.release_id}, which had not ended, goes to {format_instant(told.until)}"
    return ClientError("audit.ahead", f"--at {at!r} lies ahead: {since}", {"known_until": format_instant(told.until)})


def _shown(entry: Entry) -> str:
    return format_instant(entry.at)


async def verify(subject: Subject, /, *, common: Common = DEFAULT) -> int:
    """Verify the hash chain against everything that was recorded."""
    record = await _read(subject, common)
    places = record.verify()
    link = record.ledger.link
    covered = max((place.seq for place in places), default=0)
    if common.json:
        told = {"seq": link.seq, "head": link.head, "covered": covered, "compared": len(places)}
        emit_json({"release_id": record.release_id, "ok": True, **told})
        return DONE
    print(
        f"{record.release_id}: {link.seq} entries, every link holds, and all {len(places)} places where the "
        f"history recorded them agree; head {link.head}"
    )
    print(_beyond(places, link.seq, covered, subject))
    return DONE


def _beyond(places: tuple[Recorded, ...], seq: int, covered: int, subject: str) -> str:
    """What these places cannot say: whether what came after the last of them is what it was."""
    if any(place.seq == seq and place.where.endswith(", result") for place in places):
        return "the last of them is the result of the closed release: nothing comes after it"
    return (
        f"the last of them covers entry {covered}: whether anything after it was changed or cut off, only "
        f"`gonogo audit replay {subject}` can say"
    )


async def replay(subject: Subject, /, *, common: Common = DEFAULT) -> int:
    """Derive the ledger again from the stored history with the installed code, and compare."""
    try:
        record = await _read(subject, common)
    except Stuck:
        # Of a release that cannot say what its ledger is, where the replay ends is still to be seen.
        async with common.client() as client:
            await derive(await client.history(subject))
        raise
    done = await replay_runs(record.runs, record.ledger, tuple(recorded(record.runs)))
    if record.file is not None:
        check_claims(record.file)
    if common.json:
        emit_json({"release_id": record.release_id, "ok": True, **to_json(done)})
    else:
        print(
            f"{record.release_id}: {done.runs} run{'s' * (done.runs != 1)} with {done.events} events replayed; "
            f"{done.seq} entries derived, the same at all {done.compared} recorded places; head {done.head}"
        )
    return DONE


async def export(
    release: Annotated[str, Parameter(help="The release: PRODUCT/VERSION.")],
    /,
    *,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"], help="Where to write. Default: the output.")] = None,
    force: Annotated[bool, Parameter(negative=(), help="Overwrite the file when it exists.")] = False,
    common: Common = DEFAULT,
) -> int:
    """Write one file that verifies and replays with no server."""
    if out is not None and not force:
        refuse_existing(out, "--force overwrites it; or choose another name for --out")
    async with common.client() as client:
        ledger, runs = await client.record(release)
        made = bundle(release, ledger, runs, at=datetime.now(UTC), by=client.actor.id)
    if out is None:
        print(write_bundle(made), end="")
        return DONE
    write(out, write_bundle(made))
    if common.json:
        emit_json({"release_id": release, "file": str(out), "seq": len(made.ledger), "head": made.head})
    else:
        print(
            f"{out} is written: {len(made.ledger)} entries, {len(runs)} run{'s' * (len(runs) != 1)}, head {made.head}"
        )
    return DONE
