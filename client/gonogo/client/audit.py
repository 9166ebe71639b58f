"""Audit: everything that is recorded about a release in one bundle, which verifies and shows itself with no server."""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from gonogo.domain.canonical import digest, to_json
from gonogo.domain.errors import LedgerBroken
from gonogo.domain.evolve import fold
from gonogo.domain.ledger import Ledger, from_bytes, verify
from gonogo.domain.plan import Plan
from gonogo.domain.terms import TERMINAL
from gonogo.domain.values import Instant, value

from .errors import AuditFailed
from .history import Run
from .reading import workflow_id


@value
class Recorded:
    """A place where the server's history says how far the ledger went."""

    where: str
    """Which run, event and kind, such as `run 1, event 12, answer to vote-…`."""
    seq: int
    """Number of entries then."""
    head: str
    """SHA-256 of the last of them."""


@value
class RunRecord:
    """A run's history in the server's own JSON."""

    run_id: str
    """The run."""
    history: dict[str, Any]
    """Its events, as `temporal workflow show --output json` writes them; they can be replayed."""


@value
class Bundle:
    """What `gonogo audit export` writes."""

    gonogo_audit: Literal[1] = 1
    """Version of this format."""
    release_id: str
    """`<product>/<version>`."""
    exported_at: Instant
    """When."""
    exported_by: str
    """By whom."""
    gonogo_version: str
    """The version of gonogo that wrote it."""
    plan: Plan
    """The plan in force at the end of the ledger."""
    ledger: tuple[str, ...]
    """The ledger's lines, byte for byte."""
    head: str
    """SHA-256 of the last line."""
    recorded: tuple[Recorded, ...]
    """Every place in the histories that says how far the ledger went."""
    runs: tuple[RunRecord, ...]
    """The histories of all runs, first to newest."""

    def to_ledger(self) -> Ledger:
        """The ledger.

        Raises:
            LedgerBroken: an empty line stands in it.
        """
        return from_bytes("\n".join(self.ledger).encode())

    def to_runs(self) -> tuple[Run, ...]:
        """The runs.

        Raises:
            AuditFailed: a history cannot be read.
        """
        made = []
        for record in self.runs:
            try:
                made.append(Run(record.run_id, WorkflowHistory.from_json(workflow_id(self.release_id), record.history)))
            except Exception as error:  # the SDK lets whatever its JSON reader meets pass through
                raise AuditFailed(
                    "audit.history_unreadable", f"the history of run {record.run_id} cannot be read: {error}"
                ) from error
        return tuple(made)


_BUNDLE = TypeAdapter(Bundle)


def bundle(release_id: str, ledger: Ledger, runs: tuple[Run, ...], *, at: datetime, by: str) -> Bundle:
    """One bundle of a release's ledger and histories."""
    return Bundle(
        release_id=release_id,
        exported_at=at,
        exported_by=by,
        gonogo_version=version("gonogo"),
        plan=fold(ledger.entries()).plan,
        ledger=tuple(line.decode() for line in ledger.lines),
        head=ledger.head,
        recorded=tuple(recorded(runs)),
        runs=tuple(RunRecord(run_id=run.run_id, history=json.loads(run.history.to_json())) for run in runs),
    )


def write_bundle(made: Bundle) -> str:
    """A bundle as JSON."""
    return json.dumps(to_json(made), indent=1, ensure_ascii=False) + "\n"


def read_bundle(text: str, name: str) -> Bundle:
    """The bundle that `text` holds.

    Raises:
        AuditFailed: `audit.not_a_bundle`.
    """
    written = "what `gonogo audit export` writes"
    if not text.strip():
        raise _no_bundle(f"{name} is empty, and not {written}")
    try:
        given = json.loads(text)
    except ValueError as error:
        raise _no_bundle(f"{name} is not JSON, and so not {written}: {error}") from error
    if not isinstance(given, dict) or "gonogo_audit" not in given:
        raise _no_bundle(f"{name} is JSON, but not {written}: it has no `gonogo_audit`")
    try:
        return _BUNDLE.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        told = ": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"])))
        raise _no_bundle(f"{name} is not, or not any more, {written} ({told}): export it again") from error


def check_claims(made: Bundle) -> None:
    """What a bundle says of itself, against its ledger, which has been verified.

    Raises:
        AuditFailed: `audit.contradiction`: naming the field.
    """
    ledger = made.to_ledger()
    state = fold(ledger.entries())
    for name, told, true in (
        ("release_id", made.release_id, state.release_id),
        ("head", made.head, ledger.head),
        ("plan", digest(made.plan), digest(state.plan)),
    ):
        if told != true:
            raise AuditFailed(
                "audit.contradiction",
                f"{name} of the file is {told}, and by its ledger it is {true}"
                if name != "plan"
                else "plan of the file is not the plan that its ledger leads to",
                {"where": name},
            )


def _no_bundle(message: str) -> AuditFailed:
    return AuditFailed("audit.not_a_bundle", message)


# --- what the histories say ----------------------------------------------------------------------------------------


def recorded(runs: tuple[Run, ...]) -> Iterator[Recorded]:
    """Every place where `(seq, head)` was recorded: answers to updates, inputs of activities and children, results."""
    for number, run in enumerate(runs, 1):
        for event in run.history.events:
            for kind, payload in _payloads(event):
                for seq, head in _links(payload):
                    yield Recorded(where=f"run {number}, event {event.event_id}, {kind}", seq=seq, head=head)


def _payloads(event: HistoryEvent) -> Iterator[tuple[str, Any]]:
    kind = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower()
    match kind:
        case "workflow_execution_update_completed":
            attributes = event.workflow_execution_update_completed_event_attributes
            found = attributes.outcome.success.payloads
            kind = f"answer to {attributes.meta.update_id}"
        case "activity_task_scheduled":
            activity = event.activity_task_scheduled_event_attributes
            found = activity.input.payloads
            kind = f"input of {activity.activity_type.name}"
        case "start_child_workflow_execution_initiated":
            child = event.start_child_workflow_execution_initiated_event_attributes
            found = child.input.payloads
            kind = f"input of {child.workflow_type.name}"
        case "workflow_execution_completed":
            found = event.workflow_execution_completed_event_attributes.result.payloads
            kind = "result"
        case _:
            return
    for payload in found:
        try:
            yield kind, json.loads(payload.data)
        except ValueError as error:
            raise AuditFailed(
                "audit.payload_unreadable",
                f"event {event.event_id}, {kind}, is not JSON: if payloads are encrypted, decode them first",
            ) from error


def _links(given: Any) -> Iterator[tuple[int, str]]:
    # An answer or a result is itself a place in the ledger; an input carries one as `link`.
    if not isinstance(given, dict):
        return
    for place in (given, given.get("link")):
        if isinstance(place, dict) and type(place.get("seq")) is int and isinstance(place.get("head"), str):
            yield place["seq"], place["head"]


def compare(ledger: Ledger, places: tuple[Recorded, ...]) -> None:
    """Compares a verified ledger with every recorded place.

    Raises:
        AuditFailed: `audit.contradiction`: the first place where they differ.
    """
    # The hash of a line covers everything before it: each line holds its predecessor's.
    heads = [hashlib.sha256(line).hexdigest() for line in ledger.lines]
    for place in places:
        if place.seq > len(heads):
            raise AuditFailed(
                "audit.cut_off",
                f"{place.where}: {place.seq} entries were recorded, and the ledger ends at {len(heads)}",
                {"where": place.where, "seq": str(place.seq)},
            )
        if place.seq < 1 or heads[place.seq - 1] != place.head:
            raise AuditFailed(
                "audit.contradiction",
                f"{place.where}: entry {place.seq} was recorded with the hash {place.head[:12]}…, and is another now",
                {"where": place.where, "seq": str(place.seq)},
            )


def verify_record(ledger: Ledger, runs: tuple[Run, ...]) -> tuple[Recorded, ...]:
    """The chain, and that its histories recorded it, to the end when it has one.

    Returns:
        The places where it was recorded.

    Raises:
        AuditFailed: as `verify_all`; `audit.no_history`: nothing recorded it; `audit.cut_off`: the ledger ends the
            release, and its history does not; `audit.ledger_differs`: it goes on behind the end.
    """
    places = tuple(recorded(runs))
    verify_all(ledger, places)
    if not runs:
        raise no_history()
    end = max((place.seq for place in places if place.where.endswith(", result")), default=None)
    if end is not None and end < len(ledger.lines):
        raise AuditFailed(
            "audit.ledger_differs",
            f"the release ended with entry {end}, and the ledger goes on to entry {len(ledger.lines)}",
            {"seq": str(end + 1)},
        )
    if fold(ledger.entries()).phase in TERMINAL and end is None:
        raise AuditFailed(
            "audit.cut_off",
            "by the ledger the release has closed, and its history does not end: it was cut off, or it was read in the "
            "moment of closing: export it again",
        )
    return places


def no_history() -> AuditFailed:
    """Nothing says that a ledger is what happened."""
    return AuditFailed("audit.no_history", "there is no history of any run: nothing but the ledger itself says this")


def verify_all(ledger: Ledger, places: tuple[Recorded, ...]) -> None:
    """The chain, and that it is the one that was recorded at every place.

    Raises:
        AuditFailed: naming the first broken link or the first place that differs.
    """
    try:
        verify(ledger)
    except LedgerBroken as error:
        raise AuditFailed("audit.ledger_broken", str(error), {"seq": str(error.seq)}) from error
    compare(ledger, places)
