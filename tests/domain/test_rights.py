"""Who may do what, by default and by the plan; how a name is proved."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain import release
from gonogo.domain.errors import Refused
from gonogo.domain.facts import Finding, Status
from gonogo.domain.plan import Feature
from gonogo.domain.state import replace as state_with
from gonogo.domain.terms import Choice, ExceptionKind, FeatureStatus, Phase
from gonogo.domain.typed import typed
from gonogo.domain.values import Actor, ActorKind, Candidate
from tests.domain.worlds import MONDAY, SAMPLE, World, make_plan, person

ROLES: Any = SAMPLE["roles"]
NEW = Feature(id="x", title="X", no_flag="text")
LATE = {"freeze_at": MONDAY.replace(hour=12)}
NO = "command.not_entitled"

# Command, phase, who may, who may not.
RIGHTS: list[tuple[Any, Phase, tuple[str, ...], tuple[str, ...]]] = [
    (c.AddFeature(feature=NEW), Phase.SCOPING, ("ann",), ("bob", "cid", "fay", "zoe")),
    (c.EstimateFeature(feature="gifts", days=Decimal(2)), Phase.SCOPING, ("ann", "fay"), ("bob", "cid")),
    (c.ChangeFeature(feature="gifts", status=FeatureStatus.MERGED), Phase.READYING, ("ann", "fay"), ("bob", "cid")),
    (c.ChangeFeature(feature="none", status=FeatureStatus.MERGED), Phase.READYING, (), ("bob", "fay")),
    (c.FreezeScope(), Phase.SCOPING, ("bob",), ("ann", "cid")),
    (
        c.RequestException(kind=ExceptionKind.SCOPE, feature=NEW, why="x"),
        Phase.READYING,
        ("cid", "sam", "fay"),
        ("zoe",),
    ),
    (c.RunChecks(), Phase.READYING, ("sam", "cid"), ("zoe",)),
    (c.SignOff(item="tested"), Phase.READYING, ("cid", "dan"), ("ann", "bob")),
    (c.UnSign(item="tested"), Phase.READYING, ("cid",), ("ann", "bob")),
    (c.Waive(subject="item:tested", reason="x"), Phase.READYING, ("bob",), ("ann", "cid")),
    (c.OpenPoll(), Phase.READYING, ("bob",), ("ann", "cid")),
    (c.Call(choice="postpone", ballot_id="b"), Phase.DECIDING, ("bob",), ("ann", "cid")),
    (c.PlaceHold(text="wait"), Phase.READYING, ("ann", "bob", "cid"), ("sam", "eve", "fay", "zoe")),
    (c.Postpone(), Phase.READYING, ("bob",), ("ann", "cid")),
    (c.Amend(plan=make_plan(title="x")), Phase.READYING, ("bob",), ("ann", "cid")),
    (c.SetCandidate(candidate=Candidate(commit="c2")), Phase.READYING, ("bob",), ("ann", "dev")),
    (c.RollBack(reason="x"), Phase.ROLLING_OUT, ("bob", "ann", "fay", "eve"), ("cid", "sam", "dev")),
    (c.Cancel(reason="x"), Phase.READYING, ("bob",), ("ann", "cid")),
]
CASES = [
    pytest.param(command, phase, who, who in may, id=f"{command.type} by {who}")
    for command, phase, may, may_not in RIGHTS
    for who in (*may, *may_not)
]


def test_the_refusal_of_a_rollback_names_everybody_who_may() -> None:
    world = World().to(Phase.ROLLING_OUT)
    assert refusal(world, c.RollBack(reason="x"), "cid") == (
        "'cid' may not `gonogo rollback`; "
        "release_manager (bob) or product_manager (ann) or fay (owns a flag) or eve (on call) may"
    )


def refusal(world: World, command: Any, who: str) -> str:
    with pytest.raises(Refused) as caught:
        world.do(command, who)
    return caught.value.message


def test_a_refusal_says_what_was_typed_and_who_may_by_role_and_name() -> None:
    roles = {**ROLES, "ops": {"people": ["oli"], "votes": False, "may": ["poll.open"]}}
    world = World(roles=roles)
    told = refusal(world, c.OpenPoll(), "ann")
    assert told == "'ann' may not `gonogo poll open`; release_manager (bob) or ops (oli) may"
    told = refusal(world, c.PlaceHold(text="wait"), "zoe")
    assert told.startswith(
        "'zoe' may not `gonogo hold`; anybody with a role, product_manager (ann), release_manager (b"
    )
    assert "qa (cid, dan)" in refusal(world, c.SignOff(item="tested"), "ann")
    told = refusal(world, c.AnswerException(exception="x1", approve=True), "cid")
    assert told == "'cid' may not `gonogo exception approve`; product_manager (ann) and release_manager (bob) may"
    world.to(Phase.DECIDING)
    assert refusal(world, world.ballot("qa"), "ann") == "'ann' may not `gonogo vote`; qa (cid, dan) may"
    told = refusal(world, c.ConfirmOverride(override="o1"), "zoe")
    assert "somebody with a role in the poll, release_manager (bob), " in told


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (c.ChangeFeature(feature="x", status=FeatureStatus.DROPPED), "scope drop"),
        (c.ChangeFeature(feature="x", status=FeatureStatus.MERGED), "scope progress"),
        (c.AnswerException(exception="x1", approve=False), "exception reject"),
        (c.UnSign(item="tested"), "un-sign"),
        (c.Postpone(), "postpone"),
    ],
    ids=lambda x: getattr(x, "type", ""),
)
def test_a_command_is_called_what_a_person_types(command: Any, told: str) -> None:
    assert typed(command) == told


@pytest.mark.parametrize(("command", "phase", "who", "entitled"), CASES)
def test_the_defaults_entitle(command: Any, phase: Phase, who: str, entitled: bool) -> None:
    scope: Any = LATE if phase is Phase.SCOPING else {}
    world = World(scope=scope).to(phase)
    if entitled:
        world.do(command, who)
    else:
        assert world.refused(command, who) == NO


def test_the_plan_can_give_a_role_more() -> None:
    roles = {**ROLES, "ops": {"people": ["oli"], "votes": False, "may": ["postpone", "rollback"]}}
    world = World(roles=roles).to(Phase.READYING)
    assert world.do(c.Postpone(), "oli")
    assert World().refused(c.Postpone(), "oli") == NO


@pytest.mark.parametrize(
    ("command", "phase"),
    [
        (c.CastVote(request_id="x", role="qa", choice=Choice.NO_GO, ballot_id="b", reason="x"), Phase.DECIDING),
        (c.ProposeOverride(codes=("vote.missing:role:qa",), reason="x"), Phase.DECIDING),
        (c.ConfirmOverride(override="o1"), Phase.DECIDING),
        (c.AnswerException(exception="x1", approve=True), Phase.READYING),
    ],
    ids=lambda x: getattr(x, "type", ""),
)
def test_no_plan_gives_anybody_the_answer_of_a_role_that_they_do_not_fill(command: Any, phase: Phase) -> None:
    world = World(roles={**ROLES, "ops": {"people": ["oli"], "votes": False}}).to(phase)
    # The rules refuse such a plan; one that came past them gives no vote either.
    given = replace(world.state.plan.roles["ops"], may=(command.type,))
    world.state = state_with(world.state, plan=replace(world.plan, roles={**world.plan.roles, "ops": given}))
    assert world.refused(command, "oli") == NO


def test_a_result_is_pushed_by_the_owner_or_a_named_service() -> None:
    checks = {"load": {"kind": "pushed", "owner": "qa"}, "scan": {"kind": "pushed", "owner": "scanner"}}
    people = {**SAMPLE["people"], "scanner": {}}
    world = World(checks=checks, people=people)
    result = Finding(status=Status.PASS, at=world.at)
    scanner = Actor(id="scanner", kind=ActorKind.SERVICE)
    world.do(c.PushResult(check="load", finding=result), "dan")
    world.do(c.PushResult(check="scan", finding=result), scanner)
    assert world.refused(c.PushResult(check="load", finding=result), scanner) == NO
    assert world.refused(c.PushResult(check="nope", finding=result), "dan") == "check.unknown"


def test_a_service_votes_only_where_the_policy_names_it() -> None:
    bot = Actor(id="cid", kind=ActorKind.SERVICE)
    for named, code in (((), NO), (("cid",), None)):
        world = World(policy={"voting_services": named}).to(Phase.DECIDING)
        if code:
            assert world.refused(world.ballot("qa"), bot) == code
        else:
            world.do(world.ballot("qa"), bot)
    rm_bot = Actor(id="bob", kind=ActorKind.AGENT)
    world = World().to(Phase.DECIDING)
    assert world.refused(c.ProposeOverride(codes=("vote.missing:role:qa",), reason="x"), rm_bot) == NO


def test_a_ballot_needs_a_role_of_the_release_and_its_voter_in_it() -> None:
    world = World().to(Phase.DECIDING)
    assert world.refused(world.ballot("nobody"), "cid") == "vote.unknown_role"
    assert world.refused(world.ballot("qa"), "ann") == NO


def _listed(*names: str) -> Any:
    items = [{"id": name, "title": name, "owner": "qa"} for name in names]
    return {"only": {"moment": "before_go_no_go", "owner": "qa", "items": items}}


def _told(world: World, command: Any, who: str) -> str:
    with pytest.raises(Refused) as refused:
        release.decide(world.state, command, world.at, actor=person(who))
    return refused.value.message


@pytest.mark.parametrize("command", [c.SignOff, c.UnSign])
def test_an_item_that_does_not_exist_is_refused_with_the_one_that_was_meant(command: Any) -> None:
    world = World(checklists=_listed("docs-ready", "tests-read"))
    assert _told(world, command(item="docs-redy"), "cid") == (
        "there is no item 'docs-redy'; did you mean 'docs-ready'?"
    )
    assert _told(world, command(item="xyz"), "cid") == "there is no item 'xyz'; known are docs-ready, tests-read"
    assert _told(World(checklists={}), command(item="xyz"), "cid") == "there is no item 'xyz'; the release has none"


def test_many_items_are_counted_and_not_listed() -> None:
    world = World(checklists=_listed(*(f"step-{n:02}" for n in range(9))))
    assert _told(world, c.SignOff(item="xyz"), "cid") == (
        "there is no item 'xyz'; there are 9, such as step-00, step-01, step-02: "
        f"`gonogo status {world.state.release_id} --json` has all of them"
    )


def test_a_check_that_does_not_exist_is_refused_with_the_one_that_was_meant() -> None:
    world = World(checks={"load": {"kind": "pushed", "owner": "qa"}})
    command = c.PushResult(check="laod", finding=Finding(status=Status.PASS, at=world.at))
    assert _told(world, command, "dan") == "there is no check 'laod'; did you mean 'load'?"


def test_a_role_can_ask_for_a_better_proof() -> None:
    roles = {**ROLES, "qa": {"people": ["cid", "dan"], "min_proof": 2}}
    world = World(roles=roles).to(Phase.DECIDING)
    assert world.refused(world.ballot("qa"), "cid", proof=1) == "vote.proof"
    world.do(world.ballot("qa"), "cid", proof=2)
    assert ("qa", "cid") in world.state.round.ballots  # type: ignore[union-attr]


def test_the_open_question_is_answered_by_the_role_that_it_names() -> None:
    stages = [{"percent": 10, "bake": "1h", "question": {"role": "qa"}}, {"audience": "everyone", "bake": "1h"}]
    world = World(stages=stages).to(Phase.ROLLING_OUT).wait(event="QuestionAsked")
    asked = world.state.rollout.question.id  # type: ignore[union-attr]
    assert world.refused(c.Widen(question=asked), "ann") == NO
    world.do(c.Widen(question=asked), "dan")


def test_a_flag_without_an_owner_of_its_own_is_the_release_managers() -> None:
    plan: dict[str, Any] = {"features": [{"id": "gifts", "title": "G", "flags": ["gifts"]}], "flags": {"gifts": {}}}
    world = World(**plan).to(Phase.ROLLING_OUT)
    assert world.refused(c.RollBack(reason="x"), "fay") == NO
    world.do(c.RollBack(reason="x"), "bob")
