"""`python -m gonogo.worker`: the worker as a process of its own."""

import sys

from .main import main

if __name__ == "__main__":
    sys.exit(main())
