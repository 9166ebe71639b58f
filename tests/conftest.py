"""What the tests of several folders share: one real Temporal server for the whole run."""

import sysconfig
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from gonogo.workflows.search import ALL


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[Client]:
    """A client of a real Temporal server on a free loopback port, in memory, stopped at the end of the run."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(Path(sysconfig.get_path("scripts"), "temporal")),
        dev_server_log_level="error",
        data_converter=pydantic_data_converter,
        search_attributes=list(ALL),
    ) as environment:
        yield environment.client
