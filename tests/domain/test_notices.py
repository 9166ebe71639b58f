"""Who is told what."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from gonogo.domain import commands as c
from gonogo.domain.events import Entry, ReminderSent
from gonogo.domain.evolve import evolve
from gonogo.domain.facts import Finding, Status, WriteStatus
from gonogo.domain.narrate import summary
from gonogo.domain.notices import Notice, channels_for, notices
from gonogo.domain.plan import Plan
from gonogo.domain.terms import ExceptionKind, FeatureStatus, Phase
from tests.domain import walks
from tests.domain.walks import WALKS, steps, walked
from tests.domain.worlds import DAY, HOUR, MINUTE, MONDAY, ON_DEMAND, SAMPLE, World, make_plan


def told(world: World, since: int = 0) -> list[Notice]:
    """Everything that people were told from the entry with place `since` on."""
    return [n for entry, state in steps(world) if entry.seq > since for n in notices(entry, state)]


def of_type(world: World, kind: str, since: int = 0) -> list[Notice]:
    return [n for n in told(world, since) if n.type == kind]


@pytest.mark.parametrize("walk", WALKS, ids=lambda w: w.__name__)
def test_every_message_names_the_release_and_fits_every_channel(walk: Any) -> None:
    for found in told(walked(walk)):
        assert found.subject.startswith("shop/1.2.0: ")
        assert "\n" not in found.subject
        assert len(found.subject) <= 2000
        assert len(found.body) <= 2000
        assert len(set(found.to)) == len(found.to)
        assert all(command.startswith("gonogo ") and "shop/1.2.0" in command for _, command in found.answers)


def test_the_whole_life_is_told() -> None:
    kinds = {n.type for walk in WALKS for n in told(walked(walk))}
    assert kinds == {
        "candidate.accepted",
        "check.failed",
        "escalated",
        "exception.answered",
        "exception.requested",
        "feature.delayed",
        "flag.not_restored",
        "freeze.refused",
        "go.ended",
        "go.given",
        "guard.tripped",
        "hold.lifted",
        "hold.raised.guard",
        "hold.raised.manual",
        "hold.raised.no_go",
        "hold.raised.readiness",
        "hold.raised.rolled_back",
        "hold.raised.schedule",
        "item.opened",
        "override.in_force",
        "override.proposed",
        "plan.amended",
        "poll.opened",
        "question.asked",
        "question.deadline_moved",
        "readiness.lost",
        "release.closed",
        "release.launched",
        "release.shipped",
        "reminder.item",
        "reminder.poll",
        "rollback.confirmed",
        "rollback.started",
        "rollout.started",
        "round.ended",
        "schedule.changed",
        "scope.frozen",
        "slot.given_up",
        "slot.missed",
        "slot.taken",
        "stage.exposed",
    }


def test_the_launch_announces_the_schedule_mode_to_everybody() -> None:
    (found,) = of_type(World(), "release.launched")
    assert "train" in found.subject
    assert found.to == ("ann", "bob", "cid", "dan")


def test_the_launch_tells_who_answers_for_what_also_those_who_fill_no_role() -> None:
    items = [{"id": f"i{n}", "title": "Something"} for n in range(26)]
    lists = {"tech": {"moment": "before_go_no_go", "owner": "qa", "items": items}}
    pushed = {"audit": {"kind": "pushed", "owner": "eve"}}
    (found,) = of_type(World(checklists=lists, checks=pushed), "release.launched")
    listed = ", ".join(f"i{n}" for n in range(24))
    assert (
        f"Who signs off what, with gonogo sign-off shop/1.2.0 ITEM:\n- qa (cid, dan): {listed} and 2 more\n"
        in found.body
    )
    assert found.body.endswith("with gonogo check push shop/1.2.0 CHECK ...:\n- eve: audit")
    assert found.to == ("ann", "bob", "cid", "dan", "eve")
    (bare,) = of_type(World(checklists={}), "release.launched")
    assert bare.body.endswith("gonogo status shop/1.2.0"), "nobody has anything to do by hand"


def test_the_launch_of_a_great_plan_names_as_many_as_a_message_holds() -> None:
    names = [f"owner-{n:02}" for n in range(30)]
    items = [{"id": f"item-{n}-{k}", "title": "X", "owner": name} for n, name in enumerate(names) for k in range(3)]
    lists = {"tech": {"moment": "before_go_no_go", "owner": "qa", "items": items}}
    everyone: dict[str, Any] = {name: {} for name in (*names, "fay", "dev")}
    (found,) = of_type(World(checklists=lists, people=everyone), "release.launched")
    assert "- owner-00: item-0-0 and 2 more\n" in found.body
    assert found.body.endswith("- owner-23: item-23-0 and 2 more\n- and 6 more")
    assert set(names) <= set(found.to)


def test_a_poll_asks_each_role_with_evidence_a_deadline_and_one_command_per_answer() -> None:
    world = World()
    world.checks["ci"] = Finding(status=Status.FAIL, at=world.at, finding="3 tests fail")
    world.do(c.Waive(subject="item:tested", reason="by hand"), "bob")
    world.do(c.PlaceHold(text="the office burns"), "dan")
    world.do(c.RunChecks(), "cid")
    world.wait(phase=Phase.DECIDING)
    asked = {n.to: n for n in of_type(world, "poll.opened")}
    assert set(asked) == {("bob",), ("ann",), ("cid", "dan")}
    found = asked[("cid", "dan")]
    for part in (
        "Shall shop/1.2.0 (c1) reach users in the slot Thu 2026-11-19 10:00 UTC?",
        "until Thu 2026-11-19 09:00Z",
        "1 GO needed from cid, dan",
        "Without GO by then the round ends and the release is postponed",
        "ci fails: 3 tests fail",
        "the office burns",
        "Waived: item:tested",
    ):
        assert part in found.body
    assert [label for label, _ in found.answers] == ["GO", "NO_GO", "ABSTAIN"]
    assert world.state.round is not None
    question = world.state.round.request_id
    assert found.answers[0][1] == f"gonogo vote shop/1.2.0 GO --role qa --question {question}"
    assert found.answers[1][1] == f"gonogo vote shop/1.2.0 NO_GO --role qa --question {question} --reason WHY"


def test_a_poll_on_demand_without_a_candidate_says_so() -> None:
    world = World(schedule=ON_DEMAND, candidate=None)
    world.do(c.OpenPoll(), "bob")
    assert (
        "Shall shop/1.2.0 (no candidate yet) reach users at the first open window? "
        in of_type(world, "poll.opened")[0].body
    )


def test_a_poll_in_which_everybody_has_answered_reminds_nobody() -> None:
    world = World().to(Phase.DECIDING)
    world.do(c.PlaceHold(text="wait"), "ann")
    world.vote_go()
    world.wait(event="ReminderSent")
    entry = next(e for e in world.entries[::-1] if isinstance(e.event, ReminderSent))
    assert of_type(world, "reminder.poll") == []
    assert summary(entry).startswith("nobody is left to remind of poll:1, due ")


def test_only_those_who_have_not_voted_are_reminded_of_the_poll() -> None:
    world = World().wait(phase=Phase.DECIDING)
    world.vote("product_manager", "ann")
    world.wait(event="ReminderSent")
    assert [n.to for n in of_type(world, "reminder.poll")] == [("bob",), ("cid", "dan")]
    assert of_type(world, "reminder.poll")[0].answers


def test_only_a_no_go_is_told_at_once() -> None:
    world = World().wait(phase=Phase.DECIDING)
    before = world.state.seq
    world.vote("product_manager", "ann")
    assert told(world, before) == []
    world.vote("qa", "cid", "NO_GO", reason="tests")
    assert [n.type for n in told(world, before)] == ["hold.raised.no_go"]


def test_an_item_that_is_due_reminds_its_owner_with_three_answers() -> None:
    item = {"id": "tested", "title": "Tested", "due_at": MONDAY + DAY + HOUR}
    world = World(checklists={"tech": {"moment": "before_go_no_go", "owner": "qa", "items": [item]}})
    world.wait(event="Escalated")
    found = of_type(world, "reminder.item")
    assert found[0].to == ("cid", "dan")
    assert "is due" in found[0].subject
    assert "was due" in found[-1].subject
    assert [label for label, _ in found[0].answers] == ["done", "in progress", "blocked"]
    assert of_type(world, "escalated")[0].to == ("bob",)


def test_a_question_shows_the_evidence_and_both_answers() -> None:
    world = World().to(Phase.ROLLING_OUT).wait(event="QuestionAsked")
    (found,) = of_type(world, "question.asked")
    assert found.to == ("ann",)
    assert "guard errors: 12 good" in found.body
    assert "next: everyone" in found.body
    assert [label for label, _ in found.answers] == ["yes", "no"]


def test_a_question_after_the_last_stage_without_guards_or_window_says_so() -> None:
    stages = [{"audience": "everyone", "bake": "1h", "question": "Done?"}]
    world = World(stages=stages, checks={}).to(Phase.ROLLING_OUT).wait(event="QuestionAsked")
    (found,) = of_type(world, "question.asked")
    assert "next: shipped" in found.body
    assert "no guard watches" in found.body
    *_, (entry, state) = [s for s in steps(world) if s[0].event.type == "QuestionAsked"]
    raw = TypeAdapter(Entry).dump_python(entry)
    raw["event"]["deadline"] = None
    (found,) = notices(TypeAdapter(Entry).validate_python(raw), state)
    assert "No deadline runs now" in found.body


def test_a_material_amendment_shows_the_difference_to_everybody() -> None:
    world = World().wait(phase=Phase.DECIDING)
    since = world.state.seq
    world.amend(title="Gifts")
    assert told(world, since) == []
    world.amend(title="Gifts", stages=SAMPLE["stages"][1:])
    found = of_type(world, "plan.amended")[0]
    assert "- stages: " in found.body
    assert found.to == ("ann", "bob", "cid", "dan")


def test_a_new_candidate_tells_the_owners_of_items_that_are_open_again() -> None:
    world = World()
    world.sign_off()
    world.candidate("c2")
    found = of_type(world, "candidate.accepted")[0]
    assert "tested" in found.body
    assert found.to == ("bob", "ann", "cid", "dan")
    world.candidate("c3")
    assert of_type(world, "candidate.accepted")[1].to == ("bob", "ann")


def test_a_fact_that_is_lost_after_go_is_told_and_nothing_else_happens() -> None:
    world = World()
    world.do(c.UnSign(item="tested"), "cid")
    world.go()
    since = world.state.seq
    world.do(c.RunChecks(checks=("ci",)), "cid")
    assert told(world, since) == []
    world.checks["ci"] = Status.FAIL
    world.do(c.RunChecks(checks=("ci",)), "cid")
    world.do(c.UnSign(item="tested"), "cid")
    world.do(c.SignOff(item="tested"), "cid")
    assert [n.type for n in told(world, since)][:2] == ["readiness.lost", "readiness.lost"]
    assert len(of_type(world, "readiness.lost")) == 2
    assert told(world, since)[0].to == ("cid", "dan", "bob", "ann")
    assert world.phase is Phase.AWAITING_WINDOW


def test_at_the_opening_the_hold_says_it() -> None:
    world = World().go()
    world.checks["ci"] = Status.FAIL
    since = world.state.seq
    world.wait(event="Held")
    assert [n.type for n in told(world, since)] == ["hold.raised.readiness"]


def test_a_delay_after_the_freeze_asks_the_managers() -> None:
    world = World()
    world.do(c.ChangeFeature(feature="gifts", status=FeatureStatus.IN_PROGRESS), "fay")
    world.do(c.ChangeFeature(feature="gifts", status=FeatureStatus.DELAYED, until="December"), "fay")
    (found,) = of_type(world, "feature.delayed")
    assert found.to == ("bob", "ann")
    assert [label for label, _ in found.answers] == ["drop it", "defer it", "move the release"]
    open_scope = World(scope={"freeze_at": MONDAY + DAY})
    open_scope.do(c.ChangeFeature(feature="gifts", status=FeatureStatus.DELAYED, until="December"), "fay")
    assert of_type(open_scope, "feature.delayed") == []


def test_an_exception_asks_the_managers_who_did_not_request_it_and_answers_the_requester() -> None:
    world = World()
    world.do(c.RequestException(kind=ExceptionKind.LATE, subject="gifts", why="a bug"), "ann")
    (asked,) = of_type(world, "exception.requested")
    assert asked.to == ("bob",)
    (name,) = world.state.exceptions
    world.do(c.AnswerException(exception=name, approve=False, reason="no"), "bob")
    (answered,) = of_type(world, "exception.answered")
    assert answered.to == ("ann",)


def test_an_override_asks_a_second_person_unless_it_is_in_force_at_once() -> None:
    for second, kinds in ((True, ["override.proposed"]), (False, ["override.in_force"])):
        world = World(policy={"second_person_override": second})
        world.checks["ci"] = Status.FAIL
        world.wait(phase=Phase.DECIDING)
        since = world.state.seq
        world.do(c.ProposeOverride(codes=("check.failed:check:ci",), reason="harmless"), "bob")
        assert [n.type for n in told(world, since) if n.type.startswith("override")] == kinds
    world = walked(walks.disputed)
    (asked,) = of_type(world, "override.proposed")
    assert "bob" not in asked.to
    assert asked.answers[0][0] == "confirm"


def test_a_guard_tells_what_it_does_to_whoever_can_act() -> None:
    found = of_type(walked(walks.guarded), "guard.tripped")
    assert "observed only" in found[0].body
    assert "The release is held" in found[-1].body
    assert "eve" in found[0].to, "on call"
    assert "fay" in found[0].to, "owns a flag"


def test_a_flag_that_is_not_put_back_pages_the_lead_at_once_and_then_every_hour() -> None:
    world = World().to(Phase.ROLLING_OUT)
    world.writes["gifts"] = WriteStatus.FAILED
    world.do(c.RollBack(reason="errors"), "ann")
    world.wait(30 * MINUTE)
    (found,) = of_type(world, "flag.not_restored")
    assert found.to == ("bob", "fay", "eve")
    assert "gonogo rollback shop/1.2.0 --accept gifts" in found.answers[0][1]
    world.wait(HOUR)
    assert len(of_type(world, "flag.not_restored")) == 2


def test_a_flag_that_cannot_be_switched_off_pages_the_lead_when_the_rollback_begins() -> None:
    (found,) = of_type(walked(walks.stuck), "flag.not_restored")
    assert "cannot be switched off" in found.body


def test_a_rollback_of_nothing_says_so() -> None:
    world = World()
    world.do(c.RollBack(reason="to be sure"), "ann")
    (found,) = of_type(world, "rollback.started")
    assert "nothing was changed" in found.body


def test_a_stage_without_flags_is_told_all_the_same() -> None:
    (found,) = of_type(walked(walks.on_demand), "stage.exposed")
    assert "no flags" in found.body


def test_a_condition_of_a_go_is_told_to_whoever_answers_for_it() -> None:
    world = World().wait(phase=Phase.DECIDING)
    world.vote("qa", "cid", conditions=("support is told",))
    (found,) = of_type(world, "item.opened")
    assert found.to == ("bob",)
    assert "support is told" in found.subject


def test_most_entries_tell_nobody_anything() -> None:
    world = World()
    assert notices(world.entries[1], evolve(evolve(None, world.entries[0]), world.entries[1])) == ()


def test_a_text_that_is_too_long_for_a_channel_is_cut() -> None:
    world = World()
    world.do(c.PlaceHold(text="x" * 2000), "dan")
    (found,) = of_type(world, "hold.raised.manual")
    assert len(found.body) == 2000
    assert found.body.endswith("…")


def test_routes_say_which_channels_get_a_message() -> None:
    plan: Plan = make_plan(
        notifications={
            "channels": {"inbox": {}, "hook": {"kind": "webhook"}, "pager": {"kind": "webhook"}},
            "routes": [
                {"events": ["hold.*", "poll.opened"], "channel": "hook"},
                {"events": ["flag.not_restored"], "channel": "pager"},
                {"events": ["*"], "channel": "inbox"},
                {"events": ["hold.raised.guard"], "channel": "inbox"},
            ],
        }
    )
    assert channels_for(plan, "hold.raised.guard") == ("hook", "inbox")
    assert channels_for(plan, "flag.not_restored") == ("pager", "inbox")
    assert channels_for(plan, "release.closed") == ("inbox",)
