"""Records the histories and fingerprints that `test_replay.py` replays.

    python -m tests.replay.record             all of them
    python -m tests.replay.record NAME ...    these

A history of a released version is never recorded again: it is kept under its name, and a changed life gets a new one.
"""

import asyncio
import json
import sys

from tests.replay.histories import FINGERPRINTS, fingerprint, play, recording_server, write
from tests.replay.scenarios import SCENARIOS


async def record(names: list[str]) -> None:
    """Plays and keeps the named scenarios."""
    found = json.loads(FINGERPRINTS.read_text()) if FINGERPRINTS.exists() else {}
    for many_runs in (False, True):
        wanted = [name for name in names if SCENARIOS[name].many_runs is many_runs]
        for name in wanted:
            async with recording_server(many_runs=many_runs) as client:
                kept = await play(client, name)
            write(name, kept)
            found[name] = fingerprint(kept)
            sys.stderr.write(f"{name}: {len(kept.runs)} runs, {len(kept.ledger.lines)} entries\n")
    kept_names = {name: found[name] for name in SCENARIOS if name in found}
    FINGERPRINTS.write_text(json.dumps(kept_names, indent=1) + "\n")


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1:] or list(SCENARIOS)))
