"""Launches a release from a pipeline, and names its build: python launch_from_pipeline.py PLAN COMMIT."""

import asyncio
import sys

from gonogo.client import Candidate, ClientError, ReleaseClient, local_actor, read_plan_path


async def main(path: str, commit: str, launched: str = "") -> None:
    try:
        build, client = Candidate(commit=commit), await ReleaseClient.connect(actor=local_actor())
        launched = (await client.launch(read_plan_path(path))).release_id  # the same plan again is the same release
        await client.set_candidate(launched, build)
        print((await client.why(launched)).headline)
    except (ClientError, ValueError) as error:  # refused, or a plan or commit that cannot be used
        sys.exit(f"gonogo: {f'{launched} is launched; then: ' if launched else ''}{error}")


asyncio.run(main(*sys.argv[1:])) if len(sys.argv) == 3 else sys.exit(__doc__)
