"""Ten bugs of the kind that ships a release that nobody agreed to, each planted in a copy of the core.

A bug is a change of the source text. The copy goes before the real core on `PYTHONPATH` of a process of its own, which
lives life after life until a property does not hold.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIVES = 400
"""Most lives that may be needed to find a bug."""


@dataclass(frozen=True)
class Planted:
    """One bug: what it does, where, and the properties of which one must catch it."""

    name: str
    file: str
    sane: str
    bug: str
    caught_by: tuple[str, ...]
    near: int = 0
    """The seed to begin with: rare bugs begin near one that finds them today, so that the search stays short."""


BUGS = (
    Planted(
        "one GO is enough, whatever the quorum",
        "verdict.py",
        "if len(going) >= quorum:",
        "if going:",
        ("go_needs_every_role_and_fact",),
    ),
    Planted(
        "an unclear fact counts as passed",
        "verdict.py",
        "if f.status is not Status.PASS and not f.waived]",
        "if f.status is Status.FAIL and not f.waived]",
        ("go_needs_every_role_and_fact",),
    ),
    Planted(
        "a ballot is bound to whatever is current",
        "ballots.py",
        "if command.request_id != current.request_id:",
        "if not command.request_id:",
        ("ballots_count_for_their_question",),
        near=55,
    ),
    Planted(
        "the stages are not part of what is voted on",
        "material.py",
        '"stages": [_stage(s) for s in state.stages],',
        '"stages": [],',
        ("a_digest_means_one_content", "go_is_for_what_was_voted_on", "nothing_is_exposed_without_go"),
        near=25,
    ),
    Planted(
        "a NO_GO ballot raises no hold",
        "ballots.py",
        "raise_hold(draft, HoldReason.NO_GO, text, subject=subject, by=actor)",
        "pass",
        ("one_no_go_holds_at_once",),
    ),
    Planted(
        "a hold does not stop a rollout",
        "rollout.py",
        "if not stage_met(state) or (state.holds if last else state.held(*BUT_READINESS)):",
        "if not stage_met(state):",
        ("exposure_never_rises_under_a_hold", "wakeups_miss_nothing"),
        near=295,
    ),
    Planted(
        "a flag goes as far as the stage, whatever its reach",
        "rollout.py",
        "wanted = wider(flag.original, capped(stage.exposure, state.plan.flags[key].reach))",
        "wanted = wider(flag.original, stage.exposure)",
        ("nobody_is_exposed_beyond_stage_and_reach",),
        near=40,
    ),
    Planted(
        "a bake is done without the guards having seen anything",
        "baking.py",
        "if timer_over and not samples_missing(stage, rollout):",
        "if timer_over:",
        ("unclear_never_widens",),
        near=285,
    ),
    Planted(
        "a rollback is confirmed although a flag could not be put back",
        "evolve_rollout.py",
        "left=tuple(k for k in rollback.left if k not in done)",
        "left=()",
        ("rollback_is_confirmed_when_all_is_back",),
        near=160,
    ),
    Planted(
        "the opening of the window is no wake-up",
        "wakeups.py",
        'yield state.slot.starts, "the window opens"',
        "pass",
        ("wakeups_miss_nothing",),
    ),
)

_SEARCH = """
import sys
from tests.domain.ledger_checker import Violation
from tests.domain.machine import MOODS, live
for seed in range({first}, {first} + {lives}):
    try:
        live(seed, mood=MOODS[seed % 4])
    except Violation as found:
        print(found.prop, seed)
        sys.exit(0)
print("nothing", {lives})
"""


def hunt(bug: Planted | None, folder: Path, lives: int = LIVES) -> tuple[str, int]:
    """Plants `bug` in a copy of the core under `folder`, and lives: (the property that failed, and its seed)."""
    copy = folder / "gonogo" / "domain"
    shutil.copytree(ROOT / "workflows" / "gonogo" / "domain", copy, ignore=shutil.ignore_patterns("__pycache__"))
    if bug is not None:
        target = copy / bug.file
        text = target.read_text()
        if text.count(bug.sane) != 1:
            raise LookupError(f"{bug.file} has {bug.sane!r} {text.count(bug.sane)} times: bring this bug up to date")
        target.write_text(text.replace(bug.sane, bug.bug))
    paths = os.pathsep.join((str(folder), str(ROOT)))
    done = subprocess.run(
        [sys.executable, "-c", _SEARCH.format(first=bug.near if bug else 0, lives=lives)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    prop, seed = done.stdout.split()
    return prop, int(seed)
