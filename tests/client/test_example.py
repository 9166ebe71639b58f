"""The example of launching from a pipeline runs as it stands, and is short."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from temporalio.client import Client

EXAMPLE = Path(__file__).parents[2] / "examples" / "launch_from_pipeline.py"
PLAN = 'product: piped\nversion: "1.0.0"\nroles: {product_manager: ann, release_manager: bob}\n'
PLAN += "checks: {ci: {kind: pushed, owner: bob}}\n"


def test_the_example_is_shorter_than_20_lines() -> None:
    assert len(EXAMPLE.read_text().splitlines()) < 20


class Said(NamedTuple):
    """What the example ended with."""

    code: int | None
    out: str
    err: str


async def launch(server: Client, *args: str, person: str = "bob") -> Said:
    address = {"TEMPORAL_ADDRESS": server.service_client.config.target_host}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(EXAMPLE), *args),
        env={**os.environ, **address, "GONOGO_ACTOR": person, "GONOGO_TASK_QUEUE": "client-tests"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return Said(process.returncode, out.decode(), err.decode())


async def test_a_pipeline_launches_and_names_its_build_twice_without_harm(
    server: Client, world: Any, tmp_path: Path
) -> None:
    file = tmp_path / "release.yaml"
    file.write_text(PLAN)
    for _ in range(2):
        said = await launch(server, str(file), "abc1234")
        assert said.code == 0, said.err
        assert said.out.startswith("piped/1.0.0 is readying")
        assert said.out.count("piped/1.0.0") == 1
    assert (await world.client("bob").get("piped/1.0.0")).candidate.commit == "abc1234"


@pytest.mark.usefixtures("world")
async def test_a_pipeline_that_may_not_or_cannot_ends_with_one_clear_line(server: Client, tmp_path: Path) -> None:
    file = tmp_path / "release.yaml"
    file.write_text(PLAN.replace("1.0.0", "1.0.1"))
    for args, person, told in (
        ((), "bob", "PLAN COMMIT"),
        ((str(file),), "bob", "PLAN COMMIT"),
        # Launched it is, though its build is not named: both are said.
        (
            (str(file), "abc1234"),
            "eve",
            "gonogo: piped/1.0.1 is launched; then: 'eve' may not `gonogo candidate`; release_manager (bob) may",
        ),
        ((str(file), "abc1234"), "Not A Name", "gonogo: 'Not A Name' is no person's id"),
        ((str(tmp_path / "none.yaml"), "abc1234"), "bob", "none.yaml: cannot be read: No such file or directory"),
    ):
        said = await launch(server, *args, person=person)
        assert said.code == 1
        assert told in said.err
        assert said.err.count("\n") == 1, said.err
    # A build that cannot be one launches nothing.
    file.write_text(PLAN.replace("1.0.0", "1.0.2"))
    said = await launch(server, str(file), "")
    assert said.code == 1
    assert "Traceback" not in said.err
    assert "is launched" not in said.err
