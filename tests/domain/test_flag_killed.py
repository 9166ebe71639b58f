"""A kill stands in the release's own ledger too: who, when and why; and its outcome says so."""

from datetime import datetime

import pytest

from gonogo.domain import commands as c
from gonogo.domain.events import FlagChangedElsewhere, ReleaseClosed, WritesRequested
from gonogo.domain.facts import Fence, FlagChange, FlagReading
from gonogo.domain.narrate import summary
from gonogo.domain.notices import notices
from gonogo.domain.terms import Phase
from gonogo.domain.values import ENGINE, NOBODY, Actor, Audience, exposure
from gonogo.domain.views import status_view
from gonogo.domain.why import why_view
from tests.domain.test_flags_overtaken import PLAIN, Fenced, millis
from tests.domain.worlds import HOUR, MINUTE, World

OLGA = Actor(id="olga")
HALF = exposure(Audience.PERCENTAGE, 50)


def killed_at(at: datetime) -> FlagChange:
    return FlagChange(how="kill", wanted=NOBODY, by=OLGA, reason="it breaks checkout", at=at)


def kill(world: World, change: FlagChange | None = None) -> None:
    """What the flag's own workflow says when its provider has confirmed the kill."""
    change = change or killed_at(world.at)
    fence = Fence(epoch=millis(world) + 1, sequence=0)
    world.flags["gifts"] = change.wanted
    if isinstance(world, Fenced):
        world.fence = fence
    seen = FlagReading(key="gifts", exists=True, exposure=change.wanted, fence=fence, at=world.at)
    world.do(c.TakeFlagNews(flag="gifts", reading=seen, proof="olga", change=change))


class Living(Fenced):
    """A world whose flag lives on, so that its release can end."""

    def __init__(self) -> None:
        super().__init__(stages=PLAIN, flags={"gifts": {"owner": "fay", "retire_by": {"cycles": 3}}})


def test_the_entry_is_in_the_name_of_whoever_killed_it_with_the_reason_and_the_instant() -> None:
    world = Living()
    world.to(Phase.CLEANING_UP)
    asked = world.at
    world.at += MINUTE
    kill(world, killed_at(asked))
    entry = next(x for x in world.entries if isinstance(x.event, FlagChangedElsewhere))
    assert (entry.actor, world.last(FlagChangedElsewhere).change) == (OLGA, killed_at(asked))
    assert summary(entry).startswith("flag gifts was killed by olga (")
    assert summary(entry).endswith("), to nobody: it breaks checkout")


def test_a_change_that_is_set_says_to_what() -> None:
    world = Living()
    world.to(Phase.CLEANING_UP)
    kill(world, FlagChange(how="set", wanted=HALF, by=OLGA, reason="one customer asked", at=world.at))
    assert "flag gifts was set by olga (" in why_view(world.state, world.at).notes[0]
    assert "), to 50 %: one customer asked" in why_view(world.state, world.at).notes[0]


def test_while_it_cleans_up_status_why_and_a_message_say_so_and_nothing_is_held() -> None:
    world = Living()
    world.to(Phase.CLEANING_UP)
    kill(world)
    told = why_view(world.state, world.at).notes[0]
    assert "killed by olga" in told
    assert [flag.changed for flag in status_view(world.state, world.at).flags] == [told]
    entry = next(x for x in world.entries if isinstance(x.event, FlagChangedElsewhere))
    (message,) = notices(entry, world.state)
    assert (message.type, "killed by olga" in message.subject) == ("release.flag_changed", True)
    assert "gonogo flags show shop/production/gifts" in message.body
    assert set(message.to) >= {"ann", "bob"}
    assert world.holds == []


def test_a_release_whose_flag_was_killed_is_completed_and_its_outcome_says_so() -> None:
    world = Living()
    world.to(Phase.CLEANING_UP)
    kill(world)
    world.sign_off()
    closed = world.last(ReleaseClosed)
    assert (world.phase, closed.outcome) == (Phase.COMPLETED, "completed")
    assert closed.reason.startswith("flag gifts was killed by olga (")
    assert "it breaks checkout" in status_view(world.state, world.at).outcome_reason
    why = why_view(world.state, world.at)
    assert why.headline.startswith("shop/1.2.0 is closed: completed ")
    assert ": flag gifts was killed by olga (" in why.headline
    assert "it breaks checkout" in why.notes[0]


def test_a_release_whose_flag_was_set_is_completed_and_says_so_too() -> None:
    world = Living()
    world.to(Phase.CLEANING_UP)
    kill(world, FlagChange(how="set", wanted=HALF, by=OLGA, reason="one customer asked", at=world.at))
    world.sign_off()
    assert "was set by olga" in world.last(ReleaseClosed).reason
    assert ": flag gifts was set by olga (" in why_view(world.state, world.at).headline


def test_a_kill_holds_a_rollout_in_the_name_of_who_killed_it() -> None:
    world = Living()
    world.to(Phase.ROLLING_OUT)
    kill(world)
    hold = world.hold("guard")
    assert (hold.by, "killed by olga" in hold.text) == (OLGA, True)
    assert why_view(world.state, world.at).notes == (), "the hold says it"
    (waiting,) = (w for w in why_view(world.state, world.at).waiting if w.code == "hold.guard")
    assert "it breaks checkout" in waiting.text
    assert "(the next stage then exposes the flag again)" in waiting.clears
    entry = next(x for x in world.entries if isinstance(x.event, FlagChangedElsewhere))
    assert notices(entry, world.state) == (), "the hold says it"


def test_resumed_against_the_kill_the_next_stage_is_written_at_once_under_a_newer_fence() -> None:
    world = Living()
    world.to(Phase.ROLLING_OUT)
    kill(world)
    world.do(c.LiftHold(measurement=world.hold("guard").measurement), "fay")
    assert why_view(world.state, world.at).notes != (), "it stands until the release writes it again"
    world.wait(HOUR + MINUTE)
    assert (world.exposure, world.holds) == ({"gifts": "everyone"}, [])
    assert world.last(WritesRequested).epoch > world.events(WritesRequested)[0].epoch
    assert why_view(world.state, world.at).notes == ()


def test_resumed_against_a_kill_in_the_last_stage_it_ships_with_the_flag_as_it_is() -> None:
    world = Living()
    world.to(Phase.ROLLING_OUT)
    world.wait(event="StageExposed")
    kill(world)
    (waiting,) = (w for w in why_view(world.state, world.at).waiting if w.code == "hold.guard")
    assert "(it then ships with the flag as it is now)" in waiting.clears
    world.do(c.LiftHold(measurement=world.hold("guard").measurement), "fay")
    world.wait(phase=Phase.CLEANING_UP)
    world.sign_off()
    assert (world.phase, world.exposure) == (Phase.COMPLETED, {"gifts": "nobody"})
    assert "killed by olga" in world.last(ReleaseClosed).reason


def test_a_kill_during_a_rollback_is_recorded_and_raises_no_hold_of_its_own() -> None:
    world = Living()
    world.to(Phase.ROLLING_OUT)
    world.silent.add("writes")
    world.do(c.RollBack(reason="bad"), "eve")
    kill(world)
    assert ("FlagChangedElsewhere" in world.types, world.holds) == (True, ["rolled_back"])
    world.silent.clear()
    world.wait(phase=Phase.READYING)
    assert (world.exposure, why_view(world.state, world.at).notes) == ({"gifts": "nobody"}, ())


@pytest.mark.parametrize("proof", ["mallory", ""])
def test_a_change_by_another_way_is_recorded_as_before(proof: str) -> None:
    world = Living()
    world.to(Phase.CLEANING_UP)
    seen = FlagReading(key="gifts", exists=True, exposure=HALF, at=world.at)
    world.do(c.TakeFlagNews(flag="gifts", reading=seen, proof=proof))
    entry = next(x for x in world.entries if isinstance(x.event, FlagChangedElsewhere))
    assert (entry.actor, world.last(FlagChangedElsewhere).by) == (ENGINE, proof or "somebody else")
    assert (notices(entry, world.state), why_view(world.state, world.at).notes) == ((), ())


def test_a_write_that_the_release_makes_later_is_who_sees_the_flag_now() -> None:
    world = Living()
    world.to(Phase.CLEANING_UP)
    kill(world)
    world.do(c.RollBack(reason="bad"), "eve")
    assert (world.phase, world.state.flags["gifts"].changed) == (Phase.READYING, None)
