"""Check kind `http`: asks a URL, and looks at the status or at one place in the JSON that it answers.

Without `pointer` the status is the fact: another one than expected is a fail. With `pointer` the value there is the
fact, and another status than expected means that it could not be measured, which is unclear.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from gonogo.activities.ports import CheckRequest
from gonogo.activities.registry import AdapterSettings
from gonogo.domain.facts import Finding, Status
from gonogo.domain.plan import Check
from gonogo.domain.plan_problem import Problem
from gonogo.domain.values import Number, value

from .answers import MISSING, at_pointer, check_pointer, measured, number, params_problems, parse, read_params, shown
from .errors import AdapterError
from .outbound import ask, check_url

# Somebody between us and the system answered, or it asks us to come back: nothing was measured.
_NOT_MEASURED = {408, 425, 429, 502, 504}

Url = Annotated[str, AfterValidator(check_url)]
Pointer = Annotated[str, AfterValidator(check_pointer)]


@value
class HttpParams:
    """Parameters of the check kind `http`."""

    url: Url
    """What is asked, over http or https."""
    method: Literal["GET", "HEAD"] = "GET"
    """GET or HEAD. Default: GET."""
    expect_status: Annotated[int, Field(ge=100, le=599)] = 200
    """The status that counts. Default: 200."""
    pointer: Pointer | None = None
    """JSON pointer to the value that decides, such as `/status`. Default: none, the status decides."""
    equals: Any = True
    """The value that passes, of the same type. Default: true."""
    above: Number | None = None
    """Passes above this number, instead of `equals`. Default: none."""
    below: Number | None = None
    """Passes below this number, instead of `equals`. Default: none."""

    @model_validator(mode="after")
    def _compares_something(self) -> "HttpParams":
        compared = self.above is not None or self.below is not None
        if compared and self.equals is not True:
            raise ValueError("give `equals`, or `above` and `below`, not both")
        if self.pointer is None and (compared or self.equals is not True):
            raise ValueError("`equals`, `above` and `below` need a `pointer`")
        return self


class HttpCheck:
    """Measures by HTTP; everything that goes wrong on the way is unclear."""

    @classmethod
    def from_settings(cls, settings: AdapterSettings) -> "HttpCheck":
        """The adapter needs no settings."""
        return cls()

    @staticmethod
    def plan_problems(asked: Check) -> tuple[Problem, ...]:
        """What is wrong with the check's parameters."""
        return params_problems(HttpParams, asked.params)

    async def measure(self, request: CheckRequest) -> Finding:
        """The check's status now."""
        try:
            params = read_params(HttpParams, request.params, f"check {request.check!r}")
            answer = await ask(params.method, params.url, within=request.timeout)
            status, text = _judge(params, answer.status, answer.body)
        except AdapterError as unclear:
            status, text = Status.UNCLEAR, str(unclear)
        return measured(status, text)


def _judge(params: HttpParams, status: int, body: bytes) -> tuple[Status, str]:
    if status != params.expect_status:
        unclear = params.pointer is not None or status in _NOT_MEASURED
        return (Status.UNCLEAR if unclear else Status.FAIL), f"answered {status}, expected {params.expect_status}"
    if params.pointer is None:
        return Status.PASS, f"answered {status}"
    found = at_pointer(parse(body), params.pointer)
    where = params.pointer or "the answer"
    if found is MISSING or found is None:
        return Status.UNCLEAR, f"{where} is {'missing' if found is MISSING else 'null'} in the answer"
    if params.above is not None or params.below is not None:
        return _compare(params, found, where)
    # Numbers of either type compare; apart from that 1, "1" and true are different answers.
    both_numbers = number(found) is not None and number(params.equals) is not None
    if type(found) is not type(params.equals) and not (
        both_numbers and not isinstance(found, str) and not isinstance(params.equals, str)
    ):
        return Status.UNCLEAR, f"{where} is {shown(found)}, which cannot be compared with {shown(params.equals)}"
    passed = found == params.equals
    return (Status.PASS if passed else Status.FAIL), f"{where} is {shown(found)}" + (
        "" if passed else f", expected {shown(params.equals)}"
    )


def _compare(params: HttpParams, found: Any, where: str) -> tuple[Status, str]:
    size = number(found)
    if size is None:
        return Status.UNCLEAR, f"{where} is {shown(found)}, which is no number"
    if params.above is not None and not size > params.above:
        return Status.FAIL, f"{where} is {size}, expected above {params.above}"
    if params.below is not None and not size < params.below:
        return Status.FAIL, f"{where} is {size}, expected below {params.below}"
    return Status.PASS, f"{where} is {size}"
