"""The command line against a real server and a real worker: what a person types, and what they see."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from gonogo.adapters.memory import MemoryChecks, MemoryInbox, MemoryMetrics, memory_adapters
from gonogo.adapters.memory_flags import MemoryFlags
from gonogo.cli.main import main
from gonogo.client.plan_file import read_plan_path
from gonogo.client.release_client import ReleaseClient
from gonogo.domain.values import Actor
from gonogo.worker.bootstrap import build_worker
from gonogo.worker.flag_desk import TemporalFlagDesk
from gonogo.workflows.messages import TASK_QUEUE

PLAN = """\
product: shop
version: "{version}"
candidate: {{commit: abc1234, authors: [dev]}}
people: {{dev: {{}}}}
roles: {{product_manager: ann, release_manager: bob, qa: [cid, dan]}}
features: [{{id: x, title: Faster search, flags: [{flag}]}}]
flags: {{{flag}: {{}}}}
checks: {{ci: {{kind: http, params: {{url: "http://ci.invalid"}}, owner: qa}}}}
checklists:
  tech: {{moment: before_go_no_go, owner: qa, items: [{{id: tested, title: Tested by hand}}]}}
stages:
  - {{percent: 10, bake: 1s, question: All well?}}
  - {{audience: everyone, bake: 1h}}
"""
PRODUCT = "shop"
LIMIT = 30  # seconds until a test gives up waiting


class Terminal:
    """Types commands, and says what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    async def run(self, *tokens: str) -> tuple[int, str, str]:
        # In a thread: a command line has an event loop of its own.
        code = await asyncio.to_thread(main, tokens)
        said = self._capsys.readouterr()
        return code, said.out, said.err

    async def ok(self, *tokens: str) -> str:
        code, out, err = await self.run(*tokens)
        assert (code, err) == (0, ""), (tokens, out, err)
        return out

    async def json(self, *tokens: str) -> Any:
        return json.loads(await self.ok(*tokens, "--json"))

    async def until(self, release: str, what: str, is_so: Callable[[Any], Any]) -> Any:
        """The status when `is_so`; asked again and again, as a person would."""
        deadline = time.monotonic() + LIMIT
        while not is_so(view := await self.json("status", release)):
            assert time.monotonic() < deadline, (what, view)
        return view

    async def shows(self, text: str, *tokens: str) -> None:
        """Asks again and again until the answer has `text`: lists lag behind by a moment."""
        deadline = time.monotonic() + LIMIT
        while text not in (shown := await self.ok(*tokens)):
            assert time.monotonic() < deadline, shown


@pytest.fixture(scope="module")
async def worker(server: Client) -> AsyncIterator[None]:
    adapters = memory_adapters(checks=MemoryChecks(), metrics=MemoryMetrics(), flags=MemoryFlags(), inbox=MemoryInbox())
    desk = TemporalFlagDesk(server, task_queue=TASK_QUEUE)
    async with build_worker(server, adapters=adapters, desk=desk, trust_local=True):
        yield


@pytest.fixture
def terminal(
    server: Client, worker: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    monkeypatch.setenv("TEMPORAL_ADDRESS", server.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "none.toml"))
    monkeypatch.setenv("GONOGO_ACTOR", "dev")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return Terminal(capsys)


def change(file: str, old: str, new: str) -> None:
    text = Path(file).read_text()
    assert old in text
    Path(file).write_text(text.replace(old, new))


def plan_file(folder: Path, version: str, flag: str = "x") -> str:
    file = folder / f"{version}.yaml"
    file.write_text(PLAN.format(version=version, flag=flag))
    return str(file)


async def to_poll(terminal: Terminal, folder: Path, version: str, flag: str = "x") -> str:
    release = f"{PRODUCT}/{version}"
    await terminal.ok("launch", plan_file(folder, version, flag))
    await terminal.ok("sign-off", release, "tested", "--as", "cid", "--evidence", "http://tests")
    await terminal.until(release, "the poll opens", lambda view: view.get("round"))
    return release


async def test_a_release_is_steered_from_launch_to_rollback_and_audited(terminal: Terminal, tmp_path: Path) -> None:
    # Launched; twice is once.
    file = plan_file(tmp_path, "2.0.0")
    release = "shop/2.0.0"
    assert "is launched by dev" in await terminal.ok("launch", file)
    assert "open already" in await terminal.ok("launch", file)

    # It waits for a person, and says for whom and how.
    why = await terminal.ok("why", release)
    assert "readying" in why
    assert "item:tested" in why
    assert "cid" in why

    # A person who may not is refused, and nothing changes.
    code, out, err = await terminal.run("sign-off", release, "tested", "--as", "ann")
    assert (code, out) == (1, "")
    assert "command.not_entitled" in err
    await terminal.ok("sign-off", release, "tested", "--as", "cid")
    await terminal.until(release, "the poll opens", lambda view: view.get("round"))

    # The picture of the poll.
    assert "GO is counted" in await terminal.ok("vote", release, "GO", "--as", "cid")
    shown = await terminal.ok("status", release)
    assert "[deciding]" in shown
    assert "on demand" in shown.splitlines()[0]
    assert "GO cid" in shown
    assert "waits for ann" in shown
    assert "\x1b[" not in shown

    # A no-go holds, and is taken back.
    code, _, err = await terminal.run("vote", release, "NO_GO", "--as", "ann")
    assert code == 1, err
    assert "NO-GO is counted" in await terminal.ok("vote", release, "NO_GO", "--as", "ann", "-r", "login is broken")
    shown = await terminal.ok("status", release)
    assert "HELD" in shown
    assert "NO-GO" in shown
    assert "login is broken" in await terminal.ok("why", release)
    await terminal.ok("vote", release, "GO", "--as", "ann")
    await terminal.ok("vote", release, "GO", "--as", "bob")

    # The rollout asks; yes goes wider.
    await terminal.until(release, "asked", lambda v: (v.get("rollout") or {}).get("question"))
    shown = await terminal.ok("status", release)
    assert "stage 1 of 2" in shown
    assert "All well?" in shown
    assert "10 %" in shown
    assert "it goes wider" in await terminal.ok("widen", release, "--as", "ann")
    view = await terminal.until(release, "everyone", lambda v: v["exposure_percent"] == 100)
    assert view["phase"] == "rolling_out"
    assert "bake" in await terminal.ok("status", release)

    # Rolled back, at once.
    await terminal.ok("rollback", release, "--reason", "errors", "--as", "bob")
    view = await terminal.until(release, "rolled back", lambda v: v["phase"] == "readying")
    assert view["exposure_percent"] == 0
    assert "shop/2.0.0" in await terminal.ok("list", "--product", "shop")

    # Closed, and audited with the server and without it.
    told = await terminal.ok("cancel", release, "--reason", "next week", "--as", "bob")
    assert told.startswith("closed; it had reached users, and was rolled back; the release is rolled back")
    await terminal.until(release, "closed", lambda v: v["phase"] == "rolled_back")
    watched = await terminal.ok("watch", release)
    story = await terminal.ok("audit", "show", release)
    assert watched == story
    assert "login is broken" in story
    then = await terminal.ok("audit", "show", release, "--at", "1")
    assert "[scoping]" in then or "[readying]" in then
    bundle = str(tmp_path / "audit.json")
    assert "is written" in await terminal.ok("audit", "export", release, "--out", bundle)
    assert "is written" in await terminal.ok("audit", "export", release, "--out", bundle, "--force")
    for subject in (release, bundle):
        verified = await terminal.ok("audit", "verify", subject)
        assert "every link holds" in verified
        assert "is the result of the closed release: nothing comes after it" in verified
        assert "the same at all" in await terminal.ok("audit", "replay", subject)
    assert await terminal.ok("audit", "show", bundle) == story

    # A closed id is used up.
    code, _, err = await terminal.run("launch", file)
    assert code == 1
    assert "release.closed" in err


async def test_a_bundle_that_was_changed_is_found_out(terminal: Terminal, tmp_path: Path) -> None:
    release = await to_poll(terminal, tmp_path, "2.1.0", "y")
    await terminal.ok("vote", release, "ABSTAIN", "--as", "cid", "-r", "not sure")
    file = tmp_path / "audit.json"
    await terminal.ok("audit", "export", release, "--out", str(file))
    good = file.read_text()
    verified = await terminal.ok("audit", "verify", str(file))
    assert "every link holds" in verified
    assert f"whether anything after it was changed or cut off, only `gonogo audit replay {file}` can say" in verified

    # One word of a line: the chain breaks behind it.
    file.write_text(good.replace("not sure", "all well", 1))
    code, _, err = await terminal.run("audit", "verify", str(file))
    assert code == 1
    assert "audit.ledger_broken" in err or "audit.contradiction" in err

    # Cut off at the end: the chain holds, the record does not.
    said = json.loads(good)
    said["ledger"] = said["ledger"][:-1]
    file.write_text(json.dumps(said))
    code, _, err = await terminal.run("audit", "verify", str(file))
    assert code == 1
    assert "audit.cut_off" in err

    # Written anew as a whole, with a record of its own: what counts is what the histories say.
    file.write_text(good.replace("not sure", "all well"))
    code, _, err = await terminal.run("audit", "replay", str(file))
    assert code == 1
    assert "audit." in err

    file.write_text("{}")
    code, out, _ = await terminal.run("audit", "replay", str(file), "--json")
    assert code == 2
    assert json.loads(out)["error"]["code"] == "audit.not_a_bundle"
    await terminal.ok("cancel", release, "-r", "done", "--as", "bob")


async def test_an_instant_or_entry_that_a_release_does_not_have_is_refused(terminal: Terminal, tmp_path: Path) -> None:
    await terminal.ok("launch", plan_file(tmp_path, "2.1.1", "at"))
    release = "shop/2.1.1"
    last = (await terminal.json("audit", "show", release))["entries"][-1]
    for at, told in (
        ("999", f"the last of {last['at']}"),
        ("0", "the entries are 1 to"),
        ("²", "neither an instant"),
        ("nonsense", "--at 'nonsense' is neither an instant, such as 2026-03-05T14:00:00Z, nor the number of an entry"),
        ("2000-01-01T00:00:00Z", "the first entry is of 20"),
    ):
        code, out, err = await terminal.run("audit", "show", release, "--at", at)
        assert (code, out) == (2, ""), at
        assert told in err
    assert err.count("2000-01-01") == 1
    assert (await terminal.json("audit", "show", release, "--at", str(last["seq"])))["seq"] == last["seq"]

    # Nobody knows how an open release will stand; a file knows nothing of what came after it was written.
    file = tmp_path / "open.json"
    await terminal.ok("audit", "export", release, "--out", str(file))
    until = json.loads(file.read_text())["exported_at"]
    ahead = "2999-01-01T00:00:00Z"
    code, out, err = await terminal.run("audit", "show", release, "--at", ahead)
    assert (code, out, err.count("[audit.ahead]")) == (1, "", 1)
    assert f"--at {ahead!r} lies ahead: what is known of {release}, which had not ended, goes to 20" in err
    code, out, _ = await terminal.run("audit", "show", str(file), "--at", ahead, "--json")
    assert (code, json.loads(out)["error"]["details"]) == (1, {"known_until": until})

    # After the end of a closed one there is nothing but how it ended.
    await terminal.ok("cancel", release, "-r", "done", "--as", "bob")
    end = (await terminal.json("audit", "show", release))["entries"][-1]
    shown = await terminal.ok("audit", "show", release, "--at", ahead)
    assert shown.startswith(f"{release} ended {end['at']}: this is its final state\n")
    final = await terminal.json("audit", "show", release, "--at", ahead)
    assert final == await terminal.json("audit", "show", release, "--at", str(end["seq"]))
    assert "final state" not in await terminal.ok("audit", "show", release, "--at", str(end["seq"]))


async def test_who_has_no_role_in_the_poll_is_refused_and_reads_who_has(terminal: Terminal, tmp_path: Path) -> None:
    release = await to_poll(terminal, tmp_path, "2.1.2", "stranger")
    for verb, *rest in (("vote", "GO"), ("withdraw",)):
        code, out, err = await terminal.run(verb, release, *rest, "--as", "eve")
        assert (code, out) == (1, "")
        assert err == (
            f"gonogo: 'eve' may not `gonogo {verb}`; release_manager (bob) or product_manager (ann) or qa (cid, dan) "
            "may  [command.not_entitled]\n"
        )
    await terminal.ok("cancel", release, "-r", "done", "--as", "bob")


async def test_a_list_says_whether_nothing_is_there_or_nothing_is_like_that(terminal: Terminal) -> None:
    assert "no release is like that" in await terminal.ok("list", "--product", "nothing", "--phase", "awaiting_window")


async def test_a_list_says_what_each_open_release_waits_for_and_when_a_closed_one_closed(
    terminal: Terminal, tmp_path: Path
) -> None:
    await terminal.ok("launch", plan_file(tmp_path, "2.5.0", "listed"))
    row = {r["release_id"]: r for r in await terminal.json("list", "--product", PRODUCT)}["shop/2.5.0"]
    assert row["waits"] == (await terminal.json("why", "shop/2.5.0"))["waiting"][0]["text"]
    assert (row["launched_by"], row["managers"]) == ("dev", ["bob"])
    assert "Tested by hand: open (cid, dan)" in await terminal.ok("list", "--phase", "readying")
    await terminal.ok("cancel", "shop/2.5.0", "-r", "no budget", "--as", "bob")
    await terminal.shows("closed ", "list", "--product", PRODUCT, "--phase", "cancelled")
    for verb in ("why", "status"):
        told = await terminal.ok(verb, "shop/2.5.0")
        assert "by bob, and nothing of it reached users: no budget" in told


async def test_who_gives_up_a_slot_reads_which_it_was_and_which_is_next(terminal: Terminal, tmp_path: Path) -> None:
    release, file = "shop/2.6.0", plan_file(tmp_path, "2.6.0", "slots")
    train = "{rrule: FREQ=DAILY, start: 2026-01-08T10:00}"
    change(file, "stages:", f"schedule: {{max_postponements: 1, train: {train}}}\nstages:")
    await terminal.ok("launch", file)
    first = (await terminal.until(release, "a slot", lambda v: v.get("slot")))["mode"].removeprefix("train, next slot ")
    told = await terminal.ok("postpone", release, "-r", "people are ill", "--as", "bob")
    assert f"given up: the slot {first} (1 given up, 1 allowed)" in told
    second = (await terminal.json("status", release))["mode"].removeprefix("train, next slot ")
    assert f"next: the slot {second}; the poll opens " in told
    await terminal.ok("poll", "open", release, "--as", "bob")
    told = await terminal.ok("call", release, "no-go", "-r", "not today", "--as", "bob")
    assert f"given up: the slot {second} (2 given up, 1 allowed)" in told
    assert "next: none; held: 2 slots were given up" in told
    later = (datetime.now(UTC) + timedelta(days=40)).date()
    told = await terminal.ok("postpone", release, "--to", f"{later}T00:00:00Z", "--as", "bob")
    assert "given up" not in told
    assert f"next: the slot {later:%a} {later} 10:00 UTC; the poll opens " in told
    await terminal.ok("cancel", release, "-r", "done", "--as", "bob")


async def test_scope_exceptions_and_plans_change_from_the_command_line(terminal: Terminal, tmp_path: Path) -> None:
    release = "shop/2.2.0"
    file = plan_file(tmp_path, "2.2.0", "z")
    change(file, "stages:", "scope: {freeze_at: 2126-01-01T00:00:00Z}\nstages:")
    await terminal.ok("launch", file)
    await terminal.ok("scope", "add", release, "y", "--title", "Dark mode", "--no-flag", "a theme", "--as", "ann")
    await terminal.ok("scope", "estimate", release, "y", "3.5", "--as", "ann")
    await terminal.ok("scope", "split", release, "y", "--into", "y1:2=Dark", "--into", "y2=Darker", "--as", "ann")
    await terminal.ok("scope", "defer", release, "y2", "--to", "shop/3.0.0", "--as", "ann")
    await terminal.ok("scope", "progress", release, "y1", "merged", "--as", "ann")
    await terminal.ok("scope", "freeze", release, "--as", "bob")
    code, _, err = await terminal.run("scope", "add", release, "w", "--title", "W", "--no-flag", "n", "--as", "ann")
    assert code == 1
    assert "exception" in err
    assert "nobody has asked for a late change" in await terminal.ok("exception", "list", release)
    asked = await terminal.json(
        "exception", "request", release, "scope", "w", "--title", "W", "--no-flag", "n", "--why", "law", "--as", "cid"
    )
    for person in ("ann", "bob"):
        await terminal.ok("exception", "approve", release, asked["created"], "--as", person)
    late = ("exception", "request", release, "scope", "v", "--title", "V", "--why", "law", "--as", "cid")
    code, _, err = await terminal.run(*late, "--flag", "v")
    assert (code, "--new-flag" in err) == (1, True)
    await terminal.ok(*late, "--new-flag", "v", "--provider", "file")
    granted, waiting = (await terminal.json("exception", "list", release))["exceptions"]
    assert (granted["id"], granted["about"], granted["status"]) == (asked["created"], "w", "approved")
    assert (waiting["about"], waiting["status"], waiting["requester"]) == ("v", "open", "cid")
    listed = (await terminal.ok("exception", "list", release)).splitlines()
    assert "approved" in listed[1]
    assert "open, waits for product_manager and release_manager" in listed[2]
    view = await terminal.json("status", release)
    assert {f["id"]: f["status"] for f in view["features"]}["w"] == "proposed"
    change(file, "Faster search", "Much faster search")
    code, _, err = await terminal.run("launch", file)
    assert code == 1
    assert "features.0.title: Faster search -> Much faster search" in err
    amended = await terminal.json("amend", release, file, "--as", "bob")
    assert amended["changes"] == ["features.0.title: Faster search -> Much faster search"]
    change(file, "Much faster", "Very much faster")
    assert "features.0.title: Much faster search -> Very" in await terminal.ok("amend", release, file, "--as", "bob")
    assert "Very much faster search" in await terminal.ok("notes", release, "--for", "support")
    await terminal.ok("cancel", release, "-r", "done", "--as", "bob")


async def test_a_refused_freeze_names_what_stands_in_the_way_by_its_id(terminal: Terminal, tmp_path: Path) -> None:
    release = "shop/2.2.1"
    file = plan_file(tmp_path, "2.2.1", "fz")
    change(file, "stages:", "scope: {freeze_at: 2126-01-01T00:00:00Z, capacity_days: 2}\nstages:")
    change(
        file,
        "checklists:\n",
        "checklists:\n  f: {moment: before_planning, owner: qa, items: [{id: sure, title: Sure}]}\n",
    )
    await terminal.ok("launch", file)
    code, out, err = await terminal.run("scope", "freeze", release, "--as", "bob")
    assert (code, out) == (1, "")
    assert "feature:x: x has no owner" in err
    assert "item:sure: Sure: open" in err
    assert "gonogo why shop/2.2.1" in err
    told = await terminal.ok("cancel", release, "-r", "done", "--as", "bob")
    assert told.startswith("closed, and nothing of it reached users; the release is cancelled")


async def test_what_does_not_exist_is_exit_code_3(terminal: Terminal) -> None:
    for line in (["status"], ["why"], ["watch"], ["audit", "verify"], ["audit", "export"], ["notes"]):
        code, out, err = await terminal.run(*line, "shop/0.0.0")
        assert (code, out) == (3, ""), line
        assert "release.not_found" in err
    code, _, err = await terminal.run("flags", "kill", "nothing", "-r", "x")
    assert code == 3
    assert "flag.not_found" in err
    for line in (
        ["flags", "show", "nothing"],
        ["flags", "show", "shop/none/x"],
        ["flags", "kill", "shop/none/x", "-r", "x"],
    ):
        assert (await terminal.run(*line))[0] == 3, line


async def test_flags_are_listed_and_killed_by_their_key(terminal: Terminal, tmp_path: Path) -> None:
    release = await to_poll(terminal, tmp_path, "2.3.0", "killable")
    for person in ("cid", "ann", "bob"):
        await terminal.ok("vote", release, "GO", "--as", person)
    await terminal.until(release, "asked", lambda v: (v.get("rollout") or {}).get("question"))
    await terminal.shows("shop/production/killable", "flags", "--product", "shop")
    told = await terminal.ok("flags", "kill", "killable", "-r", "it burns", "--as", "bob")
    assert "shop/production/killable goes back to" in told
    flags = {f["key"]: f for f in await terminal.json("flags")}
    assert flags["killable"]["environment"] == "production"
    assert "shop/production/killable" in await terminal.ok("flags", "list")
    await terminal.shows("the provider confirms nobody, which bob asked for", "flags", "show", "killable")
    shown = await terminal.ok("flags", "show", "shop/production/killable")
    assert "held by   shop/2.3.0" in shown
    assert "bob: killed, back to nobody: it burns" in shown
    story = await terminal.json("flags", "show", "killable")
    assert (story["changed"]["by"]["id"], story["history"][0]["event"]["type"]) == ("bob", "FlagOpened")
    code, _, err = await terminal.run("flags", "show", "kilable")
    assert (code, "did you mean 'killable'?" in err) == (3, True)
    # The release says it, too: in its picture, and in its ledger in the name of who did it.
    await terminal.shows("flag killable was killed by bob", "status", release)
    assert "bob: flag killable was killed by bob" in await terminal.ok("audit", "show", release)
    await terminal.ok("rollback", release, "-r", "done", "--as", "bob")


async def test_a_plan_without_any_slot_left_is_not_launched_and_one_that_is_open_is_the_same_release(
    server: Client, terminal: Terminal, tmp_path: Path
) -> None:
    file = plan_file(tmp_path, "2.9.0", flag="slotless")
    closed = "schedule: {windows: [{id: freeze, action: deny, start: 2026-01-01T00:00, lasts: 520w}]}"
    change(file, "checks:", f"{closed}\nchecks:")
    code, out, err = await terminal.run("launch", file)
    assert (code, out) == (2, "")
    assert err.count("schedule.windows: the windows never open") == 1

    await ReleaseClient(server, actor=Actor(id="dev")).launch(read_plan_path(file))
    code, out, err = await terminal.run("launch", file)
    assert (code, out) == (0, "shop/2.9.0 is open already, with this plan\n")
    assert "warning: schedule.windows: the windows never open" in err
    await terminal.ok("cancel", "shop/2.9.0", "--reason", "seen", "--as", "bob")
