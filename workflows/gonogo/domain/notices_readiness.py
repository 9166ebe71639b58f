"""The messages about readiness: checks that stop passing or pass again, and what is lost while a GO stands."""

from collections.abc import Callable, Iterable
from typing import Any

from . import events as e
from .clearing import clears_check
from .facts import Finding, Status
from .narrate import summary
from .notices_values import Notice, notice
from .plan import Moment
from .rights import PRODUCT_MANAGER, RELEASE_MANAGER
from .standing import PUSHED, unmet
from .state import State
from .telling import line, listed, people
from .terms import ItemStatus, Phase

_Told = Iterable[Notice]
_VERBS = {
    Status.FAIL: ("fails", "fail"),
    Status.UNCLEAR: ("is unclear", "are unclear"),
    Status.PASS: ("passes again", "pass again"),
}
_WORDS = {Status.FAIL: "failed", Status.UNCLEAR: "unclear", Status.PASS: "passed"}


def _measured(x: e.ChecksMeasured, entry: e.Entry, state: State) -> _Told:
    yield from _heard(x, entry, state)
    # At the opening a hold says it; before, a GO stands and nothing else would.
    if state.phase is not Phase.AWAITING_WINDOW or state.opening is not None:
        return
    bad = {n for n, f in x.findings.items() if f.status is not Status.PASS}
    lost = [f for f in unmet(state, Moment.GO, entry.at) if f.subject.partition(":")[2] in bad]
    if lost:
        yield _readiness_lost(state, [f.detail for f in lost], people(state, *(p for f in lost for p in f.responsible)))


def _heard(x: e.ChecksMeasured, entry: e.Entry, state: State) -> _Told:
    """What this entry told the people of its checks: one message for all that went the same way."""
    together: dict[tuple[Status, tuple[str, ...]], list[str]] = {}
    for name in x.findings:
        told = state.heard.get(name)
        # While a GO stands, what is lost has a message of its own.
        lost = told is not None and told.status is not Status.PASS and state.phase is Phase.AWAITING_WINDOW
        if told is not None and told.seq == entry.seq and not lost:
            together.setdefault((told.status, told.to), []).append(name)
    for (status, to), names in together.items():
        verb = _VERBS[status][len(names) > 1]
        what = f"{listed(names)} {verb}" + (_says(x.findings[names[0]]) if len(names) == 1 else "")
        word, body = _WORDS[status], [f"- {name} {_VERBS[status][0]}{_proved(x.findings[name])}" for name in names]
        measured = [name for name in names if state.plan.checks[name].kind != PUSHED and status is not Status.PASS]
        if status is not Status.PASS:
            body += ["There is no GO without a pass. While it stays like this nobody is told again.", "What clears it:"]
            body += [f"- {name}: {clears_check(state, name, state.plan.checks[name])}" for name in names]
        body.append(f"Where it stands: {line(state, 'why')}")
        answers = (("measure again", line(state, "check run", *measured)),) if measured else ()
        yield notice(state, f"check.{word}", what, "\n".join(body), to, answers)


def _says(finding: Finding) -> str:
    return f": {' '.join(finding.finding.split())}" if finding.finding.strip() else ""


def _proved(finding: Finding) -> str:
    return _says(finding) + (f" ({finding.evidence})" if finding.evidence else "")


def _item_changed(x: e.ItemChanged, entry: e.Entry, state: State) -> _Told:
    item = state.items[x.item]
    gates = item.required and item.gates is Moment.GO and x.status is not ItemStatus.DONE
    if gates and state.phase is Phase.AWAITING_WINDOW:
        yield _readiness_lost(state, [summary(entry)], people(state, item.owner))


def _readiness_lost(state: State, what: list[str], owners: tuple[str, ...]) -> Notice:
    body = "The GO stands. What is listed here keeps the opening from beginning:\n" + "\n".join(f"- {w}" for w in what)
    to = tuple(dict.fromkeys((*owners, *people(state, RELEASE_MANAGER, PRODUCT_MANAGER))))
    return notice(state, "readiness.lost", f"not ready any more: {what[0]}", body, to)


READINESS: dict[type[Any], Callable[[Any, e.Entry, State], _Told]] = {
    e.ChecksMeasured: _measured,
    e.ItemChanged: _item_changed,
}
"""Event -> the messages about readiness."""
