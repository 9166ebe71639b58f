"""`gonogo flags`, `flags kill`."""

from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from gonogo.client.errors import NotFound
from gonogo.client.release_client import ReleaseClient
from gonogo.domain.flag_views import FlagView

from .common import DEFAULT, Common, Reason
from .exits import DONE, UsageError
from .show import console, emit_json, instant


async def list_flags(
    *,
    product: Annotated[str | None, Parameter(help="Of this product only.")] = None,
    debt: Annotated[bool, Parameter(help="Only those that should be gone by now.", negative=())] = False,
    common: Common = DEFAULT,
) -> int:
    """List the flags that live."""
    async with common.client() as client:
        flags = [flag for flag in await client.flags(product=product) if flag.overdue or not debt]
    if common.json:
        emit_json(flags)
        return DONE
    if not flags:
        print("no such flag")
        return DONE
    table = Table(box=None, pad_edge=False, header_style="dim")
    for head in ("flag", "who sees it", "phase", "owner", "gone by", "note"):
        table.add_column(head, overflow="fold")
    for flag in flags:
        note = "overdue" if flag.overdue else flag.changing or flag.removable
        table.add_row(
            flag.id.removeprefix("flag/"),
            str(flag.exposure) if flag.exposure else "unknown",
            flag.phase.replace("_", " "),
            flag.owner or "-",
            gone_by(flag),
            note,
            style="red" if flag.overdue else "",
        )
    console().print(table)
    return DONE


def gone_by(flag: FlagView) -> str:
    """When a flag should be gone: an instant, or how many releases are still to pass."""
    if flag.due is None and flag.cycles_left is not None:
        return f"after {flag.cycles_left} more release{'s' * (flag.cycles_left != 1)}"
    return instant(flag.due)


async def kill(
    flag: Annotated[str, Parameter(help="PRODUCT/ENVIRONMENT/KEY, or KEY where only one flag has it.")],
    /,
    *,
    reason: Reason,
    common: Common = DEFAULT,
) -> int:
    """Put one flag back to what it was before its release, at once."""
    async with common.client() as client:
        name = flag if "/" in flag else await _only(client, flag)
        answer = await client.kill_flag(name, reason=reason)
    if common.json:
        emit_json(answer)
    else:
        print(f"{name} goes back to {answer.wanted}; its provider is asked until it confirms: gonogo flags")
    return DONE


async def _only(client: ReleaseClient, key: str) -> str:
    found = [flag for flag in await client.find_flags() if flag.split("/", 2)[2] == key]
    if not found:
        raise NotFound(
            "flag.not_found", f"there is no flag {key!r}: `gonogo flags` shows those that live", {"flag": key}
        )
    if len(found) > 1:
        raise UsageError(f"{key!r} is several flags: {', '.join(found)}: name one")
    return found[0]
