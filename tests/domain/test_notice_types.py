"""The list of message types says what is told, no more and no less."""

import re
from pathlib import Path

import gonogo.domain.notices
from gonogo.domain.notice_types import NOTICE_TYPES
from gonogo.domain.terms import HoldReason

_MADE = re.compile(r'(?:notice\(\s*state,\s*|_plain\(|_ask_role\(state, entry, body, |Notice\(\s*type=)f?"([^"]+)"')
_SPELT = {
    "hold.raised.{x.reason.value}": {f"hold.raised.{reason.value}" for reason in HoldReason},
    "check.{word}": {"check.failed", "check.passed", "check.unclear"},
    "flag.{verb}": {"flag.killed", "flag.changed"},
}


def test_every_type_that_is_told_is_listed_and_no_other() -> None:
    folder = Path(gonogo.domain.notices.__file__).parent
    made = {found for file in folder.glob("*.py") for found in _MADE.findall(file.read_text(encoding="utf-8"))}
    assert {name for found in made for name in _SPELT.get(found, {found})} == set(NOTICE_TYPES)


def test_the_list_has_every_type_once_in_order() -> None:
    assert len(set(NOTICE_TYPES)) == len(NOTICE_TYPES)
    families = [name.partition(".")[0] for name in NOTICE_TYPES]
    assert families == sorted(families)
