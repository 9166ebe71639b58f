"""`gonogo audit` against a real server: what was changed is found out, and what is not there is refused."""

import json
from pathlib import Path

from tests.cli.terminal import Terminal, plan_file, to_poll


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
    ahead = "2299-01-01T00:00:00Z"
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
