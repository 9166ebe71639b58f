"""`gonogo plan …`."""

import io
import json
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter
from ruamel.yaml import YAML

from gonogo.client.plan_check import CheckedPlan, check_plan_path
from gonogo.client.plan_file import FileProblem, PlanFileError, read_plan_path
from gonogo.client.plan_schema import plan_schema
from gonogo.client.templates import TEMPLATES, new_from, new_plan
from gonogo.domain.canonical import digest, to_json
from gonogo.domain.plan import Plan
from gonogo.domain.plan_outlook import stranded

from .choices import ANY_CASE
from .common import DEFAULT, Common
from .exits import DONE, USAGE, UsageError
from .files import refuse_existing, write
from .show import emit_json

POLICY_VARIABLE = "GONOGO_POLICY"
PolicyFile = Annotated[
    Path | None, Parameter(name="--policy", help=f"The organisation's policy file. Default: {POLICY_VARIABLE}, if set.")
]
PlanFile = Annotated[Path, Parameter(help="The plan file.")]
AsJson = Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON.")]


def read(path: Path, policy: Path | None) -> Plan:
    """The plan at `path`, under the policy file that is given or configured."""
    return read_plan_path(path, _floor(policy))


def read_checked(path: Path, policy: Path | None, *, dates_refuse: bool) -> CheckedPlan:
    """The plan at `path`, under the policy file that is given or configured, checked as it is seen here and now."""
    return check_plan_path(path, _floor(policy), now=datetime.now(UTC), dates_refuse=dates_refuse)


def warned(checked: CheckedPlan) -> Plan:
    """The plan; what was perhaps not meant is told beside the output."""
    for warning in checked.warnings:
        print(warning, file=sys.stderr)
    return checked.plan


def _floor(policy: Path | None) -> Path | None:
    configured = os.environ.get(POLICY_VARIABLE)
    return policy or (Path(configured) if configured else None)


def check(
    plan: PlanFile,
    /,
    *,
    policy: PolicyFile = None,
    strict: Annotated[bool, Parameter(negative=(), help="Refuse a plan with warnings too.")] = False,
    as_json: AsJson = False,
) -> int:
    """Say everything that is wrong with a plan file, and warn of what was perhaps not meant.

    A warning leaves the exit code at 0: an adapter that is not installed here, a date that has passed.
    """
    found: Plan | None = None
    problems: tuple[FileProblem, ...]
    try:
        checked = read_checked(plan, policy, dates_refuse=True)
        found, problems = checked.plan, checked.warnings
    except PlanFileError as error:
        problems = error.problems
    fine = found is not None and not (strict and problems)
    if as_json:
        known = {"release_id": found.release_id, "digest": digest(found)} if found else {}
        emit_json({"ok": fine, "file": plan.name, **known, "problems": [_row(problem) for problem in problems]})
        return DONE if fine else USAGE
    for problem in problems:
        print(problem)
    if found is None:
        print(f"{plan}: {_counted(problems)}: it cannot be launched like this")
    elif fine:
        mode = found.schedule.mode.replace("_", " ")
        able = "can be launched" if not stranded(found, datetime.now(UTC)) else "can be simulated, not launched now"
        verdict = f"{able} ({mode}), with {_counted(problems)}" if problems else f"is fine ({mode})"
        print(f"{plan}: {found.release_id} {verdict}")
    else:
        print(f"{plan}: {_counted(problems)}, and --strict takes none")
    return DONE if fine else USAGE


def _row(problem: FileProblem) -> dict[str, Any]:
    return {
        "line": problem.line,
        "column": problem.column,
        "path": list(problem.path),
        "code": problem.code,
        "message": problem.message,
        "severity": problem.severity,
    }


def _counted(problems: Iterable[FileProblem]) -> str:
    told = [problem.severity for problem in problems]
    counts = ((name, told.count(name)) for name in ("error", "warning"))
    return " and ".join(f"{count} {name}{'s' if count > 1 else ''}" for name, count in counts if count)


def show(plan: PlanFile, /, *, policy: PolicyFile = None, as_json: AsJson = False) -> int:
    """Show a plan with every default filled in."""
    found = to_json(read(plan, policy))
    if as_json:
        emit_json(found)
        return DONE
    out = io.StringIO()
    YAML().dump(found, out)
    print(out.getvalue(), end="")
    return DONE


def schema() -> int:
    """Print the JSON schema of plan files."""
    print(json.dumps(plan_schema(), indent=2, ensure_ascii=False))
    return DONE


async def new(
    *,
    product: Annotated[str | None, Parameter(help="What is released. Needed without --from.")] = None,
    version: Annotated[str, Parameter(name="--release", help="Its version.")],
    template: Annotated[Literal["major", "minor", "hotfix"], ANY_CASE, Parameter(help="The template.")] = "minor",
    source: Annotated[
        str | None, Parameter(name="--from", help="An earlier release, PRODUCT/VERSION, or its plan file.")
    ] = None,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"], help="Where to write. Default: the output.")] = None,
    common: Common = DEFAULT,
) -> int:
    """Write a plan file from a template, or from an earlier release."""
    assert template in TEMPLATES
    if source is not None:
        earlier = read_plan_path(source) if is_file(source) else await _earlier(source, common)
        text = new_from(earlier, version)
    elif product is None:
        raise UsageError("--product says what is released; or name an earlier release by --from")
    else:
        text = new_plan(template, product=product, version=version, now=datetime.now(UTC))
    if out is None:
        print(text, end="")
        return DONE
    refuse_existing(out, "choose another name for --out")
    write(out, text)
    print(f"{out} is written; next: gonogo plan check {out}")
    return DONE


def is_file(source: str) -> bool:
    """True for a file, False for a release."""
    return Path(source).is_file()


async def _earlier(source: str, common: Common) -> Plan:
    async with common.client() as client:
        return (await client.get(source)).plan
