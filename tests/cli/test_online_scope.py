"""Scope, exceptions and plans, changed by commands against a real server."""

from pathlib import Path

from tests.cli.terminal import Terminal, change, plan_file


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
