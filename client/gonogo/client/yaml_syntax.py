"""What the YAML parser stumbled over, in plain sentences, and where somebody has to look."""

import re
from typing import Any, NamedTuple

from ruamel.yaml.error import MarkedYAMLError


class Stumble(NamedTuple):
    """One error of syntax."""

    mark: Any
    """Where to look: often where something began, not where the parser gave up."""
    text: str
    """What is wrong, and what to do."""


_CLOSED_BY = {"sequence": ("[", "]"), "mapping": ("{", "}")}
_UNSPACED = re.compile(r"\s*(- +)*[A-Za-z0-9_.-]+:[^\s:/]")


def stumble(error: MarkedYAMLError, text: str) -> Stumble:
    """The error in `text` in our words; one that hardly anybody meets stays in the parser's."""
    problem, context = str(error.problem), str(error.context or "")
    here, began = error.problem_mark or error.context_mark, error.context_mark or error.problem_mark
    if "quoted scalar" in context and ("end of stream" in problem or "document separator" in problem):
        return Stumble(began, "a quote that opens here is never closed")
    if "values are not allowed here" in problem or "could not find expected ':'" in problem:
        return _colon(problem, here, began, text)
    if found := re.search(r"flow (sequence|mapping)", context):
        opens, closes = _CLOSED_BY[found[1]]
        since = f"the '{opens}' of line {began.line + 1}, column {began.column + 1}, is still open"
        quotes = (
            "; or quotes around a text with a ':' or a quote in it" if problem.endswith(("':'", "'<scalar>'")) else ""
        )
        return Stumble(here, f"a ',' or '{closes}' is missing before this, as {since}{quotes}")
    if "expected <block end>, but found '<scalar>'" in problem:
        return Stumble(here, "text after a value that is complete: mend its quotes, or the indentation")
    if "expected <block end>" in problem or "entries are not allowed here" in problem:
        return Stumble(here, "this does not fit with the lines before it: mend the indentation")
    if found := re.search(r"expected the node content, but found '(.+)'", problem):
        return Stumble(
            here, f"a value is missing before this {found[1]!r}, or quotes around a text that begins with it"
        )
    if found := re.search(r"character (.+) that cannot start", problem):
        return Stumble(here, f"a value cannot begin with {found[1]}: put it in quotes")
    if found := re.search(r"undefined alias '(.+)'", problem):
        name = found[1]
        return Stumble(here, f"no anchor &{name} stands before *{name}: text that begins with * needs quotes")
    if found := re.search(r"scanning an (alias|anchor)", context):
        return Stumble(began, f"text that begins with {'*' if found[1] == 'alias' else '&'} needs quotes")
    if found := re.search(r"unknown escape character ['\"](.+)['\"]$", problem):
        sign = found[1]
        return Stumble(
            here, f"\\{sign} means nothing in double quotes: write \\\\ for a backslash, or use single quotes"
        )
    return Stumble(here, " ".join(part for part in (problem, context) if part))


def _colon(problem: str, here: Any, began: Any, text: str) -> Stumble:
    lines = text.splitlines()
    for number in dict.fromkeys((began.line, here.line - 1)):
        if 0 <= number < len(lines) and _UNSPACED.match(lines[number]):
            return Stumble(here, f"a space is missing behind the ':' of a key in line {number + 1}")
    if "could not find" in problem:
        return Stumble(began, "a key without a ':' after it")
    return Stumble(here, "a ':' that fits no key: put a text with ': ' in it in quotes, or mend the indentation")
