"""The end of a release: flags settled, after-release items done, closed."""

from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.cleanup import check_escalations
from gonogo.domain.events import ChecksRequested, Escalated, FlagSettled, ReleaseClosed, ReminderSent
from gonogo.domain.evolve import evolve
from gonogo.domain.facts import FlagReading, Status
from gonogo.domain.terms import AskedFor, Phase
from gonogo.domain.values import EVERYONE
from gonogo.domain.views import status_view
from gonogo.domain.why import why_view
from tests.domain.worlds import DAY, HOUR, SAMPLE, SLOT, World

NO_REVIEW = {"tech": SAMPLE["checklists"]["tech"]}


def shipped(**changes: Any) -> World:
    return World(**changes).to(Phase.CLEANING_UP)


@pytest.mark.parametrize(
    ("flag", "why"),
    [
        ({"kind": "kill_switch"}, "kill_switch flags are permanent"),
        ({"kind": "permission"}, "permission flags are permanent"),
        ({"reach": "50%"}, "its reach ends at 50 %"),
        ({"retire_by": {"cycles": 2}}, "it is due in 2 cycles"),
        ({"retire_by": {"days": 91}}, "it is due in 91 days"),
        ({"retire_by": {"days": 90}}, ""),
        ({"kind": "operational"}, ""),
        ({}, ""),
    ],
)
def test_a_flag_whose_end_lies_beyond_the_release_is_carried(flag: dict[str, Any], why: str) -> None:
    world = shipped(flags={"gifts": flag})
    settled = [(e.how.value, e.proof) for e in world.events(FlagSettled)]
    assert settled == ([("carried", why)] if why else [])


def test_a_flag_is_settled_when_it_is_gone_with_proof() -> None:
    world = shipped()
    world.do(c.TakeFlagNews(flag="gifts", gone=True, proof="archived, no references"))
    assert (world.last(FlagSettled).how.value, world.last(FlagSettled).proof) == ("gone", "archived, no references")
    assert world.phase is Phase.CLEANING_UP, "an after-release item is open"
    world.sign_off()
    assert (world.phase, world.last(ReleaseClosed).outcome) == (Phase.COMPLETED, "completed")


def test_a_flag_that_a_later_release_takes_over_is_carried_to_it() -> None:
    world = shipped()
    world.do(c.TakeFlagNews(flag="gifts", carried_to="shop/1.3.0"))
    assert world.last(FlagSettled).proof == "carried to shop/1.3.0"
    assert world.do(c.TakeFlagNews(flag="gifts", carried_to="shop/1.4.0")) == ()


def test_a_flag_is_waived_by_name_until_a_date() -> None:
    world = shipped()
    assert world.refused(c.Waive(subject="flag:gifts", reason="x"), "bob") == "waive.no_date"
    world.do(c.Waive(subject="flag:gifts", reason="next quarter", until=world.at + DAY), "bob")
    assert (world.last(FlagSettled).how.value, world.last(FlagSettled).proof) == ("waived", "bob: next quarter")


def test_news_of_a_flag_that_is_not_the_releases_or_comes_too_early_changes_nothing() -> None:
    world = World()
    assert world.do(c.TakeFlagNews(flag="other", gone=True)) == ()
    assert world.do(c.TakeFlagNews(flag="gifts", gone=True, proof="archived")) == ()
    seen = FlagReading(key="gifts", exists=True, exposure=EVERYONE, at=world.at)
    assert world.do(c.TakeFlagNews(flag="gifts", reading=seen)) == ()


def test_a_foreign_edit_while_cleaning_up_is_recorded_and_holds_nothing() -> None:
    world = shipped()
    seen = FlagReading(key="gifts", exists=True, exposure=EVERYONE, at=world.at)
    world.do(c.TakeFlagNews(flag="gifts", reading=seen))
    assert ("FlagChangedElsewhere" in world.types, world.holds) == (True, [])


@pytest.mark.parametrize("said", [Status.PASS, Status.FAIL, Status.UNCLEAR])
def test_what_gates_completion_is_measured_when_it_has_shipped_and_gates_only_that(said: Status) -> None:
    checks = {"end": {"kind": "http", "owner": "qa", "moment": "completion"}}
    world = World(checks=checks)
    world.checks["end"] = said
    world.to(Phase.CLEANING_UP)
    world.do(c.TakeFlagNews(flag="gifts", gone=True, proof="x"))
    world.sign_off()
    assert (world.phase is Phase.COMPLETED) is (said is Status.PASS)
    if said is not Status.PASS:
        world.do(c.Waive(subject="check:end", reason="known", until=world.at + DAY), "bob")
        assert world.phase is Phase.COMPLETED


def test_a_waiver_that_ends_gates_again() -> None:
    world = shipped()
    world.do(c.Waive(subject="item:looked", reason="later", until=world.at + DAY), "bob")
    world.wait(DAY)
    world.do(c.TakeFlagNews(flag="gifts", gone=True, proof="x"))
    assert world.phase is Phase.CLEANING_UP


def test_a_review_is_reminded_of_before_the_rollout_and_after_it() -> None:
    world = World(kind="hotfix").go()
    world.wait(SLOT - 2 * HOUR)
    assert "item:review-hotfix" not in [e.subject for e in world.events(ReminderSent)], "due in two days"
    world.to(Phase.CLEANING_UP).wait(DAY)
    assert "item:review-hotfix" in [e.subject for e in world.events(ReminderSent)]
    world.sign_off()
    world.do(c.TakeFlagNews(flag="gifts", gone=True, proof="x"))
    assert world.phase is Phase.COMPLETED


def test_cancelling_hands_unsettled_flags_over_as_carried_in_the_same_step() -> None:
    world = World()
    made = world.do(c.Cancel(reason="never mind"), "bob")
    assert [e.event.type for e in made] == ["ReleaseClosed", "PhaseChanged"]
    assert world.last(ReleaseClosed).carried == ("gifts",)


def test_a_check_that_keeps_the_release_open_is_escalated() -> None:
    checks = {
        "end": {"kind": "http", "owner": "qa", "moment": "completion"},
        "fine": {"kind": "pushed", "owner": "qa", "moment": "completion", "max_age": "60d"},
    }
    world = World(checks=checks)
    world.checks["end"] = Status.FAIL
    world.to(Phase.CLEANING_UP)
    world.do(c.Waive(subject="check:fine", reason="x"), "bob")
    world.wait(2 * DAY + HOUR)
    assert [e.subject for e in world.events(Escalated) if e.subject.startswith("check")] == ["check:end"] * 2


# --- what was settled, or found, for a while -----------------------------------------------------------------------

END = {"end": {"kind": "http", "owner": "qa", "moment": "completion"}}


def test_a_flag_whose_waiver_ended_keeps_the_release_open_and_is_shown_as_not_settled() -> None:
    world = shipped()
    world.do(c.Waive(subject="flag:gifts", reason="next week", until=world.at + DAY), "bob")
    assert [f.settled for f in status_view(world.state, world.at).flags] == ["waived"]
    world.wait(5 * DAY)
    world.sign_off()
    assert world.phase is Phase.CLEANING_UP
    (found,) = [w for w in why_view(world.state, world.at).waiting if w.code == "flag.unsettled"]
    assert "the waiver of bob ended" in found.text
    assert [f.settled for f in status_view(world.state, world.at).flags] == [""]
    world.do(c.Waive(subject="flag:gifts", reason="this week", until=world.at + DAY), "bob")
    assert world.last(ReleaseClosed).outcome == "completed"


def test_a_waived_flag_that_goes_for_good_needs_no_waiver_any_more() -> None:
    world = shipped()
    world.do(c.Waive(subject="flag:gifts", reason="next week", until=world.at + DAY), "bob")
    world.do(c.TakeFlagNews(flag="gifts", gone=True, proof="archived, no references"))
    world.wait(5 * DAY)
    world.sign_off()
    assert world.phase is Phase.COMPLETED


def test_what_gates_completion_is_measured_each_time_that_it_has_shipped() -> None:
    world = World(checks={**SAMPLE["checks"], **END})
    world.do(c.RunChecks(), "sam")
    assert "end" in world.state.findings, "asked for by hand, long before"
    for commit in ("c2", "c3"):
        world.to(Phase.CLEANING_UP)
        asked = [e for e in world.events(ChecksRequested) if e.why is AskedFor.COMPLETION]
        assert [e.checks for e in asked][-1] == ("end",)
        assert world.state.found_for["end"] == world.state.released_at
        world.do(c.RollBack(reason="bad"), "bob")
        world.candidate(commit)
        world.do(c.RunChecks(), "sam")
    assert len(asked) == 2


def test_what_was_found_before_it_shipped_completes_nothing() -> None:
    world = World(checks={**SAMPLE["checks"], **END}, flags={"gifts": {"kind": "permission"}}, checklists=NO_REVIEW)
    world.do(c.RunChecks(), "sam")
    world.to(Phase.ROLLING_OUT)
    world.wait(event="QuestionAsked")
    assert world.state.rollout is not None
    assert world.state.rollout.question is not None
    world.do(c.Widen(question=world.state.rollout.question.id), "ann")
    world.checks["end"] = Status.UNCLEAR
    world.wait(phase=Phase.CLEANING_UP).wait(DAY)
    assert world.phase is Phase.CLEANING_UP
    assert "check.unclear" in [w.code for w in why_view(world.state, world.at).waiting]


def test_in_the_middle_of_a_rollback_nothing_keeps_it_from_being_completed() -> None:
    world = shipped(checks={**SAMPLE["checks"], **END})
    world.do(c.RollBack(reason="bad"), "bob")
    state = None
    for entry in world.entries:
        state = evolve(state, entry)
        if entry.event.type == "RollbackConfirmed":
            assert (state.phase, check_escalations(state, entry.at)) == (Phase.CLEANING_UP, ())


def test_checks_run_on_entering_readying_after_a_rollback() -> None:
    world = World().to(Phase.ROLLING_OUT)
    world.do(c.RollBack(reason="bad"), "bob")
    assert world.phase is Phase.READYING
    assert world.last(ChecksRequested).why is AskedFor.READYING
    closing = World().to(Phase.ROLLING_OUT)
    closing.do(c.Cancel(reason="bad"), "bob")
    assert closing.phase is Phase.ROLLED_BACK
    assert closing.last(ChecksRequested).why is not AskedFor.READYING
