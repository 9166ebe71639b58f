"""Who polls a task queue: without a worker nothing goes on, and the server says nothing about it."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

FRESH = timedelta(minutes=2)
"""A poll lasts about a minute; the server remembers pollers for five, long after a worker was killed."""

_KINDS = (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)


class Poller(NamedTuple):
    """A worker that polls a task queue."""

    identity: str
    """What it calls itself: `<process id>@<machine>` unless it was told otherwise."""
    silent: timedelta
    """How long ago the server last heard of it."""


async def pollers(client: Client, task_queue: str) -> tuple[Poller, ...]:
    """The workers that poll `task_queue` for both, workflows and activities, as the server remembers them."""
    seen: list[dict[str, timedelta]] = []
    for kind in _KINDS:
        request = DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=task_queue), task_queue_type=kind
        )
        answer = await client.workflow_service.describe_task_queue(request)
        now = datetime.now(UTC)
        seen.append({p.identity: now - p.last_access_time.ToDatetime(tzinfo=UTC) for p in answer.pollers})
    both = seen[0].keys() & seen[1].keys()
    return tuple(Poller(name, max(each[name] for each in seen)) for name in sorted(both))
