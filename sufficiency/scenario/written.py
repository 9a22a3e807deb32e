"""YAML as it was written: plain values that remember their file and line.

Read by composing the document only: no tag can make an object. Keys keep their text, so that
the age band ``1_4`` does not become the number 14.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from sufficiency.errors import ScenarioError

Scalar = str | int | float | bool | date | None
Plain = Scalar | list["Plain"] | dict[str, "Plain"]

_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}"
    for kind in ("null", "bool", "int", "float", "timestamp", "str", "map", "seq", "merge")
)
MAX_VALUES = 50_000
MAX_BYTES = 5_000_000


@dataclass(frozen=True)
class Written:
    """A value of a YAML file, with the file as the user named it and the line of its key."""

    value: Scalar | list[Written] | dict[str, Written]
    file: str
    line: int

    def plain(self) -> Plain:
        """The bare value, without files and lines."""
        if isinstance(self.value, dict):
            return {key: item.plain() for key, item in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value

    def at(self, path: tuple[str | int, ...]) -> tuple[Written, tuple[str | int, ...]]:
        """The value at a path, or the deepest one towards it, and the path that leads there."""
        here = self
        for depth, step in enumerate(path):
            below = here.value
            if isinstance(below, dict) and step in below:
                here = below[str(step)]
            elif isinstance(below, list) and isinstance(step, int) and 0 <= step < len(below):
                here = below[step]
            else:
                return here, path[:depth]
        return here, path

    def walk(self, path: str = "") -> Iterator[tuple[str, Written]]:
        """Every dotted key below this value with what is written there, outermost first."""
        below: list[tuple[str, Written]] = []
        if isinstance(self.value, dict):
            below = list(self.value.items())
        elif isinstance(self.value, list):
            below = [(str(position), item) for position, item in enumerate(self.value)]
        for step, item in below:
            dotted = f"{path}.{step}" if path else step
            yield dotted, item
            yield from item.walk(dotted)


def read_yaml(path: Path, name: str) -> Written:
    """Read a file of keys and values; ``name`` is what messages call it.

    Raises:
        ScenarioError: the file is missing, is not text in UTF-8, is not YAML, is empty, is a list,
            has a key twice, or carries a tag.
    """
    text = _read_text(path, name)
    try:
        with warnings.catch_warnings():
            # An anchor used again is legal: the later one holds from there.
            warnings.simplefilter("ignore", ReusedAnchorWarning)
            root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as wrong:
        raise ScenarioError(_malformed(wrong, name)) from None
    except RecursionError:
        raise _too_deep(name) from None
    except (YAMLError, ValueError) as wrong:
        raise ScenarioError(f"{name}: not readable as YAML: {wrong}.") from None
    if root is None:
        raise ScenarioError(
            f"{name}: the file is empty, expected at least `name:` and `authority:`. "
            "Start from scenarios/england-authority.yaml."
        )
    if not isinstance(root, MappingNode):
        raise ScenarioError(
            f"{name}, line {_line(root)}: found {_kind(root)}, "
            "expected keys and values such as `name: My scenario`."
        )
    try:
        return _Reader(name).read(root, _line(root))
    except RecursionError:
        raise _too_deep(name) from None


def _too_deep(name: str) -> ScenarioError:
    return ScenarioError(
        f"{name}: nested too deeply to be a scenario; an alias (*) may hold itself."
    )


def _read_text(path: Path, name: str) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ScenarioError(f"{name}: no such file. Check the name and the folder.") from None
    except (IsADirectoryError, PermissionError):
        what = "is a folder, not a file" if path.is_dir() else "cannot be opened (no permission)"
        raise ScenarioError(f"{name}: {what}; expected a scenario in YAML.") from None
    except (OSError, ValueError) as wrong:
        raise ScenarioError(f"{name}: cannot be read ({wrong}).") from None
    if len(raw) > MAX_BYTES:
        raise ScenarioError(f"{name}: {len(raw):,} bytes, far too large for a scenario.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = raw[: wrong.start].count(b"\n") + 1
        raise ScenarioError(
            f"{name}, line {line}: found a character that is not UTF-8. "
            "Save the file again with the encoding UTF-8."
        ) from None


def _malformed(wrong: MarkedYAMLError, name: str) -> str:
    mark = wrong.problem_mark or wrong.context_mark
    where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    problem = str(wrong.problem or wrong.context or "malformed YAML").strip()
    hint = (
        "Indent with spaces, not tabs."
        if "\\t" in problem
        else "Check the indentation, colons and quotation marks there and on the line above."
    )
    return f"{name}{where}: not valid YAML: {problem}. {hint}"


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _kind(node: Node) -> str:
    if isinstance(node, ScalarNode):
        return f'only the text "{node.value}"'
    return "a list" if isinstance(node, SequenceNode) else "keys and values"


class _Reader:
    """Turns one composed document into `Written` values."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.scalars = YAML(typ="safe", pure=True).constructor
        self.values = 0

    def read(self, node: Node, line: int) -> Written:
        self.values += 1
        if self.values > MAX_VALUES:
            raise ScenarioError(
                f"{self.name}, line {line}: more than {MAX_VALUES:,} values; an alias (*) may "
                "repeat itself. Write the values out, or use `extends`."
            )
        if str(node.tag) not in _PLAIN_TAGS:
            raise ScenarioError(
                f"{self.name}, line {_line(node)}: found the tag {_shown_tag(node)}, "
                "expected plain values only. Take the tag out."
            )
        if isinstance(node, MappingNode):
            return Written(self._mapping(node), self.name, line)
        if isinstance(node, SequenceNode):
            items = [self.read(item, _line(item)) for item in node.value]
            return Written(items, self.name, line)
        assert isinstance(node, ScalarNode)
        return Written(self._scalar(node, line), self.name, line)

    def _mapping(self, node: MappingNode) -> dict[str, Written]:
        values: dict[str, Written] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise ScenarioError(
                    f"{self.name}, line {_line(key)}: found {_kind(key)} as a key, "
                    "expected a word followed by a colon."
                )
            if key.value in values:
                raise ScenarioError(
                    f"{self.name}, line {_line(key)}: the key `{key.value}` is written twice "
                    f"(first on line {values[key.value].line}). Keep one of them."
                )
            values[key.value] = self.read(value, _line(key))
        return values

    def _scalar(self, node: ScalarNode, line: int) -> Scalar:
        # 1_4 and 10_15 are age bands; YAML would read them as the numbers 14 and 1015.
        if str(node.tag).endswith(":int") and "_" in node.value:
            return str(node.value)
        try:
            value: Scalar = self.scalars.construct_object(node)
        except (ValueError, OverflowError, YAMLError):
            raise ScenarioError(
                f'{self.name}, line {line}: found "{node.value}", which looks like a date or a '
                "number but is not one. Correct it, or put it in quotation marks if it is text."
            ) from None
        return value


def _shown_tag(node: Node) -> str:
    return str(node.tag).replace("tag:yaml.org,2002:", "!!")
