"""Lists of releases and of flags from a real server, and flags that are killed by their key."""

from pathlib import Path

from tests.cli.terminal import PRODUCT, Terminal, plan_file, to_poll


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
