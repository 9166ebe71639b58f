"""The server is killed, and comes back with its database file, while releases run and votes arrive."""

from pathlib import Path

import pytest

from tests.durability.chaos import seed_of, survive


async def test_a_server_that_is_killed_twice_loses_nothing(tmp_path: Path) -> None:
    run = await survive(tmp_path, seed_of(2), servers=2)
    assert run.server.killed == 2


@pytest.mark.soak
@pytest.mark.parametrize("number", range(10))
async def test_a_server_that_is_killed_twenty_times_loses_nothing(tmp_path: Path, number: int) -> None:
    run = await survive(tmp_path, seed_of(number), servers=2, workers=1, releases=3)
    assert run.server.killed == 2
