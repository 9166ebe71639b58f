"""Puts a worker together: the one place that knows every workflow, every activity and every adapter."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxRestrictions

from gonogo.activities.calendar import Admissions, Calendar
from gonogo.activities.checks import Checks
from gonogo.activities.flags import Flags
from gonogo.activities.notices import Notices
from gonogo.activities.ports import FlagDesk
from gonogo.activities.registry import Adapters
from gonogo.activities.watch import Watch
from gonogo.workflows.flag import FlagWorkflow
from gonogo.workflows.leftovers import LeftoversWorkflow
from gonogo.workflows.messages import TASK_QUEUE
from gonogo.workflows.release import ReleaseWorkflow

from .flag_debt import KIND as FLAG_DEBT
from .flag_debt import FlagDebt
from .steady import SteadyRunner

WORKFLOWS: Sequence[type] = (ReleaseWorkflow, FlagWorkflow, LeftoversWorkflow)
"""Every workflow of gonogo."""

_PASSED = (
    "gonogo.domain",
    "gonogo.activities",
    "gonogo.workflows",
    "pydantic",
    "pydantic_core",
    "annotated_types",
    "dateutil",
    "holidays",
)


def workflow_runner() -> WorkflowRunner:
    """The sandbox, with the pure modules passed through.

    60 models cost 38 ms of CPU at every workflow start without it and 4.5 ms with it. Worker, replayer and tests
    share it.
    """
    return SteadyRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*_PASSED))


def with_flag_debt(adapters: Adapters, client: Client) -> Adapters:
    """The adapters, and the check kind `flag_debt`: it asks the flags' own workflows, so it needs a client."""
    return replace(adapters, checkers={**adapters.checkers, FLAG_DEBT: FlagDebt(client)})


def activities(adapters: Adapters, desk: FlagDesk, *, trust_local: bool, simulation: bool) -> list[Any]:
    """Every activity of gonogo, with what it depends on."""
    calendar = Calendar()
    checks = Checks(adapters)
    flags = Flags(adapters, desk)
    return [
        Admissions(adapters, trust_local=trust_local, simulation=simulation).admit,
        calendar.resolve_slots,
        checks.measure_checks,
        flags.claim_flags,
        flags.write_flags,
        flags.tell_flags,
        flags.probe_flag,
        Notices(adapters).notify,
        Watch(adapters).watch_guards,
    ]


HEARD_WITHIN = timedelta(seconds=2)
"""How soon a running activity hears that it was called off: with its next heartbeat, which the SDK may hold back. A
release that is closed, or goes on in a new run, waits for its watch over the guards to hear it."""


def build_worker(
    client: Client,
    *,
    adapters: Adapters,
    desk: FlagDesk,
    task_queue: str = TASK_QUEUE,
    trust_local: bool = False,
    simulation: bool = False,
    **more: Any,
) -> Worker:
    """A worker for gonogo's workflows and activities.

    Args:
        client: connected, with the pydantic data converter.
        adapters: what it talks to the world with.
        desk: the way to the flags' own workflows.
        task_queue: where it listens.
        trust_local: True lets local names count as proof: for the embedded engine on one machine.
        simulation: True lets releases bring a driven clock; never in production.
        more: further options of temporalio's `Worker`.
    """
    more.setdefault("max_heartbeat_throttle_interval", HEARD_WITHIN)
    return Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=activities(adapters, desk, trust_local=trust_local, simulation=simulation),
        workflow_runner=workflow_runner(),
        **more,
    )
