"""What a release carries along into its next run: small enough for a year of measuring, and the same bytes again."""

from datetime import timedelta

from gonogo.domain import commands as c
from gonogo.domain.ledger import Ledger, verify
from gonogo.domain.state import MOST_ENTRIES
from gonogo.workflows.book import Book
from gonogo.workflows.packing import packed, unpacked
from gonogo.workflows.shelf import Shelf
from tests.domain.worlds import MONDAY, World, person

_PAYLOAD = 2 * 1024 * 1024
"""What the server takes in one payload."""


def _measured(days: int) -> Ledger:
    """The ledger of a release that measures ten checks every ten minutes."""
    checks = {f"c{n}": {"kind": "http", "owner": "qa", "every": "10m"} for n in range(10)}
    world = World(checks=checks, schedule={"slot": MONDAY + timedelta(days=90)})
    world.wait(until=MONDAY + timedelta(days=days))
    return Ledger().appended(world.entries)


def test_a_packed_ledger_is_the_same_ledger_again() -> None:
    ledger = Ledger().appended(World().go().entries)
    assert unpacked(packed(ledger)) == ledger
    assert verify(unpacked(packed(ledger))) == ledger.link
    assert unpacked(packed(Ledger())) == Ledger()


def test_text_that_looks_like_a_link_of_the_chain_comes_back_as_it_was() -> None:
    world = World()
    text = 'odd ,"prev":"' + "0" * 64 + '","seq":7}'
    world.sign_off()
    item = next(iter(world.state.items))
    world.do(c.SignOff(item=item, note=text), "cid")
    ledger = Ledger().appended(world.entries)
    assert unpacked(packed(ledger)) == ledger


def test_the_fullest_ledger_fits_into_a_payload() -> None:
    ledger = _measured(days=4)
    per_entry = len(packed(ledger)) / len(ledger.lines)
    assert per_entry * MOST_ENTRIES < _PAYLOAD / 2


def test_what_was_not_delivered_is_in_the_outbox_again_and_nothing_else() -> None:
    world = World()
    book = Book()
    book.launch(world.plan, person("dev"), MONDAY, trust_local=True)
    keys = book.outbox.undelivered()
    assert len(keys) > 1
    after = Book()
    after.unpack(book.packed(), frozenset(keys[:1]))
    assert after.outbox.undelivered() == keys[:1]
    assert after.state == book.state
    assert after.link == book.link


def test_a_shelf_gives_what_was_put_on_it_from_any_place() -> None:
    entries = World().go().entries
    ledger = Ledger().appended(entries)
    assert sum(map(len, ledger.lines)) > 3 * 4_096  # several blocks are put away
    shelf = Shelf()
    for entry in entries:
        shelf.append([entry])
    assert shelf.ledger == ledger
    assert shelf.link == ledger.link
    for start in range(len(entries) + 2):
        assert list(shelf.lines(start)) == list(ledger.lines[start:])
    assert Shelf(ledger).ledger == ledger
    assert Shelf().ledger == Ledger()


def test_a_shelf_takes_a_fraction_of_what_stands_on_it() -> None:
    ledger = _measured(days=2)
    shelf = Shelf(ledger)
    assert sum(len(block) for _, block in shelf._blocks) < sum(map(len, ledger.lines)) / 4


def test_pages_of_a_shelf_put_together_are_the_ledger_and_none_is_larger_than_an_answer() -> None:
    ledger = _measured(days=8)
    shelf = Shelf(ledger)
    lines: list[str] = []
    pages = 0
    while len(lines) < len(ledger.lines):
        page = shelf.page(len(lines))
        assert (page.start, page.seq, page.head) == (len(lines), len(ledger.lines), ledger.head)
        assert page.lines
        assert sum(map(len, page.lines)) <= 1_000_000
        lines += page.lines
        pages += 1
    assert pages > 1
    assert [line.encode() for line in lines] == list(ledger.lines)
    assert shelf.page(len(lines)).lines == ()
    assert shelf.page(-5) == shelf.page(0)
