"""People files: every name is one of the plan's, and what is wrong is told with its place."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gonogo.client.people import MOMENTS, People, read_people, read_people_path
from gonogo.client.people_verbs import VERBS
from gonogo.client.plan_file import PlanFileError, read_plan_path
from gonogo.domain.plan import Plan
from gonogo.domain.values import Audience

SERVICE = Path(__file__).parents[2] / "examples" / "service"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return read_plan_path(SERVICE / "plan.yaml")


def read(text: str, plan: Plan) -> People:
    return read_people(text, name="people.yaml", plan=plan)


def test_the_example_can_be_read(plan: Plan) -> None:
    people = read_people_path(SERVICE / "people.yaml", plan)
    assert [act.do for act in people.acts] == ["vote", "candidate", "candidate"]
    assert people.acts[0].args == {"choice": "NO_GO", "reason": "the second card is charged twice"}


def test_what_is_left_out_means_that_everybody_answers_well(plan: Plan) -> None:
    people = read("gonogo: 1", plan)
    assert people == People()
    assert people.defaults.votes == timedelta(hours=1)


def test_never_says_that_nobody_answers(plan: Plan) -> None:
    assert read("defaults: {votes: never}", plan).defaults.votes is None


def test_a_removal_is_an_instant_or_a_time_after_the_release(plan: Plan) -> None:
    assert read("removed: {one-click: 30d}", plan).removed == {"one-click": timedelta(days=30)}
    at = "2026-05-01T00:00:00Z"
    assert read(f"removed: {{one-click: {at}}}", plan).removed == {"one-click": datetime(2026, 5, 1, tzinfo=UTC)}


def test_flags_can_have_been_out_before(plan: Plan) -> None:
    assert read("before: {one-click: opt_in}", plan).before["one-click"].audience is Audience.OPT_IN


def test_a_flag_that_an_amendment_brings_can_be_removed(plan: Plan) -> None:
    text = """
acts:
  - {at: 2026-03-03T00:00:00Z, who: bob, do: amend, flags: {later: {}}, features: [{id: f, title: F, flags: [later]}]}
removed: {later: 3d}
"""
    assert "later" in read(text, plan).removed


ACT = "acts: [{at: 2026-03-03T00:00:00Z, who: bob, %s}]"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("launcher: dav", "people.yaml:1:11: launcher: 'dav' is nobody in this plan; did you mean 'dev'?"),
        (ACT % "do: vot", "1:49: acts.0.do: 'vot' is nothing that people do; did you mean 'vote'?"),
        (
            ACT.replace("bob", "bop") % "do: rollback, reason: x",
            "acts.0.who: 'bop' is nobody in this plan; did you mean 'bob'?",
        ),
        (ACT % "do: vote, choise: GO", "acts.0.choise: unknown key; vote takes acting_for, choice"),
        (ACT % "do: vote, choice: NO", "acts.0.choice: 'NO' is not known here: expected one of GO, NO_GO, ABSTAIN"),
        (ACT % "do: vote, role: qaa", "acts.0.role: 'qaa' is no role of this plan; did you mean 'qa'?"),
        (ACT % "do: hold", "acts.0: hold needs `text`"),
        (ACT % "do: exception.approve", "acts.0: exception.approve needs `about`"),
        (ACT % "do: candidate, commit: ''", "acts.0.commit: '' is not a commit"),
        (ACT % "do: cancel, reason: x, after: 1h", "acts.0.after: `after` goes with `on`, not with `at`"),
        (ACT % "do: cancel, reason: x, before: 1h", "acts.0.before: `before` goes with `on: item.due` only"),
        (ACT % "on: poll.opened, do: cancel, reason: x", "acts.0: say when: `at` an instant, or `on` a moment"),
        ("acts: [{who: bob, do: hold, text: x}]", "acts.0: say when: `at` an instant, or `on` a moment"),
        ("acts: [{on: poll.open, who: bob, do: vote}]", "'poll.open' is no moment; did you mean 'poll.opened'?"),
        ("acts: [{on: item.due, who: bob, do: cancel, reason: x}]", "acts.0.on: item.due needs the `item`"),
        ("checks: {test: []}", "checks.test: 'test' is no check of this plan; did you mean 'tests'?"),
        ("guards: {error: []}", "guards.error: 'error' is no guard of this plan; did you mean 'errors'?"),
        ("removed: {one_click: 1d}", "'one_click' is no flag of this plan; did you mean 'one-click'?"),
        ("outages: {flag: []}", "'flag' is not known here: expected one of checks, guards, flags, notifications"),
        (
            "outages: {flags: [{start: 2026-03-03T00:00:00Z, end: 2026-03-02T00:00:00Z}]}",
            "outages.flags.0: it ends before it starts",
        ),
        ("defaults: {vote: 1h}", "unknown key; did you mean `votes`?"),
        ("acts: [1]", "acts.0: expected a mapping of names to values, got 1"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, told: str, plan: Plan) -> None:
    with pytest.raises(PlanFileError) as caught:
        read(text, plan)
    assert told in str(caught.value)


def test_everything_that_is_wrong_is_told_at_once(plan: Plan) -> None:
    with pytest.raises(PlanFileError) as caught:
        read("launcher: nobody\nacts: [{on: never, who: nobody, do: nothing}]\nchecks: {no: []}", plan)
    assert {p.code for p in caught.value.problems} == {
        "people.unknown_person",
        "people.unknown_moment",
        "people.unknown_act",
        "people.unknown_check",
    }


def test_every_command_of_people_has_a_verb() -> None:
    from typing import get_args

    from gonogo.domain.commands import Amend, HumanCommand

    told = {verb.command for verb in VERBS.values()}
    assert {command for command in get_args(get_args(HumanCommand)[0]) if command is not Amend} <= told


def test_moments_are_the_events() -> None:
    assert MOMENTS["poll.opened"] == "PollOpened"
    assert MOMENTS["flag.changed.elsewhere"] == "FlagChangedElsewhere"
