"""Check kind `command`: runs a program, without a shell, bounded in time and output; its last line is the finding.

The program learns what it checks from `GONOGO_RELEASE`, `GONOGO_ENVIRONMENT`, `GONOGO_CHECK` and `GONOGO_COMMIT`, and
gets nothing else of the worker's environment but PATH, HOME and LANG: the worker's secrets are none of its business.
"""

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from gonogo.activities.ports import CheckRequest
from gonogo.activities.registry import AdapterSettings
from gonogo.domain.facts import Finding, Status
from gonogo.domain.plan import Check
from gonogo.domain.plan_problem import Problem
from gonogo.domain.values import value

from .answers import measured, one_line, params_problems, read_params
from .errors import AdapterError, BadParams, Unreachable

MAX_OUTPUT = 16 * 1024
"""How much of the end of the output is kept, in bytes; the rest is read and thrown away."""

# What a wrapper such as `env` says when the program could not be started at all.
_NOT_STARTED = {126, 127}
_PASSED_ON = ("PATH", "HOME", "LANG")

Argv = Annotated[tuple[Annotated[str, Field(pattern=r"^[^\x00]*$")], ...], Field(min_length=1)]


@value
class CommandParams:
    """Parameters of the check kind `command`."""

    argv: Argv
    """The program and its arguments; no shell reads them."""
    expect_exit: Annotated[int, Field(ge=0, le=255)] = 0
    """The exit status that passes. Default: 0."""
    unclear_exit: tuple[int, ...] = (2, 75)
    """Exit statuses that mean "could not be measured". Default: 2 (wrong usage) and 75 (try again later)."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended."""

    exit: int
    """Exit status; negative: the signal that ended it."""
    last_line: str
    """Last line of its output that is not blank."""


class CommandCheck:
    """Measures by running a program."""

    def __init__(self, *, env: Mapping[str, str]) -> None:
        """Takes PATH, HOME and LANG from `env`."""
        self._env = {name: env[name] for name in _PASSED_ON if name in env}

    @classmethod
    def from_settings(cls, settings: AdapterSettings) -> "CommandCheck":
        """Takes the environment from `settings`."""
        return cls(env=settings.env)

    @staticmethod
    def plan_problems(asked: Check) -> tuple[Problem, ...]:
        """What is wrong with the check's parameters."""
        return params_problems(CommandParams, asked.params)

    async def measure(self, request: CheckRequest) -> Finding:
        """The check's status now."""
        try:
            params = read_params(CommandParams, request.params, f"check {request.check!r}")
            ran = await self.run(params.argv, request)
            status = _status(params, ran.exit)
            text = ran.last_line or f"no output, {_ending(ran.exit)}"
            if status is Status.UNCLEAR:
                text = f"{_ending(ran.exit)}: {text}" if ran.last_line else text
        except AdapterError as unclear:
            status, text = Status.UNCLEAR, str(unclear)
        return measured(status, text)

    async def run(self, argv: tuple[str, ...], request: CheckRequest) -> Ran:
        """Runs `argv` until it ends, or kills it and all that it started when its time is over.

        Raises:
            BadParams: it cannot be started.
            Unreachable: it did not end in time.
        """
        env = self._env | {
            "GONOGO_RELEASE": request.release_id,
            "GONOGO_ENVIRONMENT": request.environment,
            "GONOGO_CHECK": request.check,
            "GONOGO_COMMIT": request.commit,
        }
        # A pipe of our own: with the SDK's, `wait()` would also wait for grandchildren that keep it open.
        ours, theirs = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=theirs,
                stderr=theirs,
                env=env,
                start_new_session=True,
            )
        except BaseException as refused:
            os.close(ours)
            if not isinstance(refused, OSError | ValueError):
                raise
            why = refused.strerror if isinstance(refused, OSError) and refused.strerror else str(refused)
            raise BadParams(f"{argv[0]!r} cannot be started: {why}") from None
        finally:
            os.close(theirs)
        tail = _Tail(ours)
        try:
            async with asyncio.timeout(request.timeout.total_seconds()):
                await process.wait()
        except TimeoutError:
            raise Unreachable(f"{argv[0]!r} did not end within {request.timeout.total_seconds():g} s") from None
        finally:
            # Also after a good end: a child left behind would hold the pipe and outlive the check.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
            tail.close()
        return Ran(exit=process.returncode or 0, last_line=tail.last_line())


class _Tail:
    """Keeps reading a pipe, so that the writer never blocks, and keeps the end of what it said."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._kept = bytearray()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(fd, self._read)

    def _read(self) -> bool:
        try:
            chunk = os.read(self._fd, 65_536)
        except BlockingIOError:
            return False
        if not chunk:
            self._loop.remove_reader(self._fd)
            return False
        self._kept += chunk
        del self._kept[:-MAX_OUTPUT]
        return True

    def close(self) -> None:
        """Reads what is left (at most 1 MiB: a grandchild that got away may write for ever), and lets go."""
        for _ in range(16):
            if not self._read():
                break
        self._loop.remove_reader(self._fd)
        os.close(self._fd)

    def last_line(self) -> str:
        """The last line that is not blank, printable."""
        lines = self._kept.decode(errors="replace").splitlines()
        return next((line for line in map(one_line, reversed(lines)) if line), "")


def _status(params: CommandParams, code: int) -> Status:
    if code == params.expect_exit:
        return Status.PASS
    return Status.UNCLEAR if code < 0 or code in _NOT_STARTED or code in params.unclear_exit else Status.FAIL


def _ending(code: int) -> str:
    return f"exit {code}" if code >= 0 else f"ended by signal {-code}"
