"""The table "Which command is legal where": every command in every phase; and the phases' own way to the next."""

from decimal import Decimal
from typing import Any

import pytest

from gonogo.domain import commands as c
from gonogo.domain.events import RoundEnded
from gonogo.domain.facts import Finding, Status
from gonogo.domain.plan import Feature
from gonogo.domain.rights import LEGAL
from gonogo.domain.terms import TERMINAL, ExceptionKind, FeatureStatus, Phase
from gonogo.domain.values import Candidate
from tests.domain.worlds import CLOSES, MONDAY, SLOT, World, make_plan

FREEZE = MONDAY.replace(hour=12)
NOT = "command.not_in_phase"
FEATURES: list[dict[str, Any]] = [
    {
        "id": "gifts",
        "title": "Gift cards",
        "flags": ["gifts"],
        "owner": "fay",
        "estimate_days": 5,
        "estimated_by": ["sam"],
    },
    {
        "id": "more",
        "title": "More",
        "no_flag": "text only",
        "owner": "fay",
        "estimate_days": 5,
        "estimated_by": ["sam"],
    },
]
PLAN: dict[str, Any] = {
    "features": FEATURES,
    "scope": {"freeze_at": FREEZE},
    "checks": {
        "ci": {"kind": "http", "owner": "qa"},
        "pushed": {"kind": "pushed", "owner": "qa", "max_age": "30d"},
        "end": {"kind": "pushed", "owner": "qa", "moment": "completion", "max_age": "30d"},
    },
    "checklists": {
        "tech": {
            "moment": "before_go_no_go",
            "owner": "qa",
            "items": [{"id": "tested", "title": "Tested"}, {"id": "told", "title": "Told", "required": False}],
        },
        "after": {"moment": "after_release", "owner": "qa", "items": [{"id": "looked", "title": "Flags reviewed"}]},
    },
}


def at_phase(phase: Phase) -> World:
    """A release in `phase`, with an open exception in readying, and an open question in rolling_out."""
    world = World(**PLAN)
    world.do(c.PushResult(check="pushed", finding=passed(world)), "cid")
    if phase is Phase.CANCELLED:
        world.do(c.Cancel(reason="not now"), "bob")
    elif phase is Phase.ROLLED_BACK:
        world.to(Phase.ROLLING_OUT).do(c.Cancel(reason="not now"), "bob")
    elif phase is Phase.READYING:
        world.to(phase).do(
            c.RequestException(kind=ExceptionKind.LATE, subject="gifts", until="Friday", why="it is late"), "fay"
        )
    elif phase is Phase.COMPLETED:
        world.to(Phase.CLEANING_UP)
        world.do(c.PushResult(check="end", finding=passed(world)), "cid")
        world.to(phase)
    else:
        world.to(phase)
        if phase is Phase.ROLLING_OUT:
            world.wait(event="QuestionAsked")
    assert world.phase is phase
    return world


def passed(world: World) -> Finding:
    return Finding(status=Status.PASS, at=world.at)


def material() -> Any:
    return make_plan(**{**PLAN, "stages": [{"audience": "everyone", "bake": "2h"}]})


def immaterial() -> Any:
    return make_plan(**{**PLAN, "title": "A better title"})


def estimate(days: int) -> c.EstimateFeature:
    return c.EstimateFeature(feature="gifts", days=Decimal(days))


def change(status: str) -> c.ChangeFeature:
    return c.ChangeFeature(feature="gifts", status=FeatureStatus(status), until="2.0")


def feature(name: str) -> Feature:
    return Feature(id=name, title="Another", no_flag="text only")


def exception_id(world: World) -> str:
    return next(iter(world.state.exceptions), "x1")


def question_id(world: World) -> str:
    rollout = world.state.rollout
    return rollout.question.id if rollout and rollout.question else "q1"


# Command (a value, or made of the world), who gives it, and what comes of it in scoping, readying, deciding,
# awaiting_window, rolling_out, cleaning_up and the terminal phases: "" is legal, else the code of the refusal.
SCOPING_ONLY = ("", *[NOT] * 6)
TABLE: dict[str, tuple[Any, str, tuple[str, ...]]] = {
    "scope add": (c.AddFeature(feature=feature("x")), "ann", SCOPING_ONLY),
    "scope split": (c.SplitFeature(feature="more", into=(feature("a"), feature("b"))), "ann", SCOPING_ONLY),
    "estimate up": (estimate(9), "ann", ("", *["estimate.up_after_freeze"] * 3, NOT, NOT, NOT)),
    "estimate down": (estimate(2), "ann", ("", "", "", "", NOT, NOT, NOT)),
    "scope drop": (change("dropped"), "ann", ("", "", "", "", NOT, NOT, NOT)),
    "scope defer": (change("deferred"), "ann", ("", "", "", "", NOT, NOT, NOT)),
    "scope delay": (change("delayed"), "ann", ("", "", "", "", NOT, NOT, NOT)),
    "freeze": (c.FreezeScope(), "bob", SCOPING_ONLY),
    "check push": (
        lambda w: c.PushResult(check="pushed", finding=passed(w)),
        "cid",
        ("",) * 5 + ("check.too_late", NOT),
    ),
    "check push, completion": (lambda w: c.PushResult(check="end", finding=passed(w)), "cid", ("",) * 6 + (NOT,)),
    "check run": (c.RunChecks(checks=("ci",)), "sam", ("",) * 5 + ("check.none", NOT)),
    "sign-off": (c.SignOff(item="told"), "cid", ("", "", "", "", NOT, "item.too_late", NOT)),
    "sign-off, after release": (c.SignOff(item="looked"), "cid", ("", "", "", "", NOT, "", NOT)),
    "un-sign": (c.UnSign(item="tested"), "cid", ("", "", "", "", NOT, "item.too_late", NOT)),
    "waive": (c.Waive(subject="check:ci", reason="known"), "bob", ("", "", "", "", NOT, "waive.too_late", NOT)),
    "waive, after release": (c.Waive(subject="item:looked", reason="x"), "bob", ("", "", "", "", NOT, "", NOT)),
    "exception request": (
        c.RequestException(kind=ExceptionKind.SCOPE, feature=feature("x"), why="they ask"),
        "fay",
        (NOT, "", NOT, NOT, NOT, NOT, NOT),
    ),
    "exception approve": (
        lambda w: c.AnswerException(exception=exception_id(w), approve=True),
        "ann",
        (NOT, "", NOT, NOT, NOT, NOT, NOT),
    ),
    "exception withdraw": (
        lambda w: c.WithdrawException(exception=exception_id(w)),
        "fay",
        (NOT, "", NOT, NOT, NOT, NOT, NOT),
    ),
    "poll open": (c.OpenPoll(), "bob", (NOT, "", NOT, NOT, NOT, NOT, NOT)),
    "vote": (lambda w: w.ballot("qa"), "cid", (NOT, NOT, "", NOT, NOT, NOT, NOT)),
    "withdraw": (c.WithdrawVote(role="qa"), "dan", (NOT, NOT, "vote.none", NOT, NOT, NOT, NOT)),
    "call": (c.Call(choice="no_go", ballot_id="b"), "bob", (NOT, NOT, "", NOT, NOT, NOT, NOT)),
    "override": (
        c.ProposeOverride(codes=("vote.missing:role:qa",), reason="they sleep"),
        "bob",
        (NOT, NOT, "", NOT, NOT, NOT, NOT),
    ),
    "override confirm": (c.ConfirmOverride(override="o1"), "ann", (NOT, NOT, "override.none", NOT, NOT, NOT, NOT)),
    "hold": (c.PlaceHold(text="wait"), "dan", ("", "", "", "", "", NOT, NOT)),
    "lift": (c.LiftHold(hold="h1"), "bob", ("hold.unknown",) * 5 + (NOT, NOT)),
    "postpone": (c.Postpone(), "bob", ("", "", "", "", NOT, NOT, NOT)),
    "amend, immaterial": (lambda w: c.Amend(plan=immaterial()), "bob", ("", "", "", "", "", "", NOT)),
    "amend, material": (
        lambda w: c.Amend(plan=material()),
        "bob",
        ("", "", "", "", "amend.material", "amend.material", NOT),
    ),
    "candidate": (c.SetCandidate(candidate=Candidate(commit="c2")), "bob", ("", "", "", "", NOT, NOT, NOT)),
    "widen": (lambda w: c.Widen(question=question_id(w)), "ann", (NOT, NOT, NOT, NOT, "", NOT, NOT)),
    "rollback": (c.RollBack(reason="it burns"), "eve", ("", "", "", "", "", "", NOT)),
    "rollback accept": (c.AcceptUnrestorable(flag="gifts", reason="so be it"), "bob", ("rollback.none",) * 6 + (NOT,)),
    "cancel": (c.Cancel(reason="never mind"), "bob", ("", "", "", "", "", NOT, NOT)),
}
PHASES = tuple(Phase)
CASES = [pytest.param(name, phase, id=f"{name} in {phase.value}") for name in TABLE for phase in PHASES]


@pytest.mark.parametrize(("name", "phase"), CASES)
def test_a_command_is_legal_in_the_phases_of_the_table_and_in_no_other(name: str, phase: Phase) -> None:
    given, who, row = TABLE[name]
    world = at_phase(phase)
    command = given(world) if callable(given) else given
    expected = row[min(PHASES.index(phase), 6)]
    if expected:
        assert world.refused(command, who) == expected
    else:
        world.do(command, who)


def test_every_command_of_people_is_in_the_table() -> None:
    asked = {(given(at_phase(Phase.ROLLING_OUT)) if callable(given) else given).type for given, _, _ in TABLE.values()}
    assert asked == set(LEGAL)


@pytest.mark.parametrize(
    ("command", "phase", "hint"),
    [
        (c.AddFeature(feature=feature("x")), Phase.READYING, "request an exception"),
        (c.SetCandidate(candidate=Candidate(commit="c2")), Phase.ROLLING_OUT, "roll back or finish first"),
        (c.RollBack(reason="x"), Phase.COMPLETED, "flags kill KEY"),
        (c.AnswerException(exception="x1", approve=True), Phase.DECIDING, "rejected when the poll opened"),
    ],
)
def test_a_refusal_names_the_phases_in_which_it_is_legal_and_what_to_do(command: Any, phase: Phase, hint: str) -> None:
    world = at_phase(phase)
    with pytest.raises(Exception, match=hint) as caught:
        world.do(command, "bob")
    assert str(caught.value).count("it is in:") == 1
    assert all(p.value in str(caught.value) for p in LEGAL[command.type])


def test_a_late_ballot_is_recorded_as_refused_and_says_to_use_hold() -> None:
    world = at_phase(Phase.DECIDING)
    late = world.ballot("qa", "NO_GO")
    world.vote_go()
    assert world.phase is Phase.AWAITING_WINDOW
    assert world.refused(late, "dan") == "vote.late"
    assert "use hold" in world.entries[-1].event.message  # type: ignore[union-attr]
    assert world.phase is Phase.AWAITING_WINDOW
    assert world.holds == []


def test_the_way_through_the_phases() -> None:
    world = at_phase(Phase.COMPLETED)
    ways = [(e.event.before.value, e.event.after.value) for e in world.entries if e.event.type == "PhaseChanged"]
    assert ways == [
        ("scoping", "readying"),
        ("readying", "deciding"),
        ("deciding", "awaiting_window"),
        ("awaiting_window", "rolling_out"),
        ("rolling_out", "cleaning_up"),
        ("cleaning_up", "completed"),
    ]
    assert world.state.outcome == "completed"


@pytest.mark.parametrize("phase", TERMINAL)
def test_a_closed_release_takes_no_news_of_the_world(phase: Phase) -> None:
    world = at_phase(phase)
    for command in (c.Tick(), c.TakeFlagNews(flag="gifts", gone=True)):
        assert world.do(command) == ()


def test_a_candidate_ends_the_round_and_a_go_and_keeps_the_slot() -> None:
    deciding, waiting = at_phase(Phase.DECIDING), at_phase(Phase.AWAITING_WINDOW)
    deciding.candidate("c2")
    assert [e.how.value for e in deciding.events(RoundEnded)] == ["superseded"]
    waiting.candidate("c2")
    assert "GoEnded" in waiting.types
    for world in (deciding, waiting):
        assert world.phase is Phase.DECIDING
        assert world.state.slot is not None
        assert (world.state.slot.starts, world.state.given_up) == (SLOT, 0)
        assert world.state.round is not None
        assert world.state.round.closes == CLOSES


def test_cancel_in_a_rollout_goes_back_through_readying_when_the_rollback_is_confirmed() -> None:
    world = at_phase(Phase.ROLLED_BACK)
    assert [e.event.after.value for e in world.entries if e.event.type == "PhaseChanged"][-2:] == [
        "readying",
        "rolled_back",
    ]
    assert world.exposure == {"gifts": "nobody"}
