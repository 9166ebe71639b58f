"""`python -m gonogo.worker`: the worker as a process of its own."""

import traceback

from gonogo.client.leaving import leave

from .main import FAILED, main

if __name__ == "__main__":
    try:
        code = main()
    except Exception:  # noqa: BLE001  # whatever it was: it is shown, and the exit code says so
        traceback.print_exc()
        code = FAILED
    leave(code)
