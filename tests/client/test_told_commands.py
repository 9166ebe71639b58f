"""Every command line that gonogo tells people is one that its command line reads."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from gonogo.cli.main import build
from gonogo.domain.notices import notices
from gonogo.domain.view_values import StatusView
from gonogo.domain.views import status_view, verdict_view, why_view
from tests.domain.walks import everything

FILLED = {"INSTANT": "2026-12-01T10:00:00Z", "DAYS": "3", "RELEASE": "1.3.0", "ID=TITLE": "part=Part"}
"""What stands for a value in what people read -> such a value."""


def _lines() -> Iterator[str]:
    for entry, state in everything():
        why, shown = why_view(state, entry.at), status_view(state, entry.at)
        assert isinstance(shown, StatusView)
        told = [w.clears for w in why.waiting] + [r.clears for r in verdict_view(state, entry.at).reasons]
        for text in [*told, *(h.lifted_by for h in shown.holds)]:
            yield from re.findall(r"`(gonogo [^`]*)`", text)
        for notice in notices(entry, state):
            yield from (command for _, command in notice.answers)
            yield from re.findall(r": (gonogo [^\n]*)$", notice.body, re.MULTILINE)


def test_every_command_that_people_are_told_is_read_by_the_command_line(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("")
    app = build()
    lines = sorted(set(_lines()))
    assert len(lines) > 50
    for line in lines:
        tokens = [FILLED.get(t, t) for t in shlex.split(line)[1:]]
        tokens = [str(plan) if t == "PLAN.yaml" else t for t in tokens]
        command, bound, _ = app.parse_args(tokens, exit_on_error=False, print_error=False)
        assert command is not None, line
        assert bound.args, line
