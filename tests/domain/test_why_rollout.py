"""Why a release is where it is, from its GO on."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.ending import ending
from gonogo.domain.errors import Refused
from gonogo.domain.facts import Status, WriteStatus
from gonogo.domain.reports import ClaimAnswer, GuardCount
from gonogo.domain.telling import when
from gonogo.domain.terms import Phase
from gonogo.domain.views import status_view
from gonogo.domain.why import matters, why_view
from gonogo.domain.why_values import Waiting
from tests.domain import walks
from tests.domain.walks import NIGHT, walked
from tests.domain.worlds import GUARD, HOUR, MINUTE, SAMPLE, SLOT, World


def waiting(world: World) -> dict[str, Waiting]:
    """`code:subject` -> what the release waits for now."""
    return {f"{w.code}:{w.subject}": w for w in why_view(world.state, world.at).waiting}


def test_a_go_waits_for_its_slot_and_shows_what_would_keep_it() -> None:
    world = World().go()
    assert "Thu 2026-11-19 10:00 UTC" in waiting(world)["slot.waits:slot"].text
    world.do(c.UnSign(item="tested"), "cid")
    assert "item.open:item:tested" in waiting(world)
    world.state = replace(world.state, slot=None)
    assert "slot.waits:slot" not in waiting(world)


def test_what_an_override_names_keeps_nothing_back() -> None:
    world = World()
    world.checks["ci"] = Status.FAIL
    world.sign_off()
    world.wait(phase=Phase.DECIDING)
    world.do(c.ProposeOverride(codes=("check.failed:check:ci",), reason="harmless"), "bob")
    world.do(c.ConfirmOverride(override=world.state.proposed.id if world.state.proposed else ""), "dan")
    assert "override.unconfirmed" not in {w.code for w in waiting(world).values()}
    world.vote_go()
    assert world.phase is Phase.AWAITING_WINDOW
    assert "check.failed:check:ci" not in waiting(world)


def test_a_flag_that_is_not_granted_waits_for_its_owner() -> None:
    world = World().go()
    world.claims["gifts"] = ClaimAnswer(flag="gifts", granted=False, held_by="shop/1.1.0")
    world.wait(event="Held")
    found = waiting(world)
    assert found["flag.not_granted:flag:gifts"].responsible == ("fay",)
    assert "shop/1.1.0" in next(w for w in found.values() if w.code == "hold.readiness").text


def test_a_fact_that_is_measured_again_in_the_opening_says_when() -> None:
    world = World().go()
    world.checks["ci"] = Status.UNCLEAR
    world.wait(event="Held")
    opening = world.state.opening
    assert opening is not None
    world.state = replace(world.state, findings={})
    assert "measured again" in waiting(world)["check.unmeasured:check:ci"].clears
    world.state = replace(world.state, opening=replace(opening, retry_at=None))
    assert "gonogo check run shop/1.2.0 ci" in waiting(world)["check.unmeasured:check:ci"].clears


def test_a_closed_window_says_why_and_until_when() -> None:
    stages = [{"percent": 10, "bake": "1h"}, {"audience": "everyone"}]
    world = World(schedule={**SAMPLE["schedule"], **NIGHT}, stages=stages).to(Phase.ROLLING_OUT).wait(3 * HOUR)
    found = waiting(world)["window.closed:window"]
    assert found.text == "the window is closed: night"
    assert found.clears == "by itself: the next window opens Thu 2026-11-19 23:00Z"
    resolution = world.state.resolution
    assert resolution is not None
    world.state = replace(world.state, resolution=None)
    assert "window.closed:window" not in waiting(world)


def test_a_window_of_which_no_end_is_known_waits_for_the_release_manager() -> None:
    world = World().go()
    world.silent = {"claims"}
    world.wait(SLOT)
    known = world.state.resolution
    assert known is not None
    shut = type(known)(at=known.at, until=known.until, zone=known.zone, tzdata=known.tzdata)
    world.state = replace(world.state, resolution=shut)
    found = waiting(world)["window.closed:window"]
    assert found.text == "the window is closed: no rule allows it now"
    assert found.responsible == ("bob",)


def test_a_healthy_bake_lacks_nothing_its_guards_are_being_watched_until_it_ends() -> None:
    world = World().to(Phase.ROLLING_OUT).wait(30 * MINUTE)
    found = waiting(world)
    assert "another 30m" in found["bake.running:stage:1"].text
    assert "guard.samples_missing:guard:errors" not in found
    watched = found["guard.watched:stage:1"]
    assert watched.text == "errors is being watched, and nothing bad was reported"
    ends = when(world.at + 30 * MINUTE)
    assert watched.clears == f"by itself: the watch reports {ends}, or at once when a guard trips"
    world.do(c.PlaceHold(text="look"), "dan")
    world.state = replace(world.state, rollout=replace(rollout_of(world), watch_until=None))
    assert "the watch reports when the bake's clock runs again" in waiting(world)["guard.watched:stage:1"].clears


def test_several_guards_that_are_watched_are_told_together() -> None:
    guards = [{**GUARD, "id": name} for name in ("errors", "latency")]
    world = World(stages=[{"percent": 10, "bake": "1h", "guards": guards}, {"audience": "everyone"}])
    world.to(Phase.ROLLING_OUT)
    assert waiting(world)["guard.watched:stage:1"].text.startswith("errors, latency are being watched")


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (
            GuardCount(good=2, errors=3, missing_in_row=3, last_error="no route"),
            "got no data the last 3 times: no route",
        ),
        (GuardCount(good=2, missing_in_row=1), "got no data the last time: no data"),
        (GuardCount(good=2, bad_in_row=2, last=Decimal(7)), "was bad the last 2 times: 7, healthy is < "),
        (GuardCount(bad_in_row=1), "was bad the last time: no data, healthy is < "),
        (GuardCount(), "has only 0 of 1 good samples"),
    ],
)
def test_a_bake_that_is_over_says_what_a_guard_really_lacks(count: GuardCount, text: str) -> None:
    world = World().to(Phase.ROLLING_OUT).wait(30 * MINUTE)
    counts = {"errors": count}
    world.state = replace(world.state, rollout=replace(rollout_of(world), counts=counts, baked=HOUR))
    found = waiting(world)
    assert "bake.running:stage:1" not in found
    lacks = found["guard.samples_missing:guard:errors"]
    assert lacks.text.startswith(f"guard errors {text}")
    assert lacks.responsible == ("http",)
    assert lacks.clears.startswith("by itself, when http answers with good samples: the watch reports ")
    assert why_view(world.state, world.at).next


def test_few_good_samples_are_no_lack_while_the_bake_goes_on() -> None:
    world = World().to(Phase.ROLLING_OUT).wait(30 * MINUTE)
    counts = {"errors": GuardCount()}
    world.state = replace(world.state, rollout=replace(rollout_of(world), counts=counts))
    assert "guard.watched:stage:1" in waiting(world)


@pytest.mark.parametrize("says", ["bad", "none"])
def test_a_guard_whose_hold_stands_lacks_nothing_but_that_somebody_goes_on(says: str) -> None:
    world = World().to(Phase.ROLLING_OUT)
    world.guards["errors"] = says
    world.wait(event="Held")
    found = waiting(world)
    assert not [name for name in found if name.startswith("guard.")]
    assert not [n for n in why_view(world.state, world.at).next if "guards" in n.what], "no watch runs that reports"
    held = next(w for w in found.values() if w.code == "hold.guard")
    assert held.clears.startswith("somebody decides to go on: `gonogo resume shop/1.2.0 --measurement ")
    assert "; or to roll back: `gonogo rollback shop/1.2.0 " in held.clears


def test_code_that_is_not_there_before_a_stage_is_asked_for_at_once_or_rolled_back() -> None:
    stages = [{"percent": 10, "bake": "1h"}, {"audience": "everyone"}]
    world = World(stages=stages).to(Phase.ROLLING_OUT)
    world.checks["live"] = Status.FAIL
    world.wait(event="Held")
    clears = next(w for w in waiting(world).values() if w.code == "hold.readiness").clears
    assert "somebody asks again at once: `gonogo check run shop/1.2.0 live`" in clears
    assert "somebody rolls back: `gonogo rollback shop/1.2.0 --reason WHY`" in clears
    world.checks.clear()
    world.do(c.RunChecks(checks=("live",)), "bob")
    assert world.holds == [], "what was named asks again at once"


def test_a_flag_that_is_missing_at_its_provider_is_put_back_there() -> None:
    world = World().go()
    world.writes["gifts"] = WriteStatus.GONE
    world.wait(event="Held")
    clears = next(w for w in waiting(world).values() if w.code == "hold.readiness").clears
    assert "if the flag is missing at file, put it back there" in clears
    assert "gonogo rollback" not in clears, "nothing is exposed yet"


def rollout_of(world: World) -> Any:
    assert world.state.rollout is not None
    return world.state.rollout


def test_an_open_question_waits_for_its_role_with_both_answers() -> None:
    world = World().to(Phase.ROLLING_OUT).wait(event="QuestionAsked")
    asked = rollout_of(world).question
    found = waiting(world)[f"question.open:question:{asked.id}"]
    assert found.responsible == ("ann",)
    assert f"gonogo widen shop/1.2.0 --question {asked.id}" in found.clears
    assert "--no" in found.clears
    world.state = replace(world.state, rollout=replace(rollout_of(world), question=replace(asked, deadline=None)))
    assert waiting(world)[f"question.open:question:{asked.id}"].text.startswith("Ready to go wider? (no deadline")


def test_a_guard_that_holds_names_its_measurement_and_the_rollback() -> None:
    world = World().to(Phase.ROLLING_OUT)
    world.guards["errors"] = "bad"
    world.wait(event="Held")
    found = next(w for w in waiting(world).values() if w.code == "hold.guard")
    assert found.responsible == ("bob", "fay")
    assert f"gonogo resume shop/1.2.0 --measurement {world.hold('guard').measurement}" in found.clears
    assert "gonogo rollback shop/1.2.0" in found.clears


# --- rollback ------------------------------------------------------------------------------------------------------


def test_a_flag_that_is_not_put_back_is_shown_with_both_ways_out() -> None:
    world = World().to(Phase.ROLLING_OUT)
    world.writes["gifts"] = WriteStatus.FAILED
    world.do(c.RollBack(reason="errors"), "ann")
    found = waiting(world)["rollback.failed:flag:gifts"]
    assert "NOT put back" in found.text
    assert "gonogo rollback shop/1.2.0 --accept gifts" in found.clears
    assert found.responsible == ("bob", "fay")
    held = next(w for w in waiting(world).values() if w.code == "hold.rolled_back")
    assert held.clears.startswith("the rollback is confirmed")
    back = world.state.rollback
    assert back is not None
    world.state = replace(world.state, rollback=replace(back, retry_at=None))
    assert "is being tried again" in waiting(world)["rollback.failed:flag:gifts"].clears
    world.writes = {}
    world.wait(5 * MINUTE)
    held = next(w for w in waiting(world).values() if w.code == "hold.rolled_back")
    assert held.clears.startswith("a new candidate")
    assert held.responsible == ("bob",)


def test_a_flag_that_is_being_put_back_waits_for_its_provider() -> None:
    world = World().to(Phase.ROLLING_OUT)
    world.silent = {"writes"}
    world.do(c.RollBack(reason="errors"), "ann")
    found = waiting(world)
    assert found["flags.written:flags"].responsible == ("file",)
    assert not [w for w in found.values() if w.code.startswith("rollback.")]


def test_a_flag_that_cannot_be_switched_off_waits_for_the_release_manager() -> None:
    world = walked(walks.stuck)
    found = waiting(world)["rollback.cannot_restore:flag:gifts"]
    assert "gonogo rollback shop/1.2.0 --accept gifts" in found.clears


# --- the end -------------------------------------------------------------------------------------------------------


def test_cleaning_up_waits_for_flags_and_after_release_items() -> None:
    world = World().to(Phase.CLEANING_UP)
    found = waiting(world)
    assert found["flag.unsettled:flag:gifts"].responsible == ("fay",)
    assert "gonogo waive shop/1.2.0 flag:gifts" in found["flag.unsettled:flag:gifts"].clears
    assert "gonogo sign-off shop/1.2.0 looked" in found["item.open:item:looked"].clears
    assert "waits for fay" in why_view(world.state, world.at).headline


def test_a_closed_release_says_in_one_line_how_it_ended_and_waits_for_nothing() -> None:
    world = walked(walks.usual)
    view = why_view(world.state, SLOT)
    ended = f"completed {when(world.state.phase_since)} (shipped Thu 2026-11-19 12:00Z)"
    assert view.headline == f"shop/1.2.0 is closed: {ended}"
    assert status_view(world.state, world.at).ending == ended
    assert not view.waiting
    assert not view.next


def test_a_release_that_was_called_off_says_by_whom_and_why() -> None:
    world = World()
    assert ending(world.state) == ""
    world.do(c.Cancel(reason="no budget"), "bob")
    assert ending(world.state) == f"cancelled {when(world.at)} by bob, and nothing of it reached users: no budget"
    world = World().to(Phase.ROLLING_OUT)
    world.do(c.Cancel(reason="it burns"), "bob")
    world.wait(MINUTE)
    assert ending(world.state) == f"rolled back, and closed {when(world.state.phase_since)}: it burns"


def test_what_is_nobodys_business_is_marked_and_is_not_the_next_thing() -> None:
    world = World(checks={"ci": {"kind": "http", "owner": "qa", "every": "1h", "max_age": "2h"}})
    coming = why_view(world.state, world.at).next
    kept = {n.what for n in coming if n.housekeeping}
    assert kept >= {"ci is measured again", "the calendar is asked again"}
    first = status_view(world.state, world.at).next
    assert first == matters(coming)
    assert first is not None
    assert coming[0].housekeeping
    assert not first.housekeeping
    assert matters(tuple(n for n in coming if n.housekeeping)) is None


def test_a_status_names_the_first_thing_that_the_release_waits_for() -> None:
    world = World()
    assert status_view(world.state, world.at).waits == why_view(world.state, world.at).waiting[0]
    assert status_view(walked(walks.usual).state, SLOT).waits is None


def test_the_guards_report_is_among_what_comes_next() -> None:
    guards = [{**GUARD, "interval": "10m"}]
    world = World(stages=[{"percent": 10, "guards": guards}, {"audience": "everyone"}]).to(Phase.ROLLING_OUT)
    view = why_view(world.state, world.at)
    assert "the guards of stage 1 report" in [n.what for n in view.next]
    with pytest.raises(Refused):
        world.do(c.Widen(question="q1", yes=False), "cid")
