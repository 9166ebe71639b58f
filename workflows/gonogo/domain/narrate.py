"""One plain line for every entry of the ledger: what happened. Who did it stands in the entry's actor."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

from . import events as e
from .facts import Status, WriteStatus
from .reports import GuardCount
from .resolution import Slot
from .telling import change_told, listed, span, when
from .terms import OUT, Choice, Ended, ItemStatus
from .values import ActorKind

Glyph = Literal["ok", "bad", "wait", "info", "person"]
"""ok: good news; bad: something failed or holds; wait: it waits; person: somebody did something; info: the rest."""


def _because(reason: str) -> str:
    return f": {reason}" if reason.strip() else ""


def _slot(slot: Slot | None) -> str:
    if slot is None:
        return "the next opening"
    # On demand the calendar writes no local time: the slot came with the GO.
    return when(slot.starts) if slot.local.startswith("on demand") or not slot.local else slot.local


def _word(text: str) -> str:
    return text.replace("_", " ")


def _launched(x: e.ReleaseLaunched) -> str:
    mode = _word(x.plan.schedule.mode)
    build = f", candidate {x.plan.candidate.commit}" if x.plan.candidate else ""
    return f"launched {x.plan.release_id} ({x.plan.kind.value}, {mode}) for {x.plan.environment}{build}"


def _given_up(x: e.SlotGivenUp) -> str:
    then = f"; the next poll opens {when(x.retry_at)}" if x.retry_at else ""
    return f"slot {_slot(x.slot)} given up ({x.count}): {x.why}{then}"


def _postponed(x: e.Postponed) -> str:
    return f"postponed to {when(x.to) if x.to else 'the next slot with room'}{_because(x.reason)}"


def _proposed(x: e.FeatureProposed) -> str:
    if x.by_exception:
        brings = f" with {listed(x.flags)}" if x.flags else ""
        return f"feature {x.feature.id} added{brings} by exception {x.by_exception}: {x.feature.title}"
    split = f" (split from {x.split_from})" if x.split_from else ""
    return f"feature {x.feature.id} proposed{split}: {x.feature.title}"


def _changed(x: e.FeatureChanged) -> str:
    to = {"delayed": " until ", "deferred": " to "}.get(x.status.value, " ") + x.until if x.until else ""
    return f"feature {x.feature}: {_word(x.status.value)}{to}{_because(x.reason)}"


def _estimated(x: e.FeatureEstimated) -> str:
    late = f", by exception {x.by_exception}" if x.by_exception else ""
    return f"feature {x.feature}: {x.days} person-days, estimated by {listed(x.by)}{late}"


def _asked_exception(x: e.ExceptionRequested) -> str:
    if x.feature is not None:
        what = f"add {x.feature.id}" + (f" with the new flags {listed(x.flags)}" if x.flags else "")
    elif x.days is not None:
        what = f"raise {x.subject} to {x.days} days"
    else:
        what = f"{x.subject} late" + (f", until {x.until}" if x.until else "")
    return f"exception {x.exception} asked for: {what}: {x.why}"


def _approved(x: e.ExceptionApproved) -> str:
    state = "granted" if x.granted else f"approved for {x.role}"
    return f"exception {x.exception} {state}{_because(x.reason)}"


def _measured(x: e.ChecksMeasured) -> str:
    bad = [
        f"{name} {'fails' if found.status is Status.FAIL else 'is unclear'}{_because(found.finding)}"
        for name, found in x.findings.items()
        if found.status is not Status.PASS
    ]
    good = [name for name, found in x.findings.items() if found.status is Status.PASS]
    if good:
        bad.append(f"{listed(good)} {'passes' if len(good) == 1 else 'pass'}")
    if x.outdated:
        bad.append(f"the answer on {listed(x.outdated)} came too late: a newer one stands")
    return "; ".join(bad) or "no result"


def _item_opened(x: e.ItemOpened) -> str:
    why = f" (condition of {x.condition_of})" if x.condition_of else ""
    due = f", due {when(x.due)}" if x.due else ""
    return f"item {x.item} for {x.owner}{why}{due}: {x.title}"


def _waived(x: e.Waived) -> str:
    until = f" until {when(x.until)}" if x.until else ""
    return f"{x.subject} waived{until}: {x.reason}"


def _candidate(x: e.CandidateAccepted) -> str:
    again = f"; open again: {listed(x.reopened)}" if x.reopened else ""
    return f"candidate {x.candidate.commit}{again}"


def _amended(x: e.PlanAmended) -> str:
    if x.material:
        return f"plan revision {x.revision}, material: {'; '.join(x.material)}"
    return f"plan revision {x.revision}, nothing material: {listed(x.immaterial, none='no field')}"


def _vote(x: e.VoteCast, who: str) -> str:
    standing_in = f" for {x.acting_for}" if x.acting_for else ""
    conditions = f", on {len(x.conditions)} condition{'s' * (len(x.conditions) > 1)}" if x.conditions else ""
    return f"{x.role}: {_word(x.choice.value)} by {who}{standing_in}{conditions}{_because(x.reason)}"


def _refused(x: e.BallotRefused) -> str:
    said = f" {_word(x.choice)}" if x.choice else ""
    role = f" for {x.role}" if x.role else ""
    return f"{x.kind}{said}{role} refused ({x.code}): {x.message}"


def _go(x: e.GoGiven) -> str:
    waived = f"; waived: {listed(x.waived)}" if x.waived else ""
    over = f"; overridden: {listed(x.overridden)}" if x.overridden else ""
    return f"GO (round {x.round}){waived}{over}"


def _reminded(x: e.ReminderSent) -> str:
    if not x.to:
        return f"nobody is left to remind of {x.subject}, due {when(x.due)}"
    return f"reminded {listed(x.to)} of {x.subject}, due {when(x.due)}"


def _lifted(x: e.Lifted) -> str:
    against = f", against measurement {x.measurement}" if x.measurement else ""
    return f"hold {x.hold} lifted{against}{_because(x.why)}"


def _answered_flags(x: e.FlagsAnswered) -> str:
    refused = [f"{a.flag}{_because(a.held_by or a.detail)}" for a in x.answers if a.shown is None]
    if refused:
        return f"flags not granted: {'; '.join(refused)}"
    return f"flags granted: {listed((a.flag for a in x.answers), none='none')}"


def _asked_writes(x: e.WritesRequested) -> str:
    what = ", ".join(f"{key} to {wanted}" for key, wanted in x.writes.items())
    return f"putting back {what}" if x.stage < 0 else f"stage {x.stage + 1}: changing {what}"


def _written(x: e.FlagsWritten) -> str:
    told = [
        f"{r.key} {r.after}" if r.status is WriteStatus.WRITTEN else f"{r.key} {r.status.value}{_because(r.detail)}"
        for r in x.results
    ]
    return f"flags written: {'; '.join(told)}" if told else "no answer about the flags came back"


def _guard(name: str, count: GuardCount) -> str:
    told = [f"{count.good} good", f"{count.bad_in_row} bad in a row"]
    if count.missing_in_row:
        told.append(f"{count.missing_in_row} without data in a row")
    return f"{name}{'' if count.last is None else f' {count.last}'} ({', '.join(told)})"


def _guards(x: e.GuardsMeasured) -> str:
    told = "; ".join(_guard(name, count) for name, count in x.counts.items()) or "nothing measured"
    return f"guards: {told}" + (f", {span(x.baked)} baked" if x.baked > timedelta(0) else "")


def _tripped(x: e.GuardTripped) -> str:
    # Without data a guard does what the plan says of that, not what its mode says; the next line tells what it was.
    return f"guard {'without data' if x.no_data else f'tripped ({x.mode})'}: {x.finding}"


def _deadline(at: datetime | None) -> str:
    return f"until {when(at)}" if at else "no deadline while no window is known to be open"


def _asked(x: e.QuestionAsked) -> str:
    until = f", {_deadline(x.deadline)}" if x.deadline else ""
    return f"{x.text} asked of {x.role}{until} ({x.question})"


def _confirmed(x: e.RollbackConfirmed) -> str:
    if x.unrestorable:
        return f"rolled back; not put back, and accepted: {listed(x.unrestorable)}"
    return "rolled back: everything is as it was before the release"


def _elsewhere(x: e.FlagChangedElsewhere) -> str:
    if x.change is not None:
        return change_told(x.reading.key, x.change)
    shown = x.reading.exposure if x.reading.exposure is not None else "what nobody can say"
    return f"flag {x.reading.key} was changed elsewhere, by {x.by}, to {shown if x.reading.exists else 'gone'}"


def _closed(x: e.ReleaseClosed) -> str:
    left = f"; flags that live on: {listed(x.carried)}" if x.carried else ""
    return f"closed: {_word(x.outcome)}{_because(x.reason)}{left}"


_LINES: dict[type[Any], Callable[[Any], str]] = {
    e.ReleaseLaunched: _launched,
    e.PhaseChanged: lambda x: f"{_word(x.before.value)} -> {_word(x.after.value)}",
    e.SlotsRequested: lambda x: "the calendar is asked" + (f" for {when(x.slot)}" if x.slot else ""),
    e.SlotsResolved: lambda x: f"the calendar knows {len(x.resolution.slots)} slots until {when(x.resolution.until)}",
    e.SlotTaken: lambda x: f"slot {_slot(x.slot)}" + (", on demand" if x.on_demand else ""),
    e.SlotGivenUp: _given_up,
    e.SlotMissed: lambda x: f"slot {_slot(x.slot)} missed: {x.why}",
    e.Postponed: _postponed,
    e.FeatureProposed: _proposed,
    e.FeatureChanged: _changed,
    e.FeatureEstimated: _estimated,
    e.ScopeFrozen: lambda x: f"scope frozen: {listed(x.features, none='no feature')}",
    e.FreezeRefused: lambda x: f"the scope could not freeze: {'; '.join(x.reasons)}",
    e.ExceptionRequested: _asked_exception,
    e.ExceptionApproved: _approved,
    e.ExceptionRejected: lambda x: f"exception {x.exception} rejected{_because(x.reason)}",
    e.ExceptionWithdrawn: lambda x: f"exception {x.exception} withdrawn",
    e.ChecksRequested: lambda x: f"measuring {listed(x.checks)} ({x.why.value})",
    e.ChecksMeasured: _measured,
    e.ItemOpened: _item_opened,
    e.ItemChanged: lambda x: f"item {x.item}: {_word(x.status.value)}{_because(x.note)}",
    e.Waived: _waived,
    e.ReminderSent: _reminded,
    e.Escalated: lambda x: f"{x.subject} escalated to {listed(x.to)}: it waits since {when(x.since)}",
    e.CandidateAccepted: _candidate,
    e.PlanAmended: _amended,
    e.PollOpened: lambda x: f"poll open (round {x.round}) until {when(x.closes)}: {listed(x.roles)}",
    e.VoteWithdrawn: lambda x: f"{x.role}: ballot withdrawn{_because(x.reason)}",
    e.BallotRefused: _refused,
    e.OverrideProposed: lambda x: f"override {x.override} proposed of {listed(x.codes)}: {x.reason}",
    e.Overridden: lambda x: f"override {x.override} by {x.proposed_by} in force, of {listed(x.codes)}: {x.reason}",
    e.GoGiven: _go,
    e.RoundEnded: lambda x: f"round {x.round} ended: {_word(x.how.value)}{_because(x.reason)}",
    e.GoEnded: lambda x: f"GO ended: {x.why}",
    e.Held: lambda x: f"held ({_word(x.reason.value)}){_because(x.text)} [{x.hold}]",
    e.Lifted: _lifted,
    e.OpeningReached: lambda x: f"the window opens: {_slot(x.slot)}",
    e.FlagsRequested: lambda x: f"flags asked for: {listed(x.flags)}",
    e.FlagsAnswered: _answered_flags,
    e.RolloutStarted: lambda x: "the rollout begins",
    e.WritesRequested: _asked_writes,
    e.FlagsWritten: _written,
    e.StageExposed: lambda x: f"stage {x.stage + 1}: {x.exposure} exposed",
    e.GuardsMeasured: _guards,
    e.GuardTripped: _tripped,
    e.BakeCompleted: lambda x: f"stage {x.stage + 1} has baked",
    e.QuestionAsked: _asked,
    e.QuestionAnswered: lambda x: f"{x.question}: {'yes, go wider' if x.yes else 'no'}{_because(x.reason)}",
    e.QuestionExpired: lambda x: f"{x.question} expired without an answer; exposure stays as it is",
    e.QuestionDeadlineMoved: lambda x: f"{x.question}: {_deadline(x.deadline)}, as the calendar says now",
    e.ReleaseShipped: lambda x: "shipped: the last stage has baked",
    e.RollbackStarted: lambda x: f"rolling back{', then closing' if x.closing else ''}: {x.reason}",
    e.RollbackClosing: lambda x: f"it will be closed when the rollback is confirmed: {x.reason}",
    e.UnrestorableAccepted: lambda x: f"accepted that flag {x.flag} is not put back: {x.reason}",
    e.RollbackConfirmed: _confirmed,
    e.FlagChangedElsewhere: _elsewhere,
    e.FlagSettled: lambda x: f"flag {x.flag} settled: {x.how.value}{_because(x.proof)}",
    e.ReleaseClosed: _closed,
    e.HandlerFaulted: lambda x: f"a message to {x.handler} could not be read: {x.message}",
}


def summary(entry: e.Entry) -> str:
    """What happened, in one line. Total: there is a line for every event."""
    event = entry.event
    # Only a ballot names its actor: whose word it is, is the news.
    told = _vote(event, entry.actor.id) if isinstance(event, e.VoteCast) else _LINES[type(event)](event)
    return " ".join(told.split())


_GLYPHS: dict[type[Any], Glyph] = {
    e.ScopeFrozen: "ok",
    e.GoGiven: "ok",
    e.Lifted: "ok",
    e.StageExposed: "ok",
    e.BakeCompleted: "ok",
    e.ReleaseShipped: "ok",
    e.RollbackConfirmed: "ok",
    e.FlagSettled: "ok",
    e.SlotMissed: "bad",
    e.SlotGivenUp: "bad",
    e.FreezeRefused: "bad",
    e.ExceptionRejected: "bad",
    e.BallotRefused: "bad",
    e.GoEnded: "bad",
    e.Held: "bad",
    e.GuardTripped: "bad",
    e.RollbackStarted: "bad",
    e.FlagChangedElsewhere: "bad",
    e.HandlerFaulted: "bad",
    e.Escalated: "wait",
    e.ReminderSent: "wait",
    e.PollOpened: "wait",
    e.QuestionAsked: "wait",
    e.QuestionExpired: "wait",
    e.ExceptionRequested: "wait",
    e.OverrideProposed: "wait",
}
_VOTES: dict[Choice, Glyph] = {Choice.GO: "ok", Choice.NO_GO: "bad", Choice.ABSTAIN: "wait"}


def glyph(entry: e.Entry) -> Glyph:
    """What kind of news it is, for the colour of a line."""
    event = entry.event
    found = _GLYPHS.get(type(event))
    if isinstance(event, e.VoteCast):
        found = _VOTES[event.choice]
    elif isinstance(event, e.RoundEnded):
        found = "ok" if event.how in (Ended.VOTED, Ended.OVERRIDDEN) else "bad"
    elif isinstance(event, e.ReleaseClosed):
        found = "ok" if event.outcome == "completed" else "bad"
    elif isinstance(event, e.QuestionAnswered):
        found = "ok" if event.yes else "bad"
    elif isinstance(event, e.ChecksMeasured):
        found = "ok" if all(f.status is Status.PASS for f in event.findings.values()) else "bad"
    elif isinstance(event, e.FlagsWritten):
        found = "ok" if event.results and all(r.status is WriteStatus.WRITTEN for r in event.results) else "bad"
    elif isinstance(event, e.FlagsAnswered):
        found = "ok" if all(a.shown is not None for a in event.answers) else "bad"
    elif isinstance(event, e.ItemChanged) and event.status is ItemStatus.DONE:
        found = "ok"
    elif isinstance(event, e.FeatureChanged) and event.status in OUT:
        found = "bad"
    if found is not None:
        return found
    return "person" if entry.actor.kind is not ActorKind.SYSTEM else "info"
