"""The ledger: every change to its bytes is found, and the first broken link is named."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest

from gonogo.domain.canonical import canonical
from gonogo.domain.errors import LedgerBroken
from gonogo.domain.events import Entry, Held, Postponed
from gonogo.domain.ledger import GENESIS, Ledger, Link, from_bytes, verify
from gonogo.domain.terms import HoldReason
from gonogo.domain.values import Actor
from tests.domain.worlds import World

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
BOB = Actor(id="bob")


def made(count: int = 6) -> Ledger:
    events = (Postponed(to=START, reason="später"), Held(hold="h1", reason=HoldReason.MANUAL, text="wait"))
    entries = [
        Entry(seq=n, at=START + timedelta(minutes=n), actor=BOB, cause="test", event=events[n % 2])
        for n in range(1, count + 1)
    ]
    return Ledger().appended(entries)


def broken(ledger: Ledger, link: Link | None = None) -> int:
    with pytest.raises(LedgerBroken) as found:
        verify(ledger, link=link)
    return found.value.seq


def of(lines: list[bytes]) -> Ledger:
    return from_bytes(b"\n".join(lines))


def test_an_untouched_ledger_verifies_and_reads_back() -> None:
    ledger = made()
    again = from_bytes(ledger.to_bytes())
    assert verify(again, link=ledger.link) == ledger.link
    assert Ledger().appended(again.entries()) == ledger
    assert [e.seq for e in again.entries(4)] == [5, 6]


def test_an_empty_ledger_verifies_at_genesis() -> None:
    assert verify(from_bytes(b"")) == Link(0, GENESIS)


@pytest.mark.parametrize("line", range(6))
def test_a_flip_of_any_byte_of_any_line_is_found(line: int) -> None:
    ledger = made()
    link = ledger.link
    for place in range(len(ledger.lines[line])):
        lines = list(ledger.lines)
        changed = bytearray(lines[line])
        changed[place] ^= 0x01
        lines[line] = bytes(changed)
        raw = b"\n".join(lines)
        if b"\n" in bytes(changed):
            # The line became two, and neither is the entry.
            assert broken(from_bytes(raw), link) == line + 1
            continue
        tampered = from_bytes(raw)
        # The line itself, when it is no entry any more; the one after it, or the end, when only its hash is another.
        assert broken(tampered, link) in (line + 1, min(line + 2, 6))


@pytest.mark.parametrize(
    ("name", "first"),
    [("dropped", 3), ("moved", 2), ("duplicated", 3), ("inserted", 3)],
)
def test_lines_that_were_moved_dropped_or_added_are_found_at_the_first_of_them(name: str, first: int) -> None:
    lines = list(made().lines)
    if name == "dropped":
        del lines[2]
    elif name == "moved":
        lines[1], lines[3] = lines[3], lines[1]
    elif name == "duplicated":
        lines.insert(2, lines[1])
    else:
        lines.insert(2, made(3).lines[0])
    assert broken(of(lines)) == first


def test_a_ledger_that_was_cut_off_verifies_only_without_the_link_that_was_recorded() -> None:
    ledger = made()
    short = of(list(ledger.lines[:4]))
    assert verify(short).seq == 4
    assert broken(short, ledger.link) == 4


def test_a_ledger_written_anew_is_found_by_the_link_that_was_recorded() -> None:
    ledger = made()
    other = Ledger().appended([dataclasses.replace(e, actor=Actor(id="mallory")) for e in ledger.entries()])
    assert verify(other).seq == 6
    assert broken(other, ledger.link) == 6


def test_a_head_that_is_not_the_hash_of_the_last_line_is_found() -> None:
    ledger = made()
    assert broken(dataclasses.replace(ledger, head=GENESIS)) == 6


def respelt(change: str) -> bytes:
    line = made(1).lines[0]
    given = json.loads(line)
    if change == "space":
        return line.replace(b'":', b'": ', 1)
    if change == "order":
        return json.dumps(dict(reversed(given.items())), separators=(",", ":"), ensure_ascii=False).encode()
    if change == "escape":
        return line.replace(b'"test"', b'"\\u0074est"')
    if change == "null":
        return canonical({**given, "event": {**given["event"]}}).replace(b'"cause"', b'"x":null,"cause"')
    if change == "true_for_one":
        return line.replace(b'"seq":1', b'"seq":true')
    if change == "default_written_out":
        return canonical({**given, "actor": {"id": "bob"}})
    if change == "offset":
        return line.replace(b"09:01:00.000000Z", b"10:01:00.000000+01:00")
    return line.replace(b'"prev"', b'"seq":1,"prev"')


@pytest.mark.parametrize(
    "change", ["space", "order", "escape", "null", "true_for_one", "default_written_out", "offset", "twice"]
)
def test_another_spelling_of_the_same_entry_is_refused(change: str) -> None:
    line = respelt(change)
    assert line != made(1).lines[0]
    assert broken(of([line])) == 1


@pytest.mark.parametrize(
    "line",
    [b"{", b"[]", b"1", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"seq":1}', b'{"seq":1,"prev":"' + b"0" * 64 + b'"}'],
)
def test_a_line_that_is_no_entry_is_named(line: bytes) -> None:
    assert broken(of([line])) == 1


def test_half_a_surrogate_pair_is_named_and_no_crash() -> None:
    line = made(1).lines[0].replace(b'"test"', b'"\\ud800"')
    assert broken(of([line])) == 1


def test_an_entry_that_could_never_have_been_written_is_named_with_its_place() -> None:
    sound = Ledger().appended(World().entries[:1])
    given = json.loads(sound.lines[0])
    given["event"]["plan"]["checks"]["ci"]["params"] = {"limit": 0.5}
    with pytest.raises(LedgerBroken, match=r"line 1 cannot be spelt: .*params\.limit: 0\.5 is a number") as found:
        verify(of([json.dumps(given).encode()]))
    assert found.value.seq == 1


def test_an_empty_line_is_named() -> None:
    with pytest.raises(LedgerBroken) as found:
        from_bytes(made(2).to_bytes() + b"\n")
    assert found.value.seq == 3
