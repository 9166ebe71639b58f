"""`gonogo demo`, as a person sees it: it ends well, says what it did, and leaves nothing running."""

import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

from gonogo.cli.main import build

DEADLINE = 90.0  # seconds that the product promises
PROC = Path("/proc")


def running_with(mark: str) -> list[str]:
    """The processes in whose environment or command line `mark` stands."""
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit() and entry.name != str(os.getpid()):
            try:
                told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if mark.encode() in told:
                found.append(entry.name)
    return found


def test_the_demo_shows_a_no_go_a_rollback_and_a_release_and_leaves_nothing_running(tmp_path: Path) -> None:
    # The temporary folder stands in the environment of whatever the demo starts.
    env = {**os.environ, "TMPDIR": str(tmp_path), "GONOGO_TRUST": "none", "TEMPORAL_ADDRESS": "127.0.0.1:1"}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "gonogo.cli.main", "demo"],
        env=env,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    said = done.stdout
    assert (done.returncode, done.stderr) == (0, ""), said + done.stderr
    assert time.monotonic() - began < DEADLINE
    for line in (
        "completed: shipped 2025-04-23 20:00Z",
        "held (no go): cid says NO-GO for qa",
        "hold h17 lifted: the round ended",
        "GO (round 2)",
        "stage 2: 10 % exposed",
        "guard tripped (rollback): errors: 0.08",
        "rolled back: everything is as it was before the release",
        "GO (round 3)",
        "stage 3: everyone exposed",
        "closed: completed",
        "every link holds",
        "entries derived, the same at all",
        "Nothing is left running.",
    ):
        assert line in said, said
    assert max(len(line) for line in said.splitlines() if not line.startswith("$")) <= 100
    app = build()
    typed = [line[2:] for line in said.splitlines() if line.startswith("$ gonogo ")]
    assert len(typed) > 25
    for line in typed:
        command, _, _ = app.parse_args(shlex.split(line)[1:], exit_on_error=False, print_error=False)
        assert command is not None, line
    assert {path.name[:12] for path in tmp_path.iterdir()} == {"gonogo-demo-"}
    assert re.search(r"^\$ rm -r (\S+)$", said, re.MULTILINE), said
    if PROC.is_dir():
        assert running_with(str(tmp_path)) == []
