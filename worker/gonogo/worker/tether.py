"""Starts a program that ends with the process that started it: `python tether.py PARENT PROGRAM ARGUMENT ...`.

`gonogo up` starts its server through this, so that `kill -9` of it leaves no server running. It is a program of its
own, since nothing should run between fork and exec in a process that has threads. Where the kernel has no such signal
(anything but Linux), the next `gonogo up` finds the server by the folder's lock and ends it.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def main(parent: int, program: list[str]) -> None:
    """Becomes `program`, tied to the life of the process `parent`."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        # It was killed before the tie was made: nobody would ever end this program.
        sys.exit(f"process {parent}, for which this program was to run, has ended")
    os.execv(program[0], program)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
