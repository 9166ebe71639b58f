"""Launching a release, once: the same plan is the same release, another plan is refused, a closed id stays closed."""

from datetime import UTC, datetime
from typing import Any

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from gonogo.domain.canonical import digest, to_json
from gonogo.domain.events import ReleaseLaunched
from gonogo.domain.evolve import fold
from gonogo.domain.ledger import Ledger
from gonogo.domain.plan import Plan
from gonogo.domain.plan_outlook import stranded
from gonogo.domain.values import Actor, value
from gonogo.workflows.messages import Launch
from gonogo.workflows.release import ReleaseWorkflow

from .calling import Patience, patiently
from .errors import NotFound, PlanDiffers, Refused, ReleaseClosed
from .reading import found, handle_of, read_ledger, read_page, workflow_id


@value
class Launched:
    """A release that is open."""

    release_id: str
    """`<product>/<version>`."""
    already: bool
    """True: it was open before, with this very plan; nothing was done."""


async def launch(client: Client, plan: Plan, actor: Actor, *, task_queue: str, patience: Patience) -> Launched:
    """Launches `plan`, and waits until the release has begun.

    Raises:
        PlanDiffers: an open release of this id has another plan.
        ReleaseClosed: the id is used up.
        Refused: the release refused to begin, such as `actor.unproved` or `adapter.unknown`; its id is free as before.
            Or it could never go out from now on, such as `plan.no_slot`: nothing was begun.
        Unreachable: no server, or no worker that takes it up. It begins when one does; launch it again to see.
    """
    release_id = plan.release_id
    await _refuse_stranded(client, plan, patience)

    async def start(reuse: WorkflowIDReusePolicy = WorkflowIDReusePolicy.REJECT_DUPLICATE) -> bool:
        try:
            await client.start_workflow(
                ReleaseWorkflow.run,
                Launch(plan=plan, actor=actor),
                id=workflow_id(release_id),
                task_queue=task_queue,
                id_reuse_policy=reuse,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                static_summary=f"{plan.kind.value} release {release_id}",
                static_details=plan.title or None,
            )
        except WorkflowAlreadyStartedError:
            return True
        return False

    already = await patiently(start, patience)
    if already and await _refused_before(client, release_id, patience):
        already = await patiently(lambda: start(WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY), patience)
    if already:
        await _refuse_closed(client, release_id, patience)
    ledger = await read_ledger(client, release_id, patience)
    if already:
        _refuse_other_plan(ledger, plan)
    return Launched(release_id=release_id, already=already)


def refuse_stranded(plan: Plan, begins: datetime) -> None:
    """Raises for a plan whose calendar leaves nothing to a release that begins at `begins`.

    Raises:
        Refused: no slot is left, or no window ever opens.
    """
    problems = stranded(plan, begins)
    if problems:
        told = "; ".join(f"{'.'.join(map(str, problem.path))}: {problem.message}" for problem in problems)
        raise Refused(problems[0].code, told, {"release_id": plan.release_id})


async def _refuse_stranded(client: Client, plan: Plan, patience: Patience) -> None:
    try:
        refuse_stranded(plan, datetime.now(UTC))
    except Refused:
        # Launched while there was a slot, the same plan is the same release as ever.
        if not await _begun(client, plan.release_id, patience):
            raise


async def _begun(client: Client, release_id: str, patience: Patience) -> bool:
    """True when a release of this id has begun, whatever became of it."""
    try:
        await found(release_id, handle_of(client, release_id).describe, patience)
    except NotFound:
        return False
    return not await _refused_before(client, release_id, patience)


async def _refused_before(client: Client, release_id: str, patience: Patience) -> bool:
    """True when a launch under this id was refused: no release ever began, and a mended plan may."""
    handle = client.get_workflow_handle(workflow_id(release_id))
    if (await patiently(handle.describe, patience)).status is not WorkflowExecutionStatus.FAILED:
        return False
    try:
        await read_page(client, release_id, 0, patience)
    except Refused:
        return True
    return False


async def _refuse_closed(client: Client, release_id: str, patience: Patience) -> None:
    handle = client.get_workflow_handle(workflow_id(release_id))
    found = await patiently(handle.describe, patience)
    if found.status is not WorkflowExecutionStatus.RUNNING:
        status = found.status.name.lower() if found.status else ""
        raise ReleaseClosed(release_id, status)


def _refuse_other_plan(ledger: Ledger, plan: Plan) -> None:
    wanted = digest(plan)
    first = next(ledger.entries()).event
    assert isinstance(first, ReleaseLaunched)
    # Launched with it, or amended to it since: both are this plan, launched.
    if wanted == first.plan_digest:
        return
    state = fold(ledger.entries())
    if wanted != state.plan_digest:
        raise PlanDiffers(plan.release_id, plan_differences(state.plan, plan))


def plan_differences(old: Plan, new: Plan) -> tuple[str, ...]:
    """What differs between two plans, one line each: `path: old -> new`."""
    return tuple(_diff("", to_json(old), to_json(new)))


def _diff(path: str, old: Any, new: Any) -> list[str]:
    if old == new:
        return []
    dot = f"{path}." if path else ""
    if isinstance(old, dict) and isinstance(new, dict):
        names = dict.fromkeys((*old, *new))
        return [line for name in names for line in _diff(f"{dot}{name}", old.get(name), new.get(name))]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [line for n, (a, b) in enumerate(zip(old, new, strict=True)) for line in _diff(f"{dot}{n}", a, b)]
    if old is None:
        return [f"{path}: added"]
    if new is None:
        return [f"{path}: removed"]
    line = f"{path}: {old} -> {new}"
    return [line if len(line) <= 200 else f"{path}: changed"]
