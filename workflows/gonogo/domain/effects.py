"""What the world is asked for: derived from the state, so that after any restart the same things are asked for again.

The workflow starts what is outstanding and not running, and calls off what is running and not outstanding any more.
Every effect has a stable id (`ask`), and an idempotency key `release/epoch/step/ordinal` that never contains a run id.
"""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from .baking import guards_watching, watch_id
from .facts import Fence, FlagTarget
from .plan import Check, Guard, Schedule
from .reports import GuardCount
from .state import State
from .terms import Phase
from .values import Exposure, Id, Instant, Text, value


@value
class ResolveSlots:
    """Ask the calendar for slots, openings and working hours."""

    ask: str
    """Id of the question."""
    schedule: Schedule
    """The schedule, with the dated slot that is aimed at now."""
    environment: Id
    """The environment."""


@value
class MeasureChecks:
    """Measure a round of checks."""

    ask: str
    """Id of the round."""
    release_id: Text
    """`<product>/<version>`."""
    environment: Id
    """The environment."""
    commit: Text
    """The candidate's commit; empty when there is none."""
    checks: dict[Id, Check]
    """Check -> what it is."""


@value
class ClaimFlags:
    """Ask the flags' own workflows to grant the flags to this release."""

    ask: str
    """Id of the question."""
    release_id: Text
    """`<product>/<version>`."""
    product: Id
    """The product."""
    flags: tuple[FlagTarget, ...]
    """The flags."""
    allow_unfenced: bool = True
    """False: a flag at a provider that is `unfenced` is not rolled out (policy). Default: true."""


@value
class FlagWrite:
    """One write of one flag."""

    target: FlagTarget
    """The flag."""
    wanted: Exposure
    """Who shall see it."""
    fence: Fence
    """The write's fence."""
    key: Text
    """Idempotency key, `release/epoch/step/ordinal`."""


@value
class WriteFlags:
    """Change flags, in order, one activity for a batch."""

    ask: str
    """Id of the batch."""
    release_id: Text
    """`<product>/<version>`."""
    writes: tuple[FlagWrite, ...]
    """The writes."""
    rollback: bool
    """True: values from before the release; waits until no older write can land, then reads back."""


@value
class WatchGuards:
    """Watch guards until the bake can be done, or until something is noteworthy."""

    ask: str
    """Id of the watch."""
    release_id: Text
    """`<product>/<version>`."""
    environment: Id
    """The environment."""
    guards: Annotated[tuple[Guard, ...], Field(min_length=1)]
    """The guards."""
    counts: dict[Id, GuardCount]
    """What they have counted so far in this stage."""
    since: Instant
    """When the watch begins to count."""
    until: Instant | None
    """When it reports at the latest; None: only when a guard trips."""


Effect = ResolveSlots | MeasureChecks | ClaimFlags | WriteFlags | WatchGuards


def target(state: State, key: str) -> FlagTarget:
    """Where a flag of the release lives."""
    return FlagTarget(key=key, environment=state.plan.environment, provider=state.plan.flags[key].provider)


def outstanding(state: State) -> tuple[Effect, ...]:
    """Everything that should be under way now, in a fixed order."""
    found: list[Effect] = []
    plan = state.plan
    if state.slots_ask is not None:
        schedule = replace(plan.schedule, slot=state.dated) if plan.schedule.mode == "dated" else plan.schedule
        if state.slots_after is not None:
            schedule = replace(schedule, not_before=state.slots_after)
        found.append(ResolveSlots(ask=state.slots_ask, schedule=schedule, environment=plan.environment))
    for asked in state.check_rounds.values():
        found.append(
            MeasureChecks(
                ask=asked.ask,
                release_id=state.release_id,
                environment=plan.environment,
                commit=asked.commit,
                checks={n: plan.checks[n] for n in asked.checks if n in plan.checks},
            )
        )
    if state.claim is not None:
        flags = tuple(target(state, k) for k in state.claim.flags if k in plan.flags)
        found.append(
            ClaimFlags(
                ask=state.claim.ask,
                release_id=state.release_id,
                product=plan.product,
                flags=flags,
                allow_unfenced=plan.policy.allow_unfenced,
            )
        )
    found += _writes(state)
    found += _watch(state)
    return tuple(found)


def _writes(state: State) -> list[Effect]:
    batch = state.writes
    if batch is None:
        return []
    step = "rollback" if batch.stage < 0 else f"stage-{batch.stage + 1}"
    writes = tuple(
        FlagWrite(
            target=target(state, key),
            wanted=wanted,
            fence=Fence(epoch=batch.epoch, sequence=batch.first_sequence + n),
            key=f"{state.release_id}/{batch.epoch}/{step}/{batch.first_sequence + n}",
        )
        for n, (key, wanted) in enumerate(batch.writes.items())
    )
    return [WriteFlags(ask=batch.ask, release_id=state.release_id, writes=writes, rollback=batch.stage < 0)]


def _watch(state: State) -> list[Effect]:
    rollout = state.rollout
    if state.phase is not Phase.ROLLING_OUT or rollout is None or rollout.stage < 0 or state.rollback:
        return []
    guards = guards_watching(state, state.stages[rollout.stage])
    if not guards or rollout.watch_since is None:
        return []
    return [
        WatchGuards(
            ask=watch_id(rollout),
            release_id=state.release_id,
            environment=state.plan.environment,
            guards=guards,
            counts=dict(rollout.counts),
            since=rollout.watch_since,
            until=rollout.watch_until,
        )
    ]
