"""What every checker promises, and what is special to each kind."""

import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gonogo.activities.ports import Checker, CheckRequest
from gonogo.adapters import outbound
from gonogo.adapters.command_check import CommandCheck
from gonogo.adapters.deployed_check import DeployedCheck, same_commit
from gonogo.adapters.errors import Unreachable
from gonogo.adapters.http_check import HttpCheck
from gonogo.adapters.memory import CheckTurn, MemoryChecks
from gonogo.adapters.pushed_check import WAITING, PushedCheck
from gonogo.domain.facts import Status
from gonogo.domain.resolution import Interval

AT = datetime(2026, 3, 5, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
COMMIT = "0123456789abcdef0123456789abcdef01234567"
PASS, FAIL, UNCLEAR = Status.PASS, Status.FAIL, Status.UNCLEAR


def ask(
    kind: str, params: dict[str, Any], *, commit: str = COMMIT, seconds: float = 10, at: datetime = AT
) -> CheckRequest:
    return CheckRequest(
        release_id="shop/1.2.0",
        environment="production",
        check="tests",
        kind=kind,
        params=params,
        commit=commit,
        timeout=timedelta(seconds=seconds),
        at=at,
    )


def command() -> CommandCheck:
    return CommandCheck(env={**os.environ, "SECRET": "hunter2"})


def py(program: str) -> list[str]:
    return [sys.executable, "-c", program]


# --- the contract: pass, fail, and unclear for everything else -----------------------------------------------------

Case = tuple[Checker, Callable[[Any, Status], CheckRequest]]


def _memory(_: Any) -> Case:
    turns = {status.value: [CheckTurn(at=AT, status=status)] for status in Status}
    return MemoryChecks(
        {"tests": turns["unclear"]} | {s.value: t for s, t in zip(Status, turns.values(), strict=True)}
    ), (
        lambda _, status: CheckRequest(
            release_id="shop/1", environment="production", check=status.value, kind="any", timeout=HOUR, at=AT
        )
    )


def _http(_: Any) -> Case:
    def request(web: Any, status: Status) -> CheckRequest:
        said = {PASS: '{"ok": true}', FAIL: '{"ok": false}', UNCLEAR: "{}"}[status]
        return ask("http", {"url": web.says("/health", said), "pointer": "/ok"})

    return HttpCheck(), request


def _command(_: Any) -> Case:
    return command(), lambda _, status: ask("command", {"argv": py(f"exit({[PASS, FAIL, UNCLEAR].index(status)})")})


def _deployed(_: Any) -> Case:
    def request(web: Any, status: Status) -> CheckRequest:
        said = {PASS: f'{{"commit": "{COMMIT}"}}', FAIL: '{"commit": "fffffff"}', UNCLEAR: '{"commit": ""}'}[status]
        return ask("deployed", {"url": web.says("/version", said)})

    return DeployedCheck(command()), request


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("make", [_memory, _http, _command, _deployed])
async def test_it_says_pass_fail_and_unclear_in_one_line(web: Any, make: Callable[[Any], Case], status: Status) -> None:
    checker, request = make(web)
    assert isinstance(checker, Checker)
    finding = await checker.measure(request(web, status))
    assert finding.status is status
    assert finding.finding
    assert "\n" not in finding.finding


@pytest.mark.parametrize("checker", [HttpCheck(), command(), DeployedCheck(command())])
@pytest.mark.parametrize(
    "params", [{}, {"urll": "https://x"}, {"url": 5}, {"argv": []}, {"argv": "rm -rf"}, {"url": ""}]
)
async def test_parameters_that_make_no_sense_are_unclear(checker: Checker, params: dict[str, Any]) -> None:
    finding = await checker.measure(ask("any", params))
    assert finding.status is UNCLEAR
    assert "check 'tests'" in finding.finding


async def test_a_mistyped_parameter_is_named_with_a_hint() -> None:
    finding = await HttpCheck().measure(ask("http", {"url": "https://a.example", "expect_statu": 200}))
    assert finding.finding == "check 'tests': unknown parameter 'expect_statu': did you mean 'expect_status'?"


# --- http ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answered", "params", "status"),
    [
        ((200, ""), {}, PASS),
        ((204, ""), {"expect_status": 204}, PASS),
        ((500, ""), {}, FAIL),
        ((503, ""), {}, FAIL),
        ((404, ""), {}, FAIL),
        ((429, ""), {}, UNCLEAR),
        ((502, ""), {}, UNCLEAR),
        ((504, ""), {}, UNCLEAR),
        ((500, '{"ok": true}'), {"pointer": "/ok"}, UNCLEAR),
        ((200, '{"ok": null}'), {"pointer": "/ok"}, UNCLEAR),
        ((200, '{"ok": "true"}'), {"pointer": "/ok"}, UNCLEAR),
        ((200, '{"ok": 1}'), {"pointer": "/ok"}, UNCLEAR),
        ((200, '{"a": [{"b/c": "x"}]}'), {"pointer": "/a/0/b~1c", "equals": "x"}, PASS),
        ((200, '{"a": [{"b/c": "x"}]}'), {"pointer": "/a/1/b~1c", "equals": "x"}, UNCLEAR),
        ((200, '{"a": ["x"]}'), {"pointer": "/a/-1", "equals": "x"}, UNCLEAR),
        ((200, '"green"'), {"pointer": "", "equals": "green"}, PASS),
        ((200, '{"n": 3.0}'), {"pointer": "/n", "equals": 3}, PASS),
        ((200, '{"n": 0.10}'), {"pointer": "/n", "below": "0.2"}, PASS),
        ((200, '{"n": "0.10"}'), {"pointer": "/n", "below": "0.2", "above": "0.1"}, FAIL),
        ((200, '{"n": 0.2}'), {"pointer": "/n", "below": "0.2"}, FAIL),
        ((200, '{"n": NaN}'), {"pointer": "/n", "below": "0.2"}, UNCLEAR),
        ((200, '{"n": true}'), {"pointer": "/n", "below": 2}, UNCLEAR),
        ((200, '{"n": -Infinity}'), {"pointer": "/n", "below": 2}, UNCLEAR),
        ((200, ""), {"pointer": "/n"}, UNCLEAR),
        ((200, "<html>"), {"pointer": "/n"}, UNCLEAR),
        ((200, "[" * 60_000), {"pointer": "/n"}, UNCLEAR),
        ((200, '"' + "x" * 70_000 + '"'), {"pointer": "", "equals": "x"}, UNCLEAR),
        ((200, "9" * 5_000), {"pointer": "", "above": 1}, UNCLEAR),
        ((200, '{"ok": "\\ud800"}'), {"pointer": "/ok", "equals": "x"}, UNCLEAR),
        ((200, '{"\\udfff": 1, "ok": true}'), {"pointer": "/ok"}, UNCLEAR),
    ],
    ids=lambda given: repr(given)[:50],
)
async def test_what_an_answer_means(
    web: Any, answered: tuple[int, str], params: dict[str, Any], status: Status
) -> None:
    url = web.says("/health", answered[1], answered[0])
    finding = await HttpCheck().measure(ask("http", {"url": url, **params}))
    assert finding.status is status, finding.finding


async def test_what_an_answer_says_twice_counts_for_nothing(web: Any) -> None:
    url = web.says("/health", f'{{"a": [{{"ok": false, "ok": true}}], "commit": "x", "commit": "{COMMIT}"}}')
    finding = await HttpCheck().measure(ask("http", {"url": url, "pointer": "/a/0/ok"}))
    assert (finding.status, finding.finding) == (UNCLEAR, "'ok' stands there twice in the answer")
    assert (await DeployedCheck(command()).measure(ask("deployed", {"url": url}))).status is UNCLEAR


async def test_text_that_is_no_unicode_is_an_answer_that_says_so(web: Any) -> None:
    url = web.says("/version", f'{{"commit": "\\ud800{COMMIT}"}}')
    finding = await DeployedCheck(command()).measure(ask("deployed", {"url": url}))
    assert (finding.status, finding.finding) == (UNCLEAR, "the answer has text that is no Unicode")


@pytest.mark.parametrize("port", [0, 65536, 99999])
async def test_a_port_that_there_is_not_is_a_wrong_parameter(port: int) -> None:
    finding = await HttpCheck().measure(ask("http", {"url": f"http://localhost:{port}/"}))
    assert (finding.status, finding.finding) == (UNCLEAR, f"check 'tests': url: {port} is no port: 1 to 65535")
    with pytest.raises(Unreachable, match="localhost could not be reached"):
        await outbound.ask("GET", f"http://localhost:{port}/", within=HOUR)


@pytest.mark.parametrize(
    "url",
    [
        f"http://{'a' * 70}.example/",
        "http://a.example:99999/",
        "http://[::1/",
        "http://a b/",
        "http://a\n.b/",
        "http://::/",
    ],
)
async def test_a_url_that_leads_nowhere_is_unclear(url: str) -> None:
    assert (await HttpCheck().measure(ask("http", {"url": url}, seconds=5))).status is UNCLEAR


async def test_a_slow_server_is_unclear_within_the_time_given(web: Any) -> None:
    began = time.monotonic()
    finding = await HttpCheck().measure(ask("http", {"url": web.hangs()}, seconds=0.2))
    assert (finding.status, finding.finding) == (UNCLEAR, "127.0.0.1 gave no answer within 0.2 s")
    assert time.monotonic() - began < 5


async def test_a_server_that_is_down_is_unclear(closed_port: str) -> None:
    finding = await HttpCheck().measure(ask("http", {"url": closed_port}))
    assert (finding.status, finding.finding) == (UNCLEAR, "127.0.0.1 could not be reached: ConnectError")


async def test_a_redirect_is_not_followed(web: Any) -> None:
    web.says("/elsewhere", "fine")
    finding = await HttpCheck().measure(ask("http", {"url": web.redirects()}))
    assert (finding.status, finding.finding) == (FAIL, "answered 302, expected 200")
    assert [seen.path for seen in web.seen] == ["/redirects"]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://a.example/",
        "//a.example",
        "a.example",
        "http://",
        "http://ann:secret@a.example/",
        "x:",
    ],
)
async def test_only_plain_http_urls_are_asked(url: str) -> None:
    finding = await HttpCheck().measure(ask("http", {"url": url}))
    assert finding.status is UNCLEAR
    assert "url:" in finding.finding
    assert "secret" not in finding.finding


@pytest.mark.parametrize(
    "params",
    [{"equals": 1}, {"above": 1}, {"pointer": "/n", "equals": 1, "above": 1}, {"pointer": "a.b"}, {"pointer": "/~2"}],
)
async def test_parameters_that_contradict_are_unclear_and_nothing_is_asked(web: Any, params: dict[str, Any]) -> None:
    finding = await HttpCheck().measure(ask("http", {"url": web.says("/n", "1"), **params}))
    assert finding.status is UNCLEAR
    assert web.seen == []


# --- deployed ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("runs", "candidate", "same"),
    [
        (COMMIT, COMMIT, True),
        (COMMIT[:7], COMMIT, True),
        (COMMIT, COMMIT[:7], True),
        (COMMIT.upper(), COMMIT, True),
        (COMMIT[:6], COMMIT, False),
        (COMMIT[1:], COMMIT, False),
        ("v1.2.0", "v1.2.0", True),
        ("v1.2.0", "v1.2.0-rc1", False),
        ("release-2026", "release-2026-1", False),
        ("", COMMIT, False),
    ],
)
def test_which_commits_are_the_same(runs: str, candidate: str, same: bool) -> None:
    assert same_commit(runs, candidate) is same


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (f'{{"commit": " {COMMIT}\\n"}}', PASS),
        (f'{{"commit": "{COMMIT[:8]}"}}', PASS),
        ('{"commit": "deadbee"}', FAIL),
        ('{"commit": " "}', UNCLEAR),
        ('{"commit": null}', UNCLEAR),
        ('{"commit": 1234567}', UNCLEAR),
        ("{}", UNCLEAR),
        ("", UNCLEAR),
    ],
)
async def test_what_a_version_endpoint_means(web: Any, body: str, status: Status) -> None:
    finding = await DeployedCheck(command()).measure(ask("deployed", {"url": web.says("/version", body)}))
    assert finding.status is status, finding.finding


async def test_a_version_endpoint_that_is_not_there_is_unclear(web: Any) -> None:
    finding = await DeployedCheck(command()).measure(ask("deployed", {"url": f"{web.url}/nothing"}))
    assert (finding.status, finding.finding) == (UNCLEAR, "answered 404, expected 200")


async def test_another_commit_says_which_one_runs(web: Any) -> None:
    url = web.says("/version", '{"build": {"sha": "deadbeef"}}')
    finding = await DeployedCheck(command()).measure(ask("deployed", {"url": url, "pointer": "/build/sha"}))
    assert finding.finding == f"production runs 'deadbeef', the candidate is '{COMMIT}'"


@pytest.mark.parametrize(
    ("program", "status"),
    [
        (f"print('asking'); print('{COMMIT[:10]}')", PASS),
        ("print('deadbeef')", FAIL),
        ("pass", UNCLEAR),
        (f"print('{COMMIT}'); exit(1)", UNCLEAR),
    ],
)
async def test_a_program_can_say_what_runs(program: str, status: Status) -> None:
    finding = await DeployedCheck(command()).measure(ask("deployed", {"argv": py(program)}))
    assert finding.status is status, finding.finding


async def test_without_a_candidate_nothing_is_deployed_and_nothing_is_asked(web: Any) -> None:
    params = {"url": web.says("/version", f'{{"commit": "{COMMIT}"}}')}
    finding = await DeployedCheck(command()).measure(ask("deployed", params, commit=""))
    assert (finding.status, finding.finding) == (UNCLEAR, "there is no candidate yet")
    assert web.seen == []


# --- pushed and memory ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("checker", [PushedCheck(), MemoryChecks()])
async def test_a_pushed_check_waits(checker: Checker) -> None:
    finding = await checker.measure(ask("pushed", {}))
    assert (finding.status, finding.finding) == (UNCLEAR, WAITING)


async def test_a_scripted_check_answers_for_the_instant_it_is_asked_about() -> None:
    turns = [CheckTurn(at=AT + HOUR, status=FAIL, finding="3 failed"), CheckTurn(at=AT + 2 * HOUR, status=PASS)]
    checks = MemoryChecks({"tests": turns}, outages={"http": (Interval(start=AT - HOUR, end=AT),)})
    for _ in range(2):
        said = [(await checks.measure(ask("http", {}, at=AT + n * HOUR))).status for n in (0, 1, 2, 3)]
        assert said == [PASS, FAIL, PASS, PASS]
        with pytest.raises(Unreachable, match="'http' cannot be reached"):
            await checks.measure(ask("http", {}, at=AT - HOUR))


async def test_an_unscripted_check_says_the_default() -> None:
    finding = await MemoryChecks(default=UNCLEAR).measure(ask("http", {}))
    assert (finding.status, finding.at) == (UNCLEAR, AT)
