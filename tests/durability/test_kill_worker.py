"""The worker is killed while releases run and votes arrive."""

from pathlib import Path

import pytest

from tests.durability.chaos import seed_of, survive


async def test_a_worker_that_is_killed_five_times_loses_nothing(tmp_path: Path) -> None:
    run = await survive(tmp_path, seed_of(1), workers=5)
    assert run.worker.killed == 5


@pytest.mark.soak
@pytest.mark.parametrize("number", range(10))
async def test_a_worker_that_is_killed_fifty_times_loses_nothing(tmp_path: Path, number: int) -> None:
    run = await survive(tmp_path, seed_of(number), workers=5, releases=3)
    assert run.worker.killed == 5
