"""What the tests of a rollout share: releases that are rolled out, and what they have exposed."""

from typing import Any

from gonogo.domain.events import StageExposed
from gonogo.domain.terms import Phase
from tests.domain.worlds import GUARD, SLOT, World

PLAIN: list[dict[str, Any]] = [{"percent": 10, "bake": "1h"}, {"audience": "everyone", "bake": "1h"}]
ASKED: list[dict[str, Any]] = [{**PLAIN[0], "question": "Wider?"}, PLAIN[1]]


def rolling(**changes: Any) -> World:
    return World(**changes).to(Phase.ROLLING_OUT)


def exposed(world: World) -> list[tuple[Any, str]]:
    return [(e.at - SLOT, str(e.event.exposure)) for e in world.entries if isinstance(e.event, StageExposed)]


def guarded(**guard: Any) -> list[dict[str, Any]]:
    return [{**PLAIN[0], "guards": [{**GUARD, **guard}]}, PLAIN[1]]
