"""What the dates of a plan come to, seen from an instant."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from gonogo.domain.plan import Plan
from gonogo.domain.plan_defaults import normalise
from gonogo.domain.plan_outlook import outlook, stranded
from gonogo.domain.plan_rules import problems

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
THURSDAYS = {"rrule": "FREQ=WEEKLY;BYDAY=TH", "start": "2026-01-01T10:00"}
NEVER = {"id": "freeze", "action": "deny", "start": "2026-01-01T00:00", "lasts": "520w", "reason": "the great freeze"}


def plan(**changes: Any) -> Plan:
    sound: dict[str, Any] = {
        "product": "shop",
        "version": "1.4.0",
        "roles": {"product_manager": "ann", "release_manager": "ben"},
        "checks": {"built": {"kind": "pushed", "owner": "ben"}},
    }
    made: Plan = normalise(TypeAdapter(Plan).validate_python({**sound, **changes}))
    assert not problems(made)
    return made


def told(**changes: Any) -> list[tuple[str, str, str, str]]:
    return [(p.severity, p.code, ".".join(map(str, p.path)), p.message) for p in outlook(plan(**changes), NOW)]


def codes(**changes: Any) -> list[tuple[str, str]]:
    return [(severity, code) for severity, code, _, _ in told(**changes)]


def due(*dates: str) -> dict[str, Any]:
    items = [{"id": f"i{n}", "title": "Do it", "due_at": at} for n, at in enumerate(dates)]
    return {"ready": {"moment": "before_go_no_go", "owner": "ben", "items": items}}


@pytest.mark.parametrize(
    "schedule",
    [
        {},
        {"slot": "2026-03-05T14:00:00Z"},
        {"train": THURSDAYS},
        {"starts": "2026-03-03T00:00:00Z", "train": THURSDAYS},
        {"windows": [{**NEVER, "lasts": "10w"}]},
        {"slot": "2026-03-02T14:00:00Z"},
    ],
    ids=["on demand", "dated", "train", "begins later", "closed for a while", "just room for the poll"],
)
def test_a_plan_that_lies_ahead_is_told_nothing(schedule: dict[str, Any]) -> None:
    checklists = due("2026-03-04T00:00:00Z")
    assert outlook(plan(schedule=schedule, scope={"freeze_at": None}, checklists=checklists), NOW) == ()


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"schedule": {"starts": "2026-03-02T11:00:00Z"}}, "schedule.starts", "begins when it is launched"),
        ({"scope": {"freeze_at": "2026-03-02T11:00:00Z"}}, "scope.freeze_at", "frozen at once"),
        ({"schedule": {"slot": "2026-03-02T12:00:00Z"}}, "schedule.slot", "name a later slot"),
        ({"checklists": due("2026-03-02T11:59:59Z")}, "checklists.ready.items.0.due_at", "reminded at once"),
    ],
)
def test_what_has_passed_is_a_warning_with_its_place(changes: dict[str, Any], path: str, words: str) -> None:
    [(severity, code, where, message)] = told(**changes)
    assert (severity, code, where) == ("warning", "plan.date_passed", path)
    assert words in message


def test_many_due_dates_that_have_passed_are_one_warning() -> None:
    dates = ("2026-05-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z")
    [found] = outlook(plan(checklists=due(*dates)), NOW)
    assert found.path == ("checklists", "ready", "items", 1, "due_at")
    assert "so have 2 more due dates" in found.message


def test_a_dated_slot_without_room_for_its_poll_is_a_warning() -> None:
    assert codes(schedule={"slot": "2026-03-02T13:59:59Z"}) == [("warning", "plan.slot_soon")]


def test_a_train_that_is_denied_whenever_it_leaves_is_an_error_with_the_reason() -> None:
    [(severity, code, path, message)] = told(schedule={"train": THURSDAYS, "windows": [NEVER]})
    assert (severity, code, path) == ("error", "plan.no_slot", "schedule.train")
    assert "(denied by the great freeze): let one open then, or the train leave at another time" in message
    only_fridays = {"id": "fridays", "action": "allow", "start": "2026-01-02T00:00", "lasts": "1d"}
    [found] = outlook(
        plan(schedule={"train": THURSDAYS, "windows": [{**only_fridays, "rrule": "FREQ=WEEKLY;BYDAY=FR"}]}), NOW
    )
    assert "no allow rule is active: fridays" in found.message


def test_a_train_that_does_not_leave_any_more_is_an_error() -> None:
    ended = {**THURSDAYS, "rrule": "FREQ=WEEKLY;BYDAY=TH;UNTIL=20260226T235959"}
    [(severity, code, _, _)] = told(schedule={"train": ended})
    assert (severity, code) == ("error", "plan.no_slot")
    assert "does not leave any more from Mon 2026-03-02 14" in outlook(plan(schedule={"train": ended}), NOW)[0].message


def test_a_train_is_looked_at_from_the_freeze_or_its_own_date_on() -> None:
    ending = {**THURSDAYS, "rrule": "FREQ=WEEKLY;BYDAY=TH;UNTIL=20260331T000000"}
    assert codes(schedule={"train": ending}) == []
    assert codes(schedule={"train": ending}, scope={"freeze_at": "2026-04-01T00:00:00Z"}) == [("error", "plan.no_slot")]


def test_a_past_train_that_can_be_simulated_is_only_warned_of() -> None:
    ended = {**THURSDAYS, "rrule": "FREQ=WEEKLY;BYDAY=TH;UNTIL=20260226T235959"}
    past = {"starts": "2026-01-10T00:00:00Z", "train": ended}
    assert codes(schedule=past) == [("warning", "plan.date_passed"), ("warning", "plan.no_slot_now")]
    going_on = {"starts": "2026-01-10T00:00:00Z", "train": THURSDAYS}
    assert codes(schedule=going_on) == [("warning", "plan.date_passed")]


def test_what_is_left_from_its_own_start_but_not_from_now_is_only_warned_of() -> None:
    past = {"starts": "2026-01-10T00:00:00Z", "windows": [{**NEVER, "start": "2026-02-01T00:00"}]}
    assert codes(schedule=past) == [("warning", "plan.date_passed"), ("warning", "plan.never_open_now")]
    staff = [{**NEVER, "start": "2026-02-01T00:00", "segments": ["staff"]}]
    stages = [{"segments": ["staff"]}, {"audience": "everyone"}]
    found = codes(schedule={**past, "windows": staff}, stages=stages)
    assert found == [("warning", "plan.date_passed"), ("warning", "plan.stage_never_open_now")]
    dated = {"starts": "2026-01-10T00:00:00Z", "slot": "2026-01-20T00:00:00Z"}
    assert codes(schedule=dated) == [("warning", "plan.date_passed")] * 2, "its slot has passed: said once"


def test_a_dated_slot_before_its_own_start_is_an_error() -> None:
    schedule = {"starts": "2026-03-10T00:00:00Z", "slot": "2026-03-05T14:00:00Z"}
    assert codes(schedule=schedule) == [("error", "plan.no_slot")]


# --- what is launched ----------------------------------------------------------------------------------------------

ENDED = {**THURSDAYS, "rrule": "FREQ=WEEKLY;BYDAY=TH;UNTIL=20260226T235959"}


@pytest.mark.parametrize(
    ("schedule", "code", "field", "words"),
    [
        ({"train": ENDED}, "plan.no_slot", "train", ("UNTIL=20260226T235959", "give it a later end")),
        ({"train": THURSDAYS, "windows": [NEVER]}, "plan.no_slot", "train", ("let one open", "the great freeze")),
        ({"slot": "2026-03-01T10:00:00Z"}, "plan.no_slot", "slot", ("Sun 2026-03-01 10:00", "name a later slot")),
        ({"slot": "2026-03-02T12:00:00Z"}, "plan.no_slot", "slot", ("has passed", "name a later slot")),
        ({"slot": "2026-03-02T13:59:59Z"}, "plan.no_slot", "slot", ("no room", "from Mon 2026-03-02 14:00 UTC on")),
        ({"windows": [NEVER]}, "plan.never_open", "windows", ("let one open", "the great freeze")),
    ],
    ids=["ended train", "closed train", "past slot", "slot now", "slot too soon", "closed for good"],
)
@pytest.mark.parametrize("starts", [{}, {"starts": "2026-01-01T00:00:00Z"}], ids=["", "with a start in the past"])
def test_a_release_that_begins_where_nothing_is_left_is_refused_whatever_its_plan_says_of_its_start(
    starts: dict[str, Any], schedule: dict[str, Any], code: str, field: str, words: tuple[str, ...]
) -> None:
    [found] = stranded(plan(schedule={**schedule, **starts}), NOW)
    assert (found.severity, found.code, found.path) == ("error", code, ("schedule", field))
    assert all(word in found.message for word in words), found.message


@pytest.mark.parametrize("schedule", [{"train": ENDED}, {"slot": "2026-02-05T14:00:00Z"}])
def test_a_simulated_release_is_judged_from_its_own_start(schedule: dict[str, Any]) -> None:
    past = plan(schedule={**schedule, "starts": "2026-01-10T00:00:00Z"})
    assert past.schedule.starts is not None
    assert stranded(past, past.schedule.starts) == ()
    assert [p.code for p in stranded(past, NOW)] == ["plan.no_slot"]


# --- windows and stages --------------------------------------------------------------------------------------------


def test_windows_that_never_open_are_an_error() -> None:
    [(severity, code, path, message)] = told(schedule={"windows": [NEVER]})
    assert (severity, code, path) == ("error", "plan.never_open", "schedule.windows")
    assert message.endswith("(denied by the great freeze): let one open")


@pytest.mark.parametrize("schedule", [{}, {"slot": "2026-03-05T14:00:00Z"}, {"train": THURSDAYS}])
def test_a_stage_whose_segment_is_never_let_in_is_an_error(schedule: dict[str, Any]) -> None:
    windows = [{**NEVER, "segments": ["beta"]}]
    stages = [{"segments": ["staff"]}, {"segments": ["beta", "staff"]}, {"audience": "everyone"}]
    [(severity, code, path, _)] = told(schedule={**schedule, "windows": windows}, stages=stages)
    assert (severity, code, path) == ("error", "plan.stage_never_open", "stages.1.segments")


def test_a_calendar_that_cannot_be_resolved_is_an_error_with_its_field() -> None:
    often = {"rrule": "FREQ=HOURLY", "start": "2026-01-01T10:00"}
    [(severity, code, path, _)] = told(schedule={"train": often})
    assert (severity, code, path) == ("error", "calendar.too_many", "schedule.train")


def test_a_release_that_begins_later_is_seen_from_there() -> None:
    windows = [{**NEVER, "lasts": "104w"}]  # until the end of 2027
    starts = (NOW + timedelta(days=700)).isoformat()
    assert codes(schedule={"windows": windows, "starts": starts}) == []
    assert codes(schedule={"windows": windows}) == [("error", "plan.never_open")]
