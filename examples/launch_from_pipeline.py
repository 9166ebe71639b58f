"""Launches a release from a pipeline, and names the build: python launch_from_pipeline.py release.yaml COMMIT."""

import asyncio
import sys

from gonogo.client import ReleaseClient, local_actor, read_plan_path
from gonogo.domain.values import Candidate


async def main(path: str, commit: str) -> None:
    client = await ReleaseClient.connect(actor=local_actor())
    launched = await client.launch(read_plan_path(path))  # the same plan again is the same release
    await client.set_candidate(launched.release_id, Candidate(commit=commit))
    print(f"{launched.release_id}: {(await client.why(launched.release_id)).headline}")


asyncio.run(main(*sys.argv[1:]))
