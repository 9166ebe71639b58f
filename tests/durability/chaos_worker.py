"""A worker as in production, in a process of its own that may be killed: file adapters, real time, real flag workflows.

python tests/durability/chaos_worker.py ADDRESS FOLDER
"""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from gonogo.activities.registry import AdapterSettings, build
from gonogo.worker.bootstrap import build_worker
from gonogo.worker.flag_desk import TemporalFlagDesk


async def serve(address: str, folder: Path) -> None:
    client = await Client.connect(address, data_converter=pydantic_data_converter, identity="chaos")
    worker = build_worker(
        client,
        adapters=build(AdapterSettings(folder=folder, env={"PATH": "/usr/bin:/bin"})),
        desk=TemporalFlagDesk(client),
        trust_local=True,
        # What was cached in a worker that is gone is asked of another one soon.
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
    )
    await worker.run()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2])))
