"""A ledger as it travels from one run of a workflow to the next: compressed, without what can be computed again.

A payload may be 2 MB, and a release whose checks are measured every few minutes writes tens of thousands of lines that
are nearly alike. The hash of the line before, in each line, is most of what does not compress: it is left out, and
computed again when the ledger is taken up.
"""

import base64
import bz2
import hashlib
import re

from gonogo.domain.ledger import GENESIS, Ledger, chained

_PREV = re.compile(rb',"prev":"[0-9a-f]{64}"(?=,"seq":\d+}$)')


def packed(ledger: Ledger) -> str:
    """The ledger as text."""
    lines = b"\n".join(_PREV.sub(b"", line) for line in ledger.lines)
    return base64.b64encode(bz2.compress(lines)).decode()


def unpacked(text: str) -> Ledger:
    """The ledger that was packed: the same bytes, and the same head."""
    raw = bz2.decompress(base64.b64decode(text))
    head, lines = GENESIS, []
    for line in raw.split(b"\n") if raw else ():
        whole = chained(line, head)
        head = hashlib.sha256(whole).hexdigest()
        lines.append(whole)
    return Ledger(tuple(lines), head)
