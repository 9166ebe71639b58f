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
no slot at all, seen from `schedule.starts`, or without it from now, is an error.

## The plan
"""
    types = ", ".join(f"`{name}`" for name in NOTICE_TYPES)
    told = f"A route names them alone, or by a pattern such as `hold.*`:\n\n{types}."
    return "\n".join([head, *sections(Plan, plan_schema()), "", "## Message types", "", told])
