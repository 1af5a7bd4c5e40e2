"""YAML (and JSON) text into plain values and models, with the line of every key, so that a mistake has a place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from cases.errors import ConfigError
from config.findings import Finding

Path = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)

#: Deeper nesting than any honest file has; bounds the work on a hostile one.
MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Located:
    """A parsed file: plain values, and the line (1-based) on which each path starts."""

    file: str
    value: Any
    lines: Mapping[Path, int]

    def line(self, path: Sequence[str | int]) -> int:
        """Return the line of a path, or of its nearest ancestor that is in the file."""
        here = tuple(path)
        while here and here not in self.lines:
            here = here[:-1]
        return self.lines.get(here, 1)

    def finding(self, path: Sequence[str | int], what: str) -> Finding:
        """Make a finding about a path of this file."""
        return Finding(self.file, self.line(path), ".".join(map(str, path)), what)


def parse(text: str, *, file: str) -> Located:
    """Parse YAML 1.2 (of which JSON is a part): no tags, anchors or duplicate keys.

    Raises:
        ConfigError: the text is not readable; the finding names the line.
    """
    reader = YAML(typ="safe", pure=True)
    try:
        node = reader.compose(text)
        lines: dict[Path, int] = {}
        value = _value(reader, node, (), lines, file, 0) if node is not None else None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError([Finding(file, line, "", f"not readable as YAML: {error.problem}")]) from None
    except YAMLError as error:
        raise ConfigError([Finding(file, 1, "", f"not readable as YAML: {error}")]) from None
    except RecursionError:
        raise ConfigError([Finding(file, 1, "", f"nested deeper than {MAX_DEPTH} levels")]) from None
    return Located(file, value, lines)


def validate(located: Located, model: type[M], *, at: Path = ()) -> M:
    """Build a model from a parsed file (or from the part of it at a path).

    Raises:
        ConfigError: one finding per validation error, each with its line.
    """
    value = located.value
    for key in at:
        value = value[key]
    try:
        return model.model_validate(value if value is not None else {})
    except ValidationError as error:
        raise ConfigError([_finding(located, at, item) for item in error.errors(include_url=False)]) from None


#: Where pydantic's own words speak of Python.
_PLAIN = {
    "model_type": "must hold fields, each as `name: value`",
    "dict_type": "must hold fields, each as `name: value`",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
}


def _finding(located: Located, at: Path, item: Any) -> Finding:
    loc = tuple(part for part in item["loc"] if isinstance(part, (str, int)))
    what = _PLAIN.get(item["type"], item["msg"].removeprefix("Value error, "))
    return Finding(located.file, located.line(at + loc), ".".join(map(str, at + loc)), what)


def _value(reader: YAML, node: Node, path: Path, lines: dict[Path, int], file: str, depth: int) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if depth > MAX_DEPTH:
        raise ConfigError([Finding(file, line, ".".join(map(str, path)), f"nested deeper than {MAX_DEPTH} levels")])
    if getattr(node, "anchor", None):
        raise ConfigError(
            [
                Finding(
                    file, line, ".".join(map(str, path)), "anchors and aliases are not used here; write the value out"
                )
            ]
        )
    if isinstance(node, ScalarNode):
        if node.tag == "tag:yaml.org,2002:timestamp":  # dates stay text, as in JSON; models read them
            return node.value
        return reader.constructor.construct_object(node, deep=True)
    if isinstance(node, SequenceNode):
        return [_value(reader, child, (*path, i), lines, file, depth + 1) for i, child in enumerate(node.value)]
    assert isinstance(node, MappingNode)
    result: dict[str, Any] = {}
    for key_node, child in node.value:
        key = key_node.value if isinstance(key_node, ScalarNode) else None
        if key is None:
            raise ConfigError(
                [Finding(file, key_node.start_mark.line + 1, ".".join(map(str, path)), "a key must be plain text")]
            )
        if key in result:
            raise ConfigError(
                [Finding(file, key_node.start_mark.line + 1, ".".join(map(str, (*path, key))), "this key stands twice")]
            )
        lines[(*path, key)] = key_node.start_mark.line + 1
        result[key] = _value(reader, child, (*path, key), lines, file, depth + 1)
    return result
