"""Where a release stands, as a value."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from gonogo.domain import commands as c
from gonogo.domain.canonical import canonical, to_json
from gonogo.domain.evolve import evolve
from gonogo.domain.facts import Status
from gonogo.domain.telling import when
from gonogo.domain.terms import Phase
from gonogo.domain.values import EVERYONE, NOBODY, Audience, Exposure, exposure
from gonogo.domain.view_values import StatusView
from gonogo.domain.views import exposure_percent, mode_line, status_view, verdict_view, why_view
from gonogo.domain.why_values import VerdictView, WhyView
from tests.domain import walks
from tests.domain.walks import WALKS, steps, walked
from tests.domain.worlds import DATED, DAY, HOUR, MINUTE, ON_DEMAND, SLOT, World


def view(world: World) -> StatusView:
    return status_view(world.state, world.at)


@pytest.mark.parametrize("walk", WALKS, ids=lambda w: w.__name__)
def test_every_view_of_every_step_goes_to_json_and_back(walk: Any) -> None:
    made: list[tuple[type[Any], Any]] = [(StatusView, status_view), (WhyView, why_view), (VerdictView, verdict_view)]
    for entry, state in list(steps(walked(walk)))[::7]:
        for kind, build in made:
            adapter: TypeAdapter[Any] = TypeAdapter(kind)
            shown = build(state, entry.at)
            assert adapter.validate_json(adapter.dump_json(shown)) == shown
            assert canonical(to_json(shown)), "no floats"


@pytest.mark.parametrize(
    ("seen", "percent"),
    [
        (None, 0),
        (NOBODY, 0),
        (Exposure(audience=Audience.OPT_IN), 0),
        (exposure(Audience.SEGMENT, segments=("staff",)), 0),
        (exposure(Audience.PERCENTAGE, 10), 10),
        (EVERYONE, 100),
        (Exposure(audience=Audience.EVERYONE), 100),
    ],
)
def test_exposure_is_a_share_of_all_users(seen: Exposure | None, percent: int) -> None:
    assert exposure_percent(seen) == percent


def test_the_schedule_mode_is_the_first_line() -> None:
    world = World()
    assert view(world).mode == "train, next slot Thu 2026-11-19 10:00 UTC"
    world.to(Phase.ROLLING_OUT)
    assert view(world).mode == "train, slot Thu 2026-11-19 10:00 UTC"
    world.to(Phase.CLEANING_UP)
    assert view(world).mode == "train, released Thu 2026-11-19 12:00Z"
    dated = World(schedule=DATED)
    assert view(dated).mode == "dated slot, Thu 2026-11-19 10:00 UTC"
    dated.to(Phase.ROLLING_OUT)
    assert view(dated).mode == "dated slot, Thu 2026-11-19 10:00 UTC"


def test_the_mode_of_a_release_without_a_slot_says_so() -> None:
    world = World()
    asked = evolve(evolve(None, world.entries[0]), world.entries[1])
    assert mode_line(asked) == "train, no slot yet"
    assert mode_line(replace(world.state, slot=None)) == "train, no slot"
    on_demand = World(schedule=ON_DEMAND)
    assert view(on_demand).mode == "on demand, the window opens with GO"
    on_demand.go()
    assert view(on_demand).mode == f"on demand, {when(view(on_demand).slot or SLOT)}"
    assert mode_line(walked(walks.disputed).state) == "train"


def test_what_is_in_and_out_of_scope_is_counted() -> None:
    found = view(walked(walks.scoped))
    names = {f.id: f.status for f in found.features}
    assert names["big"] == "dropped"
    assert names["ownerless"] == "dropped"
    assert (found.scope.included, found.scope.out) == (5, 2)
    assert found.scope.frozen_at is not None
    exceptions = {x.about: (x.kind, x.status) for x in view(walked(walks.late)).exceptions}
    assert exceptions["late"] == ("scope", "approved")


def test_checks_say_how_old_they_are_and_whether_they_run() -> None:
    world = World()
    world.checks["live"] = None
    world.wait(HOUR + timedelta(microseconds=7))
    world.silent = {"checks"}
    world.do(c.RunChecks(checks=("ci",)), "cid")
    world.do(c.Waive(subject="check:live", reason="known"), "bob")
    shown = {k.name: k for k in view(world).checks}
    assert shown["ci"].running
    assert not shown["live"].running
    assert shown["live"].waived
    assert shown["ci"].age == HOUR
    fresh = World(checks={"told": {"kind": "pushed", "owner": "qa"}})
    assert view(fresh).checks[0].age is None
    assert view(fresh).checks[0].status == "unclear"


def test_items_are_overdue_from_their_due_instant_on_until_they_are_done_or_waived() -> None:
    lists: dict[str, Any] = {
        "tech": {
            "moment": "before_go_no_go",
            "owner": "qa",
            "items": [{"id": n, "title": n, "due": "2d"} for n in ("a", "b", "d")],
        }
    }
    world = World(checklists=lists)
    world.do(c.SignOff(item="a"), "cid")
    world.do(c.Waive(subject="item:b", reason="not this time"), "bob")
    world.wait(SLOT - 2 * DAY)
    shown = {i.id: i for i in view(world).items}
    assert [shown[n].status for n in "abd"] == ["done", "waived", "open"]
    assert [shown[n].overdue for n in "abd"] == [False, False, True]
    assert shown["d"].due == SLOT - 2 * DAY


def test_the_poll_shows_who_answered_what() -> None:
    world = World().wait(phase=Phase.DECIDING)
    world.vote("qa", "cid")
    world.vote("release_manager", "bob", "NO_GO", reason="not yet")
    found = view(world)
    roles = {r.role: r for r in found.roles}
    assert (roles["qa"].go, roles["release_manager"].go) == (1, 0)
    assert [(a.person, a.choice) for a in roles["release_manager"].answered] == [("bob", "NO_GO")]
    assert roles["product_manager"].answered == ()
    assert found.round is not None
    assert world.state.round is not None
    assert found.round.request_id == world.state.round.request_id
    assert found.verdict == "NO_GO"
    assert "bob says NO-GO for release_manager: not yet" in found.reasons
    assert "gonogo withdraw" in found.holds[0].lifted_by


def test_the_rollout_shows_its_stages_and_the_bake_that_runs() -> None:
    world = World().to(Phase.AWAITING_WINDOW)
    assert view(world).rollout is None
    assert view(world).exposure_percent == 0
    world.silent = {"writes"}
    world.wait(phase=Phase.ROLLING_OUT)
    shown = view(world).rollout
    assert shown is not None
    assert (shown.stage, shown.of, shown.exposure) == (0, 2, "nobody")
    world.silent = set()
    world.answer()
    world.wait(15 * MINUTE)
    shown = view(world).rollout
    assert shown is not None
    assert [s.state for s in shown.stages] == ["baking", "waiting"]
    assert (shown.baked_seconds, shown.bake_seconds) == (900, 3600)
    assert view(world).exposure_percent == 10
    world.wait(event="QuestionAsked")
    shown = view(world).rollout
    assert shown is not None
    assert shown.question is not None
    assert [s.state for s in shown.stages] == ["asking", "waiting"]
    assert shown.baked_seconds == 3600
    world.checks["live"] = Status.FAIL
    world.do(c.Widen(question=shown.question.id), "ann")
    shown = view(world).rollout
    assert shown is not None
    assert [s.state for s in shown.stages] == ["done", "waiting"]
    world.checks["live"] = Status.PASS
    world.wait(10 * MINUTE)
    shown = view(world).rollout
    assert shown is not None
    assert [s.state for s in shown.stages] == ["done", "baking"]


def test_a_rollback_shows_what_is_left_also_when_no_rollout_is_under_way() -> None:
    world = walked(walks.stuck)
    shown = view(world).rollout
    assert shown is not None
    assert shown.rolling_back
    assert shown.left == ("gifts",)
    world = World().to(Phase.CLEANING_UP)
    world.silent = {"writes"}
    world.do(c.RollBack(reason="errors"), "ann")
    shown = view(world).rollout
    assert shown is not None
    assert (shown.stage, shown.left) == (0, ("gifts",))


def test_flags_say_who_sees_them_and_how_they_are_settled() -> None:
    assert view(World()).flags[0].exposure == "unknown"
    flags = {f.key: f for f in view(walked(walks.cleaned)).flags}
    assert (flags["gifts"].settled, flags["gifts"].original, flags["gifts"].percent) == ("gone", "nobody", 100)
    assert flags["part"].exposure == "10 %"
    assert flags["old"].settled == "waived"


def test_a_release_without_flags_reaches_everybody_when_it_rolls_out() -> None:
    world = walked(walks.on_demand)
    assert view(world).exposure_percent == 100
    shown = [status_view(s, e.at).exposure_percent for e, s in steps(world)]
    assert shown[0] == 0
    assert shown == sorted(shown)


def test_the_next_thing_and_the_ledgers_end_are_shown() -> None:
    world = World()
    found = status_view(world.state, world.at, head="abc")
    assert found.next is not None
    assert found.next.at > world.at
    assert (found.seq, found.head, found.commit, found.revision) == (world.state.seq, "abc", "c1", 0)
    assert view(walked(walks.usual)).next is None
    assert view(walked(walks.usual)).outcome == "completed"
