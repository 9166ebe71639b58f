"""`gonogo launch`, `amend`, `candidate`, `postpone`, `hold`, `lift`, `cancel`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from gonogo.client.errors import ClientError
from gonogo.client.launching import plan_differences
from gonogo.client.plan_file import PlanFileError
from gonogo.domain.canonical import to_json
from gonogo.domain.plan import Plan
from gonogo.domain.values import Candidate
from gonogo.workflows.messages import Answer

from .common import DEFAULT, Common, Reason, Release, exit_code, give, print_answer
from .exits import DONE, UsageError
from .instants import When
from .plans import PlanFile, PolicyFile, read_checked, warned
from .show import emit_json
from .slots import give_up


async def launch(plan: PlanFile, /, *, policy: PolicyFile = None, common: Common = DEFAULT) -> int:
    """Launch a release."""
    found = await _to_launch(plan, policy, common)
    async with common.client() as client:
        launched = await client.launch(found)
    if common.json:
        emit_json(launched)
    elif launched.already:
        print(f"{launched.release_id} is open already, with this plan")
    else:
        print(f"{launched.release_id} is launched by {common.actor.id}; next: gonogo status {launched.release_id}")
    return DONE


async def _to_launch(plan: Path, policy: Path | None, common: Common) -> Plan:
    try:
        return warned(read_checked(plan, policy, dates_refuse=True))
    except PlanFileError as refused:
        found = read_checked(plan, policy, dates_refuse=False)
        # It has no slot left: never launched like that, but launched before, it is the same release as ever.
        try:
            async with common.client() as client:
                await client.get(found.plan.release_id)
        except ClientError:
            raise refused from None
        return warned(found)


async def amend(release: Release, plan: PlanFile, /, *, policy: PolicyFile = None, common: Common = DEFAULT) -> int:
    """Put another revision of the plan in force."""
    found = warned(read_checked(plan, policy, dates_refuse=False))
    async with common.client() as client:
        before = (await client.get(release)).plan
        answer = await client.amend(release, found)
    changes = plan_differences(before, found)
    if common.json:
        emit_json({**to_json(answer), "changes": changes})
    else:
        for line in changes:
            print(f"  {line}")
        print_answer(answer, "the plan is amended")
    return exit_code(answer)


async def candidate(
    release: Release,
    commit: Annotated[str, Parameter(help="The commit that the `deployed` check must find.")],
    /,
    *,
    artifact: Annotated[
        tuple[str, ...], Parameter(help="NAME=DIGEST, such as image=sha256:…; repeat it.", negative=())
    ] = (),
    author: Annotated[tuple[str, ...], Parameter(help="Who wrote it; repeat it.", negative=())] = (),
    common: Common = DEFAULT,
) -> int:
    """Name another build."""
    build = Candidate(commit=commit, artifacts=dict(map(_artifact, artifact)), authors=author)
    return await give(common, lambda c: c.set_candidate(release, build), f"the candidate is {commit}")


def _artifact(text: str) -> tuple[str, str]:
    name, equals, digest = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--artifact {text!r}: write NAME=DIGEST, such as image=sha256:0123abcd")
    return name, digest


async def postpone(
    release: Release,
    /,
    *,
    to: Annotated[When | None, Parameter(help="Earliest next slot. Default: the next one with room.")] = None,
    reason: Reason = "",
    common: Common = DEFAULT,
) -> int:
    """Give up the slot."""
    return await give_up(
        common, release, lambda c: c.postpone(release, to=to, reason=reason), "postpone", "the release is postponed"
    )


async def hold(release: Release, /, *, reason: Reason, common: Common = DEFAULT) -> int:
    """Hold a release."""
    return await give(common, lambda c: c.hold(release, reason), "the release is held")


async def lift(
    release: Release,
    name: Annotated[str | None, Parameter(help="The hold's id. Default: the only one that you can lift.")] = None,
    /,
    *,
    measurement: Annotated[str, Parameter(help="A guard's hold: the measurement against which to go on.")] = "",
    note: Annotated[str, Parameter(help="Why.")] = "",
    common: Common = DEFAULT,
) -> int:
    """End a hold."""
    return await give(common, lambda c: c.lift(release, name, measurement=measurement, note=note), "the hold is lifted")


async def cancel(release: Release, /, *, reason: Reason, common: Common = DEFAULT) -> int:
    """Close a release."""
    return await give(common, lambda c: c.cancel(release, reason=reason), _cancelled)


def _cancelled(answer: Answer) -> str:
    match answer.phase:
        case "cancelled":
            return "closed, and nothing of it reached users"
        case "rolled_back":
            return "closed; it had reached users, and was rolled back"
        case _:
            return "it is rolled back now, and closed when every flag is back"
