"""A ledger as a running workflow keeps it: what was written lately as it is, what is older compressed.

A worker keeps thousands of open releases in memory, and nearly all that they have written is read again only when
somebody asks for it. Lines are much alike: compressed, they take a fifth.
"""

import zlib
from collections.abc import Iterable, Iterator

from gonogo.domain.ledger import Ledger, Link, Numbered

from .messages import LedgerPage

_LOOSE_BYTES = 4_096
"""So much is kept as it is; with more, all of it is put away as one block. Blocks are small, so that a look at the
last lines of a long ledger opens only the last of them."""
_PAGE_BYTES = 1_000_000
"""Most bytes of lines in one answer: the server takes no more than two million."""


class Shelf:
    """Grows at its end; gives what was put on it, byte for byte."""

    def __init__(self, ledger: Ledger = Ledger()) -> None:  # noqa: B008  # immutable
        self._blocks: list[tuple[int, bytes]] = []
        """How many lines a block holds, and the lines, compressed."""
        self._loose: list[bytes] = []
        self._loose_bytes = 0
        self._seq = 0
        self._head = ledger.head
        self._add(ledger.lines)

    @property
    def link(self) -> Link:
        """Where the ledger ends."""
        return Link(self._seq, self._head)

    @property
    def ledger(self) -> Ledger:
        """The whole ledger."""
        return Ledger(tuple(self.lines()), self._head)

    def append(self, entries: Iterable[Numbered]) -> None:
        """Puts `entries` behind what is there."""
        made = Ledger((), self._head).appended(entries)
        self._head = made.head
        self._add(made.lines)

    def lines(self, start: int = 0) -> Iterator[bytes]:
        """The lines from place `start` (0: all) on."""
        for count, block in self._blocks:
            if start < count:
                yield from zlib.decompress(block).split(b"\n")[start:]
            start = max(0, start - count)
        yield from self._loose[start:]

    def page(self, start: int) -> LedgerPage:
        """Lines from place `start` on, as many as one answer holds; one at least, when there is one."""
        start = max(0, start)
        lines: list[str] = []
        size = 0
        for line in self.lines(start):
            size += len(line)
            if lines and size > _PAGE_BYTES:
                break
            lines.append(line.decode())
        return LedgerPage(lines=tuple(lines), start=start, seq=self._seq, head=self._head)

    def _add(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            self._loose.append(line)
            self._seq += 1
            self._loose_bytes += len(line)
            if self._loose_bytes > _LOOSE_BYTES:
                # The fastest level: a worker writes far more often than anybody reads, and the next level gains little.
                self._blocks.append((len(self._loose), zlib.compress(b"\n".join(self._loose), 1)))
                self._loose, self._loose_bytes = [], 0
