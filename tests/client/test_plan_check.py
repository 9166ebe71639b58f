"""Checking a plan: what is wrong, and what was perhaps not meant, each with its line and column."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gonogo.client.plan_check import check_plan, check_plan_path
from gonogo.client.plan_file import FileProblem, PlanFileError, read_plan

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PLAN = """\
product: shop
version: "1.4.0"
roles: {product_manager: ann, release_manager: ben}
checks:
  tests: {kind: pushed, owner: ben}
"""
DENIED = """\
schedule:
  train: {rrule: "FREQ=WEEKLY;BYDAY=TH", start: 2026-01-01T10:00}
  windows:
    - {id: thursdays, action: deny, start: 2026-01-01T00:00, lasts: 1d, rrule: "FREQ=WEEKLY;BYDAY=TH"}
"""


def warned(text: str, **options: Any) -> list[str]:
    return [str(w) for w in check_plan(text, name="release.yaml", now=NOW, **options).warnings]


def refused(text: str, **options: Any) -> tuple[FileProblem, ...]:
    with pytest.raises(PlanFileError) as error:
        check_plan(text, name="release.yaml", now=NOW, **options)
    return error.value.problems


def test_a_plan_without_anything_to_say_is_the_plan_that_is_read() -> None:
    checked = check_plan(PLAN, name="release.yaml", now=NOW)
    assert checked.warnings == ()
    assert checked.plan == read_plan(PLAN, name="release.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PLAN.replace("pushed", "pushd"), "5:17: warning: checks.tests.kind: no check kind 'pushd' is installed here,"),
        (PLAN + "schedule:\n  slot: 2026-03-01T10:00:00Z\n", "7:9: warning: schedule.slot: Sun 2026-03-01 10:00 UTC"),
        (PLAN + "scope: {freeze_at: 2026-03-01T10:00:00Z}\n", "6:20: warning: scope.freeze_at: Sun 2026-03-01"),
    ],
)
def test_what_was_perhaps_not_meant_is_a_warning_with_line_and_column(text: str, said: str) -> None:
    [warning] = warned(text)
    assert warning.startswith(f"release.yaml:{said}")


def test_what_an_installed_adapter_cannot_do_is_an_error_with_line_and_column() -> None:
    [problem] = refused(PLAN.replace("kind: pushed,", "kind: http, params: {url: ci},"))
    assert (problem.severity, problem.code, problem.line, problem.column) == ("error", "adapter.params", 5, 37)


def test_a_missing_parameter_is_told_at_the_value_that_lacks_it() -> None:
    [problem] = refused(PLAN.replace("pushed", "command"))
    assert str(problem) == (
        "release.yaml:5:10: checks.tests: the parameter 'argv' is missing: it stands under `params`"
    )


def test_a_train_that_never_leaves_is_an_error_unless_the_release_may_be_open_already() -> None:
    [problem] = refused(PLAN + DENIED)
    assert (problem.severity, problem.code, problem.line) == ("error", "plan.no_slot", 7)
    [warning] = warned(PLAN + DENIED, dates_refuse=False)
    assert "warning: schedule.train: no slot is left" in warning


def test_errors_and_warnings_are_told_together_in_the_order_of_the_file() -> None:
    text = PLAN.replace("pushed", "pushd") + "poll: {roles: [sales]}\nschedule: {slot: 2026-03-01T10:00:00Z}\n"
    found = refused(text)
    assert [p.severity for p in found] == ["warning", "error", "warning"]
    assert [p.line for p in found] == [5, 6, 7]


def test_dates_are_not_looked_at_in_a_schedule_that_cannot_be_read() -> None:
    [problem] = refused(PLAN + "schedule: {zone: Europe/Berln, slot: 2026-03-01T10:00:00Z}\n")
    assert problem.code == "calendar.unknown_zone"


def test_a_file_is_checked_under_the_policy_file(tmp_path: Path) -> None:
    plan, policy = tmp_path / "release.yaml", tmp_path / "policy.yaml"
    plan.write_text(PLAN)
    policy.write_text("required_checks: [security]\n")
    assert check_plan_path(plan, now=NOW).warnings == ()
    with pytest.raises(PlanFileError, match="the policy requires the check 'security'"):
        check_plan_path(plan, policy, now=NOW)
