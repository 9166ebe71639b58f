"""Metric source `http`: a guard's query is a URL that answers JSON, `pointer` says where the number stands in it.

An answer without a number (null, NaN, Infinity, empty text, nothing there) is no data. No answer, another status than
2xx, or something that is no JSON is an error while measuring, which is raised and counted apart.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from gonogo.activities.ports import SampleRequest
from gonogo.activities.registry import AdapterSettings
from gonogo.domain.facts import Sample
from gonogo.domain.plan import Guard
from gonogo.domain.plan_problem import Problem
from gonogo.domain.values import value

from .answers import at_pointer, number, params_problems, parse, read_params
from .errors import BadParams, Unreachable
from .http_check import Pointer
from .outbound import ask, check_url


@value
class HttpMetricParams:
    """Parameters of the metric source `http`."""

    pointer: Pointer = "/value"
    """JSON pointer to the number. Default: /value."""


class HttpMetrics:
    """Takes samples by HTTP."""

    def __init__(self, *, timeout: timedelta = timedelta(seconds=10)) -> None:
        """A sample that takes longer than `timeout` is an error."""
        self._timeout = timeout

    @classmethod
    def from_settings(cls, settings: AdapterSettings) -> "HttpMetrics":
        """The adapter needs no settings."""
        return cls()

    @staticmethod
    def plan_problems(asked: Guard) -> Iterator[Problem]:
        """What is wrong with the guard's query and parameters."""
        try:
            check_url(asked.query)
        except ValueError as refused:
            yield Problem(code=BadParams.code, path=("query",), message=str(refused))
        yield from params_problems(HttpMetricParams, asked.params)

    async def sample(self, request: SampleRequest) -> Sample:
        """One sample.

        Raises:
            BadParams: the query is no URL, or a parameter is wrong.
            Unreachable: the source gave no usable answer.
        """
        where = f"guard {request.guard.id!r}"
        params = read_params(HttpMetricParams, request.guard.params, where)
        try:
            url = check_url(request.guard.query)
        except ValueError as refused:
            raise BadParams(f"{where}: query: {refused}") from None
        answer = await ask("GET", url, within=self._timeout)
        if not 200 <= answer.status < 300:
            raise Unreachable(f"{where}: the source answered {answer.status}")
        # An empty body is an answer without a number; only something that is no JSON makes no sense.
        found = at_pointer(parse(answer.body), params.pointer) if answer.body.strip() else None
        return Sample(at=datetime.now(UTC), value=number(found))
