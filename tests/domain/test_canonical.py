"""Canonical JSON: equal values have equal bytes, and what has no canonical form is refused."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonogo.domain import commands as c
from gonogo.domain.canonical import CanonicalError, canonical, digest, keep_last, to_json
from gonogo.domain.plan import Check, Guard, Moment
from gonogo.domain.resolution import Interval
from gonogo.domain.terms import Phase

from .worlds import World


class Place(NamedTuple):
    """Looks like a tuple, and would be read back as a list without names."""

    line: int
    column: int


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("given_", "written"),
    [
        ({"b": 1, "a": [True, None, "x"]}, b'{"a":[true,null,"x"],"b":1}'),
        ({"a": None, "b": {"c": None}}, b'{"b":{}}'),
        ({"a": {"b": 1}, "c": (1, 2)}, b'{"a":{"b":1},"c":[1,2]}'),
        ("Grüße \n", '"Grüße \\n"'.encode()),
        (2**80, str(2**80).encode()),
        ({Moment.GO: Moment.FREEZE}, b'{"go":"freeze"}'),
        (MappingProxyType({"b": 1, "a": None}), b'{"b":1}'),
        (None, b"null"),
    ],
)
def test_there_is_one_spelling(given_: Any, written: bytes) -> None:
    assert canonical(given_) == written


@pytest.mark.parametrize(
    ("given_", "where"),
    [
        (0.5, "$: 0.5"),
        ({"a": [1, {"b": 1.0}]}, "$.a[1].b: 1.0"),
        ({"a": float("nan")}, "$.a: nan"),
        ({1: "x"}, "$: the key 1"),
        ({"a": {None: 1}}, "$.a: the key None"),
        ({"a": {1, 2}}, "$.a: {1, 2} is no JSON value"),
        ([Place(1, 2)], "$[0]: Place(line=1, column=2) is no JSON value"),
        ([c.Tick(), {"a": "x"}, [1], 0.5], "$[3]: 0.5"),
        ("\ud800", "surrogate"),
    ],
)
def test_what_has_no_canonical_form_is_refused_with_its_place(given_: Any, where: str) -> None:
    with pytest.raises(CanonicalError) as error:
        canonical(given_)
    assert where in str(error.value)


def test_a_value_inside_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(CanonicalError, match="nested too deep"):
        canonical(loop)


def _without_none(given_: Any) -> Any:
    if isinstance(given_, dict):
        return {key: _without_none(item) for key, item in given_.items() if item is not None}
    return [_without_none(item) for item in given_] if isinstance(given_, list) else given_


@given(JSON)
def test_reading_it_back_gives_the_same_without_what_is_absent(given_: Any) -> None:
    before = json.dumps(given_)
    written = canonical(given_)
    assert json.loads(written) == _without_none(given_)
    assert canonical(json.loads(written)) == written
    assert json.dumps(given_) == before, "the given value is left as it is"


def test_a_value_object_becomes_text_and_whole_numbers() -> None:
    at = datetime(2026, 3, 5, 14, tzinfo=UTC)
    assert to_json(Interval(start=at, end=at + timedelta(hours=1))) == {
        "start": "2026-03-05T14:00:00.000000Z",
        "end": "2026-03-05T15:00:00.000000Z",
    }
    guard = Guard(id="errors", query="q", healthy="<", threshold=Decimal("0.010"), interval=timedelta(minutes=90))
    assert (to_json(guard)["threshold"], to_json(guard)["interval"]) == ("0.01", "1h30m")


def test_the_digest_is_that_of_the_canonical_bytes() -> None:
    at = datetime(2026, 3, 5, 14, tzinfo=UTC)
    made = Interval(start=at, end=at)
    assert digest(made) == digest(to_json(made)) == digest(dict(reversed(to_json(made).items())))
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def test_every_entry_is_spelt_as_its_own_json_is() -> None:
    world = World().to(Phase.ROLLING_OUT)
    world.do(c.RollBack(reason="errors"), "bob")
    world.candidate("c2")
    world.to(Phase.COMPLETED)
    assert {entry.event.type for entry in world.entries} > {"ReleaseLaunched", "GuardsMeasured", "RollbackConfirmed"}
    for entry in world.entries:
        assert canonical(entry) == canonical(to_json(entry))


def test_a_number_with_a_fraction_deep_in_a_value_object_is_found() -> None:
    check = Check(kind="http", owner="qa", params={"url": "x", "limits": [{"at": 0.5}]})
    with pytest.raises(CanonicalError, match=r"\$\.params\.limits\[0\]\.at: 0\.5 is a number with a fraction"):
        canonical(check)


def test_a_value_with_one_field_is_a_mapping_too() -> None:
    assert canonical(c.Tick()) == b'{"type":"tick"}'


def test_a_value_that_is_kept_is_written_as_any_other_and_another_one_is_not_taken_for_it() -> None:
    @dataclass(frozen=True)
    class Kept:
        text: str

    keep_last(Kept)
    first, second = Kept("first"), Kept("second")
    for kept in (first, first, second, first, Kept("first")):
        assert canonical({"kept": kept}) == b'{"kept":{"text":"%b"}}' % kept.text.encode()
