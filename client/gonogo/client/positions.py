"""YAML text as plain values, with the line and column of every one of them.

Values are built here from the composed nodes, not by the YAML library's constructor: so duplicate keys have a position,
instants stay text (the model reads them, with their offset), and no tag makes an object.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from .yaml_syntax import stumble

Path = tuple[str | int, ...]

MAX_CHARS = 1024 * 1024
"""Largest file. A plan has at most a quarter of it."""
MAX_VALUES = 100_000
"""Most values once aliases are expanded: a few lines of aliases of aliases would otherwise fill the memory."""
_TAG = "tag:yaml.org,2002:"


class Place(NamedTuple):
    """Line and column, both from 1."""

    line: int
    column: int


class YamlProblem(NamedTuple):
    """Why a text is not the YAML that is read here."""

    code: str
    place: Place
    path: Path
    message: str


class YamlRefused(ValueError):
    """The text could not be read; `problems` says why and where."""

    def __init__(self, *problems: YamlProblem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Positions:
    """Where each value of a YAML text stands."""

    values: dict[Path, Place]
    """Path -> first character of the value."""
    keys: dict[Path, Place]
    """Path -> first character of its key; items of a list have none."""
    texts: dict[Path, str]
    """Path -> the scalar as it was written, such as `1.10`."""

    def known(self, path: Path) -> Path:
        """`path` without the parts that the text does not have, such as the name that a short form stands for."""
        found: Path = ()
        for part in path:
            if (*found, part) in self.values:
                found = (*found, part)
        return found

    def of_value(self, path: Path) -> Place:
        """Where the value at `path` stands, or the nearest one around it."""
        return self.values[self.known(path)]

    def of_key(self, path: Path) -> Place:
        """Where the key of `path` stands, or the nearest value around it."""
        found = self.known(path)
        return self.keys.get(found) or self.values[found]


def load(text: str) -> tuple[Any, Positions]:
    """`text` as dict, list, str, int, float, bool and None, with positions.

    Raises:
        YamlRefused: It is empty, too large, no YAML 1.2, has two documents, a key twice, a tag, or too many aliases.
    """
    if len(text) > MAX_CHARS:
        refused = f"the file has {len(text):,} characters, and {MAX_CHARS:,} is the most"
        raise YamlRefused(YamlProblem("yaml.too_large", Place(1, 1), (), refused))
    root = _compose(text)
    if root is None:
        raise YamlRefused(YamlProblem("yaml.empty", Place(1, 1), (), "the file is empty"))
    build = _Build()
    try:
        data = build.value(root, ())
    except RecursionError:
        raise _too_deep() from None
    if build.problems:
        raise YamlRefused(*build.problems)
    return data, Positions(values=build.values, keys=build.keys, texts=build.texts)


def _compose(text: str) -> Node | None:
    try:
        return YAML(typ="safe", pure=True).compose(text)  # type: ignore[no-any-return]  # ruamel has no types here
    except MarkedYAMLError as error:
        place = _place(error.problem_mark or error.context_mark)
        if "another document" in str(error.problem):
            problem = YamlProblem(
                "yaml.two_documents", place, (), "a second document begins here: one file is one plan"
            )
        elif "\\t" in str(error.problem):
            problem = YamlProblem("yaml.tab", place, (), "a tab cannot indent YAML: use spaces")
        else:
            found = stumble(error, text)
            problem = YamlProblem("yaml.syntax", _place(found.mark), (), found.text)
        raise YamlRefused(problem) from error
    except YAMLError as error:
        # Characters that YAML does not allow; this error has an offset instead of a mark.
        before = text[: getattr(error, "position", 0)]
        place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise YamlRefused(YamlProblem("yaml.character", place, (), "a character that YAML does not allow")) from error
    except RecursionError:
        raise _too_deep() from None
    except (ValueError, OverflowError) as error:
        # An escape such as "\\Uffffffff", which names no character.
        raise YamlRefused(
            YamlProblem("yaml.character", Place(1, 1), (), f"an escape names no character: {error}")
        ) from error


def _too_deep() -> YamlRefused:
    return YamlRefused(YamlProblem("yaml.too_deep", Place(1, 1), (), "the file is nested too deep"))


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


class _Build:
    """Builds the values of one text; the state of a walk over its nodes."""

    def __init__(self) -> None:
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self.texts: dict[Path, str] = {}
        self.problems: list[YamlProblem] = []
        self._inside: set[int] = set()

    def value(self, node: Node, path: Path) -> Any:
        place = _place(node.start_mark)
        self.values[path] = place
        if len(self.values) > MAX_VALUES:
            message = f"more than {MAX_VALUES:,} values once aliases are expanded"
            raise YamlRefused(YamlProblem("yaml.too_many", place, path, message))
        if isinstance(node, ScalarNode):
            return self._scalar(node, path, place)
        if id(node) in self._inside:
            raise YamlRefused(YamlProblem("yaml.alias_loop", place, path, "an alias contains itself"))
        self._inside.add(id(node))
        built: Any
        if isinstance(node, SequenceNode) and node.tag == _TAG + "seq":
            built = [self.value(item, (*path, number)) for number, item in enumerate(node.value)]
        elif isinstance(node, MappingNode) and node.tag == _TAG + "map":
            built = self._mapping(node, path)
        else:
            self._refuse_tag(node, path, place)
            built = None
        self._inside.discard(id(node))
        return built

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, item in node.value:
            place = _place(key.start_mark)
            if not isinstance(key, ScalarNode) or key.tag != _TAG + "str":
                message = "a key must be text: write it in quotes"
                if isinstance(key, ScalarNode) and key.tag == _TAG + "merge":
                    message = "merge keys are not supported: write the keys out"
                self.problems.append(YamlProblem("yaml.key", place, path, message))
                continue
            here = (*path, key.value)
            if key.value in made:
                first = self.keys[here].line
                message = f"the key {key.value!r} stands here twice, first in line {first}"
                self.problems.append(YamlProblem("yaml.duplicate_key", place, here, message))
                continue
            self.keys[here] = place
            made[key.value] = self.value(item, here)
            if self.values[here].line > place.line:
                # What begins below its key, or is not there at all, is found more easily at the key.
                self.values[here] = place
        return made

    def _scalar(self, node: ScalarNode, path: Path, place: Place) -> Any:
        text = str(node.value)
        self.texts[path] = text
        match str(node.tag).removeprefix(_TAG):
            case "str" | "timestamp":
                return text
            case "null":
                return None
            case "bool":
                return text.lower() in ("true", "yes", "on")
            case "int":
                return self._integer(text, path, place)
            case "float":
                return float(text.replace("_", "").replace(".inf", "inf").replace(".Inf", "inf").replace(".INF", "inf"))
        self._refuse_tag(node, path, place)
        return None

    def _integer(self, text: str, path: Path, place: Place) -> int:
        digits = text.replace("_", "").lower()
        if len(digits) > 40:
            self.problems.append(YamlProblem("yaml.number", place, path, "a number of more than 40 digits"))
            return 0
        base = {"0x": 16, "0o": 8, "0b": 2}.get(digits.lstrip("+-")[:2], 10)
        return int(digits, base)

    def _refuse_tag(self, node: Node, path: Path, place: Place) -> None:
        message = f"the tag {str(node.tag).replace(_TAG, '!!')!r} is not supported: leave it out"
        self.problems.append(YamlProblem("yaml.tag", place, path, message))
