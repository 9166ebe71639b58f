"""`gonogo plan …`."""

import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from ruamel.yaml import YAML

from gonogo.client.plan_file import PlanFileError, read_plan_path
from gonogo.client.plan_schema import plan_schema
from gonogo.client.templates import TEMPLATES, new_from, new_plan
from gonogo.domain.canonical import digest, to_json
from gonogo.domain.plan import Plan

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
    configured = os.environ.get(POLICY_VARIABLE)
    return read_plan_path(path, policy or (Path(configured) if configured else None))


def check(plan: PlanFile, /, *, policy: PolicyFile = None, as_json: AsJson = False) -> int:
    """Say everything that is wrong with a plan file."""
    try:
        found = read(plan, policy)
    except PlanFileError as error:
        if as_json:
            problems = [
                {"line": p.line, "column": p.column, "path": list(p.path), "code": p.code, "message": p.message}
                for p in error.problems
            ]
            emit_json({"ok": False, "file": plan.name, "problems": problems})
        else:
            print(error)
        return USAGE
    if as_json:
        emit_json(
            {"ok": True, "file": plan.name, "release_id": found.release_id, "digest": digest(found), "problems": []}
        )
    else:
        print(f"{plan.name}: {found.release_id} is fine ({found.schedule.mode.replace('_', ' ')})")
    return DONE


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
    template: Annotated[Literal["major", "minor", "hotfix"], Parameter(help="The template.")] = "minor",
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
