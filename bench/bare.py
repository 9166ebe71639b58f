"""A bare Temporal workflow: the same number of activities, timers and updates, and nothing else."""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    from .shape import Shape


@activity.defn
async def nothing(payload: str) -> str:
    """Does nothing, and says so."""
    return payload


@workflow.defn
class BareWorkflow:
    """Waits for its updates, and runs its activities and timers meanwhile."""

    def __init__(self) -> None:
        self._updates = 0

    @workflow.run
    async def run(self, shape: Shape) -> int:
        """Runs to its end."""
        for _ in range(shape.activities):
            await workflow.execute_activity(nothing, "x" * 200, start_to_close_timeout=timedelta(seconds=30))
        # All at once: the server fires a timer up to a second late, which one after another would add up.
        await asyncio.gather(*(workflow.sleep(timedelta(seconds=1)) for _ in range(shape.timers)))
        await workflow.wait_condition(lambda: self._updates >= shape.updates)
        return self._updates

    @workflow.update
    def act(self, payload: str) -> int:
        """Counts."""
        self._updates += 1
        return self._updates
