"""Holds: one mechanism. Raised by, lifted by, and what they block."""

import pytest

from gonogo.domain import commands as c
from gonogo.domain.errors import Refused
from gonogo.domain.events import Escalated
from gonogo.domain.facts import Fence, FlagReading, Status
from gonogo.domain.terms import Phase
from gonogo.domain.values import Audience, Candidate, exposure
from tests.domain.worlds import DAY, HOUR, MINUTE, SLOT, World


def held() -> tuple[World, str]:
    world = World().to(Phase.DECIDING)
    world.do(c.PlaceHold(text="wait"), "dan")
    return world, world.hold("manual").id


@pytest.mark.parametrize(
    ("who", "code"), [("dan", None), ("bob", None), ("ann", "command.not_entitled"), ("cid", "command.not_entitled")]
)
def test_a_manual_hold_is_lifted_by_who_raised_it_or_the_release_manager(who: str, code: str | None) -> None:
    world, name = held()
    if code:
        assert world.refused(c.LiftHold(hold=name), who) == code
    else:
        world.do(c.LiftHold(hold=name, note="fine"), who)
        assert world.holds == []


def test_the_same_hold_again_is_the_same_and_another_text_is_refused() -> None:
    world, _ = held()
    assert world.do(c.PlaceHold(text="wait"), "dan") == ()
    assert world.refused(c.PlaceHold(text="something else"), "dan") == "hold.stands"
    world.do(c.PlaceHold(text="wait"), "cid")
    assert world.holds == ["manual", "manual"]


def test_without_a_name_it_is_the_only_hold_that_one_can_lift() -> None:
    world, _ = held()
    assert world.refused(c.LiftHold(), "ann") == "hold.which"
    world.do(c.PlaceHold(text="wait"), "cid")
    assert world.refused(c.LiftHold(), "bob") == "hold.which"
    world.do(c.LiftHold(), "cid")
    assert world.refused(c.LiftHold(measurement="m-1"), "dan") == "hold.which"
    world.do(c.LiftHold(), "dan")
    assert world.refused(c.LiftHold(hold="h1"), "dan") == "hold.unknown"


def refusal(world: World, command: c.LiftHold, who: str) -> Refused:
    with pytest.raises(Refused) as caught:
        world.do(command, who)
    return caught.value


def test_who_cannot_lift_a_hold_reads_who_can_by_role_and_name() -> None:
    world, name = held()
    told = refusal(world, c.LiftHold(hold=name), "cid")
    assert told.message == "'cid' may not `gonogo lift`; dan or release_manager (bob) may"
    told = refusal(world, c.LiftHold(), "cid")
    assert told.message.startswith("'cid' can lift none of the holds that stand: ")
    assert told.details["conditions"] == f"{name} (manual), raised by dan: dan or release_manager (bob) may lift it"
    assert refusal(world, c.LiftHold(hold="h1"), "dan").message == f"no hold 'h1' stands; standing: {name}"
    world.do(c.PlaceHold(text="wait"), "cid")
    told = refusal(world, c.LiftHold(), "bob")
    assert told.message.startswith("name the hold that you lift: ")
    assert len(told.details["conditions"].splitlines()) == 2
    world.to(Phase.DECIDING).vote("qa", "cid", "NO_GO", reason="no")
    told = refusal(world, c.LiftHold(hold=world.hold("no_go").id), "bob")
    assert told.message.endswith("raised by cid: the voter withdraws or votes otherwise")


def test_a_guards_hold_names_the_manager_and_the_flags_owner() -> None:
    world = World().to(Phase.ROLLING_OUT)
    world.guards["errors"] = "bad"
    world.wait(event="Held")
    told = refusal(world, c.LiftHold(hold=world.hold("guard").id), "cid")
    assert told.details["who"] == "release_manager (bob) or fay"


def test_against_another_measurement_the_refusal_has_the_whole_command_with_the_one_of_now() -> None:
    world = World().to(Phase.ROLLING_OUT)
    world.guards["errors"] = "bad"
    world.wait(event="Held")
    now = world.hold("guard")
    command = f"`gonogo resume shop/1.2.0 --measurement {now.measurement}` ({now.text})"
    for given in (c.LiftHold(measurement="m-old"), c.LiftHold(hold=now.id, measurement="m-old")):
        told = refusal(world, given, "bob")
        assert told.code == "hold.measurement"
        assert told.message == f"the measurement is another by now, not 'm-old': {command}"
        assert told.details["measurement"] == now.measurement
    told = refusal(world, c.LiftHold(), "bob")
    assert told.message == f"name the one measurement to go on against: {command}"
    told = refusal(world, c.LiftHold(measurement="m-old"), "cid")
    assert told.message.endswith(
        f"release_manager (bob) or fay may go on: `gonogo resume shop/1.2.0 --measurement {now.measurement}`"
    )


def test_after_a_rollback_or_without_a_date_the_refusal_has_the_whole_command() -> None:
    world = World().to(Phase.ROLLING_OUT)
    world.do(c.RollBack(reason="bad"), "bob")
    told = refusal(world, c.LiftHold(hold=world.hold("rolled_back").id), "bob")
    assert told.message.endswith("give a new candidate: `gonogo candidate shop/1.2.0 COMMIT`")
    world = World()
    for _ in range(4):
        world.do(c.Postpone(), "bob")
    told = refusal(world, c.LiftHold(), "bob")
    assert "`gonogo scope freeze shop/1.2.0`" in told.message
    assert told.message.endswith("name a date: `gonogo postpone shop/1.2.0 --to INSTANT`")


def test_a_hold_blocks_go_and_nothing_else() -> None:
    world, _ = held()
    world.vote_go()
    assert (world.phase, world.reasons) == (Phase.DECIDING, [f"hold.manual:hold:{world.hold('manual').id}"])
    world.do(c.UnSign(item="tested"), "cid")
    world.sign_off()
    world.do(c.RunChecks(), "sam")
    world.do(c.LiftHold(), "dan")
    assert world.phase is Phase.AWAITING_WINDOW


@pytest.mark.parametrize("reason", ["no_go", "schedule", "rolled_back", "readiness"])
def test_what_is_not_lifted_by_hand(reason: str) -> None:
    world = World()
    if reason == "no_go":
        world.to(Phase.DECIDING).vote("qa", "cid", "NO_GO")
    elif reason == "schedule":
        for _ in range(4):
            world.do(c.Postpone(), "bob")
    elif reason == "rolled_back":
        world.to(Phase.ROLLING_OUT).do(c.RollBack(reason="bad"), "bob")
    else:
        world.go().checks["live"] = Status.FAIL
        world.wait(SLOT)
    hold = world.hold(reason)
    for who in ("bob", "cid"):
        assert world.refused(c.LiftHold(hold=hold.id), who) == "hold.not_liftable"


def test_every_hold_is_escalated_after_a_day_and_then_daily() -> None:
    world = World()
    world.do(c.PlaceHold(text="wait"), "dan")
    since = world.at
    name = world.hold("manual").id
    world.wait(3 * DAY + HOUR)
    told = [e.at - since for e in world.entries if isinstance(e.event, Escalated) and e.event.subject == f"hold:{name}"]
    assert told == [DAY, 2 * DAY, 3 * DAY]
    assert world.last(Escalated).to == ("bob",)


def test_a_rollback_lifts_guard_holds_and_only_a_new_candidate_lifts_its_own() -> None:
    world = World().to(Phase.ROLLING_OUT)
    world.guards["errors"] = "bad"
    world.wait(20 * MINUTE)
    assert world.holds == ["guard"]
    world.do(c.RollBack(reason="bad"), "bob")
    assert world.holds == ["rolled_back"]
    assert world.refused(c.SetCandidate(candidate=Candidate(commit="c1")), "bob") == "candidate.rolled_back"
    world.do(c.Postpone(to=world.at + 3 * DAY), "bob")
    assert world.holds == ["rolled_back"]
    world.candidate("c2")
    assert world.holds == []
    assert world.state.slot is not None


def edited(world: World, percent: int, epoch: int | None) -> None:
    shown, fence = exposure(Audience.PERCENTAGE, percent), Fence(epoch=epoch, sequence=0) if epoch else None
    seen = FlagReading(key="gifts", exists=True, exposure=shown, fence=fence, at=world.at)
    world.do(c.TakeFlagNews(flag="gifts", reading=seen, proof="mallory"))


@pytest.mark.parametrize("fenced", [True, False])
def test_whoever_continues_after_one_foreign_edit_has_not_passed_the_next(fenced: bool) -> None:
    world = World().to(Phase.ROLLING_OUT)
    edited(world, 60, 1 if fenced else None)
    first = world.hold("guard")
    edited(world, 90, 2 if fenced else None)
    world.do(c.LiftHold(measurement=first.measurement), "fay")
    second = world.hold("guard")
    assert second.measurement != first.measurement
    world.do(c.LiftHold(measurement=second.measurement), "fay")
    assert world.holds == []


def test_the_same_news_of_an_edit_twice_is_one_hold() -> None:
    world = World().to(Phase.ROLLING_OUT)
    edited(world, 60, 1)
    edited(world, 60, 1)
    assert world.holds == ["guard"]
