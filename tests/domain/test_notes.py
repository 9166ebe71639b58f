"""Release notes for an audience."""

from collections.abc import Callable

import pytest

from gonogo.domain import commands as c
from gonogo.domain.errors import Refused
from gonogo.domain.facts import WriteStatus
from gonogo.domain.notes import AUDIENCES, release_notes
from gonogo.domain.telling import when
from gonogo.domain.terms import FeatureStatus, Phase
from gonogo.domain.values import EVERYONE, NOBODY
from tests.domain import walks
from tests.domain.walks import walked
from tests.domain.worlds import DAY, HOUR, MONDAY, ON_DEMAND, World

FEATURES = [
    {
        "id": "gifts",
        "title": "Gift cards",
        "need": "People give presents.",
        "flags": ["gifts"],
        "announce": True,
        "notes": {"customers": "You can buy gift cards.", "support": "Refunds need a supervisor."},
    },
    {"id": "speed", "title": "Faster search", "no_flag": "no risk"},
    {"id": "mail", "title": "Mail digest", "no_flag": "no risk"},
]


def world() -> World:
    made = World(features=FEATURES, title="Gifts for all", scope={"freeze_at": MONDAY + DAY})
    drop = c.ChangeFeature(feature="speed", status=FeatureStatus.DEFERRED, until="1.3.0", reason="not ready")
    made.do(drop, "ann")
    return made


def test_support_reads_what_changes_for_them_why_and_what_is_out() -> None:
    assert release_notes(world().state, "support") == (
        "# shop 1.2.0: Gifts for all\n"
        "\n"
        "Planned for Thu 2026-11-19 10:00 UTC, in production.\n"
        "\n"
        "## What changes\n"
        "\n"
        "- **Gift cards**: Refunds need a supervisor. (for everyone) Why: People give presents.\n"
        "- **Mail digest** (for everyone)\n"
        "\n"
        "## Not in this release\n"
        "\n"
        "- Faster search (deferred to 1.3.0): not ready\n"
    )


def test_customers_read_only_what_is_announced() -> None:
    told = release_notes(world().state, "customers")
    assert "- **Gift cards**: You can buy gift cards. (for everyone)\n" in told
    assert "search" not in told
    assert "Mail" not in told
    assert "presents" not in told
    assert "Not in this release" not in told


def test_notes_say_who_has_it_already() -> None:
    made = World(features=FEATURES).to(Phase.ROLLING_OUT)
    assert "(for everyone; so far for 10 % of users)" in release_notes(made.state, "sales")
    assert "\nBeing rolled out since Thu 2026-11-19 10:00Z, in production.\n" in release_notes(made.state, "sales")
    stages = [{"segments": ["internal"], "bake": "1h"}, {"percent": 10, "bake": "1h"}, {"audience": "everyone"}]
    made = World(features=FEATURES, stages=stages).to(Phase.ROLLING_OUT)
    assert "(for everyone; so far for the segment internal)" in release_notes(made.state, "sales")
    made.wait(HOUR)
    assert "(for everyone; so far for 10 % of users and the segment internal)" in release_notes(made.state, "sales")
    reach = World(features=FEATURES, flags={"gifts": {"reach": "opt_in"}})
    assert "(for whoever opts in)" in release_notes(reach.state, "sales")


def test_notes_of_a_closed_release_say_for_whom_a_flag_is_by_now() -> None:
    made = walked(walks.usual)
    assert "(for everyone)" in release_notes(made.state, "support")
    assert "(for everyone; by now for nobody)" in release_notes(made.state, "support", now={"gifts": NOBODY})
    assert "(for everyone)" in release_notes(made.state, "support", now={"gifts": EVERYONE})


def test_a_delay_stands_in_the_notes() -> None:
    made = world()
    made.do(c.ChangeFeature(feature="gifts", status=FeatureStatus.DELAYED, until="Friday"), "ann")
    assert "Delayed until Friday." in release_notes(made.state, "sales")
    made.do(c.ChangeFeature(feature="gifts", status=FeatureStatus.DROPPED), "ann")
    assert "- Gift cards (dropped)\n" in release_notes(made.state, "sales")
    assert "left out: 1 feature." in release_notes(made.state, "customers")


def test_customers_are_told_that_nothing_in_scope_is_announced_and_how_much_is_left_out() -> None:
    made = World(features=FEATURES[1:], flags={})
    told = "Nothing in scope is announced to customers; left out: 2 features.\n"
    assert told in release_notes(made.state, "customers")
    made.do(c.ChangeFeature(feature="speed", status=FeatureStatus.DROPPED, reason="late"), "ann")
    assert "left out: 1 feature.\n" in release_notes(made.state, "customers")


@pytest.mark.parametrize("audience", AUDIENCES)
def test_notes_of_a_release_without_a_feature_in_scope_say_so(audience: str) -> None:
    assert "## What changes\n\nNothing is in scope.\n" in release_notes(World(features=[], flags={}).state, audience)


@pytest.mark.parametrize(("walk", "how"), [(walks.disputed, "cancelled"), (walks.rolled_back, "rolled back")])
def test_notes_of_a_release_that_did_not_stay_out_claim_nothing(walk: Callable[[], World], how: str) -> None:
    for audience in AUDIENCES:
        told = release_notes(walked(walk).state, audience)
        assert f"Not released: {how}, in production.\n\n## What was planned\n" in told
        assert "What changes" not in told


def test_notes_say_that_it_is_being_rolled_back() -> None:
    made = World().to(Phase.CLEANING_UP)
    made.writes["gifts"] = WriteStatus.FAILED
    made.do(c.RollBack(reason="errors"), "bob")
    assert "\nBeing rolled back, in production.\n" in release_notes(made.state, "sales")


def test_notes_say_when_as_far_as_it_is_known() -> None:
    assert "Released Thu 2026-11-19 12:00Z, in production." in release_notes(walked(walks.usual).state, "sales")
    assert "Not released: cancelled" in release_notes(walked(walks.disputed).state, "sales")
    made = World(schedule=ON_DEMAND)
    assert "No date is set yet" in release_notes(made.state, "sales")
    day = {"id": "day", "action": "deny", "start": "2026-11-01T00:00", "lasts": "18h", "rrule": "FREQ=DAILY"}
    made = World(schedule={"windows": [day]}).go()
    slot = made.state.slot
    assert slot is not None
    assert made.phase is Phase.AWAITING_WINDOW
    assert f"Planned for {when(slot.starts)}, in production." in release_notes(made.state, "sales")


def test_another_audience_is_refused_with_those_that_exist() -> None:
    with pytest.raises(Refused, match="'press' is no audience of notes: support, sales, customers") as error:
        release_notes(world().state, "press")
    assert error.value.code == "notes.audience"
    assert AUDIENCES == ("support", "sales", "customers")
