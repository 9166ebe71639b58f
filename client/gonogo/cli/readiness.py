"""`gonogo check …`, `sign-off`, `un-sign`, `waive`."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from cyclopts import Parameter

from gonogo.domain.facts import Finding, Status

from .choices import ANY_CASE
from .common import DEFAULT, Common, Reason, Release, give
from .instants import When

ItemId = Annotated[str, Parameter(help="The item's id.")]
Note = Annotated[str, Parameter(help="A remark.")]
Evidence = Annotated[str, Parameter(help="A link to the evidence.")]


async def run(
    release: Release,
    /,
    *checks: Annotated[str, Parameter(help="Which checks. Default: all.")],
    common: Common = DEFAULT,
) -> int:
    """Measure checks again."""
    return await give(common, lambda c: c.run_checks(release, checks), "checks are being measured")


async def push(
    release: Release,
    check: Annotated[str, Parameter(help="The check's id.")],
    status: Annotated[Literal["pass", "fail", "unclear"], ANY_CASE, Parameter(help="The result.")],
    /,
    *,
    finding: Annotated[str, Parameter(help="One line that a person can act on.")] = "",
    evidence: Evidence = "",
    at: Annotated[When | None, Parameter(help="When it was observed. Default: now.")] = None,
    common: Common = DEFAULT,
) -> int:
    """Give the result of a check."""
    result = Finding(status=Status(status), at=at or datetime.now(UTC), finding=finding, evidence=evidence)
    return await give(common, lambda c: c.push_result(release, check, result), f"{check} is {status}")


async def sign_off(
    release: Release,
    item: ItemId,
    /,
    *,
    status: Annotated[Literal["done", "in_progress", "blocked"], ANY_CASE, Parameter(help="Where it stands.")] = "done",
    evidence: Evidence = "",
    note: Note = "",
    common: Common = DEFAULT,
) -> int:
    """Say where a checklist item stands."""
    return await give(
        common,
        lambda c: c.sign_off(release, item, status=status, evidence=evidence, note=note),
        f"{item} is {status.replace('_', ' ')}",
    )


async def un_sign(release: Release, item: ItemId, /, *, note: Note = "", common: Common = DEFAULT) -> int:
    """Take a sign-off back."""
    return await give(common, lambda c: c.un_sign(release, item, note=note), f"{item} is open again")


async def waive(
    release: Release,
    subject: Annotated[str, Parameter(help="check:ID, item:ID or flag:KEY.")],
    /,
    *,
    reason: Reason,
    until: Annotated[When | None, Parameter(help="When the waiver ends; a flag needs one.")] = None,
    common: Common = DEFAULT,
) -> int:
    """Have a named check, item or flag count as passed, for this release."""
    return await give(common, lambda c: c.waive(release, subject, reason=reason, until=until), f"{subject} is waived")
