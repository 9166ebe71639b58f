"""What a release waits for from its GO on: the window, the flags, bakes, answers, a rollback, the end of its flags."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from .baking import blind, guards_watching, samples_missing
from .facts import Status
from .plan import Guard, Moment, Stage
from .readiness import unsettled
from .reports import GuardCount
from .resolution import closed_by, next_open, open_until
from .rights import RELEASE_MANAGER, flag_owner
from .rollback import cannot_restore
from .rollout import stage_met
from .standing import overridden, unmet
from .state import State
from .state_parts import Rollout
from .telling import listed, people, quoted, span, when
from .terms import Phase
from .why_before import SYSTEM, fact_waiting
from .why_values import Waiting

# --- awaiting the window -------------------------------------------------------------------------------------------


def awaiting_window(state: State, now: datetime) -> Iterator[Waiting]:
    """The slot, or what keeps its opening from beginning; facts that would keep it are shown before, too."""
    opening = state.opening
    for fact in unmet(state, Moment.GO, now, since=opening.at if opening else None):
        if not overridden(state, fact.subject, fails=fact.status is Status.FAIL):
            yield fact_waiting(state, fact)
    if opening is None:
        slot = state.slot
        if slot is not None:
            shown = when(slot.starts) if slot.local.startswith("on demand") else slot.local or when(slot.starts)
            yield Waiting(
                code="slot.waits",
                subject="slot",
                text=f"GO stands; the window opens {shown}",
                responsible=SYSTEM,
                since=state.phase_since,
                clears="by itself",
            )
        return
    yield from _closed_window(state, now, state.stages[0].segments)
    for key, flag in state.flags.items():
        if opening.measured and state.claim is None and not flag.granted:
            yield Waiting(
                code="flag.not_granted",
                subject=f"flag:{key}",
                text=f"flag {key} is not granted to this release",
                responsible=people(state, flag_owner(state, key)),
                since=opening.at,
                clears="by itself, when the release that holds it lets it go; it is asked for again every 5m",
            )


def _closed_window(state: State, now: datetime, segments: tuple[str, ...]) -> Iterator[Waiting]:
    known = state.resolution
    if known is None or open_until(known, now, segments) is not None:
        return
    rules = closed_by(known, now, segments)
    why = "; ".join(dict.fromkeys(c.reason or c.window for c in rules)) or "no rule allows it now"
    opens = next_open(known, now, segments)
    if opens is None:
        responsible = people(state, RELEASE_MANAGER)
        amend = quoted(state, "amend", "PLAN.yaml")
        clears = f"the plan gets a window, as none is known to open until {when(known.until)}: {amend}"
    else:
        responsible, clears = SYSTEM, f"by itself: the next window opens {when(opens)}"
    yield Waiting(
        code="window.closed",
        subject="window",
        text=f"the window is closed: {why}",
        responsible=responsible,
        since=max((c.start for c in rules), default=state.phase_since),
        clears=clears,
    )


# --- rolling out ---------------------------------------------------------------------------------------------------


def baked(state: State, rollout: Rollout, now: datetime) -> timedelta:
    """How much of the bake of the stage that stands is done, as far as is known; never more than all of it."""
    bake = state.stages[rollout.stage].bake
    if rollout.bake_done:
        return bake
    running = () if rollout.baking_since is None else ((rollout.baking_since, max(now, rollout.baking_since)),)
    return min(bake, sum((end - start for start, end in (*rollout.ran, *running)), rollout.baked))


def rolling_out(state: State, now: datetime) -> Iterator[Waiting]:
    """The bake, its guards, the question, the window before the next stage."""
    rollout = state.rollout
    if rollout is None or state.rollback is not None:
        return
    if rollout.stage >= 0 and not rollout.bake_done:
        yield from _bake(state, rollout, now)
    question = rollout.question
    if question is not None:
        yes = quoted(state, "widen", f"--question {question.id}")
        no = quoted(state, "widen", f"--question {question.id}", "--no", "--reason WHY")
        until = f"until {when(question.deadline)}, then it is asked again" if question.deadline else _NO_DEADLINE
        yield Waiting(
            code="question.open",
            subject=f"question:{question.id}",
            text=f"{question.text} {until}",
            responsible=people(state, question.role),
            since=question.asked,
            clears=f"{question.role} says yes: {yes}; or no: {no}",
        )
    following = rollout.stage + 1
    if stage_met(state) and state.writes is None and following < len(state.stages):
        yield from _closed_window(state, now, state.stages[following].segments)


_NO_DEADLINE = "(no deadline runs while no window is known to be open)"


def _bake(state: State, rollout: Rollout, now: datetime) -> Iterator[Waiting]:
    stage = state.stages[rollout.stage]
    left = stage.bake - baked(state, rollout, now)
    since = rollout.exposed_at or state.phase_since
    if left > timedelta(0):
        stands = ", and its clock stands while the release is held" if state.holds else ""
        yield Waiting(
            code="bake.running",
            subject=f"stage:{rollout.stage + 1}",
            text=f"stage {rollout.stage + 1} ({stage.exposure}) bakes for another {span(left)}{stands}",
            responsible=SYSTEM,
            since=since,
            clears="by itself" if not state.holds else "the holds are lifted, then by itself",
        )
    yield from _guards(state, stage, rollout, since)


def _guards(state: State, stage: Stage, rollout: Rollout, since: datetime) -> Iterator[Waiting]:
    """What the guards of a bake lack. Their watch reports at its end, or at a trip: until then no news is no lack."""
    # What a guard found whose hold stands is told by that hold.
    known = {g.id: g for g in guards_watching(state, stage)}
    if known and blind(stage, rollout):
        said = "; ".join(f"{g.id}: {rollout.counts[g.id].last_error or 'no data'}" for g in stage.guards)
        sources = tuple(dict.fromkeys(g.source for g in stage.guards))
        yield Waiting(
            code="guard.blind",
            subject=f"stage:{rollout.stage + 1}",
            text=f"no guard can measure, and such time does not count as baked: {said}",
            responsible=(*sources, *people(state, RELEASE_MANAGER)),
            since=since,
            clears=f"{listed(sources)} answers again; or it goes back: {quoted(state, 'rollback', '--reason WHY')}",
        )
    until = rollout.watch_until
    reports = f"the watch reports {when(until)}" if until else "the watch reports when the bake's clock runs again"
    quiet = []
    for name in (n for n in samples_missing(stage, rollout) if n in known):
        guard, count = known[name], rollout.counts.get(name)
        lacks = _lacks(guard, count, over=rollout.baked >= stage.bake) if count else ""
        if lacks:
            yield Waiting(
                code="guard.samples_missing",
                subject=f"guard:{name}",
                text=f"guard {name} {lacks}",
                responsible=(guard.source,),
                since=since,
                clears=f"by itself, when {guard.source} answers with good samples: {reports}",
            )
        else:
            quiet.append(name)
    if quiet:
        yield Waiting(
            code="guard.watched",
            subject=f"stage:{rollout.stage + 1}",
            text=f"{listed(quiet)} {'is' if len(quiet) == 1 else 'are'} being watched, and nothing bad was reported",
            responsible=SYSTEM,
            since=since,
            clears=f"by itself: {reports}, or at once when a guard trips",
        )


def _lacks(guard: Guard, count: GuardCount, *, over: bool) -> str:
    """What a guard lacked when its watch last reported; too few good samples are a lack when the bake is over."""
    if count.missing_in_row:
        return f"got no data the last {_times(count.missing_in_row)}: {count.last_error or 'no data'}"
    if count.bad_in_row:
        shown = "no data" if count.last is None else count.last
        return f"was bad the last {_times(count.bad_in_row)}: {shown}, healthy is {guard.healthy} {guard.threshold}"
    return f"has only {count.good} of {guard.min_samples} good samples" if over else ""


def _times(count: int) -> str:
    return "time" if count == 1 else f"{count} times"


# --- rollback ------------------------------------------------------------------------------------------------------


def rolling_back(state: State, now: datetime) -> Iterator[Waiting]:
    """Flags that are not back yet: being put back, failed, or impossible to put back."""
    rollback = state.rollback
    if rollback is None:
        return
    stuck = cannot_restore(state)
    for key in rollback.left:
        accept = quoted(state, "rollback", f"--accept {key}", "--reason WHY")
        if key in stuck:
            code, text = "rollback.cannot_restore", f"flag {key} cannot be switched off"
            clears = f"{RELEASE_MANAGER} accepts that by name: {accept}"
        elif key in rollback.failed:
            code, text = "rollback.failed", f"flag {key} is NOT put back: {rollback.failed[key]}"
            again = f"it is tried again {when(rollback.retry_at)}" if rollback.retry_at else "it is being tried again"
            clears = f"{again}; or {RELEASE_MANAGER} accepts it by name: {accept}"
        else:
            continue  # under way: the provider is what it waits for
        yield Waiting(
            code=code,
            subject=f"flag:{key}",
            text=text,
            responsible=people(state, RELEASE_MANAGER, flag_owner(state, key)),
            since=rollback.at,
            clears=clears,
        )


# --- cleaning up ---------------------------------------------------------------------------------------------------


def cleaning_up(state: State, now: datetime) -> Iterator[Waiting]:
    """Flags that are not settled, after-release items and checks."""
    for key in unsettled(state, now):
        flag = state.flags[key]
        waiver = state.waivers.get(f"flag:{key}")
        over = f"; the waiver of {waiver.by} ended {when(waiver.until)}" if waiver and waiver.until else ""
        waive = quoted(state, "waive", f"flag:{key}", "--reason WHY", "--until INSTANT")
        yield Waiting(
            code="flag.unsettled",
            subject=f"flag:{key}",
            text=f"flag {key} ({flag.current or 'nobody knows who sees it'}) is not settled{over}",
            responsible=people(state, flag_owner(state, key)),
            since=state.released_at or state.phase_since,
            clears=f"it is archived at its provider and nothing refers to it; or {RELEASE_MANAGER} waives it: {waive}",
        )
    for fact in unmet(state, Moment.COMPLETION, now, since=state.released_at):
        yield fact_waiting(state, fact)


# --- the world -----------------------------------------------------------------------------------------------------


def the_world(state: State, now: datetime) -> Iterator[Waiting]:
    """What was asked of systems and has not come back."""
    if state.slots_ask is not None:
        yield _asked(
            "calendar.asked", "calendar", "the calendar is asked for slots and windows", ("calendar",), state.at
        )
    for asked in state.check_rounds.values():
        kinds = tuple(dict.fromkeys(state.plan.checks[n].kind for n in asked.checks if n in state.plan.checks))
        text = f"{listed(asked.checks)} {'is' if len(asked.checks) == 1 else 'are'} being measured ({asked.why.value})"
        yield _asked("checks.out", f"checks:{asked.ask}", text, kinds or SYSTEM, asked.at)
    if state.claim is not None:
        ids = tuple(f"flag/{state.plan.product}/{state.plan.environment}/{key}" for key in state.claim.flags)
        text = f"flags are asked for: {listed(state.claim.flags)}"
        yield _asked("flags.asked", "flags", text, ids or SYSTEM, state.opening.at if state.opening else state.at)
    batch = state.writes
    if batch is not None:
        providers = tuple(dict.fromkeys(state.plan.flags[k].provider for k in batch.writes if k in state.plan.flags))
        doing = "put back" if batch.stage < 0 else f"changed for stage {batch.stage + 1}"
        text = f"flags are being {doing}: {listed(batch.writes)}"
        since = state.rollback.at if batch.stage < 0 and state.rollback else state.at
        yield _asked("flags.written", "flags", text, providers or SYSTEM, since)


def _asked(code: str, subject: str, text: str, systems: tuple[str, ...], since: datetime) -> Waiting:
    return Waiting(
        code=code,
        subject=subject,
        text=text,
        responsible=systems,
        since=since,
        clears="by itself, when the answer comes; it is tried again until its time is over, and then counts as unclear",
    )


PHASES = {Phase.AWAITING_WINDOW: awaiting_window, Phase.ROLLING_OUT: rolling_out, Phase.CLEANING_UP: cleaning_up}
"""Phase -> what a release waits for in it."""
