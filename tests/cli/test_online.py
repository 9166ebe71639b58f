"""The command line against a real server and a real worker: what a person types, and what they see."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio.client import Client

from gonogo.client.plan_file import read_plan_path
from gonogo.domain.values import Actor
from gonogo.workflows.messages import TASK_QUEUE, Launch
from gonogo.workflows.release import ReleaseWorkflow
from tests.cli.terminal import Terminal, change, plan_file, to_poll


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
    code, watched, _ = await terminal.run("watch", release)
    assert code == 1, "it did not end well"
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


async def test_a_plan_without_any_slot_left_is_not_launched_and_one_that_is_open_is_the_same_release(
    server: Client, terminal: Terminal, tmp_path: Path
) -> None:
    file = plan_file(tmp_path, "2.9.0", flag="slotless")
    closed = "schedule: {windows: [{id: freeze, action: deny, start: 2026-01-01T00:00, lasts: 520w}]}"
    change(file, "checks:", f"{closed}\nchecks:")
    code, out, err = await terminal.run("launch", file)
    assert (code, out) == (2, "")
    assert err.count("schedule.windows: the windows never open") == 1

    start = Launch(plan=read_plan_path(file), actor=Actor(id="dev"))  # as if there had been a slot then
    await server.start_workflow(ReleaseWorkflow.run, start, id="release/shop/2.9.0", task_queue=TASK_QUEUE)
    code, out, err = await terminal.run("launch", file)
    assert (code, out) == (0, "shop/2.9.0 is open already, with this plan\n")
    assert "warning: schedule.windows: the windows never open" in err
    await terminal.ok("cancel", "shop/2.9.0", "--reason", "seen", "--as", "bob")


async def test_a_past_plan_can_be_simulated_and_is_not_launched(terminal: Terminal, tmp_path: Path) -> None:
    file = plan_file(tmp_path, "2.9.1", flag="slotless")
    past = "schedule: {starts: 2020-01-02T00:00:00Z, slot: 2020-01-15T10:00:00Z}"
    change(file, "checks:", f"{past}\nchecks:")
    told = await terminal.ok("plan", "check", file)
    assert told.count("a release that is launched now is refused; name a later slot") == 1
    code, out, err = await terminal.run("launch", file)
    assert (code, out) == (1, "")
    assert "gonogo: schedule.slot: no slot is left: Wed 2020-01-15 10:00 UTC has passed" in err
    assert err.endswith("name a later slot  [plan.no_slot]\n")
    assert (await terminal.run("status", "shop/2.9.1"))[0] == 3
