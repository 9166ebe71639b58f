"""The ledger: entries as canonical bytes, each with the hash of the one before it. The chain is made as they are made.

A line is the canonical JSON of an entry with `prev`, the SHA-256 of the line before (the first: 64 zeros). The head is
the SHA-256 of the last line. Kept as bytes, never as models: 120 entries are 47 KB as bytes and 246 KB as models.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from .canonical import CanonicalError, canonical
from .errors import LedgerBroken
from .events import Entry

GENESIS = "0" * 64
"""What stands before the first line."""
ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)
"""How a line of a release's ledger is read."""

_T = TypeVar("_T")


def chained(line: bytes, prev: str) -> bytes:
    """An entry's line with the hash of the line before it: by the alphabet, `prev` stands right before `seq`."""
    place = line.rindex(b',"seq":')
    return b'%b,"prev":"%b"%b' % (line[:place], prev.encode(), line[place:])


class Numbered(Protocol):
    """What a ledger can hold: an entry of a release, or of a flag."""

    @property
    def seq(self) -> int:
        """Place in the ledger, from 1."""

    @property
    def event(self) -> Any:
        """What happened."""


@dataclass(frozen=True, slots=True)
class Link:
    """Where a ledger ends: `(seq, head)` is what every recorded place is compared with."""

    seq: int
    head: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """The history of a release or a flag. Immutable: `appended` gives another one, which shares this one's lines."""

    lines: tuple[bytes, ...] = ()
    head: str = GENESIS

    @property
    def link(self) -> Link:
        """Where it ends."""
        return Link(len(self.lines), self.head)

    def appended(self, entries: Iterable[Numbered]) -> "Ledger":
        """This ledger with `entries` behind it."""
        head = self.head
        made: list[bytes] = []
        for entry in entries:
            line = chained(canonical(entry), head)
            head = hashlib.sha256(line).hexdigest()
            made.append(line)
        return Ledger(self.lines + tuple(made), head) if made else self

    def to_bytes(self) -> bytes:
        """JSON lines, one entry a line."""
        return b"\n".join(self.lines)

    def entries(self, start: int = 0) -> Iterator[Entry]:
        """The entries of a release from place `start` (0: all), read back from the bytes."""
        return self.read(ENTRY, start)

    def read(self, form: TypeAdapter[_T], start: int = 0) -> Iterator[_T]:
        """The entries from place `start` (0: all), read back as `form` says."""
        for line in self.lines[start:]:
            given = json.loads(line)
            del given["prev"]
            yield form.validate_python(given)


def from_bytes(raw: bytes) -> Ledger:
    """A ledger from its JSON lines; what `verify` demands is not asked here beyond the head.

    Raises:
        LedgerBroken: an empty line stands in it.
    """
    lines = tuple(raw.split(b"\n")) if raw else ()
    if any(not line for line in lines):
        raise LedgerBroken(lines.index(b"") + 1, "an empty line stands in the ledger")
    return Ledger(lines, hashlib.sha256(lines[-1]).hexdigest() if lines else GENESIS)


def _parsed(line: bytes, seq: int) -> dict[str, Any]:
    try:
        given = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise LedgerBroken(seq, f"line {seq} is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise LedgerBroken(seq, f"line {seq} is not an entry")
    return given


def verify(ledger: Ledger, *, link: Link | None = None, form: TypeAdapter[Any] = ENTRY) -> Link:
    """Checks every link: form, order, hashes, and that each line is an entry in its canonical spelling.

    Args:
        ledger: what to verify.
        link: where it must end, when that was recorded elsewhere. Without it a ledger that was cut off at the end, or
            written anew as a whole, verifies too.
        form: how a line is read. Default: as an entry of a release.

    Raises:
        LedgerBroken: naming the first broken link.
    """
    head = GENESIS
    for seq, line in enumerate(ledger.lines, 1):
        given = _parsed(line, seq)
        if given.get("seq") != seq:
            raise LedgerBroken(seq, f"line {seq} says that it is entry {given.get('seq')!r}: one is missing or moved")
        if given.get("prev") != head:
            raise LedgerBroken(seq, f"line {seq} does not follow the line before it: that one is not what it was")
        rest = {k: v for k, v in given.items() if k != "prev"}
        try:
            spelt = chained(canonical(form.validate_python(rest)), head)
        except ValidationError as error:
            raise LedgerBroken(
                seq, f"line {seq} is no entry that this version knows: {error.errors()[0]['msg']}"
            ) from error
        except CanonicalError as error:
            raise LedgerBroken(seq, f"line {seq} cannot be spelt: {error}") from error
        if spelt != line:
            raise LedgerBroken(seq, f"line {seq} is not in its canonical spelling")
        head = hashlib.sha256(line).hexdigest()
    found = Link(len(ledger.lines), head)
    if ledger.head != head:
        raise LedgerBroken(found.seq, f"the last line hashes to {head}, the ledger says {ledger.head}")
    if link is not None and link != found:
        raise LedgerBroken(found.seq, f"the ledger ends at {found.seq} {head}, recorded was {link.seq} {link.head}")
    return found
