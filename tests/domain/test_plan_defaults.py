"""What normalising fills in, and that equal plans have equal digests."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.domain.canonical import to_json
from gonogo.domain.plan import DEFAULT_STAGES, Plan, RetireBy
from gonogo.domain.plan_defaults import normalise, plan_digest
from gonogo.domain.plan_rules import problems
from gonogo.domain.policy import Policy
from gonogo.domain.values import Audience
from tests.domain.plan_parts import ADAPTER, FEATURE, ROLES, features, item, plan, roles


def test_normalising_fills_in_what_depends_on_other_fields() -> None:
    made = normalise(
        plan(
            features=[
                {**FEATURE, "id": "a"},
                {**FEATURE, "id": "b", "owner": "ann", "rank": 7},
                {**FEATURE, "id": "c"},
            ],
            flags={
                "gift-cards": {},
                "off": {"kind": "kill_switch", "reach": {"percent": 100}},
                "op": {"kind": "operational"},
            },
            roles={"qa": "cleo", "advice": {"people": ["dan"], "votes": False}, **ROLES},
            schedule={
                "zone": "Europe/Berlin",
                "windows": [{"id": "w", "action": "deny", "start": "2026-01-01T00:00", "lasts": "1h"}],
            },
            stages=[{"segments": ["a"]}, {"percent": 1}, {"audience": "everyone"}],
            **item(),
        )
    )
    assert [feature.rank for feature in made.features] == [1, 7, 3]
    assert made.flags["gift-cards"].owner == "ann"
    assert made.flags["gift-cards"].retire_by == RetireBy(days=40)
    assert (made.flags["off"].owner, made.flags["off"].retire_by) == ("release_manager", None)
    assert made.flags["off"].reach.audience is Audience.EVERYONE
    assert made.flags["op"].retire_by == RetireBy(days=7)
    assert made.poll.roles == ("release_manager", "qa", "product_manager")
    assert (made.schedule.windows[0].zone, made.schedule.windows[0].reason) == ("Europe/Berlin", "w")
    assert [str(one.exposure) for one in made.stages] == ["a", "1 % and a", "everyone"]
    assert made.checklists["ready"].items[0].owner == "ben"


def test_the_floor_is_the_policy_of_a_plan_that_says_nothing() -> None:
    floor = Policy(strict_duties=True)
    assert normalise(plan(), floor).policy == floor
    stricter = Policy(strict_duties=True, min_quorum=2)
    assert normalise(plan(policy=stricter), floor).policy == stricter


def test_default_stages_are_left_as_they_are() -> None:
    assert normalise(plan()).stages == DEFAULT_STAGES


def test_equal_plans_have_equal_digests_however_they_are_written() -> None:
    one = plan(roles=roles(), stages=[{"percent": 10, "bake": "60m"}], **features({"rank": 1}))
    other = plan(roles=dict(reversed(roles().items())), stages=[{"percent": 10, "bake": "1h"}])
    assert plan_digest(one) == plan_digest(other) == plan_digest(normalise(other))
    assert plan_digest(one) != plan_digest(plan(stages=[{"percent": 11}]))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Sound plans of many forms."""
    names = draw(st.lists(st.sampled_from(["qa", "ops", "docs", "sales"]), unique=True))
    flags = draw(st.lists(st.sampled_from(["a", "b", "c"]), unique=True, min_size=1))
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return plan(
        roles={**ROLES, **{name: [f"{name}-{n}" for n in range(draw(st.integers(1, 3)))] for name in names}},
        features=[
            {"id": f"f-{key}", "title": key, "flags": [key], "rank": draw(st.none() | st.integers(1, 9))}
            for key in flags
        ],
        flags={
            key: {
                "kind": draw(st.sampled_from(["release", "kill_switch", "operational"])),
                "reach": draw(st.sampled_from(["everyone", "10%", "opt_in", {"segments": ["z", "a"]}])),
                "owner": draw(st.sampled_from([None, "ann", "qa"])),
            }
            for key in flags
        },
        poll={"roles": draw(st.none() | st.just(["qa", "release_manager"]))},
        schedule={"slot": draw(st.none() | st.just(start.isoformat()))},
        stages=draw(
            st.sampled_from(
                [[{"segments": ["b"]}, {"percent": 3}], [{"audience": "everyone"}], [{"percent": 5, "segments": ["x"]}]]
            )
        ),
        **item(owner=draw(st.sampled_from([None, "qa"])), per=draw(st.sampled_from(["release", "feature"]))),
    )


@settings(max_examples=60, deadline=None)
@given(plans())
def test_normalising_twice_changes_nothing_and_survives_json(one: Plan) -> None:
    made = normalise(one)
    assert normalise(made) == made
    again = ADAPTER.validate_python(to_json(made))
    assert again == made
    assert plan_digest(again) == plan_digest(one)
    assert problems(made) == problems(one) == ()
