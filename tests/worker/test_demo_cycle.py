"""The demo's timeline of a cycle: a line for each kind of event on each day, and nothing that matters is folded."""

from datetime import UTC, datetime

from gonogo.worker.demo_cycle import timeline
from gonogo.worker.simulate_result import EventLine

AT = datetime(2025, 3, 22, 9, tzinfo=UTC)


def test_what_left_the_scope_is_a_line_of_its_own_between_what_is_folded() -> None:
    happened = [
        ("FeatureChanged", "feature a: delayed until friday", "person"),
        ("FeatureChanged", "feature b: delayed until friday", "person"),
        ("FeatureChanged", "feature c: dropped: too large", "bad"),
        ("ExceptionRejected", "exception x1 rejected: too late", "bad"),
        ("ExceptionRejected", "exception x2 rejected: too late", "bad"),
        ("FeatureChanged", "feature d: deferred to 1.34.0", "bad"),
        ("FeatureChanged", "feature e: merged", "person"),
    ]
    events = [
        EventLine(seq=seq, at=AT, type=kind, actor="ann", summary=summary, news=news)  # type: ignore[arg-type]
        for seq, (kind, summary, news) in enumerate(happened, 1)
    ]
    day, gap = "Sat 2025-03-22    ", " " * 18
    assert [line.plain for line in timeline(events, 80)] == [
        f"{day}feature a: delayed until friday  and 2 more",
        f"{gap}feature c: dropped: too large",
        f"{gap}exception x1 rejected: too late",
        f"{gap}exception x2 rejected: too late",
        f"{gap}feature d: deferred to 1.34.0",
    ]
