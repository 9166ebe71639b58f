"""Log lines: one form, with ids, none twice on replay, no secret."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from gonogo.worker.bootstrap import workflow_runner
from gonogo.worker.logs import configure_logs, secrets_of
from gonogo.workflows.search import PHASE

SECRET = 'hunter2"hunter2'


@activity.defn
async def act() -> None:
    structlog.stdlib.get_logger("tests.act").info("acting", colour="red")


@workflow.defn
class Talks:
    """Logs in each of its tasks, by every way there is."""

    @workflow.run
    async def run(self) -> None:
        for step in range(3):
            workflow.logger.info("step %d", step)
            logging.getLogger("tests.plain").info("plain %d", step)
            structlog.stdlib.get_logger("tests.structured").info("structured", step=step)
            await workflow.execute_activity(act, start_to_close_timeout=timedelta(seconds=10))
        workflow.upsert_search_attributes([PHASE.value_set("rolling_out")])
        workflow.logger.warning("done")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    shown = workflow.logger.workflow_info_on_message, activity.logger.activity_info_on_message
    stream = io.StringIO()
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    workflow.logger.workflow_info_on_message, activity.logger.activity_info_on_message = shown
    structlog.reset_defaults()


def read(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


async def test_no_line_is_repeated_on_replay_and_each_names_release_phase_and_ids(
    server: Client, lines: io.StringIO
) -> None:
    runner = workflow_runner()
    assert isinstance(runner, SandboxedWorkflowRunner)
    passed = runner.restrictions.with_passthrough_modules(__name__)
    configure_logs(form="json", level="info", env={}, stream=lines)
    # Without a cache every workflow task replays the history from its beginning.
    async with Worker(
        server,
        task_queue="talks",
        workflows=[Talks],
        activities=[act],
        workflow_runner=replace(runner, restrictions=passed),
        max_cached_workflows=0,
    ):
        await server.execute_workflow(Talks.run, id="release/shop/1.0", task_queue="talks")
    said = [line for line in read(lines) if line.get("workflow_id") == "release/shop/1.0"]
    assert [line["event"] for line in said if line["logger"] == "temporalio.workflow"] == [
        "step 0",
        "step 1",
        "step 2",
        "done",
    ]
    assert [line["event"] for line in said if line["logger"] == "tests.plain"] == ["plain 0", "plain 1", "plain 2"]
    assert [line["step"] for line in said if line["logger"] == "tests.structured"] == [0, 1, 2]
    acted = [line for line in said if line["logger"] == "tests.act"]
    assert [(line["event"], line["activity_type"], line["attempt"]) for line in acted] == [("acting", "act", 1)] * 3
    assert {line["release"] for line in said} == {"shop/1.0"}
    assert {line["run_id"] for line in said if line["logger"] != "tests.act"} == {said[0]["run_id"]}
    last = said[-1]
    assert (last["event"], last["phase"], last["level"]) == ("done", "rolling_out", "warning")
    assert "phase" not in said[0]
    assert all(line["timestamp"].endswith("Z") for line in said)


def test_a_secret_never_appears_however_it_came_into_a_line(lines: io.StringIO) -> None:
    env = {"FLAG_TOKEN": SECRET, "WEBHOOK_SECRET": "short", "PWD": "/home/somebody", "PATH": "/usr/bin:/bin"}
    configure_logs(form="json", level="debug", env=env, stream=lines)
    log = structlog.stdlib.get_logger("tests.secrets")
    log.info(f"sent {SECRET}", header=SECRET, nested={"deep": [SECRET]})
    try:
        raise ValueError(f"refused {SECRET}")
    except ValueError:
        log.exception("broke")
    logging.getLogger("tests.plain").warning("sent %s", SECRET)
    text = lines.getvalue()
    assert "hunter2" not in text
    assert text.count("***") == 5
    assert len(read(lines)) == 3
    assert "PWD" not in env or "/home/somebody" not in secrets_of(env)


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_no_local_variables(lines: io.StringIO, form: str) -> None:
    configure_logs(form=form, level="info", env={}, stream=lines)
    hidden = "a local value " * 2
    try:
        raise KeyError(len(hidden))
    except KeyError:
        structlog.stdlib.get_logger("tests").exception("broke")
    assert "KeyError: 28" in lines.getvalue()
    assert "a local value" not in lines.getvalue()


def test_lines_below_the_level_are_left_out_and_a_file_gets_no_colours(lines: io.StringIO) -> None:
    configure_logs(form="console", level="warning", env={}, stream=lines)
    structlog.stdlib.get_logger("tests").info("quiet")
    structlog.stdlib.get_logger("tests").warning("loud", count=1)
    text = lines.getvalue()
    assert "quiet" not in text
    assert "loud" in text
    assert "\x1b" not in text


def test_configuring_twice_does_not_say_everything_twice(lines: io.StringIO) -> None:
    for _ in range(2):
        configure_logs(form="json", level="info", env={}, stream=lines)
    logging.getLogger("tests").info("once")
    assert [line["event"] for line in read(lines)] == ["once"]
