"""How a program that has talked to Temporal ends."""

import os
import sys
from contextlib import suppress
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """Ends the process at once with `code`, when all is said.

    A thread of Temporal's runtime may call back while the interpreter is being torn down, which aborts the process
    (SIGABRT) with a code that says nothing of how it went: temporalio/sdk-python issue 300.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):  # whoever read has enough, and nothing more can be written
            stream.flush()
    os._exit(code)
