"""`gonogo`: the table of commands, and what an error becomes.

Imports nothing heavy: a command's module is imported when it runs, so `gonogo --help` waits for neither Temporal nor
pydantic.
"""

import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from cyclopts import App, CycloptsError, Group

from gonogo.client.leaving import leave

from .exits import EXIT_TABLE, INTERRUPTED, report, report_usage

_PLANS = Group("Plans and releases", sort_key=1)
_READING = Group("Reading", sort_key=2)
_SCOPING = Group("Scope", sort_key=3)
_READINESS = Group("Readiness", sort_key=4)
_DECIDING = Group("Deciding", sort_key=5)
_ROLLOUT = Group("Rollout", sort_key=6)
_RUNNING = Group("Running gonogo", sort_key=7)
_OPTIONS = Group("Options", sort_key=8)
_HERE = "gonogo.cli"

# (command, module and function, help, group); a command of two words stands in a group of its own name.
_COMMANDS: tuple[tuple[str, str, str, Group], ...] = (
    ("plan check", "plans:check", "Say everything that is wrong with a plan file.", _PLANS),
    ("plan show", "plans:show", "Show a plan with every default filled in.", _PLANS),
    ("plan schema", "plans:schema", "Print the JSON schema of plan files, for editors.", _PLANS),
    ("plan new", "plans:new", "Write a plan file from a template, or from an earlier release.", _PLANS),
    ("launch", "releases:launch", "Launch a release. The same plan again is the same release.", _PLANS),
    ("amend", "releases:amend", "Put another revision of the plan in force.", _PLANS),
    ("candidate", "releases:candidate", "Name another build.", _PLANS),
    ("postpone", "releases:postpone", "Give up the slot.", _PLANS),
    ("hold", "releases:hold", "Hold a release.", _PLANS),
    ("lift", "releases:lift", "End a hold.", _PLANS),
    ("cancel", "releases:cancel", "Close a release; during a rollout it is rolled back first.", _PLANS),
    ("list", "reading:list_releases", "List releases.", _READING),
    ("status", "reading:status", "Show where a release stands, as a picture.", _READING),
    ("why", "reading:why", "Say what a release waits for, and what happens next by itself.", _READING),
    ("watch", "reading:watch", "Follow a release live.", _READING),
    ("inbox", "inbox:inbox", "Show what people were told and asked on this machine, and how to answer.", _READING),
    ("notes", "reading:notes", "Write release notes for an audience.", _READING),
    ("scope add", "scope:add", "Propose a feature.", _SCOPING),
    ("scope drop", "scope:drop", "Take a feature out.", _SCOPING),
    ("scope defer", "scope:defer", "Move a feature to a later release.", _SCOPING),
    ("scope split", "scope:split", "Replace a feature by smaller ones.", _SCOPING),
    ("scope estimate", "scope:estimate", "Say how much work a feature is.", _SCOPING),
    ("scope delay", "scope:delay", "Say that a feature will be late.", _SCOPING),
    ("scope progress", "scope:progress", "Say that a feature is in progress, or merged.", _SCOPING),
    ("scope freeze", "scope:freeze", "Freeze the scope.", _SCOPING),
    ("exception list", "exceptions:list_exceptions", "List late changes, and how each stands.", _SCOPING),
    ("exception request", "exceptions:request", "Ask for a late change.", _SCOPING),
    ("exception approve", "exceptions:approve", "Approve a late change.", _SCOPING),
    ("exception reject", "exceptions:reject", "Reject a late change.", _SCOPING),
    ("exception withdraw", "exceptions:withdraw", "Take a request for a late change back.", _SCOPING),
    ("check run", "readiness:run", "Measure checks again.", _READINESS),
    ("check push", "readiness:push", "Give the result of a check.", _READINESS),
    ("sign-off", "readiness:sign_off", "Say where a checklist item stands.", _READINESS),
    ("un-sign", "readiness:un_sign", "Take a sign-off back.", _READINESS),
    ("waive", "readiness:waive", "Have a named check, item or flag count as passed.", _READINESS),
    ("poll open", "deciding:open_poll", "Open the poll now.", _DECIDING),
    ("vote", "deciding:vote", "Answer the open poll: GO, NO_GO or ABSTAIN.", _DECIDING),
    ("withdraw", "deciding:withdraw", "Take a ballot back.", _DECIDING),
    ("call", "deciding:call", "Complete the GO, or end the round: go, no_go or postpone.", _DECIDING),
    ("override", "deciding:override", "Override named reasons of the verdict, or confirm an override.", _DECIDING),
    ("widen", "rollout:widen", 'Answer the open "ready to go wider?".', _ROLLOUT),
    ("pause", "rollout:pause", "Hold a rollout.", _ROLLOUT),
    ("resume", "rollout:resume", "Go on with a rollout.", _ROLLOUT),
    ("rollback", "rollout:rollback", "Put every flag back to what it was before the release.", _ROLLOUT),
    ("flags list", "flags:list_flags", "List the flags that live; `gonogo flags` alone does the same.", _ROLLOUT),
    ("flags show", "flags:show", "Show where one flag stands, and what happened to it and by whom.", _ROLLOUT),
    ("flags kill", "flags:kill", "Put one flag back to who saw it before its release, at once.", _ROLLOUT),
    ("audit show", "audits:show", "Show the timeline of a release, or its state at an instant.", _READING),
    ("audit verify", "audits:verify", "Verify the hash chain against everything that was recorded.", _READING),
    ("audit replay", "audits:replay", "Derive the ledger again from the stored history, and compare.", _READING),
    ("audit export", "audits:export", "Write one file that verifies and replays with no server.", _READING),
    ("up", "engine:up", "Run the embedded engine: server, worker and the server's UI.", _RUNNING),
    ("down", "engine:down", "Stop the embedded engine; open releases wait for the next `gonogo up`.", _RUNNING),
    ("worker", "engine:worker", "Run a worker against the configured server.", _RUNNING),
    ("doctor", "engine:doctor", "Check that everything that gonogo needs is there.", _RUNNING),
    (
        "simulate",
        "engine:simulate",
        "Run a plan's whole life in seconds: 0 when it ships, 1 when it does not.",
        _RUNNING,
    ),
    ("demo", "engine:demo", "See two releases from beginning to end.", _RUNNING),
)

_GROUPS = {
    "plan": ("Check, show and write plan files.", _PLANS),
    "scope": ("Change what is in scope.", _SCOPING),
    "exception": ("Ask for late changes, and answer.", _SCOPING),
    "check": ("Measure checks again, or give their results.", _READINESS),
    "poll": ("Open the go/no-go poll.", _DECIDING),
    "flags": (
        "List feature flags, see what happened to one, or take one back at once.\n\n"
        "A flag outlives the release that shipped it: it stays here until it is gone from its provider, with proof.",
        _ROLLOUT,
    ),
    "audit": ("Show, verify, replay and export what is recorded.", _READING),
}


def build() -> App:
    """The application, with every command registered by its import path."""
    app = App(
        name="gonogo",
        help="Runs the go/no-go decision of a release, and everything around it, as one durable workflow.",
        help_epilogue=EXIT_TABLE,
        version=_version,
        result_action="return_value",
    )
    groups: dict[str, App] = {}
    for name, (text, group) in _GROUPS.items():
        groups[name] = App(name=name, help=text, group=group, help_epilogue="")
        app.command(groups[name])
    for name, place, text, group in _COMMANDS:
        first, _, second = name.partition(" ")
        parent = groups[first] if second else app
        more: dict[str, Any] = {} if second else {"group": group}
        parent.command(f"{_HERE}.{place}", name=second or first, help=text, help_epilogue="", **more)
    for flag in (*app.help_flags, *app.version_flags):
        app[flag].group = _OPTIONS
    return app


def _version() -> str:
    from importlib.metadata import version

    return version("gonogo")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command, and answers with its exit code."""
    tokens = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in tokens
    if tokens[:1] == ["flags"] and (len(tokens) == 1 or (tokens[1].startswith("--") and tokens[1] != "--help")):
        tokens.insert(1, "list")  # `gonogo flags` lists them
    try:
        return int(build()(tokens, exit_on_error=False, print_error=not as_json) or 0)
    except CycloptsError as error:
        return report_usage(error, as_json=as_json)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # `gonogo watch | head`: whoever read has enough, and nothing more can be written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  # the one place that turns every error into an exit code
        return report(error, as_json=as_json)


def console() -> NoReturn:
    """The `gonogo` program."""
    leave(main())


if __name__ == "__main__":
    console()
