"""`gonogo exception …`: late changes."""

from typing import Annotated, Literal

from cyclopts import Parameter
from rich.table import Table

from gonogo.domain.canonical import to_json
from gonogo.domain.plan import Feature, Flag
from gonogo.domain.rights import PRODUCT_MANAGER, RELEASE_MANAGER
from gonogo.domain.terms import ExceptionKind, ExceptionStatus
from gonogo.domain.view_values import ExceptionView

from .choices import ANY_CASE
from .common import DEFAULT, Common, Reason, Release, give
from .exits import DONE, UsageError
from .instants import Days
from .show import console, emit_json

Name = Annotated[str, Parameter(help="The exception's id, as `gonogo exception list` shows it.")]
Role = Annotated[
    Literal["product_manager", "release_manager"] | None, ANY_CASE, Parameter(help="The role that you answer for.")
]


async def list_exceptions(release: Release, /, *, common: Common = DEFAULT) -> int:
    """List the requests for late changes, and how each stands."""
    async with common.client() as client:
        found = (await client.status(release)).exceptions
    if common.json:
        emit_json({"release_id": release, "exceptions": [to_json(one) for one in found]})
        return DONE
    if not found:
        print(f"nobody has asked for a late change of {release}")
        return DONE
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for head in ("id", "about", "kind", "asked by", "stands", "why"):
        table.add_column(head, overflow="fold")
    for one in found:
        table.add_row(one.id, one.about, one.kind, one.requester, _stands(one), one.why)
    console().print(table)
    return DONE


def _stands(one: ExceptionView) -> str:
    if one.status != ExceptionStatus.OPEN:
        return one.status
    return f"open, waits for {' and '.join(r for r in (PRODUCT_MANAGER, RELEASE_MANAGER) if r not in one.approved_by)}"


async def request(
    release: Release,
    kind: Annotated[
        Literal["scope", "late"], ANY_CASE, Parameter(help="scope adds or raises; late only takes longer.")
    ],
    subject: Annotated[str, Parameter(help="The feature: a new one with --title, else one that is in scope.")],
    /,
    *,
    why: Annotated[str, Parameter(help="Why.")],
    title: Annotated[str, Parameter(help="scope: the new feature's title.")] = "",
    owner: Annotated[str | None, Parameter(help="scope: who answers for the new feature.")] = None,
    estimate: Annotated[Days | None, Parameter(help="scope: the estimate, of the new feature or raised.")] = None,
    by: Annotated[tuple[str, ...], Parameter(help="Who gave the estimate; repeat it.", negative=())] = (),
    flag: Annotated[tuple[str, ...], Parameter(help="A flag that exposes it; repeat it.", negative=())] = (),
    new_flag: Annotated[
        tuple[str, ...],
        Parameter(name="--new-flag", help="A flag that it brings: the plan does not list it yet.", negative=()),
    ] = (),
    provider: Annotated[str, Parameter(help="The adapter that keeps the new flags.")] = "file",
    no_flag: Annotated[str, Parameter(name="--no-flag", help="Why it has no flag.")] = "",
    until: Annotated[str, Parameter(help="late: when it will be finished.")] = "",
    common: Common = DEFAULT,
) -> int:
    """Ask for a late change."""
    if kind == "scope" and not title and estimate is None:
        raise UsageError("a scope exception adds a feature (--title) or raises an estimate (--estimate)")
    if new_flag and not title:
        raise UsageError("--new-flag comes with a new feature: give it a --title")
    new = None
    if title:
        new = Feature(
            id=subject,
            title=title,
            owner=owner,
            estimate_days=estimate,
            estimated_by=by,
            flags=(*flag, *new_flag),
            no_flag=no_flag,
        )
    return await give(
        common,
        lambda c: c.request_exception(
            release,
            ExceptionKind(kind),
            why=why,
            feature=new,
            flags={key: Flag(provider=provider) for key in new_flag},
            subject=None if new else subject,
            days=None if new else estimate,
            until=until,
        ),
        f"an exception for {subject} is requested",
    )


async def approve(
    release: Release, name: Name, /, *, role: Role = None, reason: Reason = "", common: Common = DEFAULT
) -> int:
    """Approve a late change."""
    return await _answer(common, release, name, True, role, reason)


async def reject(
    release: Release, name: Name, /, *, role: Role = None, reason: Reason, common: Common = DEFAULT
) -> int:
    """Reject a late change."""
    return await _answer(common, release, name, False, role, reason)


async def _answer(common: Common, release: str, name: str, approve: bool, role: str | None, reason: str) -> int:
    return await give(
        common,
        lambda c: c.answer_exception(release, name, approve=approve, role=role, reason=reason),
        f"{name} is {'approved by you' if approve else 'rejected'}",
    )


async def withdraw(release: Release, name: Name, /, *, common: Common = DEFAULT) -> int:
    """Take a request for a late change back."""
    return await give(common, lambda c: c.withdraw_exception(release, name), f"{name} is withdrawn")
