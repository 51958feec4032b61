"""YAML files with the line of every key: plain words stay text (NO is Norway, on is a key)."""

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from organisation.problems import ConfigurationError, Problem

Scalar: TypeAlias = str | int | float | bool | None
Node: TypeAlias = "Scalar | list[Node] | YamlMap"


class YamlMap(Mapping[str, Node]):
    """A mapping of a YAML file that knows the file and the line of each of its keys."""

    def __init__(self, file: Path, line: int, values: dict[str, Node], lines: dict[str, int]) -> None:
        self.file = file
        self.line = line
        self._values = values
        self._lines = lines

    def __getitem__(self, key: str) -> Node:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def line_of(self, key: str) -> int:
        """Give the 1-based line of a key; the mapping's own line where it has no such key."""
        return self._lines.get(key, self.line)

    def expects(self, known: Collection[str]) -> None:
        """Hear which keys are read from here; only the mapping that a schema is drawn from listens."""

    def asked(self, key: str, **shape: object) -> None:
        """Hear that a key is looked up, and what it may hold; only the one that a schema is drawn from listens."""

    def problem(self, key: str, message: str, hint: str | None = None) -> Problem:
        """Give a problem that points at a key of this mapping."""
        return Problem(self.file, self.line_of(key), message, hint)


def load_yaml(path: Path) -> YamlMap:
    """Give the top mapping of a YAML 1.2 file.

    Raises ConfigurationError where the file is absent, no UTF-8, no YAML, has a key twice or is no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([Problem(path, 1, f"cannot be read ({error})")]) from error
    try:
        document = _document(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        message = (error.problem or "is no valid YAML").splitlines()[0]
        raise ConfigurationError([Problem(path, line, f"is no valid YAML: {message}")]) from error
    except YAMLError as error:
        raise ConfigurationError([Problem(path, 1, f"is no valid YAML: {error}")]) from error
    if not isinstance(document, CommentedMap):
        raise ConfigurationError([Problem(path, 1, "has no keys at its top", "Write it as key: value lines.")])
    node = _convert(document, path, 1)
    if not isinstance(node, YamlMap):
        raise TypeError("a mapping became no mapping")
    return node


@lru_cache(maxsize=64)
def _document(text: str) -> object:
    """Give what a text says; settings are read anew before each load, and hardly ever changed meanwhile."""
    return YAML(typ="rt", pure=True).load(text)


def _convert(node: object, file: Path, line: int) -> Node:
    if isinstance(node, CommentedMap):
        lines = {str(key): node.lc.key(key)[0] + 1 for key in node}
        values = {str(key): _convert(value, file, lines[str(key)]) for key, value in node.items()}
        return YamlMap(file, line, values, lines)
    if isinstance(node, CommentedSeq):
        return [_convert(item, file, node.lc.item(index)[0] + 1) for index, item in enumerate(node)]
    if node is None or isinstance(node, bool):
        return node
    if isinstance(node, int):
        return int(node)
    if isinstance(node, float):
        return float(node)
    return str(node)
