"""Check kind `deployed`: is the candidate's commit what runs in the environment? Asked of a URL or of a program.

Equal means: the same text; or, when both are hexadecimal, one is the beginning of the other, in either case of letters,
and at least 7 characters long (what `git rev-parse --short` gives). An empty answer or no candidate is unclear.
"""

import re

from pydantic import model_validator

from gonogo.activities.ports import CheckRequest
from gonogo.activities.registry import AdapterSettings
from gonogo.domain.facts import Finding, Status
from gonogo.domain.plan import Check
from gonogo.domain.plan_problem import Problem
from gonogo.domain.values import value

from .answers import MISSING, at_pointer, measured, one_line, params_problems, parse, read_params, shown
from .command_check import Argv, CommandCheck
from .errors import AdapterError, Unreachable
from .http_check import Pointer, Url
from .outbound import ask

_HEX = re.compile(r"[0-9a-f]{7,}")


@value
class DeployedParams:
    """Parameters of the check kind `deployed`: a `url` or an `argv`."""

    url: Url | None = None
    """A version endpoint that answers 200 and JSON. Default: none."""
    pointer: Pointer = "/commit"
    """JSON pointer to the commit in that answer. Default: /commit."""
    argv: Argv | None = None
    """A program whose last line of output is the commit. Default: none."""

    @model_validator(mode="after")
    def _one_way(self) -> "DeployedParams":
        if (self.url is None) == (self.argv is None):
            raise ValueError("give either `url` or `argv`")
        return self


class DeployedCheck:
    """Compares what runs with the candidate."""

    def __init__(self, command: CommandCheck) -> None:
        """Runs programs as `command` does."""
        self._command = command

    @classmethod
    def from_settings(cls, settings: AdapterSettings) -> "DeployedCheck":
        """Takes the environment for programs from `settings`."""
        return cls(CommandCheck.from_settings(settings))

    @staticmethod
    def plan_problems(asked: Check) -> tuple[Problem, ...]:
        """What is wrong with the check's parameters."""
        return params_problems(DeployedParams, asked.params)

    async def measure(self, request: CheckRequest) -> Finding:
        """Passes only when the environment answers with the candidate's commit."""
        try:
            params = read_params(DeployedParams, request.params, f"check {request.check!r}")
            if not request.commit.strip():
                raise Unreachable("there is no candidate yet")
            runs = await self._asked(params, request)
            same = same_commit(runs, request.commit)
            status = Status.PASS if same else Status.FAIL
            text = f"{request.environment} runs {runs!r}" + ("" if same else f", the candidate is {request.commit!r}")
        except AdapterError as unclear:
            status, text = Status.UNCLEAR, str(unclear)
        return measured(status, text)

    async def _asked(self, params: DeployedParams, request: CheckRequest) -> str:
        if params.argv is not None:
            ran = await self._command.run(params.argv, request)
            if ran.exit != 0:
                raise Unreachable(f"{params.argv[0]!r} ended with {ran.exit}: {ran.last_line or 'no output'}")
            found: object = ran.last_line
        else:
            answer = await ask("GET", params.url or "", within=request.timeout)
            if answer.status != 200:
                raise Unreachable(f"answered {answer.status}, expected 200")
            found = at_pointer(parse(answer.body), params.pointer)
        if not isinstance(found, str) or not found.strip():
            where = "the output" if params.argv is not None else params.pointer or "the answer"
            raise Unreachable(f"{where} has no commit: {'missing' if found is MISSING else shown(found)}")
        return one_line(found, 128)


def same_commit(one: str, other: str) -> bool:
    """True when both name the same commit, one of them perhaps in short."""
    if one == other:
        return True
    short, long = sorted((one.lower(), other.lower()), key=len)
    return bool(_HEX.fullmatch(short) and _HEX.fullmatch(long)) and long.startswith(short)
