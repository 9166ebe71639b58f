"""The picture of a release: schedule, phases, votes, holds, exposure, the bake that runs, the next instant."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.text import Text

from gonogo.domain.view_values import HoldView, RoleView, StatusView
from gonogo.domain.view_values_rollout import FlagView, RolloutView

from .show import ago, instant, names
from .ways import Ways

_TRACK = ("scoping", "readying", "deciding", "awaiting_window", "rolling_out", "cleaning_up", "completed")
_BAR = 20
_LABEL = 10
_STYLES = {
    "GO": "bold green",
    "pass": "green",
    "done": "green",
    "NO_GO": "bold red",
    "fail": "red",
    "blocked": "red",
    "UNCLEAR": "yellow",
    "unclear": "yellow",
}
_OVER = ("completed", "cancelled", "rolled_back")
_DECIDED = ("rolling_out", "cleaning_up", *_OVER)


@dataclass(frozen=True, slots=True)
class _Line:
    """A label, and what is told beside it; what is too long for a line goes on below itself."""

    label: str
    told: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        label = self.label
        for part in self.told.wrap(console, max(options.max_width - _LABEL, _LABEL)):
            part.rstrip()
            yield Text.assemble((f"{label:<{_LABEL}}", "dim"), part)
            label = ""


def picture(view: StatusView) -> RenderableType:
    """Everything that a person looks for first, top to bottom."""
    parts: list[RenderableType] = [Text(view.mode, style="bold"), _title(view), _track(view), Text()]
    for hold in view.holds:
        parts += _hold(hold)
    if view.phase not in _DECIDED:
        parts += _verdict(view)
    parts += _let_pass(view)
    if view.round is not None:
        parts += _votes(view)
    parts += _facts(view)
    if view.rollout is not None:
        parts += _rollout(view.rollout)
    told = "\n".join((view.ending, *(hold.text for hold in view.holds)))
    for flag in view.flags:
        parts += _flag(flag, told)
    parts.append(_next(view))
    return Group(*parts)


def _line(label: str, *told: str | tuple[str, str]) -> _Line:
    return _Line(label, Text.assemble(*told))


def _title(view: StatusView) -> Text:
    title = f"  {view.title}" if view.title else ""
    build = f", build {view.commit[:12]}" if view.commit else ", no build yet"
    return Text.assemble((view.release_id, "bold cyan"), f"  {view.kind} to {view.environment}{build}{title}")


def _track(view: StatusView) -> Text:
    phases = _TRACK if view.phase in _TRACK else (*_TRACK[:-1], view.phase)
    here = phases.index(view.phase)
    text = Text()
    for place, phase in enumerate(phases):
        if place:
            text.append(" ─ ", style="dim")
        name = phase.replace("_", " ")
        if place == here:
            text.append(f"[{name}]", style="bold reverse")
        else:
            text.append(name, style="green" if place < here else "dim")
    return text


def _hold(hold: HoldView) -> list[RenderableType]:
    return [
        _line("HELD", (hold.reason.replace("_", " "), "bold red"), f": {hold.text}" if hold.text else ""),
        _line("", f"since {instant(hold.since)}, by {hold.by}  ", (hold.id, "dim")),
        Ways(hold.lifted_by, _LABEL),
    ]


def _told_by_holds(view: StatusView) -> set[str]:
    """Reasons that the lines of the holds tell already: a hold itself, and the NO-GO behind it."""
    return {told for hold in view.holds for told in (hold.text, f"held ({hold.reason}): {hold.text}")}


def _verdict(view: StatusView) -> list[_Line]:
    shown = [_line("verdict", (view.verdict.replace("_", "-"), _STYLES.get(view.verdict, "")))]
    told = _told_by_holds(view)
    reasons = [reason for reason in view.reasons if reason not in told]
    if view.reasons and not reasons:
        shown.append(_line("", "· it is held, as told above"))
    shown += [_line("", f"· {reason}") for reason in reasons[:8]]
    if len(reasons) > 8:
        # While the scope is open `why` tells of the freeze, which comes before all of this.
        where = "" if view.phase == "scoping" else f": gonogo why {view.release_id}"
        shown.append(_line("", f"· and {len(reasons) - 8} more{where}"))
    return shown


def _let_pass(view: StatusView) -> list[_Line]:
    shown = []
    for made in view.overrides:
        state = "" if made.in_force else ", waits for a second person"
        shown.append(
            _line("override", f"{', '.join(made.codes)} by {made.by}{state}: {made.reason}  ", (made.id, "dim"))
        )
    for waiver in view.waivers:
        until = f" until {instant(waiver.until)}" if waiver.until else ""
        shown.append(_line("waived", f"{waiver.subject} by {waiver.by}{until}: {waiver.reason}"))
    return shown


def _votes(view: StatusView) -> list[_Line]:
    found = view.round
    assert found is not None
    head = _line(
        f"round {found.number}",
        f"closes {instant(found.closes)} ({ago(found.closes, view.at)}), on {found.digest[:12]}",
    )
    return [head, *(_role(role) for role in view.roles)]


def _role(role: RoleView) -> _Line:
    text = Text(f"{role.role:<18} ")
    refused = False
    for answer in role.answered:
        no_go = answer.choice == "NO_GO"
        # Why it is a NO-GO stands with the hold that it is.
        why = f": {answer.reason}" if answer.reason and not no_go else ""
        text.append(answer.choice.replace("_", "-"), style=_STYLES.get(answer.choice, "yellow"))
        text.append(f" {answer.person}{why}  ")
        refused = refused or no_go
    if role.go < role.quorum and not refused:
        missing = [person for person in role.people if person not in {a.person for a in role.answered}]
        people, left = missing or list(role.people), role.quorum - role.go
        some = "" if left == len(people) else f"{left} of "
        text.append(f"waits for {some}{names(people)}", style="dim")
    return _Line("", text)


def _facts(view: StatusView) -> list[_Line]:
    shown = []
    if view.checks:
        text = Text()
        for check in view.checks:
            status = "waived" if check.waived else "running" if check.running else check.status
            text.append(f"{check.name} ")
            text.append(status, style=_STYLES.get(status, "dim"))
            text.append("  ")
        shown.append(_Line("checks", text))
    if view.items:
        done = sum(item.status in ("done", "waived") for item in view.items)
        overdue = [item.id for item in view.items if item.overdue]
        late = f", overdue: {', '.join(overdue)}" if overdue else ""
        shown.append(_line("items", f"{done} of {len(view.items)} done{late}"))
    scope = view.scope
    if scope.included or scope.out:
        out = f", {scope.out} out" if scope.out else ""
        frozen = f", frozen {instant(scope.frozen_at)}" if scope.frozen_at else ", not frozen"
        churn = f", changed {scope.churn} time{'s' * (scope.churn != 1)} since work began" if scope.churn else ""
        shown.append(_line("scope", f"{scope.included} in{out}{frozen}{churn}"))
    return shown


def bar(part: float, width: int = _BAR) -> str:
    """A bar of which `part`, 0 to 1, is full."""
    full = round(max(0.0, min(1.0, part)) * width)
    return "█" * full + "░" * (width - full)


def _rollout(rollout: RolloutView) -> list[_Line]:
    marks = {"done": "✓", "baking": "●", "asking": "?", "waiting": "·"}
    stages = "  ".join(f"{marks.get(stage.state, '·')} {stage.exposure}" for stage in rollout.stages)
    shown = [_line("rollout", f"stage {rollout.stage} of {rollout.of}: {stages}")]
    if rollout.rolling_back:
        shown.append(_line("", (f"rolling back; not back yet: {names(rollout.left)}", "bold red")))
    elif rollout.stage and rollout.bake_seconds:
        part = rollout.baked_seconds / rollout.bake_seconds
        # "0% of 0 min" would say nothing of a short bake.
        whole = f"{rollout.bake_seconds} s" if rollout.bake_seconds < 120 else f"{rollout.bake_seconds // 60} min"
        shown.append(_line("bake", f"{bar(part)} {part:.0%} of {whole}"))
    if rollout.question is not None:
        asked = rollout.question
        until = f", until {instant(asked.deadline)}" if asked.deadline else ""
        shown.append(_line("asked", (asked.text, "bold yellow"), f" of {asked.role}{until}  {asked.id}"))
    return shown


def _flag(flag: FlagView, told: str) -> list[_Line]:
    taken = f" to {flag.taken_by}" if flag.taken_by else ""
    settled = f", {flag.settled}{taken}" if flag.settled else ""
    shown = [_line("flag", f"{bar(flag.percent / 100)} {flag.key}: {flag.exposure}{settled} ({flag.owner})")]
    if flag.changed and flag.changed not in told:
        shown.append(_line("", (flag.changed, "bold red")))
    if flag.since:
        shown.append(_line("", (flag.since, "bold")))
    return shown


def _next(view: StatusView) -> _Line:
    if view.phase in _OVER:
        return _line("ended", view.ending or f"{view.outcome.replace('_', ' ')} {instant(view.phase_since)}")
    if view.next is None:
        waits = f"; it waits for {names(view.waits.responsible)}" if view.waits else ""
        return _line("next", f"nothing that has a date{waits}: see ", (f"gonogo why {view.release_id}", "bold"))
    return _line("next", f"{instant(view.next.at)} ({ago(view.next.at, view.at)}): {view.next.what}")
