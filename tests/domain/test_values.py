"""The small values: what an instant, a duration and a number may look like, and who sees more than whom."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from gonogo.domain.values import (
    EVERYONE,
    NOBODY,
    Audience,
    Duration,
    Instant,
    Number,
    capped,
    exposure,
    format_duration,
    format_number,
    parse_duration,
    wider,
)

OPT_IN = exposure(Audience.OPT_IN)
TEAM = exposure(Audience.SEGMENT, segments=("team",))
BOTH = exposure(Audience.SEGMENT, segments=("beta", "team"))
TEN, HALF = exposure(Audience.PERCENTAGE, 10), exposure(Audience.PERCENTAGE, 50)


def refused(form: Any, given: Any) -> str:
    with pytest.raises(ValidationError) as error:
        TypeAdapter(form).validate_python(given)
    return str(error.value.errors()[0]["msg"])


@pytest.mark.parametrize("given", [2026, "2026", "2026-03-05", "tomorrow", None])
def test_what_is_no_full_instant_is_refused(given: Any) -> None:
    assert f"{given!r} is not an instant: write 2026-03-05T14:00:00Z" in refused(Instant, given)


def test_a_day_alone_is_told_what_it_lacks_with_that_day_as_the_example() -> None:
    message = refused(Instant, "2027-03-01")
    assert "write 2027-03-01T14:00:00Z" in message
    assert "it needs a time and an offset" in message


@pytest.mark.parametrize("given", ["2026-03-05T14:00:00", datetime(2026, 3, 5, 14)])  # noqa: DTZ001
def test_an_instant_without_an_offset_is_refused(given: Any) -> None:
    assert "an instant needs an offset: write 2026-03-05T14:00:00Z for UTC" in refused(Instant, given)


@pytest.mark.parametrize("text", ["", " ", "0.5h", "4", "h", "-4h", "30m4h", "4h30"])
def test_text_that_is_no_duration_is_refused_with_the_form_to_write(text: str) -> None:
    assert f"{text!r} is not a duration: write 90m, 4h, 1d12h or 2w" in refused(Duration, text)


@pytest.mark.parametrize("given", [90, 1.5, None, True])
def test_a_bare_number_is_no_duration(given: Any) -> None:
    assert f"{given!r} is not a duration: write 90m, 4h, 1d12h or 2w" in refused(Duration, given)


def test_a_duration_ends_at_ten_years() -> None:
    assert parse_duration("3660d") == timedelta(days=3660)
    assert "'3661d' is longer than ten years" in refused(Duration, "3661d")


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(0), "0s"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(weeks=2), "14d"),
        (timedelta(days=1, seconds=1), "1d1s"),
        (timedelta(hours=-4), "-4h"),
    ],
)
def test_a_duration_is_written_in_its_shortest_form(duration: timedelta, text: str) -> None:
    assert format_duration(duration) == text


@pytest.mark.parametrize("given", [True, False])
def test_yes_and_no_are_no_numbers(given: bool) -> None:
    assert f"{given!r} is not a number" in refused(Number, given)


@pytest.mark.parametrize("given", [0.05, "0.05", "0.0500", Decimal("5E-2")])
def test_a_number_has_one_spelling(given: Any) -> None:
    assert format_number(TypeAdapter(Number).validate_python(given)) == "0.05"


def test_exposures_are_ranked_by_how_far_they_reach() -> None:
    assert sorted((EVERYONE, HALF, BOTH, TEN, TEAM, NOBODY, OPT_IN), key=lambda e: e.rank) == [
        NOBODY,
        OPT_IN,
        TEAM,
        BOTH,
        TEN,
        HALF,
        EVERYONE,
    ]


@pytest.mark.parametrize(
    ("audience", "percent", "segments", "normal"),
    [
        (Audience.PERCENTAGE, 100, (), EVERYONE),
        (Audience.PERCENTAGE, 0, (), OPT_IN),
        (Audience.PERCENTAGE, 0, ("team",), TEAM),
        (Audience.SEGMENT, 0, (), OPT_IN),
        (Audience.SEGMENT, 30, ("team", "beta", "team"), BOTH),
        (Audience.EVERYONE, 30, ("team",), EVERYONE),
        (Audience.NOBODY, 30, ("team",), NOBODY),
    ],
)
def test_an_exposure_has_one_normal_form(audience: Audience, percent: int, segments: Any, normal: Any) -> None:
    assert exposure(audience, percent, segments) == normal


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (TEAM, TEN, "10 % and team"),
        (TEAM, exposure(Audience.SEGMENT, segments=("beta",)), "beta, team"),
        (TEN, HALF, "50 %"),
        (OPT_IN, NOBODY, "opt-in"),
        (TEN, EVERYONE, "everyone"),
    ],
)
def test_the_wider_of_two_exposures_includes_both(one: Any, other: Any, both: str) -> None:
    made = wider(one, other)
    assert (str(made), wider(other, one)) == (both, made)
    assert made.includes(one)
    assert made.includes(other)


def test_who_saw_it_before_does_not_see_it_under_an_exposure_that_leaves_them_out() -> None:
    assert not TEN.includes(HALF)
    assert not TEN.includes(TEAM)


@pytest.mark.parametrize(
    ("stage", "reach", "given"),
    [
        (EVERYONE, HALF, HALF),
        (TEN, HALF, TEN),
        (HALF, TEN, TEN),
        (BOTH, TEAM, TEAM),
        (TEAM, exposure(Audience.SEGMENT, segments=("beta",)), OPT_IN),
        (TEN, TEAM, TEAM),
    ],
)
def test_a_stage_gives_a_flag_no_more_than_its_reach(stage: Any, reach: Any, given: Any) -> None:
    assert capped(stage, reach) == given


@pytest.mark.parametrize(
    "given",
    [
        "1969-12-31T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-20T10:00:00Z",
        "1970-01-01T00:00:00+14:00",  # in UTC the year before
        "2400-12-31T23:59:59-12:00",  # in UTC the year after
    ],
)
def test_an_instant_lies_in_years_to_which_days_can_be_added(given: str) -> None:
    assert "is outside the years 1970 to 2400" in refused(Instant, given)
