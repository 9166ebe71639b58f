"""Launching, and what is recorded then."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain import release
from gonogo.domain.errors import Refused
from gonogo.domain.events import HandlerFaulted, PhaseChanged, ReleaseLaunched, ScopeFrozen
from gonogo.domain.evolve import evolve, fold
from gonogo.domain.ledger import Ledger, verify
from gonogo.domain.terms import Phase
from tests.domain.worlds import DAY, MONDAY, SAMPLE, SLOT, World, make_plan, person

ROLES: Any = SAMPLE["roles"]


def test_without_a_freeze_date_the_scope_freezes_at_launch() -> None:
    world = World()
    assert world.phase is Phase.READYING
    assert world.last(ScopeFrozen).features == ("gifts",)


def test_the_release_aims_at_the_first_slot_with_room_and_its_checks_run() -> None:
    world = World()
    assert world.state.slot is not None
    assert world.state.slot.starts == SLOT
    assert set(world.state.findings) == {"ci", "live"}


def test_a_rotation_is_resolved_at_launch_and_recorded() -> None:
    turns = {"people": ["bob", "ida"], "every": "7d", "since": datetime(2026, 11, 2, tzinfo=UTC)}
    for at, on_duty in ((MONDAY - 7 * DAY, "ida"), (MONDAY, "bob"), (datetime(2026, 10, 1, tzinfo=UTC), "bob")):
        world = World(at, roles={**ROLES, "release_manager": {"rotation": turns}})
        assert world.events(ReleaseLaunched)[0].people["release_manager"] == (on_duty,)
        assert world.state.in_role(on_duty, "release_manager")


def test_local_names_count_only_where_the_worker_trusts_them_and_that_is_recorded() -> None:
    with pytest.raises(Refused, match="nobody proved") as refused:
        World(trust_local=False)
    assert refused.value.code == "actor.unproved"
    entries = release.launch(make_plan(), person("dev", proof=1), MONDAY)
    state = fold(entries)
    assert not state.trust_local
    with pytest.raises(Refused, match="come through the gateway") as refused:
        release.decide(state, c.PlaceHold(text="wait"), MONDAY, actor=person("dan"))
    assert refused.value.code == "actor.unproved"
    assert release.decide(state, c.PlaceHold(text="wait"), MONDAY, actor=person("dan", proof=1))


def test_a_whole_life_folds_to_the_same_state_and_its_ledger_verifies() -> None:
    world = World().to(Phase.COMPLETED)
    ledger = Ledger().appended(world.entries)
    assert verify(ledger) == ledger.link
    assert fold(ledger.entries()) == world.state
    assert [e.seq for e in world.entries] == list(range(1, len(world.entries) + 1))


def test_an_event_follows_from_the_rules_or_from_somebody() -> None:
    world = World()
    assert {e.actor.id for e in world.entries if e.event.type != "ReleaseLaunched"} == {"gonogo"}
    assert world.entries[0].actor.id == "dev"
    (held,) = world.do(c.PlaceHold(text="wait"), "dan")
    assert (held.actor.id, held.cause) == ("dan", "hold")


def test_time_never_goes_back() -> None:
    world = World()
    (made,) = release.decide(world.state, c.PlaceHold(text="wait"), MONDAY - DAY, actor=person("dan"))
    assert made.at == world.state.at


def test_a_message_that_cannot_be_read_is_recorded_and_changes_nothing() -> None:
    world = World()
    world.do(c.RecordMalformed(handler="go_no_go", message="not JSON"))
    assert world.last(HandlerFaulted).handler == "go_no_go"
    with pytest.raises(TypeError, match="no command"):
        release.decide(world.state, world.last(HandlerFaulted), MONDAY)


def test_a_ledger_begins_with_the_launch() -> None:
    entry = next(e for e in World().entries if isinstance(e.event, PhaseChanged))
    with pytest.raises(TypeError, match="begins with ReleaseLaunched"):
        evolve(None, entry)
    with pytest.raises(ValueError, match="without entries"):
        fold(())
