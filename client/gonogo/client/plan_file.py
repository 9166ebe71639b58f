"""Reads plan and policy files. Whatever is wrong is told all at once, each with its line and column.

release.yaml:9:15: stages.1.percent: 250 is above 100
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path as FilePath
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from gonogo.domain.plan import Plan
from gonogo.domain.plan_defaults import normalise
from gonogo.domain.plan_problem import Problem
from gonogo.domain.plan_rules import problems
from gonogo.domain.policy import Policy

from .positions import Path, Place, Positions, YamlRefused, load
from .yaml_sentences import fields_at, sentence, shown

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """One thing that is wrong with a file."""

    name: str
    """The file's name."""
    line: int
    """Line, from 1; 0 when the file could not be read at all."""
    column: int
    """Column, from 1."""
    path: Path
    """Keys and places down to the culprit."""
    code: str
    """Stable code: `yaml.…` for the text, `file.…` for types and names, `plan.…` for a cross-check, `adapter.…` for
    what an adapter cannot do, or a code of the adapter's own."""
    message: str
    """What is wrong and what to do."""
    severity: Literal["error", "warning"] = "error"
    """error: it cannot be used like that; warning: it can, and perhaps was not meant. Default: error."""

    def __str__(self) -> str:
        where = f"{self.name}:{self.line}:{self.column}" if self.line else self.name
        # A text from a file cannot add lines of its own to the report.
        path = f"{'.'.join(map(str, self.path))}: " if self.path else ""
        mark = "warning: " if self.severity == "warning" else ""
        return " ".join(f"{where}: {mark}{path}{self.message}".splitlines())


class PlanFileError(ValueError):
    """A file that cannot be used; `problems` says everything that is wrong, in the order of the file."""

    code = "plan_file.invalid"

    def __init__(self, problems: Iterable[FileProblem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.line, p.column)))
        super().__init__("\n".join(map(str, self.problems)))


def read_plan(text: str, *, name: str, floor: Policy | None = None) -> Plan:
    """The plan that `text` describes, normalised.

    Args:
        text: YAML 1.2.
        name: The file's name, for messages.
        floor: The organisation's policy: what the plan does not say about policy is taken from it, and what it does say
            cannot be weaker. Default: gonogo's own defaults.

    Raises:
        PlanFileError: Anything is wrong with it.
    """
    plan, positions = parse_plan(text, name=name, floor=floor)
    if found := problems(plan, floor):
        raise PlanFileError(placed(problem, positions, name) for problem in found)
    return normalise(plan, floor)


def parse_plan(text: str, *, name: str, floor: Policy | None = None) -> tuple[Plan, Positions]:
    """The plan that `text` spells, as it was written and not cross-checked, with the position of every value.

    Raises:
        PlanFileError: It is no such YAML, or a value is not what its field wants.
    """
    data, positions = _load_mapping(text, name)
    return _validated(_with_floor(data, floor), positions, name, plan_adapter()), positions


def placed(problem: Problem, positions: Positions, name: str) -> FileProblem:
    """A problem of a plan, with its place in the file: that of the culprit, or of the nearest value around it."""
    path = positions.known(problem.path)
    place = positions.of_value(path)
    return FileProblem(
        name=name,
        line=place.line,
        column=place.column,
        path=path,
        code=problem.code,
        message=problem.message,
        severity=problem.severity,
    )


def read_policy(text: str, name: str) -> Policy:
    """The organisation's policy that `text` describes.

    Raises:
        PlanFileError: Anything is wrong with it.
    """
    return read_yaml(text, name, _policy_adapter())[0]


def read_plan_path(path: str | FilePath, policy_path: str | FilePath | None = None) -> Plan:
    """The plan in the file at `path`, normalised, under the policy in the file at `policy_path`, if one is given.

    Raises:
        PlanFileError: A file cannot be read, or anything is wrong with it.
    """
    return read_plan(read_text(path), name=str(path), floor=read_floor(policy_path))


def read_floor(path: str | FilePath | None) -> Policy | None:
    """The organisation's policy in the file at `path`; None without one.

    Raises:
        PlanFileError: It cannot be read, or anything is wrong with it.
    """
    return read_policy(read_text(path), str(path)) if path is not None else None


def read_text(path: str | FilePath) -> str:
    """The text of the file at `path`.

    Raises:
        PlanFileError: It cannot be opened, or is not UTF-8.
    """
    file = FilePath(path)
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise PlanFileError([_at(str(file), Place(0, 0), (), "file.unreadable", message)]) from error
    except UnicodeDecodeError as error:
        before: bytes = error.object[: error.start]
        place = Place(before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        message = f"the byte 0x{error.object[error.start]:02x} is not UTF-8: save the file as UTF-8"
        raise PlanFileError([_at(str(file), place, (), "file.not_utf8", message)]) from error


def read_yaml(text: str, name: str, adapter: TypeAdapter[_T]) -> tuple[_T, Positions]:
    """What `text` describes, as the adapter's type, with the position of every value. For files that are mappings.

    Raises:
        PlanFileError: It is no such YAML, or the values are not what the type wants.
    """
    data, positions = _load_mapping(text, name)
    return _validated(data, positions, name, adapter), positions


@cache
def plan_adapter() -> TypeAdapter[Plan]:
    """Reads and writes plans; made once, because building it takes a few tens of milliseconds."""
    return TypeAdapter(Plan)


@cache
def _policy_adapter() -> TypeAdapter[Policy]:
    return TypeAdapter(Policy)


def _at(name: str, place: Place, path: Path, code: str, message: str) -> FileProblem:
    return FileProblem(name=name, line=place.line, column=place.column, path=path, code=code, message=message)


def _load_mapping(text: str, name: str) -> tuple[dict[str, Any], Positions]:
    try:
        data, positions = load(text)
    except YamlRefused as error:
        raise PlanFileError(_at(name, p.place, p.path, p.code, p.message) for p in error.problems) from error
    if not isinstance(data, dict):
        message = f"expected a mapping of names to values, got {shown(data)}"
        raise PlanFileError([_at(name, positions.of_value(()), (), "file.not_a_mapping", message)])
    return data, positions


def _with_floor(data: dict[str, Any], floor: Policy | None) -> dict[str, Any]:
    given = data.get("policy", {})
    if floor is None or not isinstance(given, dict):
        return data
    unsaid = {field.name: getattr(floor, field.name) for field in fields(floor) if field.name not in given}
    return {**data, "policy": {**unsaid, **given}}


def _validated(data: dict[str, Any], positions: Positions, name: str, adapter: TypeAdapter[_T]) -> _T:
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        schema = adapter.json_schema()
        told = [one for one in error.errors(include_url=False) if not _follows(one)]
        raise PlanFileError(_problem(dict(one), positions, name, schema) for one in told) from error


def _follows(error: Any) -> bool:
    # A list whose items are all wrong is also "too short": the items are told, and that is enough.
    return bool(error["type"] == "too_short" and error["input"])


def _problem(error: dict[str, Any], positions: Positions, name: str, schema: dict[str, Any]) -> FileProblem:
    loc: Path = error["loc"]
    of_key = loc[-1:] == ("[key]",)
    path = positions.known(loc[:-1] if of_key else loc)
    message = sentence(error, positions.texts.get(path), fields_at(schema, loc[:-1]))
    of_key = of_key or error["type"] == "unexpected_keyword_argument"
    place = positions.of_key(path) if of_key or error["type"] == "missing" else positions.of_value(path)
    if error["type"] == "missing":
        path = (*path, loc[-1])
    return _at(name, place, path, f"file.{error['type']}", message)
