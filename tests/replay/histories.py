"""Plays scenarios, and reads and writes what is kept of them: histories, the ledger, the commands in short."""

import hashlib
import json
import sysconfig
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from gonogo.client.calling import Patience
from gonogo.client.history import Run, read_runs
from gonogo.domain.ledger import Ledger, from_bytes
from gonogo.workflows.search import ALL
from tests.domain.worlds import MONDAY, make_plan
from tests.replay.scenarios import SCENARIOS, flag_id, surroundings
from tests.workflows.scenes import LiveScene, Scene

FOLDER = Path(__file__).parent / "histories"
FINGERPRINTS = Path(__file__).parent / "fingerprints.json"
_EARLY = "limit.historyCount.suggestContinueAsNew=60"

# Batches of messages and notes depend on how fast they are delivered, and so do timers.
_HOW_FAST = {"activity notify", "activity tell_flags", "timer"}
_COMMANDS = {
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: "activity",
    EventType.EVENT_TYPE_TIMER_STARTED: "timer",
    EventType.EVENT_TYPE_MARKER_RECORDED: "marker",
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED: "child",
    EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED: "signal",
    EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED: "cancel",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: "continue as new",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: "complete",
}


@dataclass(frozen=True)
class Kept:
    """What is kept of a scenario."""

    workflow_id: str
    runs: tuple[Run, ...]
    """The release's, first to newest."""
    flag: WorkflowHistory | None
    """The flag's, where the scenario has one."""
    ledger: Ledger
    """The release's."""


@asynccontextmanager
async def recording_server(*, many_runs: bool = False) -> AsyncIterator[Client]:
    """A server of its own; `many_runs`: one that suggests early to continue as new."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(Path(sysconfig.get_path("scripts"), "temporal")),
        dev_server_log_level="never",
        dev_server_extra_args=["--dynamic-config-value", _EARLY] if many_runs else [],
        data_converter=pydantic_data_converter,
        search_attributes=list(ALL),
        identity="gonogo",
    ) as environment:
        yield environment.client


async def play(client: Client, name: str, *, product: str = "shop") -> Kept:
    """Plays a scenario through."""
    scenario = SCENARIOS[name]
    plan = make_plan(product=product, version="1.2.0", **scenario.changes)
    queue = f"replay-{product}"
    around = surroundings(scenario, client, queue)
    async with around.worker(client, queue, identity="gonogo"):
        release = (LiveScene if scenario.live else Scene)(client, plan, queue, around, MONDAY)
        await release.launch()
        await scenario.play(release)
        await release.handle.result()
        flag = None
        if scenario.with_flags:
            flag = await client.get_workflow_handle(flag_id(release)).fetch_history()
        runs = await read_runs(client, plan.release_id, Patience())
        return Kept(release.workflow_id, runs, flag, await release.ledger())


def fingerprint(kept: Kept) -> str:
    """The commands of a scenario's workflows in short: how many of each, whatever was in them.

    Not in which order: what comes back at one instant comes back in any order.
    """
    counts: Counter[str] = Counter()
    for history in (*(run.history for run in kept.runs), *((kept.flag,) if kept.flag else ())):
        for event in history.events:
            kind = _COMMANDS.get(event.event_type)
            if kind is None:
                continue
            name = event.activity_task_scheduled_event_attributes.activity_type.name
            counts[f"{kind} {name}".strip()] += 1
    for name in _HOW_FAST & counts.keys():
        counts[name] = 1
    return hashlib.sha256(json.dumps(sorted(counts.items())).encode()).hexdigest()[:16] + " " + _short(counts)


def _short(counts: Counter[str]) -> str:
    return ", ".join(f"{n} {name}" for name, n in sorted(counts.items()))


# --- files ---------------------------------------------------------------------------------------------------------


def write(name: str, kept: Kept) -> None:
    """Keeps a scenario."""
    FOLDER.mkdir(exist_ok=True)
    made = {
        "workflow_id": kept.workflow_id,
        "runs": [{"run_id": run.run_id, "history": _scrubbed(json.loads(run.history.to_json()))} for run in kept.runs],
        "flag": _scrubbed(json.loads(kept.flag.to_json())) if kept.flag else None,
        "ledger": [line.decode() for line in kept.ledger.lines],
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(made, separators=(",", ":"), sort_keys=True) + "\n")


def read(name: str) -> Kept:
    """What is kept of a scenario."""
    given = json.loads((FOLDER / f"{name}.json").read_text())
    history = WorkflowHistory.from_json
    runs = tuple(Run(run["run_id"], history(given["workflow_id"], run["history"])) for run in given["runs"])
    flag = history("flag/shop/production/gifts", given["flag"]) if given["flag"] else None
    return Kept(given["workflow_id"], runs, flag, from_bytes("\n".join(given["ledger"]).encode()))


def _scrubbed(given: Any) -> Any:
    """Without what tells of the machine: a worker's own queue is named after its process and its host."""
    if isinstance(given, dict):
        made = {key: _scrubbed(found) for key, found in given.items()}
        if made.get("kind") == "TASK_QUEUE_KIND_STICKY":
            made["name"] = "sticky"
        return made
    return [_scrubbed(found) for found in given] if isinstance(given, list) else given
