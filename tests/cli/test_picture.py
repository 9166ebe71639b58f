"""What is printed: everything once, within the width that there is, and in words."""

import io
from typing import Any

import pytest
from rich.console import Console

from gonogo.cli.flags import gone_by
from gonogo.cli.picture import picture
from gonogo.domain import commands as c
from gonogo.domain.facts import FlagChange, FlagReading, Status
from gonogo.domain.flag_views import FlagView
from gonogo.domain.plan import FlagKind
from gonogo.domain.terms import Phase
from gonogo.domain.values import NOBODY, Actor
from gonogo.domain.views import status_view
from tests.domain.worlds import MINUTE, SLOT, World

WHY = "login is broken and nobody knows why; the team looks at it and comes back to us with a finding today"


def shown(world: World, width: int = 80) -> str:
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(picture(status_view(world.state, world.at)))
    return out.getvalue()


def test_a_long_line_goes_on_below_itself() -> None:
    world = World()
    world.do(c.PlaceHold(text=WHY), "ann")
    lines = shown(world).splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("HELD      manual: login is broken"))
    assert lines[first + 1].startswith("          ")
    assert " ".join(" ".join(lines[first : first + 3]).split()).count(WHY) == 1
    assert max(map(len, lines)) <= max(80, len(lines[2])), "only the track of the phases is longer"


def test_a_no_go_is_told_once_and_its_role_waits_for_nobody_else() -> None:
    world = World().to(Phase.DECIDING)
    world.vote("release_manager", "bob", "NO_GO", reason="login is broken")
    told = shown(world, 200)
    assert told.count("login is broken") == 1
    line = next(line for line in told.splitlines() if "NO-GO bob" in line)
    assert "waits for" not in line
    assert "release_manager has not answered" not in told
    assert "qa has not answered" in told


def test_nobody_has_failed_to_answer_while_no_round_is_open() -> None:
    world = World()
    told = shown(world)
    assert "has not answered" not in told
    assert "· Tested: open" in told
    world.sign_off()
    assert "· nobody is asked yet: the poll is not open" in shown(world)


def test_a_verdict_never_stands_without_a_reason() -> None:
    world = World().to(Phase.ROLLING_OUT)
    world.do(c.RollBack(reason="login is broken"), "bob")
    lines = shown(world, 200).splitlines()
    verdict = next(n for n, line in enumerate(lines) if line.startswith("verdict "))
    assert lines[verdict + 1].strip().startswith("· ")


def test_a_short_bake_is_counted_in_seconds() -> None:
    stages: list[Any] = [{"percent": 10, "bake": "90s"}, {"audience": "everyone", "bake": "1h"}]
    world = World(stages=stages).to(Phase.ROLLING_OUT)
    assert "% of 90 s\n" in shown(world)
    world.wait(2 * MINUTE)
    assert "% of 60 min\n" in shown(world)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"cycles_left": 2}, "after 2 more releases"),
        ({"cycles_left": 1}, "after 1 more release"),
        ({"cycles_left": 0, "due": SLOT}, "Thu 2026-11-19 10:00Z"),
        ({}, "-"),
    ],
)
def test_a_flag_that_is_counted_in_releases_says_how_many_are_left(more: dict[str, Any], told: str) -> None:
    flag = FlagView(
        id="flag/shop/production/gifts",
        product="shop",
        environment="production",
        key="gifts",
        provider="file",
        phase="live",
        kind=FlagKind.RELEASE,
        seq=1,
        **more,
    )
    assert gone_by(flag) == told


def test_a_flag_that_was_killed_is_told_once_with_the_flag_and_again_by_no_hold() -> None:
    world = World().to(Phase.ROLLING_OUT)
    kill = FlagChange(how="kill", wanted=NOBODY, by=Actor(id="olga"), reason="it breaks", at=world.at)
    seen = FlagReading(key="gifts", exists=True, exposure=NOBODY, at=world.at)
    world.do(c.TakeFlagNews(flag="gifts", reading=seen, proof="olga", change=kill))
    assert shown(world, 200).count("flag gifts was killed by olga") == 1, "the hold tells it"
    world.do(c.LiftHold(measurement=world.hold("guard").measurement), "bob")
    assert shown(world, 200).count("flag gifts was killed by olga") == 1, "the flag tells it"


def test_a_release_that_is_over_says_why_and_to_whom_a_flag_went() -> None:
    world = World().to(Phase.CLEANING_UP)
    world.do(c.TakeFlagNews(flag="gifts", carried_to="shop/1.3.0"))
    assert "carried to shop/1.3.0" in shown(world, 200)
    world = World()
    world.do(c.Cancel(reason="no market"), "bob")
    assert next(line for line in shown(world, 200).splitlines() if line.startswith("ended")).endswith(": no market")


def test_what_is_let_pass_is_shown_with_who_lets_it_pass_and_why() -> None:
    world = World()
    world.checks["ci"] = Status.FAIL
    world.sign_off()
    world.to(Phase.DECIDING)
    world.do(c.ProposeOverride(codes=("check.failed:check:ci",), reason="a false alarm"), "bob")
    told = shown(world, 200)
    assert "override  check.failed:check:ci by bob, waits for a second person: a false alarm" in told
    world.do(c.Waive(subject="check:ci", reason="seen by two", until=SLOT), "bob")
    assert "waived    check:ci by bob until Thu 2026-11-19 10:00Z: seen by two" in shown(world, 200)
