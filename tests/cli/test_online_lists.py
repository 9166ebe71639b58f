"""Lists of releases and of flags from a real server, and flags that are killed by their key."""

from pathlib import Path

from tests.cli.terminal import PRODUCT, Terminal, change, plan_file, to_poll


async def test_a_list_says_whether_nothing_is_there_or_nothing_is_like_that(terminal: Terminal) -> None:
    assert "no release is like that" in await terminal.ok("list", "--product", "nothing", "--phase", "awaiting_window")


async def test_a_list_says_what_each_open_release_waits_for_and_how_a_closed_one_ended(
    terminal: Terminal, tmp_path: Path
) -> None:
    await terminal.ok("launch", plan_file(tmp_path, "2.5.0", "listed"))
    # What the server lists it writes a moment later.
    await terminal.shows("Tested by hand: open (cid, dan)", "list", "--product", PRODUCT, "--phase", "readying")
    row = {r["release_id"]: r for r in await terminal.json("list", "--product", PRODUCT)}["shop/2.5.0"]
    assert row["waits"] == (await terminal.json("why", "shop/2.5.0"))["waiting"][0]["text"]
    assert (row["launched_by"], row["managers"]) == ("dev", ["bob"])
    await terminal.ok("cancel", "shop/2.5.0", "-r", "no budget", "--as", "bob")
    ended = "nothing of it reached users: no budget"
    await terminal.shows(ended, "list", "--product", PRODUCT, "--phase", "cancelled")
    row = {r["release_id"]: r for r in await terminal.json("list", "--product", PRODUCT)}["shop/2.5.0"]
    assert (row["launched_by"], row["managers"], row["waits"]) == ("dev", ["bob"], "")
    for verb in ("why", "status"):
        told = await terminal.ok(verb, "shop/2.5.0")
        assert f"by bob, and {ended}" in told


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


async def test_a_closed_release_says_which_of_its_flags_was_killed_since(terminal: Terminal, tmp_path: Path) -> None:
    release, file = f"{PRODUCT}/2.3.1", plan_file(tmp_path, "2.3.1", "late-kill")
    change(file, "{late-kill: {}}", "{late-kill: {kind: permission}}")
    change(file, "title: Faster search,", "title: Faster search, announce: true,")
    change(file, "  - {percent: 10, bake: 1s, question: All well?}\n", "")
    change(file, "bake: 1h", "bake: 1s")
    await terminal.ok("launch", file)
    await terminal.ok("sign-off", release, "tested", "--as", "cid", "--evidence", "http://tests")
    await terminal.until(release, "the poll opens", lambda view: view.get("round"))
    for person in ("cid", "ann", "bob"):
        await terminal.ok("vote", release, "GO", "--as", person)
    shipped = await terminal.until(release, "it closes", lambda view: view.get("outcome") == "completed")
    assert "completed" in await terminal.ok("watch", release), "it ended well: exit code 0"
    assert shipped["flags"][0].get("since") == ""
    assert "by now" not in await terminal.ok("status", release)
    await terminal.ok("flags", "kill", "late-kill", "-r", "it burns", "--as", "bob")
    await terminal.shows("the provider confirms nobody, which bob asked for", "flags", "show", "late-kill")

    told = "by now nobody: killed by bob, "
    shown = await terminal.ok("status", release)
    assert shown.count(told) == 1
    assert "; see gonogo flags show shop/production/late-kill" in shown
    flag = (await terminal.json("status", release))["flags"][0]
    assert (flag["current"]["audience"], flag["now"]["audience"]) == ("everyone", "nobody")
    assert flag["since"].startswith(told)
    assert "(for everyone; by now for nobody)" in await terminal.ok("notes", release)
