"""Log lines: one form for gonogo, Temporal's SDK and its core; no line twice on replay; no secret ever.

Inside a workflow only `workflow.logger` is used. Everywhere else `logging` and structlog both end up here.
"""

import json
import logging
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from datetime import timedelta
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor
from temporalio import activity, workflow
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

from gonogo.workflows.search import PHASE

_CORE = "temporal.core"
_RELEASE = "release/"
_MASK = "***"
_SHORTEST_SECRET = 8  # shorter ones would mask half of every line
_SECRET_NAME = re.compile(
    r"SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|PRIVATE|API_?KEY|_KEY$|_DSN$", re.IGNORECASE
)
# What the SDK adds to its own records and ours, and the name under which a line shows it.
_SHOWN = (
    "workflow_id",
    "run_id",
    "workflow_type",
    "update_id",
    "update_name",
    "activity_type",
    "activity_id",
    "attempt",
    "task_queue",
)


def configure_logs(*, form: str, level: str, env: Mapping[str, str], stream: TextIO | None = None) -> None:
    """Sends everything that is logged in this process to one stream, in one form.

    Args:
        form: `json`: one object a line; `console`: for people, in colour on a terminal.
        level: The least severe level: debug, info, warning or error.
        env: The environment: values of variables whose names speak of secrets never appear in a line.
        stream: Where lines go. Default: standard error.
    """
    stream = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _where,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if form == "json":
        # A traceback as text, and never with the local variables, which hold what nobody should read.
        last += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    else:
        plain = structlog.dev.plain_traceback
        last += [structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=plain)]
    handler = logging.StreamHandler(stream)
    handler.addFilter(_said_before)
    handler.setFormatter(
        _Masked(secrets_of(env), foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder(), _flatten], processors=last)
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    # The SDK would put the same context into the text of each message, too.
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def core_runtime(level: str) -> Runtime:
    """A runtime of Temporal's core that logs into this process's log; `level` as in `configure_logs`."""
    core = {"warning": "WARN"}.get(level, level.upper())
    forwarding = LogForwardingConfig(
        logger=logging.getLogger(_CORE),
        append_target_to_name=False,
        prepend_target_on_message=False,
        append_log_fields_to_message=False,
    )
    # The core's own info is about its bookkeeping.
    core = "WARN" if core == "INFO" else core
    logs = LoggingConfig(filter=TelemetryFilter(core_level=core, other_level="ERROR"), forwarding=forwarding)
    return Runtime(telemetry=TelemetryConfig(logging=logs), worker_heartbeat_interval=timedelta(seconds=30))


def secrets_of(env: Mapping[str, str]) -> tuple[str, ...]:
    """The values in `env` that are secrets by their variable's name, longest first."""
    found = {text for name, text in env.items() if _SECRET_NAME.search(name) and len(text) >= _SHORTEST_SECRET}
    # Inside a JSON line a quote or a line break in a secret is written otherwise.
    found |= {json.dumps(text)[1:-1] for text in found} | {json.dumps(text, ensure_ascii=False)[1:-1] for text in found}
    return tuple(sorted(found, key=len, reverse=True))


class _Masked(structlog.stdlib.ProcessorFormatter):
    """Masks secrets in the finished line: whatever the way in which they came into it."""

    def __init__(self, secrets: Iterable[str], **options: Any) -> None:
        super().__init__(**options)
        self._secrets = tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, _MASK)
        return line


def _said_before(record: logging.LogRecord) -> bool:
    """False for a line that a workflow logs while its history is replayed: it was logged the first time.

    The SDK's own complaints about a replay are none of those.
    """
    theirs = record.name.startswith(("temporalio.", _CORE)) and record.name != "temporalio.workflow"
    return theirs or not (workflow.in_workflow() and workflow.unsafe.is_replaying_history_events())


def _where(_: Any, __: str, line: EventDict) -> EventDict:
    """Adds the release, phase and ids to what a workflow or an activity logs."""
    if workflow.in_workflow():
        info = workflow.info()
        _place(line, info.workflow_id, run_id=info.run_id, phase=info.typed_search_attributes.get(PHASE))
    elif activity.in_activity():
        task = activity.info()
        _place(
            line, task.workflow_id, run_id=task.workflow_run_id, activity_type=task.activity_type, attempt=task.attempt
        )
    return line


def _place(line: EventDict, workflow_id: str | None, **more: Any) -> None:
    if workflow_id:
        line.setdefault("workflow_id", workflow_id)
        if workflow_id.startswith(_RELEASE):
            line.setdefault("release", workflow_id.removeprefix(_RELEASE))
    for name, given in more.items():
        if given is not None:
            line.setdefault(name, given)


def _flatten(_: Any, __: str, line: EventDict) -> EventDict:
    """Brings what the SDK and its core hang on their records to the top, and drops what only repeats it."""
    for name in ("temporal_workflow", "temporal_activity"):
        _spread(line, line.pop(name, None))
    core = line.pop("temporal_log", None)
    if core is not None:
        line["target"] = core.target
        for name, given in core.fields.items():
            line.setdefault(name, given)
    line.pop("__temporal_error_identifier", None)
    return line


def _spread(line: MutableMapping[str, Any], given: Any) -> None:
    if isinstance(given, Mapping):
        _place(line, given.get("workflow_id"), **{name: given.get(name) for name in _SHOWN if name != "workflow_id"})
