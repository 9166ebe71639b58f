"""What the tests of a poll share: a release that is being decided."""

from typing import Any

from gonogo.domain.terms import Phase
from tests.domain.worlds import SAMPLE, World

ROLES: Any = SAMPLE["roles"]


def deciding(**changes: Any) -> World:
    world = World(**changes)
    world.sign_off()
    return world.to(Phase.DECIDING)
