"""Ten bugs are planted one at a time, and the properties find every one of them."""

from pathlib import Path

import pytest

from .planted import BUGS, Planted, hunt


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_the_properties_find_a_planted_bug(bug: Planted, tmp_path: Path) -> None:
    found, _ = hunt(bug, tmp_path)
    assert found in bug.caught_by


def test_without_a_bug_nothing_is_found(tmp_path: Path) -> None:
    assert hunt(None, tmp_path, lives=30) == ("nothing", 30)
