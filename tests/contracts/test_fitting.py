"""What a plan asks of adapters that there are not, or that cannot do it, is told before any release begins."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from gonogo.activities.fitting import misfits
from gonogo.activities.registry import AdapterSettings, BrokenAdapter, build, installed
from gonogo.domain.plan import Check, Plan
from gonogo.domain.plan_problem import Problem


def plan(**changes: Any) -> Plan:
    sound: dict[str, Any] = {
        "product": "shop",
        "version": "1.4.0",
        "roles": {"product_manager": "ann", "release_manager": "ben"},
        "checks": {"built": {"kind": "pushed", "owner": "ben"}},
    }
    made: Plan = TypeAdapter(Plan).validate_python({**sound, **changes})
    return made


def check(kind: str, **params: Any) -> dict[str, Any]:
    return {"checks": {"c": {"kind": kind, "owner": "ben", "params": params}}}


def guard(**fields: Any) -> dict[str, Any]:
    sound = {"id": "g", "query": "https://m.example.org/rate", "healthy": "<", "threshold": 1}
    return {"stages": [{"percent": 10, "guards": [{**sound, **fields}]}]}


def channel(kind: str, **params: Any) -> dict[str, Any]:
    return {"notifications": {"channels": {"c": {"kind": kind, "params": params}}}}


def told(**changes: Any) -> list[tuple[str, str, str]]:
    return [(p.code, ".".join(map(str, p.path)), p.message) for p in misfits(plan(**changes), installed, "here")]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        check("http", url="https://ci.example.org"),
        check("command", argv=["true"]),
        check("deployed", url="https://shop.example.org/version"),
        check("flag_debt"),
        guard(),
        {"flags": {"f": {}}},
        channel("inbox"),
        channel("webhook", url="https://chat.example.org", secret="env:HOOK"),
    ],
)
def test_what_an_adapter_can_do_is_fine(changes: dict[str, Any], tmp_path: Path) -> None:
    assert told(**changes) == []
    adapters = build(AdapterSettings(folder=tmp_path, env={"HOOK": "s"}))
    found = [p for p in misfits(plan(**changes), adapters.named, "on the worker") if "flag_debt" not in p.message]
    assert found == [], "the worker's own adapters say the same as what is installed"


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        (
            check("htp"),
            "checks.c.kind",
            "no check kind 'htp' is installed here, and a worker without it refuses the launch; did you mean 'http'?",
        ),
        (check("flag-debt"), "checks.c.kind", "did you mean 'flag_debt'?"),
        (guard(source="prometheus"), "stages.0.guards.0.source", "no metrics source 'prometheus'"),
        ({"flags": {"f": {"provider": "fil"}}}, "flags.f.provider", "no flag provider 'fil'"),
        (channel("slack"), "notifications.channels.c.kind", "no channel kind 'slack'"),
    ],
)
def test_an_adapter_that_is_not_there_is_named_with_its_place(changes: dict[str, Any], path: str, words: str) -> None:
    [(code, where, message)] = told(**changes)
    assert (code, where) == ("adapter.unknown", path)
    assert words in message


def test_an_unknown_adapter_with_no_near_name_is_told_with_those_that_there_are() -> None:
    [(_, _, message)] = told(**channel("carrier-pigeon"))
    assert message.endswith("refuses the launch; installed are inbox, webhook")


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        (check("http"), "checks.c.params.url", "the parameter 'url' is missing"),
        (check("http", url="ci.example.org"), "checks.c.params.url", "this is no http(s) URL with a host"),
        (check("http", url="https://a.example.org", pointr="/x"), "checks.c.params.pointr", "did you mean 'pointer'?"),
        (check("command"), "checks.c.params.argv", "the parameter 'argv' is missing"),
        (check("deployed"), "checks.c.params", "give either `url` or `argv`"),
        (guard(query="error rate"), "stages.0.guards.0.query", "URL"),
        (guard(params={"pointer": "value"}), "stages.0.guards.0.params.pointer", "'value' is no JSON pointer"),
        (
            channel("inbox", url="https://a.example.org"),
            "notifications.channels.c.params.url",
            "unknown parameter 'url'",
        ),
        (channel("webhook", secret="env:HOOK"), "notifications.channels.c.params.url", "'url' is missing"),
    ],
)
def test_parameters_that_an_adapter_cannot_work_with_are_told_with_their_place(
    changes: dict[str, Any], path: str, words: str
) -> None:
    [(code, where, message)] = told(**changes)
    assert (code, where) == ("adapter.params", path)
    assert words in message


def test_every_wrong_parameter_is_told_at_once() -> None:
    assert len(told(**check("http", metod="GET", expect_status=9))) == 3


def test_an_adapter_that_cannot_be_imported_is_told_once_with_what_it_lacks() -> None:
    def missing(group: str, name: str) -> object:
        raise BrokenAdapter(group, name, "cannot be imported") from ModuleNotFoundError(name="no_such_package")

    checks = {name: {"kind": "http", "owner": "ben"} for name in ("a", "b")}
    found = [p for p in misfits(plan(checks=checks), missing, "here") if p.path[0] == "checks"]
    assert [(p.code, p.path) for p in found] == [("adapter.broken", ("checks", "a", "kind"))]
    assert "'no_such_package', which it needs, is not installed" in found[0].message

    def twice(group: str, name: str) -> object:
        raise BrokenAdapter(group, name, "is installed twice, as a and b")

    assert "it is installed twice" in next(iter(misfits(plan(), twice, "here"))).message


def test_an_adapter_that_fails_when_it_is_asked_does_not_pass_for_fine() -> None:
    class Careless:
        @staticmethod
        def plan_problems(asked: Check) -> tuple[Problem, ...]:
            raise KeyError("project")

    [found] = (p for p in misfits(plan(), lambda group, name: Careless, "here") if p.path[0] == "checks")
    assert (found.code, found.path) == ("adapter.broken", ("checks", "built", "kind"))
    assert "KeyError: 'project'" in found.message


def test_a_secret_that_the_worker_does_not_have_is_told_by_the_worker_alone(tmp_path: Path) -> None:
    changes = channel("webhook", url="env:WHERE", secret="env:HOOK")
    assert told(**changes) == []
    adapters = build(AdapterSettings(folder=tmp_path, env={"HOOK": " "}))
    found = list(misfits(plan(**changes), adapters.named, "on the worker"))
    assert [(p.code, ".".join(map(str, p.path))) for p in found] == [
        ("adapter.secret_missing", "notifications.channels.c.params.url"),
        ("adapter.secret_missing", "notifications.channels.c.params.secret"),
    ]
    assert found[1].message == "the worker has no environment variable HOOK: set it and restart the worker"
