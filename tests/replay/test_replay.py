"""Lives that were recorded replay with today's code, say the same at every recorded place, and command the same."""

import itertools
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from gonogo.client.audit import recorded
from gonogo.client.audit_replay import replay
from gonogo.client.errors import AuditFailed
from gonogo.domain.ledger import Ledger, verify
from gonogo.worker.bootstrap import WORKFLOWS, workflow_runner
from tests.replay.histories import FINGERPRINTS, FOLDER, fingerprint, play, read, recording_server
from tests.replay.scenarios import SCENARIOS

ADVICE = """{name}: the workflows command something else than when this was recorded.

  recorded: {old}
  now:      {new}

If a released version has open releases, they would not replay: keep the old path with `workflow.patched("...")`, add a
scenario for the new one, and leave the recorded history as it is. If it was never released, record it again:

  python -m tests.replay.record {name}
"""
_PRODUCTS = itertools.count(1)


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_recorded_life_replays_as_in_production(name: str) -> None:
    kept = read(name)
    replayer = Replayer(workflows=WORKFLOWS, workflow_runner=workflow_runner(), data_converter=pydantic_data_converter)
    for history in (*(run.history for run in kept.runs), *((kept.flag,) if kept.flag else ())):
        await replayer.replay_workflow(history)


@pytest.mark.parametrize("name", SCENARIOS)
async def test_what_is_derived_is_what_was_recorded_at_every_place(name: str) -> None:
    kept = read(name)
    verify(kept.ledger)
    places = tuple(recorded(kept.runs))
    assert len(places) > 10
    done = await replay(kept.runs, kept.ledger, places)
    assert (done.seq, done.head) == (kept.ledger.link.seq, kept.ledger.head)
    assert done.compared == len(places)


async def test_a_recorded_place_that_says_something_else_is_found() -> None:
    kept = read("happy_train")
    places = list(recorded(kept.runs))
    places[5] = replace(places[5], head="0" * 64)
    with pytest.raises(AuditFailed, match="event"):
        await replay(kept.runs, kept.ledger, tuple(places))


async def test_a_ledger_that_says_something_else_is_found() -> None:
    kept = read("happy_train")
    lines = [line.replace(b'"cid"', b'"dan"') for line in kept.ledger.lines]
    with pytest.raises(AuditFailed):
        await replay(kept.runs, Ledger(tuple(lines), kept.ledger.head), tuple(recorded(kept.runs)))


@pytest.mark.parametrize("name", [name for name, scenario in SCENARIOS.items() if not scenario.many_runs])
async def test_the_same_life_still_commands_the_same(server: Client, name: str) -> None:
    check(name, fingerprint(await play(server, name, product=f"shop{next(_PRODUCTS)}")))


async def test_the_same_life_over_many_runs_still_commands_the_same() -> None:
    async with recording_server(many_runs=True) as client:
        for name in (name for name, scenario in SCENARIOS.items() if scenario.many_runs):
            check(name, fingerprint(await play(client, name)))


def check(name: str, new: str) -> None:
    old = json.loads(FINGERPRINTS.read_text())[name]
    assert new == old, ADVICE.format(name=name, old=old, new=new)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_fingerprint_is_of_the_history_beside_it(name: str) -> None:
    check(name, fingerprint(read(name)))


def test_what_is_kept_is_what_is_played() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(SCENARIOS) == set(json.loads(FINGERPRINTS.read_text()))
    assert len(SCENARIOS) >= 8


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_recorded_history_tells_nothing_of_a_machine(name: str) -> None:
    text = (FOLDER / f"{name}.json").read_text()
    identities = set(re.findall(r'"identity":"([^"]*)"', text))
    # The server names its own parts; everything else is the recorder.
    assert {x for x in identities if x and not x.startswith("history-")} == {"gonogo"}
    # Neither the folder of whoever recorded it, nor that of the project there.
    assert str(Path.home()) not in text
    assert str(Path(__file__).parents[2]) not in text
    assert not re.search(r'"/(?:home|Users|root)/', text)
    assert not re.search(r"\d+@[\w.-]+", text)
