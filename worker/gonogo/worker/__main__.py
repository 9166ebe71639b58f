"""`python -m gonogo.worker`: the worker as a process of its own."""

from gonogo.client.leaving import leave

from .main import main

if __name__ == "__main__":
    leave(main())
