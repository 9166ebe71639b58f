"""Launching: what a release is from its first entry on."""

from gonogo.domain.terms import Phase
from tests.domain.worlds import World


def test_x() -> None:
    world = World()
    assert world.phase is Phase.READYING
    world.to(Phase.COMPLETED)
    print("\n".join(f"{e.at:%m-%d %H:%M} {e.event.type}" for e in world.entries))
