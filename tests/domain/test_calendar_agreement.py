"""The evaluator, its resolved form and the rule as it is written say the same, whatever the schedule."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.domain.calendar import occurrences, resolve, window_state
from gonogo.domain.plan import Schedule, Window, WindowAction
from gonogo.domain.resolution import closed_by, next_open, open_until

PROD = "production"

ZONES = ("", "UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/New_York", "Pacific/Apia")
SEGMENTS = st.sampled_from([(), ("eu",), ("us",), ("eu", "us")])
RULES = ("", "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=TU,SA", "FREQ=WEEKLY;INTERVAL=2", "FREQ=HOURLY;INTERVAL=7")
NOW = datetime(2026, 3, 20, tzinfo=UTC)  # Lord Howe, Berlin change within the weeks that follow


@st.composite
def windows(draw: st.DrawFn, place: int) -> Window:
    action = draw(st.sampled_from(WindowAction))
    begin = datetime.fromisoformat("2026-03-10") + timedelta(minutes=30 * draw(st.integers(0, 48 * 30)))
    return Window(
        id=f"w{place}",
        action=action,
        start=begin.isoformat(timespec="minutes"),
        lasts=timedelta(minutes=30 * draw(st.integers(1, 200))),
        rrule=draw(st.sampled_from(RULES)),
        zone=draw(st.sampled_from(ZONES)),
        segments=draw(SEGMENTS) if action is WindowAction.DENY else (),
        environments=draw(st.sampled_from([(), (PROD,), ("staging",)])),
    )


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    count = draw(st.integers(0, 4))
    return Schedule(zone=draw(st.sampled_from(ZONES[1:])), windows=tuple(draw(windows(n)) for n in range(count)))


@settings(max_examples=100, deadline=None)
@given(schedules(), SEGMENTS, st.lists(st.integers(0, 48 * 28), min_size=1, max_size=8))
def test_the_resolved_form_says_what_the_evaluator_says(
    schedule: Schedule, segments: tuple[str, ...], halves: list[int]
) -> None:
    known = resolve(schedule, PROD, now=NOW)
    edges = [e for o in known.openings for e in (o.start, o.end)] + [
        e for c in known.closures for e in (c.start, c.end)
    ]
    asked = [NOW + timedelta(minutes=30 * n) for n in halves] + [e for e in edges if NOW <= e < known.until][:4]
    for at in asked:
        state = window_state(schedule, PROD, at, segments)
        ends = open_until(known, at, segments)
        assert state.open == (ends is not None)
        opens = at if state.open else state.next_open
        assert next_open(known, at, segments) == (opens if opens and opens < known.until else None)
        if ends is not None:
            assert ends == (min(state.next_close, known.until) if state.next_close else known.until)
        assert bool(closed_by(known, at, segments)) == state.reason.startswith("denied by ")


@settings(max_examples=100, deadline=None)
@given(schedules(), SEGMENTS, st.integers(0, 48 * 28))
def test_the_evaluator_says_what_the_rule_says(schedule: Schedule, segments: tuple[str, ...], half: int) -> None:
    at = NOW + timedelta(minutes=30 * half)
    about = [w for w in schedule.windows if not w.environments or PROD in w.environments]
    moment = timedelta(microseconds=1)
    active = [w for w in about if any(occurrences(w, zone=schedule.zone, start=at, end=at + moment))]
    denied = any(w.action is WindowAction.DENY and (not w.segments or set(w.segments) & set(segments)) for w in active)
    allowed = any(w.action is WindowAction.ALLOW for w in active)
    some_allow = any(w.action is WindowAction.ALLOW for w in about)
    assert window_state(schedule, PROD, at, segments).open == (not denied and (allowed or not some_allow))
