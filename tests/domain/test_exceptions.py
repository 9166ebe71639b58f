"""Late changes: requested with what and why, approved by both managers, neither of them the requester."""

from decimal import Decimal
from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain import release
from gonogo.domain.errors import Refused
from gonogo.domain.events import ExceptionRejected, ExceptionRequested
from gonogo.domain.material import material
from gonogo.domain.plan import Feature, Flag, RetireBy
from gonogo.domain.scope import in_scope
from gonogo.domain.terms import ExceptionKind, ExceptionStatus, FeatureStatus, Phase
from gonogo.domain.values import NOBODY
from tests.domain.worlds import POLL, SAMPLE, World, make_plan, person

NEW = Feature(id="new", title="New", no_flag="text", owner="fay")
SCOPE, LATE = ExceptionKind.SCOPE, ExceptionKind.LATE
ADD = c.RequestException(kind=SCOPE, feature=NEW, why="a customer asks")
SHAPE = "exception.shape"
CI = {"ci": {"kind": "http", "owner": "qa"}}
SIZED = [{**SAMPLE["features"][0], "estimate_days": 3, "estimated_by": ["sam"]}]


def asked(request: c.RequestException = ADD, who: str = "cid", **changes: Any) -> tuple[World, str]:
    world = World(**changes)
    world.do(request, who)
    return world, world.last(ExceptionRequested).exception


def answer(name: str, approve: bool = True, role: str | None = None) -> c.AnswerException:
    return c.AnswerException(exception=name, approve=approve, role=role)


def status(world: World, name: str) -> ExceptionStatus:
    return world.state.exceptions[name].status


def test_with_both_managers_the_feature_joins() -> None:
    world, name = asked()
    world.do(answer(name), "ann")
    assert (status(world, name), in_scope(world.state)) == (ExceptionStatus.OPEN, ("gifts",))
    world.do(answer(name), "bob")
    assert (status(world, name), in_scope(world.state)) == (ExceptionStatus.APPROVED, ("gifts", "new"))
    assert world.state.churn == 1


def test_an_estimate_rises_by_exception_and_counts_once() -> None:
    world, name = asked(c.RequestException(kind=SCOPE, subject="gifts", days=Decimal(9), why="harder"), features=SIZED)
    world.do(answer(name), "bob")
    world.do(answer(name), "ann")
    assert (str(world.state.features["gifts"].feature.estimate_days), world.state.churn) == ("9", 1)


@pytest.mark.parametrize(("until", "says"), [("Friday", "Friday"), ("", "later, by exception")])
def test_a_late_feature_is_delayed_and_the_scope_stays(until: str, says: str) -> None:
    world, name = asked(c.RequestException(kind=LATE, subject="gifts", until=until, why="sick"))
    world.do(answer(name), "ann")
    world.do(answer(name), "bob")
    found = world.state.features["gifts"]
    assert (found.status, found.until) == (FeatureStatus.DELAYED, says)


@pytest.mark.parametrize(
    "request_",
    [
        c.RequestException(kind=LATE, subject="gifts", why="x"),
        c.RequestException(kind=SCOPE, subject="gifts", days=Decimal(9), why="x"),
    ],
)
def test_an_exception_about_a_feature_that_was_dropped_meanwhile_changes_nothing(request_: c.RequestException) -> None:
    world, name = asked(request_)
    world.do(c.ChangeFeature(feature="gifts", status=FeatureStatus.DROPPED), "ann")
    world.do(answer(name), "ann")
    world.do(answer(name), "bob")
    assert status(world, name) is ExceptionStatus.APPROVED
    assert in_scope(world.state) == ()


def test_neither_approver_is_the_requester_and_their_answer_is_recorded_as_refused() -> None:
    world, name = asked(who="ann")
    assert world.refused(answer(name), "ann") == "exception.own"
    assert world.types[-1] == "BallotRefused"
    world.do(answer(name), "bob")
    assert status(world, name) is ExceptionStatus.OPEN, "nobody else is product manager"


def test_one_manager_is_enough_to_reject() -> None:
    world, name = asked()
    world.do(answer(name, approve=False), "bob")
    assert status(world, name) is ExceptionStatus.REJECTED
    assert world.refused(answer(name), "ann") == "exception.closed"
    assert world.types[-1] == "BallotRefused"


def test_a_manager_approves_once_and_for_their_own_role() -> None:
    world, name = asked()
    assert world.refused(answer(name, role="release_manager"), "ann") == "command.not_entitled"
    assert world.refused(answer("x99"), "ann") == "exception.unknown"
    with pytest.raises(Refused, match=rf"^there is no exception 'nope'; known are {name}$"):
        release.decide(world.state, answer("nope"), world.at, actor=person("ann"))
    world.do(answer(name, role="product_manager"), "ann")
    assert world.refused(answer(name), "ann") == "exception.answered"


@pytest.mark.parametrize(("distinct", "granted"), [(True, False), (False, True)])
def test_one_person_in_both_roles_approves_for_one_of_them_unless_the_policy_says_otherwise(
    distinct: bool, granted: bool
) -> None:
    roles = {"product_manager": ["ann", "bob"], "release_manager": ["bob", "ann"], "qa": "cid"}
    world, name = asked(roles=roles, policy={"distinct_managers": distinct, "one_role_per_person": False})
    world.do(answer(name), "bob")
    if granted:
        world.do(answer(name), "bob")
    else:
        assert world.refused(answer(name), "bob") == "exception.one_person"
    assert (status(world, name) is ExceptionStatus.APPROVED) is granted


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (c.RequestException(kind=LATE, why="x"), "exception.shape"),
        (c.RequestException(kind=LATE, subject="gifts", days=Decimal(3), why="x"), "exception.shape"),
        (c.RequestException(kind=LATE, subject="nope", why="x"), "feature.unknown"),
        (c.RequestException(kind=SCOPE, why="x"), "exception.shape"),
        (c.RequestException(kind=SCOPE, subject="gifts", why="x"), "exception.shape"),
        (c.RequestException(kind=SCOPE, subject="gifts", days=Decimal(3), why="x"), "exception.not_up"),
        (
            c.RequestException(kind=SCOPE, feature=Feature(id="gifts", title="G", no_flag="x"), why="x"),
            "feature.exists",
        ),
    ],
)
def test_a_request_that_says_nothing_is_refused(request_: c.RequestException, code: str) -> None:
    assert World(features=SIZED).refused(request_, "cid") == code


def test_the_same_feature_is_asked_for_once_and_not_granted_when_it_has_joined() -> None:
    world, name = asked()
    assert world.refused(ADD, "dan") == "exception.exists"
    world.do(c.WithdrawException(exception=name), "cid")
    assert status(world, name) is ExceptionStatus.WITHDRAWN
    world.do(ADD, "dan")


def test_the_requester_withdraws_and_nobody_else() -> None:
    world, name = asked()
    assert world.refused(c.WithdrawException(exception=name), "dan") == "command.not_entitled"
    world.do(c.WithdrawException(exception=name), "cid")
    assert world.refused(c.WithdrawException(exception=name), "cid") == "exception.closed"
    assert world.refused(c.WithdrawException(exception="x99"), "cid") == "exception.unknown"


def test_what_nobody_answered_when_the_poll_opens_is_rejected_with_that_reason() -> None:
    world, name = asked()
    other, _ = world, world.do(c.RequestException(kind=LATE, subject="gifts", why="x"), "dan")
    other.do(answer(world.last(ExceptionRequested).exception, approve=False), "ann")
    world.wait(POLL)
    assert world.phase is Phase.DECIDING
    assert status(world, name) is ExceptionStatus.REJECTED
    assert world.last(ExceptionRejected).reason == "unanswered when the poll opened"


# --- a feature that brings its flag --------------------------------------------------------------------------------

SLOW = Feature(id="slow", title="Slow", flags=("slow",), owner="fay")


def bring(*features: Feature, **flags: Flag) -> c.RequestException:
    return c.RequestException(kind=SCOPE, feature=(*features, SLOW)[0], flags=flags, why="a customer asks")


def granted(request: c.RequestException, **changes: Any) -> World:
    world, name = asked(request, **changes)
    world.do(answer(name), "ann")
    world.do(answer(name), "bob")
    assert status(world, name) is ExceptionStatus.APPROVED
    return world


@pytest.mark.parametrize("before", [{}, {"features": [], "flags": {}}], ids=["more", "the first one"])
def test_a_feature_that_joins_by_exception_brings_its_flag_and_is_rolled_out_behind_it(before: dict[str, Any]) -> None:
    world = granted(bring(slow=Flag()), **before)
    world.flags["slow"] = NOBODY
    listed = world.state.plan.flags["slow"]
    assert (listed.owner, listed.retire_by, listed.provider) == ("fay", RetireBy(days=40), "file")
    assert "slow" in material(world.state)["flags"]
    world.to(Phase.CLEANING_UP)
    assert world.exposure["slow"] == "everyone"


def test_its_flag_goes_with_it_and_an_amended_plan_lists_both() -> None:
    world = granted(bring(slow=Flag()))
    assert world.refused(c.Amend(plan=make_plan(title="Shorter")), "bob") == "amend.flag_in_use"
    feature = {"id": "slow", "title": "Slow", "flags": ["slow"], "owner": "fay"}
    plan: dict[str, Any] = {"features": [*SAMPLE["features"], feature], "flags": {**SAMPLE["flags"], "slow": {}}}
    world.amend(**{**plan, "title": "Both"})
    assert sorted(world.state.flags) == ["gifts", "slow"]
    world.do(c.ChangeFeature(feature="slow", status=FeatureStatus.DROPPED, reason="later"), "ann")
    assert sorted(world.state.flags) == ["gifts"]


def test_a_second_feature_brings_a_flag_of_its_own() -> None:
    world = granted(bring(slow=Flag()))
    late = Feature(id="late", title="Late", flags=("late",), owner="sam")
    world.do(bring(late, late=Flag()), "cid")
    for who in ("ann", "bob"):
        world.do(answer(world.last(ExceptionRequested).exception), who)
    assert sorted(world.state.plan.flags) == ["gifts", "late", "slow"]


def test_two_exceptions_that_bring_one_flag_bring_it_once() -> None:
    world, first = asked(bring(slow=Flag(provider="one")))
    other = Feature(id="other", title="Other", flags=("slow",), owner="sam")
    world.do(bring(other, slow=Flag(provider="two")), "cid")
    second = world.last(ExceptionRequested).exception
    for name in (first, second):
        world.do(answer(name), "ann")
        world.do(answer(name), "bob")
    assert in_scope(world.state) == ("gifts", "slow", "other")
    assert world.state.plan.flags["slow"].provider == "one"


@pytest.mark.parametrize(
    ("request_", "changes", "code"),
    [
        (bring(), {}, "feature.unlisted_flag"),
        (bring(slow=Flag(), more=Flag()), {}, "plan.flag_unused"),
        (bring(slow=Flag(owner="ghost")), {}, "plan.flag_owner"),
        (bring(slow=Flag(), gifts=Flag()), {}, "exception.flag_listed"),
        (c.RequestException(kind=SCOPE, subject="gifts", days=Decimal(9), flags={"slow": Flag()}, why="x"), {}, SHAPE),
        (c.RequestException(kind=LATE, subject="gifts", flags={"slow": Flag()}, why="x"), {}, SHAPE),
        (
            bring(slow=Flag()),
            {"features": [], "flags": {}, "checks": CI, "policy": {"require_deployed": True}},
            "plan.policy_deployed",
        ),
    ],
)
def test_what_a_feature_cannot_bring(request_: c.RequestException, changes: dict[str, Any], code: str) -> None:
    assert World(**changes).refused(request_, "cid") == code


def test_before_the_freeze_a_new_flag_comes_by_an_amended_plan() -> None:
    world = World(scope={"freeze_at": POLL})
    with pytest.raises(Refused, match="amend the plan first"):
        world.do(c.AddFeature(feature=SLOW), "ann")
