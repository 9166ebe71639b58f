"""What is made without checks is equal to what is made with them."""

from dataclasses import dataclass, replace

import pytest

from gonogo.domain.twins import copier, maker


@dataclass(frozen=True, slots=True)
class Point:
    """A frozen value, one field of which may be left out."""

    across: int
    up: int = 7


def test_what_is_made_is_the_value_itself_with_its_defaults() -> None:
    make = maker(Point)
    for made, said in ((make(across=1), Point(1)), (make(across=1, up=2), Point(1, 2))):
        assert made == said
        assert hash(made) == hash(said)
        assert type(made) is Point
        assert replace(made, up=3) == Point(1, 3)
    with pytest.raises(TypeError, match="across"):
        make(up=2)


def test_a_copy_can_be_changed_until_it_is_taken_for_the_value() -> None:
    given = Point(1, 2)
    copy = copier(Point)(given)
    copy.up = 3
    copy.__class__ = Point
    assert copy == Point(1, 3)
    assert given == Point(1, 2)
