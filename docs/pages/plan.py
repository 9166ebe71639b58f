"""plan.md: every field of a plan."""

from gonogo.client.plan_schema import plan_schema
from gonogo.domain.notice_types import NOTICE_TYPES
from gonogo.domain.plan import Plan

from .tables import sections


def text() -> str:
    """The page."""
    head = """\
# The plan file

Every field of a plan, with its default. `gonogo plan new` writes a plan to begin with, `gonogo plan check` says
everything that is wrong with one, with line and column, and `gonogo plan schema` prints the JSON schema that editors
use. A *duration* is written `90m`, `4h`, `1d12h` or `2w`; an *instant* with its offset, `2026-12-01T09:00:00Z`. Names
are made of lower-case letters, digits, `_`, `.` and `-`. A key that is not in these tables is an error.

`plan check` also warns, and `--strict` makes an error of it: of an adapter that is not installed beside it (a worker
without it refuses the launch), of dates that have passed, of a slot without room for its poll. A calendar that leaves
no slot at all, or no open window, seen from `schedule.starts`, or without it from now, is an error: a simulation begins
there. A launch is judged from now, whatever `starts` says: with nothing left it is refused before anything begins.

## The plan
"""
    types = ", ".join(f"`{name}`" for name in NOTICE_TYPES)
    told = (
        f"A route names them alone, or by a pattern such as `hold.*`:\n\n{types}.\n\n"
        "Before the rollout a check that GO needs is told of once per change, to its owner, and within "
        "`poll.opens_before` of the slot, or in a round, to the release manager too: `check.failed` when it fails, "
        "`check.unclear` when it had passed and is not clear any more, `check.passed` to the same people when it "
        "passes again. For a new candidate a failure is news once more. `check.passed` comes at most once a day for "
        "each check: one that flaps is then silent, and its last message is the bad one. While a GO stands, "
        "`readiness.lost` says what is lost."
    )
    return "\n".join([head, *sections(Plan, plan_schema()), "", "## Message types", "", told])
