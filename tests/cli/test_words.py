"""What people type: answers in any case, instants and numbers that say what they lack."""

import json
from typing import Any

import pytest

from gonogo.cli.main import build, main


def bound(line: str) -> dict[str, Any]:
    _, arguments, _ = build().parse_args(line.split(), exit_on_error=False, print_error=False)
    return dict(arguments.arguments)


@pytest.mark.parametrize(
    ("line", "name", "meant"),
    [
        ("vote shop/1 go", "choice", "GO"),
        ("vote shop/1 No-Go", "choice", "NO_GO"),
        ("vote shop/1 NO_GO", "choice", "NO_GO"),
        ("vote shop/1 abstain", "choice", "ABSTAIN"),
        ("call shop/1 GO", "choice", "go"),
        ("call shop/1 NO_GO", "choice", "no-go"),
        ("call shop/1 no-go", "choice", "no-go"),
        ("check push shop/1 ci PASS", "status", "pass"),
        ("check push shop/1 ci Fail", "status", "fail"),
        ("sign-off shop/1 docs --status In-Progress", "status", "in_progress"),
        ("scope progress shop/1 gifts MERGED", "status", "merged"),
        ("exception request shop/1 Late gifts --why slow", "kind", "late"),
        ("exception approve shop/1 x1 --role Product-Manager", "role", "product_manager"),
        ("plan new --product shop --release 1 --template Hotfix", "template", "hotfix"),
    ],
)
def test_an_answer_is_taken_in_any_case(line: str, name: str, meant: str) -> None:
    assert bound(line)[name] == meant


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("vote shop/1 maybe", 'Invalid value "maybe" for CHOICE. Choose from: "GO", "NO_GO", "ABSTAIN"'),
        ("check push shop/1 ci passed", 'Choose from: "pass", "fail", "unclear"'),
        ("waive shop/1 check:ci --reason x --until 2027-03-01", "write 2027-03-01T14:00:00Z; it needs a time and"),
        ("waive shop/1 check:ci --reason x --until 2027-03-01T10:00", "needs an offset: write 2027-03-01T10:00:00Z"),
        ("postpone shop/1 --to tomorrow", "--to: 'tomorrow' is not an instant: write 2026-03-05T14:00:00Z"),
        ("scope estimate shop/1 gifts lots", "'lots' is not a number of days: write 3 or 0.5"),
    ],
)
def test_another_word_is_told_what_is_wanted_without_words_for_programmers(
    line: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*line.split(), "--json"]) == 2
    message = json.loads(capsys.readouterr().out)["error"]["message"]
    assert told in message
    assert "datetime" not in message
    assert "Decimal" not in message
