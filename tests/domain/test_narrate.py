"""One line for every entry."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest

from gonogo.domain import events as e
from gonogo.domain.facts import FlagReading
from gonogo.domain.narrate import glyph, summary
from gonogo.domain.reports import GuardCount
from gonogo.domain.resolution import Slot
from gonogo.domain.terms import FeatureStatus, ItemStatus
from gonogo.domain.values import ENGINE, Actor, Candidate
from tests.domain.walks import WALKS, everything, usual, walked
from tests.domain.worlds import MONDAY

EVENTS = {made.__name__ for made in get_args(get_args(e.Event)[0])}


def entry(event: Any, who: str = "gonogo") -> e.Entry:
    actor = ENGINE if who == "gonogo" else Actor(id=who)
    return e.Entry(seq=1, at=MONDAY, actor=actor, cause="test", event=event)


def test_the_walks_meet_every_event() -> None:
    assert {x.event.type for x, _ in everything()} == EVENTS


@pytest.mark.parametrize("walk", WALKS, ids=lambda w: w.__name__)
def test_every_entry_has_one_plain_line(walk: Any) -> None:
    for x in walked(walk).entries:
        told = summary(x)
        assert told
        assert "\n" not in told
        assert "=" not in told, "a line for people, not a dump of fields"
        assert "  " not in told
        assert glyph(x) in ("ok", "bad", "wait", "info", "person")


def test_the_usual_life_reads_like_a_story() -> None:
    told = [summary(x) for x in walked(usual).entries]
    for line in (
        "launched shop/1.2.0 (minor, train) for production, candidate c1",
        "slot Thu 2026-11-19 10:00 UTC",
        "poll open (round 1) until Thu 2026-11-19 09:00Z: release_manager, product_manager, qa",
        "qa: GO by cid",
        "GO (round 1)",
        "stage 1: 10 % exposed",
        "guards: errors (12 good, 0 bad in a row), 1h baked",
        "flag gifts settled: gone: archived, no references",
        "closed: completed",
    ):
        assert line in told


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (e.ChecksMeasured(findings={}), "no result"),
        (e.RollbackConfirmed(unrestorable=()), "rolled back: everything is as it was before the release"),
        (e.ChecksMeasured(findings={}, outdated=("ci",)), "the answer on ci came too late: a newer one stands"),
        (e.ItemChanged(item="i", status=ItemStatus.IN_PROGRESS), "item i: in progress"),
        (e.SlotsRequested(ask="a"), "the calendar is asked"),
        (e.SlotTaken(slot=Slot(starts=MONDAY, ends=MONDAY)), "slot Mon 2026-11-16 09:00Z"),
        (e.FlagsWritten(ask="a", results=()), "no answer about the flags came back"),
        (e.FlagsAnswered(ask="a", answers=()), "flags granted: none"),
        (e.CandidateAccepted(candidate=Candidate(commit="c9")), "candidate c9"),
        (
            e.GuardsMeasured(
                ask="a", stage=0, counts={"g": GuardCount(last=Decimal("0.10"), missing_in_row=2)}, baked=timedelta(0)
            ),
            "guards: g 0.10 (0 good, 0 bad in a row, 2 without data in a row)",
        ),
        (e.GuardsMeasured(ask="a", stage=0, counts={}, baked=timedelta(0)), "guards: nothing measured"),
        (
            e.FlagChangedElsewhere(reading=FlagReading(key="f", exists=False, at=MONDAY), by="eve"),
            "flag f was changed elsewhere, by eve, to gone",
        ),
        (
            e.FlagChangedElsewhere(reading=FlagReading(key="f", exists=True, at=MONDAY), by="eve"),
            "flag f was changed elsewhere, by eve, to what nobody can say",
        ),
        (
            e.QuestionDeadlineMoved(question="q7", left=timedelta(hours=1)),
            "q7: no deadline while no window is known to be open, as the calendar says now",
        ),
        (e.QuestionAsked(question="q", stage=0, text="Wider?", role="qa", deadline=None), "Wider? asked of qa (q)"),
        (e.FeatureChanged(feature="f", status=FeatureStatus.MERGED), "feature f: merged"),
        (
            e.GuardTripped(guard="g", mode="rollback", no_data=True, measurement="m", finding="g: no data"),
            "guard without data: g: no data",
        ),
        (
            e.GuardTripped(guard="g", mode="rollback", no_data=False, measurement="m", finding="g: 7"),
            "guard tripped (rollback): g: 7",
        ),
    ],
)
def test_a_line_says_what_there_is_to_say(event: Any, told: str) -> None:
    assert summary(entry(event)) == told


def test_colours_follow_what_the_news_is() -> None:
    done = e.ItemChanged(item="i", status=ItemStatus.DONE)
    assert glyph(entry(done, "cid")) == "ok"
    assert glyph(entry(e.ItemChanged(item="i", status=ItemStatus.BLOCKED), "cid")) == "person"
    assert glyph(entry(e.RolloutStarted(epoch=1))) == "info"
    assert glyph(entry(e.FlagsWritten(ask="a", results=()))) == "bad"
    assert glyph(entry(e.FeatureChanged(feature="f", status=FeatureStatus.MERGED), "fay")) == "person"
