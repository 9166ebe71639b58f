"""The example of launching from a pipeline runs as it stands, and is short."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from temporalio.client import Client

from gonogo.domain.plan import Plan

EXAMPLE = Path(__file__).parents[2] / "examples" / "launch_from_pipeline.py"
PLAN = 'product: piped\nversion: "1.0.0"\nroles: {product_manager: ann, release_manager: bob}\n'
PLAN += "checks: {ci: {kind: pushed, owner: bob}}\n"


def test_the_example_is_shorter_than_20_lines() -> None:
    assert len(EXAMPLE.read_text().splitlines()) < 20


async def test_a_pipeline_launches_and_names_its_build_twice_without_harm(
    server: Client, world: Any, make_plan: Callable[..., Plan], tmp_path: Path
) -> None:
    file = tmp_path / "release.yaml"
    file.write_text(PLAN)
    env = {**os.environ, "TEMPORAL_ADDRESS": server.service_client.config.target_host, "GONOGO_ACTOR": "bob"}
    world_queue = {"GONOGO_TASK_QUEUE": "client-tests"}
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(EXAMPLE), str(file), "abc1234"),
            env={**env, **world_queue},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0, err.decode()
        assert out.decode().startswith("piped/1.0.0: ")
    assert (await world.client("bob").get("piped/1.0.0")).candidate.commit == "abc1234"
