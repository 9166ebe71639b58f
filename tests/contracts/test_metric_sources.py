"""What every metric source promises: a number, no data, or an error, and never one for another."""

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gonogo.activities.ports import MetricSource, SampleRequest
from gonogo.adapters.errors import BadParams, Unreachable
from gonogo.adapters.http_metrics import HttpMetrics
from gonogo.adapters.memory import MemoryMetrics, MetricTurn, healthy
from gonogo.domain.facts import Sample
from gonogo.domain.plan import Guard
from gonogo.domain.resolution import Interval

AT = datetime(2026, 3, 5, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


def guard(query: str = "http://a.example/", **more: Any) -> Guard:
    return Guard(**{"id": "errors", "query": query, "healthy": "<", "threshold": "0.02", **more})


def ask(of: Guard, at: datetime = AT) -> SampleRequest:
    return SampleRequest(release_id="shop/1", environment="production", guard=of, at=at)


class World(ABC):
    """A source that can be told what the metric is now."""

    source: MetricSource

    @abstractmethod
    def says(self, number: str | None) -> Guard:
        """The metric is `number` from now on; None: there is no number."""

    @abstractmethod
    def fails(self) -> Guard:
        """The source does not answer from now on."""


class InMemory(World):
    def __init__(self, _: Any) -> None:
        self.source = MemoryMetrics()

    def says(self, number: str | None) -> Guard:
        value = None if number is None else Decimal(number)
        self.source = MemoryMetrics({"errors": [MetricTurn(at=AT, value=value)]})
        return guard()

    def fails(self) -> Guard:
        self.source = MemoryMetrics({"errors": [MetricTurn(at=AT, error="the metrics server is down")]})
        return guard()


class OverHttp(World):
    def __init__(self, web: Any) -> None:
        self._web = web
        self.source = HttpMetrics()

    def says(self, number: str | None) -> Guard:
        return guard(self._web.says("/m", f'{{"value": {number or "null"}}}'))

    def fails(self) -> Guard:
        return guard(self._web.says("/m", '{"value": 0.01}', 500))


@pytest.fixture(params=[InMemory, OverHttp], ids=["memory", "http"])
def world(request: pytest.FixtureRequest, web: Any) -> World:
    made: World = request.param(web)
    return made


def test_it_is_a_metric_source(world: World) -> None:
    assert isinstance(world.source, MetricSource)


@pytest.mark.parametrize("number", ["0.1", "0", "-3", "0.30000000000000000001", "12345678901234567890"])
async def test_a_number_is_that_number_exactly(world: World, number: str) -> None:
    of = world.says(number)
    sampled = await world.source.sample(ask(of))
    assert (sampled.value, sampled.error) == (Decimal(number), "")


async def test_no_number_is_no_data_and_no_error(world: World) -> None:
    of = world.says(None)
    sampled = await world.source.sample(ask(of))
    assert (sampled.value, sampled.error) == (None, "")


async def test_a_source_that_fails_raises(world: World) -> None:
    of = world.fails()
    with pytest.raises(Unreachable):
        await world.source.sample(ask(of))


# --- http ----------------------------------------------------------------------------------------------------------


async def http(web: Any, body: str, pointer: str = "/value") -> Sample:
    return await HttpMetrics().sample(ask(guard(web.says("/m", body), params={"pointer": pointer})))


@pytest.mark.parametrize(
    ("body", "pointer", "number"),
    [
        ('{"data": {"result": [{"value": [1772719200, "0.015"]}]}}', "/data/result/0/value/1", "0.015"),
        ("0.5", "", "0.5"),
        ("1e-3", "", "0.001"),
        ('" 7 "', "", "7"),
    ],
)
async def test_a_pointer_finds_the_number(web: Any, body: str, pointer: str, number: str) -> None:
    assert (await http(web, body, pointer)).value == Decimal(number)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "[]",
        "3",
        '{"value": NaN}',
        '{"value": "NaN"}',
        '{"value": Infinity}',
        '{"value": "-Inf"}',
        '{"value": ""}',
        '{"value": "n/a"}',
        '{"value": true}',
        '{"value": []}',
        '{"value": {}}',
        '{"value": 1e999999999}',
        '{"value": "1_000"}',
        '{"value": "٣"}',
        f'{{"value": {"9" * 100}}}',
    ],
)
async def test_an_answer_without_a_usable_number_is_no_data(web: Any, body: str) -> None:
    sampled = await http(web, body)
    assert (sampled.value, sampled.error) == (None, "")


@pytest.mark.parametrize(
    "body", ["<html>", "{", "9" * 5_000, "[" * 60_000, " " * 70_000, '{"value": 9, "value": 0.01}']
)
async def test_an_answer_that_makes_no_sense_is_an_error(web: Any, body: str) -> None:
    with pytest.raises(Unreachable):
        await http(web, body)


async def test_a_server_that_is_down_or_slow_is_an_error(web: Any, closed_port: str) -> None:
    with pytest.raises(Unreachable, match="could not be reached"):
        await HttpMetrics().sample(ask(guard(closed_port)))
    with pytest.raises(Unreachable, match=r"no answer within 0.1 s"):
        await HttpMetrics(timeout=timedelta(seconds=0.1)).sample(ask(guard(web.hangs())))


async def test_a_redirect_is_an_error(web: Any) -> None:
    with pytest.raises(Unreachable, match="answered 302"):
        await HttpMetrics().sample(ask(guard(web.redirects())))


@pytest.mark.parametrize(
    "of", [guard("up{job='a'}"), guard("file:///x"), guard(params={"pointr": "/x"}), guard(params={"pointer": "x"})]
)
async def test_a_guard_that_cannot_be_asked_says_so(of: Guard) -> None:
    with pytest.raises(BadParams, match="guard 'errors': "):
        await HttpMetrics().sample(ask(of))


# --- memory --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("comparison", ["<", "<=", ">", ">="])
async def test_an_unscripted_guard_is_healthy(comparison: str) -> None:
    of = guard(healthy=comparison)
    number = (await MemoryMetrics().sample(ask(of))).value
    assert number == healthy(of)
    assert number is not None
    good = {"<": number < of.threshold, "<=": number <= of.threshold, ">": number > of.threshold}
    assert good.get(comparison, number >= of.threshold)


async def test_a_scripted_guard_answers_for_the_instant_it_is_asked_about() -> None:
    turns = [MetricTurn(at=AT + HOUR, value=Decimal(5)), MetricTurn(at=AT + 2 * HOUR)]
    outage = {"http": (Interval(start=AT + 3 * HOUR, end=AT + 4 * HOUR),)}
    metrics = MemoryMetrics({"errors": turns}, outages=outage)
    said = [(await metrics.sample(ask(guard(), AT + n * HOUR))).value for n in (2, 1, 0, 4)]
    assert said == [None, 5, healthy(guard()), None]
    with pytest.raises(Unreachable, match="'http' cannot be reached"):
        await metrics.sample(ask(guard(), AT + 3 * HOUR))
