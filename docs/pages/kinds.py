"""kinds.md: the checks, metrics, flags and channels that come with gonogo."""

from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter

from gonogo.adapters.command_check import CommandParams
from gonogo.adapters.deployed_check import DeployedParams
from gonogo.adapters.http_check import HttpParams
from gonogo.adapters.http_metrics import HttpMetricParams
from gonogo.adapters.webhook import WebhookParams

from .tables import table

_SHIPPED: tuple[tuple[str, str, Any], ...] = (
    (
        "Check `http`",
        "Asks a URL. Another status, a redirect, no answer, or an answer that is not JSON is unclear.",
        HttpParams,
    ),
    (
        "Check `command`",
        "Runs a program, without a shell, within the check's `timeout`. It finds the release in `GONOGO_RELEASE`, "
        "`GONOGO_ENVIRONMENT`, `GONOGO_CHECK` and `GONOGO_COMMIT`, and nothing else of the worker's environment but "
        "PATH, HOME and LANG. The last line of its output is the finding.",
        CommandParams,
    ),
    (
        "Check `deployed`",
        "Whether the candidate's commit is what runs in the release's environment; asked at the opening and before "
        "each stage.",
        DeployedParams,
    ),
    ("Check `pushed`", "Your pipeline gives the result: `gonogo check push`. It has no parameters.", None),
    (
        "Check `flag_debt`",
        "Whether the product has overdue flags. Of moment `freeze`; it has no parameters.",
        None,
    ),
    ("Metrics `http`", "Asks the guard's `query`, a URL, for a number. No number is no data.", HttpMetricParams),
    (
        "Flags `file`",
        "Writes `ENVIRONMENT.flagd.json`, which flagd and OpenFeature providers read: whole, fenced, read back. Users "
        "who are in stay in as exposure grows. A flag is gone, and its clean-up settled, when its key is no longer in "
        "the file; that is looked at once a day, see [concepts.md](concepts.md#flags). The folder is set by the "
        "worker, see [settings.md](settings.md).",
        None,
    ),
    ("Channel `inbox`", "One JSON file a message, in `inbox/` of the data folder. It has no parameters.", None),
    (
        "Channel `webhook`",
        "Posts a CloudEvents envelope, signed as Standard Webhooks say. A worker whose environment lacks a "
        "variable that a channel names refuses the launch, and says which (`channels.<id>`: the worker has no "
        "environment variable NAME): set it, restart the worker, launch again. What cannot be delivered later is "
        "tried again, and never blocks the release.",
        WebhookParams,
    ),
)
"""Heading, what it does, the class of its parameters."""


def text() -> str:
    """The page."""
    head = """\
# Checks, metrics, flags and channels that come with gonogo

What stands under `params`, by kind. Each works without an account anywhere; [adapters.md](adapters.md) says how to
write another one.
"""
    sections = [head]
    for title, text, kind in _SHIPPED:
        sections.append(f"## {title}\n\n{text}\n")
        if kind is not None:
            sections += [*table([field.name for field in fields(kind)], TypeAdapter(kind).json_schema()), ""]
    return "\n".join(sections)
