"""New plans: from a template, or from the plan of an earlier release."""

import io
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import resources
from typing import Any, Literal, get_args

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from gonogo.domain.canonical import to_json
from gonogo.domain.plan import Checklist, Plan
from gonogo.domain.plan_rules_people import required_roles
from gonogo.domain.values import format_instant

from .plan_file import plan_adapter

Template = Literal["major", "minor", "hotfix"]
TEMPLATES: tuple[Template, ...] = get_args(Template)
"""Names of the templates that `new_plan` knows."""

_PRODUCT = "product: product-name\n"
_VERSION = 'version: "0.0.0"\n'
_FREEZE = "  # freeze_at: 2026-03-02T17:00:00Z   #"
_PLANNING: dict[Template, timedelta] = {
    "major": timedelta(weeks=4),
    "minor": timedelta(weeks=2),
    "hotfix": timedelta(hours=3),
}
"""How long after the plan is written its scope freezes."""
_SCHEMA = "# yaml-language-server: $schema=gonogo-plan.schema.json\n"


def new_plan(template: Template, *, product: str, version: str, now: datetime | None = None) -> str:
    """The text of a plan file with the standard roles, checks, checklists and stages, and comments that explain them.

    Args:
        template: `major`, `minor` or `hotfix`.
        product: What is released.
        version: Its version.
        now: When it is written; the scope then freezes a while later, so that what gates the freeze can be signed off.
            Default: no freeze is written, and the scope freezes at launch.

    Raises:
        ValueError: There is no such template, or product or version is not valid.
    """
    if template not in TEMPLATES:
        raise ValueError(f"{template!r} is no template: choose one of {', '.join(TEMPLATES)}")
    _check_names(product, version)
    text = (resources.files(__package__) / "templates" / f"{template}.yaml").read_text(encoding="utf-8")
    if now is not None:
        freeze = format_instant((now + _PLANNING[template]).replace(minute=0, second=0, microsecond=0))
        text = text.replace(_FREEZE, f"  freeze_at: {freeze[:16]}:00Z   #", 1)
    return text.replace(_PRODUCT, f'product: "{product}"\n', 1).replace(_VERSION, f'version: "{version}"\n', 1)


def new_from(plan: Plan, version: str) -> str:
    """The text of a plan file for `version` made from the plan of an earlier release.

    What people set up stays: roles, checks, checklists with their owners, stages, train, windows, routes, policy. What
    belongs to that one release goes: the candidate, the features and flags that shipped, and every date.

    Args:
        plan: The earlier release's plan.
        version: The new version.

    Raises:
        ValueError: `version` is not valid.
    """
    _check_names(plan.product, version)
    dates = {
        "scope.freeze_at": plan.scope.freeze_at,
        "schedule.starts": plan.schedule.starts,
        "schedule.slot": plan.schedule.slot,
        "schedule.not_before": plan.schedule.not_before,
    }
    fresh = replace(
        plan,
        version=version,
        title="",
        candidate=None,
        features=(),
        flags={},
        checklists={name: _undated(listed) for name, listed in plan.checklists.items()},
        scope=replace(plan.scope, freeze_at=None),
        # A list that names every role would leave out a role that is added now, without a word.
        poll=replace(plan.poll, roles=None) if _asks_all(plan) else plan.poll,
        schedule=replace(plan.schedule, starts=None, slot=None, not_before=None),
    )
    gone = [f"#   {name}: {format_instant(at)}" for name, at in dates.items() if at is not None]
    gone += [
        f"#   checklists.{name}, item {item.id}, due_at: {format_instant(item.due_at)}"
        for name, listed in plan.checklists.items()
        for item in listed.items
        if item.due_at is not None
    ]
    lines = [
        f"# From {plan.release_id}: its candidate, features, flags and dates are left out, every state begins anew.",
        *(["# Its dates were:", *gone] if gone else []),
    ]
    return _SCHEMA + "\n".join(lines) + "\n" + _dumped(fresh)


def _asks_all(plan: Plan) -> bool:
    return set(required_roles(plan)) == {name for name, role in plan.roles.items() if role.votes}


def _undated(listed: Checklist) -> Checklist:
    return replace(listed, items=tuple(replace(item, due_at=None) for item in listed.items))


def _check_names(product: str, version: str) -> None:
    # The model checks both; pydantic's error is a ValueError.
    roles = {"product_manager": "a", "release_manager": "b"}
    plan_adapter().validate_python({"product": product, "version": version, "roles": roles})


def _dumped(plan: Plan) -> str:
    said: dict[str, Any] = plan_adapter().dump_python(plan, mode="json", exclude_none=True, exclude_defaults=True)
    everything = to_json(plan)
    # Defaults are left out, except for what people look for first.
    said = {name: said.get(name, everything[name]) for name in everything if name in said or name in _ALWAYS}
    said["version"] = DoubleQuotedScalarString(plan.version)
    out = io.StringIO()
    yaml = YAML()
    yaml.width = 110
    yaml.dump(said, out)
    return out.getvalue()


_ALWAYS = ("kind", "environment", "stages")
