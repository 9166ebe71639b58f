"""Ballots by the command line, against a real server and a real worker."""

import json
from pathlib import Path
from typing import Any

from tests.cli.terminal import Terminal, to_poll


async def votes(terminal: Terminal, release: str) -> list[dict[str, Any]]:
    told = await terminal.ok("audit", "show", release, "--json")
    return [entry for entry in json.loads(told)["entries"] if entry["event"]["type"] == "VoteCast"]


async def test_each_persons_ballot_counts_also_under_an_id_that_somebody_else_has_used(
    terminal: Terminal, tmp_path: Path
) -> None:
    release = await to_poll(terminal, tmp_path, "5.1.0", "ballots")
    vote = ("vote", release, "GO", "--ballot", "rel-3")
    assert "GO is counted" in await terminal.ok(*vote, "--as", "cid")
    assert "already, and stands" in await terminal.ok(*vote, "--as", "cid")
    assert "GO is counted" in await terminal.ok(*vote, "--as", "dan")
    assert [entry["actor"]["id"] for entry in await votes(terminal, release)] == ["cid", "dan"]

    code, _, err = await terminal.run("vote", release, "ABSTAIN", "-r", "not sure", "--ballot", "rel-3", "--as", "dan")
    assert code == 1
    assert "vote.ballot_id" in err
    assert len(await votes(terminal, release)) == 2


async def test_nobody_stands_in_for_a_stranger_or_for_who_has_voted(terminal: Terminal, tmp_path: Path) -> None:
    release = await to_poll(terminal, tmp_path, "5.2.0", "deputies")
    vote = ("vote", release, "GO", "--as", "dan", "--acting-for")
    code, _, err = await terminal.run(*vote, "zed")
    assert code == 1
    assert "'zed' cannot answer for 'qa'" in err
    await terminal.ok("vote", release, "GO", "--as", "cid")
    code, _, err = await terminal.run(*vote, "cid")
    assert code == 1
    assert "'cid' has voted in this round" in err
    assert [entry["actor"]["id"] for entry in await votes(terminal, release)] == ["cid"]


async def test_a_ballot_that_was_counted_once_is_not_said_to_stand_when_it_does_not(
    terminal: Terminal, tmp_path: Path
) -> None:
    release = await to_poll(terminal, tmp_path, "5.3.0", "repeats")
    vote = ("vote", release, "GO", "--ballot", "rel-3", "--as", "cid")
    await terminal.ok(*vote)
    (entry,) = await votes(terminal, release)
    await terminal.ok("withdraw", release, "--as", "cid")
    again = await terminal.ok(*vote)
    assert again.startswith(f"GO was counted as entry {entry['seq']} already, and no longer stands;")

    question = json.loads(await terminal.ok("status", release, "--json"))["round"]["request_id"]
    await terminal.ok("call", release, "postpone", "--as", "bob")
    again = await terminal.ok(*vote, "--question", question)
    assert again.startswith(f"GO was counted as entry {entry['seq']} already, and its round is over;")
    assert len(await votes(terminal, release)) == 1
