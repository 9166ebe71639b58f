"""What is said of a flag, in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gonogo.cli.flags import facts, stands
from gonogo.domain.facts import Fence, FlagChange
from gonogo.domain.flag_views import FlagView
from gonogo.domain.plan import FlagKind
from gonogo.domain.values import EVERYONE, NOBODY, Actor

AT = datetime(2026, 3, 5, 9, tzinfo=UTC)
KILLED = FlagChange(how="kill", wanted=NOBODY, by=Actor(id="olga"), reason="it breaks checkout", at=AT)
SET = FlagChange(how="set", wanted=EVERYONE, by=Actor(id="olga"), reason="a test", at=AT)


def view(**more: Any) -> FlagView:
    said: dict[str, Any] = {
        "id": "flag/shop/production/x",
        "product": "shop",
        "environment": "production",
        "key": "x",
        "provider": "file",
        "phase": "idle",
        "kind": FlagKind.RELEASE,
        "seq": 1,
    }
    return FlagView(**{**said, **more})


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "no release lists it"),
        ({"phase": "live"}, "waits for its removal"),
        ({"phase": "live", "overdue": True}, "overdue"),
        ({"phase": "listed", "listed_by": ("shop/1", "shop/2")}, "listed by shop/1, shop/2"),
        ({"phase": "rolling_out", "holder": "shop/1", "listed_by": ("shop/1",)}, "rolled out by shop/1"),
        ({"phase": "live", "changed": KILLED}, "killed by olga; waits for its removal"),
        ({"phase": "live", "changed": SET}, "set by olga; waits for its removal"),
        (
            {"phase": "live", "changing": "olga: kill to nobody", "changed": SET},
            "being changed by olga: kill to nobody; waits for its removal",
        ),
    ],
)
def test_a_list_says_where_a_flag_stands(more: dict[str, Any], told: str) -> None:
    assert stands(view(**more)) == told


def test_a_flag_of_which_nothing_is_known_says_so() -> None:
    assert dict(facts(view())) == {
        "exposure": "unknown",
        "held by": "no release",
        "owner": "nobody: no release has said",
        "may kill": "nobody",
        "fence": "none is known",
        "settled": "no; no release has shipped it yet",
        "gone by": "-",
    }


def test_everything_that_is_known_of_a_flag_is_said() -> None:
    told = dict(
        facts(
            view(
                phase="live",
                exposure=NOBODY,
                original=NOBODY,
                changing="bob: set to everyone",
                changed=KILLED,
                listed_by=("shop/2",),
                owner="team",
                people=("olga", "ola"),
                entitled=("olga", "bob"),
                fence=Fence(epoch=7, sequence=2),
                shipped_by="shop/1",
                since=AT,
                removable="Nobody sees it since shop/1.",
                proof="still there",
                due=AT + timedelta(days=1),
                overdue=True,
                waived_until=AT,
                waiver="bob: later",
                next_wakeup=AT,
                next_what="team is reminded of its removal",
            )
        )
    )
    assert told == {
        "exposure": "nobody; nobody before the release that changed it last",
        "changing": "bob: set to everyone; its provider is asked until it confirms",
        "changed": "killed by olga, Thu 2026-03-05 09:00Z: it breaks checkout",
        "held by": "no release",
        "listed by": "shop/2; its clean-up waits for that",
        "owner": "team (olga, ola)",
        "may kill": "olga, bob",
        "fence": "7.2: its provider refuses an older write",
        "settled": "no; shop/1 left it to be removed, Thu 2026-03-05 09:00Z; Nobody sees it since shop/1.; "
        "last asked whether it is gone: still there",
        "gone by": "Fri 2026-03-06 09:00Z, overdue",
        "waived": "until Thu 2026-03-05 09:00Z: bob: later",
        "next": "Thu 2026-03-05 09:00Z: team is reminded of its removal",
    }


def test_a_person_who_owns_a_flag_is_named_once_and_a_set_flag_says_to_what() -> None:
    told = dict(facts(view(owner="olga", people=("olga",), changed=SET)))
    assert (told["owner"], told["changed"]) == ("olga", "set to everyone by olga, Thu 2026-03-05 09:00Z: a test")


def test_a_flag_that_is_gone_says_on_which_proof_and_waits_for_nothing() -> None:
    told = dict(facts(view(phase="gone", proof="archived, no references")))
    assert told["settled"] == "gone: archived, no references"
    assert "gone by" not in told
