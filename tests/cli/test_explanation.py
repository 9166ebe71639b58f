"""What `gonogo why` and a refusal look like: one thing after another, and commands that can be copied."""

import io

import pytest
from rich.console import Console, RenderableType

from gonogo.cli.exits import NO, report
from gonogo.cli.explanation import explanation
from gonogo.cli.ways import Ways
from gonogo.client.errors import PlanDiffers, Refused
from gonogo.domain import commands as c
from gonogo.domain.errors import Unmet
from gonogo.domain.terms import Phase
from gonogo.domain.why import why_view
from gonogo.domain.why_values import Next, WhyView
from tests.domain.worlds import SLOT, World


def printed(what: RenderableType, width: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(what, crop=False)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def told(world: World, width: int = 100) -> list[str]:
    return printed(explanation(why_view(world.state, world.at)), width)


def test_every_way_stands_on_a_line_of_its_own_with_its_command() -> None:
    ways = Ways("cid signs it off: `gonogo sign-off shop/1.2.0 tested`; or ben waives it: `gonogo waive X`", 2)
    assert printed(ways, 80) == [
        "  cid signs it off:  gonogo sign-off shop/1.2.0 tested",
        "  or ben waives it:  gonogo waive X",
    ]


def test_a_command_is_never_broken_however_narrow_the_terminal_is() -> None:
    ways = Ways(
        "the release manager, and nobody else, waives it: `gonogo waive shop/1.2.0 check:tests --reason WHY`", 2
    )
    assert printed(ways, 30) == [
        "  the release manager, and",
        "  nobody else, waives it:",
        "    gonogo waive shop/1.2.0 check:tests --reason WHY",
    ]


def test_a_way_without_a_command_and_a_command_alone_are_ways_too() -> None:
    assert printed(Ways("by itself; or `gonogo poll open shop/1.2.0`", 0), 80) == [
        "by itself",
        "or gonogo poll open shop/1.2.0",
    ]


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("phase", [Phase.READYING, Phase.DECIDING, Phase.ROLLING_OUT, Phase.CLEANING_UP])
def test_every_command_of_an_explanation_is_whole(phase: Phase, width: int) -> None:
    world = World().to(phase)
    world.do(c.PlaceHold(text="wait"), "ann") if phase is not Phase.CLEANING_UP else None
    view = why_view(world.state, world.at)
    commands = [part for one in view.waiting for part in one.clears.split("`")[1::2]]
    assert commands
    lines = told(world, width)
    assert all(any(line.endswith(command) for line in lines) for command in commands)


def test_a_no_go_is_told_once_with_every_name_that_an_override_needs() -> None:
    world = World().to(Phase.DECIDING)
    world.vote("qa", "cid", "NO_GO", reason="login is broken")
    lines = told(world, 200)
    shown = [line for line in lines if line.startswith("- ") and "login is broken" in line]
    assert len(shown) == 1
    assert f"hold.no_go:hold:{world.hold('no_go').id} vote.no_go:role:qa" in shown[0]


def test_housekeeping_is_not_what_comes_next() -> None:
    world = World()
    assert any(one.housekeeping for one in why_view(world.state, world.at).next)
    following = [line for line in told(world) if line.startswith("next  ")]
    assert following
    assert "calendar" not in "".join(following)


def test_what_happens_at_one_instant_is_one_line() -> None:
    view = WhyView(
        release_id="shop/1.2.0",
        phase="readying",
        headline="shop/1.2.0 is readying",
        next=tuple(Next(at=SLOT, what=f"{who} is reminded") for who in ("ann", "bob", "cid", "dan", "eve")),
        at=SLOT,
        seq=1,
    )
    assert printed(explanation(view), 120)[-1] == (
        "next  Thu 2026-11-19 10:00Z (0s ago): ann is reminded; bob is reminded; cid is reminded; and 2 more"
    )


def test_a_refusal_shows_each_condition_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    said = Unmet("call.not_go", "your GO would not complete it", ("qa has not answered", "held: a; b\nc"))
    assert report(Refused(said.code, said.message, said.details), as_json=False) == NO
    assert capsys.readouterr().err.splitlines() == [
        "gonogo: your GO would not complete it  [call.not_go]",
        "  - qa has not answered",
        "  - held: a; b c",
    ]
    differs = PlanDiffers("shop/1.2.0", tuple(f"f{n}: 1 -> 2" for n in range(7)))
    report(differs, as_json=False)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith("or launch another version  [launch.plan_differs]")
    assert lines[1:] == [*(f"  - f{n}: 1 -> 2" for n in range(5)), "  - and 2 more"]


def test_another_refusal_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    report(Refused("hold.unknown", "no hold 'h1' stands; standing: none", {}), as_json=False)
    assert capsys.readouterr().err == "gonogo: no hold 'h1' stands; standing: none  [hold.unknown]\n"
