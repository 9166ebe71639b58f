"""Which answers of a server that was killed are no answers: the same call is made again."""

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from gonogo.client.calling import Patience, patiently


async def calls(kind: str) -> int:
    """How often a call is made whose first answer is the failed update `kind`."""
    made = 0

    async def call() -> None:
        nonlocal made
        made += 1
        if made == 1:
            raise WorkflowUpdateFailedError(ApplicationError("lost", type=kind))

    await patiently(call, Patience())
    return made


@pytest.mark.parametrize("kind", ["UnprocessedUpdate", "AcceptedUpdateCompletedWorkflow", "release.launching"])
async def test_an_update_that_was_lost_on_its_way_is_asked_again(kind: str) -> None:
    assert await calls(kind) == 2


async def test_a_refusal_is_an_answer() -> None:
    with pytest.raises(WorkflowUpdateFailedError):
        await calls("vote.closed")
