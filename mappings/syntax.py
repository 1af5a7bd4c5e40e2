"""The text of an expression as a tree, and what can be read off the tree alone."""

import ast
import re
import warnings
from collections.abc import Iterable

from mappings.functions import FUNCTIONS
from mappings.paths import MAX_INDEX, Path

MAX_LENGTH = 2000
_ROOT = "__root__"
_STRING_OR_ROOT = re.compile(r"""('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|\$\.""")


def parse_expression(text: str) -> ast.expr:
    """Read an expression's text; what may stand in it is decided node by node (see `mappings.weaving`).

    Raises:
        ValueError: too long, or no expression.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"an expression has at most {MAX_LENGTH} characters, this has {len(text)}")
    source = _STRING_OR_ROOT.sub(lambda found: found[1] or f"{_ROOT}.", text.strip())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return ast.parse(source, mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"not an expression: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError):
        raise ValueError("not an expression: it is nested too deeply or holds unreadable characters") from None


def path_of(node: ast.expr) -> Path:
    """Read a name with its fields and positions as a path.

    Raises:
        ValueError: something else than a path.
    """
    parts: list[str | int] = []
    here = node
    while not isinstance(here, ast.Name):
        match here:
            case ast.Attribute():
                parts.append(here.attr)
                here = here.value
            case ast.Subscript(slice=ast.Constant(value=str() as name)):
                parts.append(name)
                here = here.value
            case ast.Subscript(slice=ast.Constant(value=int() as index)) if 0 <= index <= MAX_INDEX:
                parts.append(int(index))
                here = here.value
            case _:
                raise ValueError("a path starts with a field's name; a position is written [0], a name ['…']")
    from_root = here.id == _ROOT
    path = Path(tuple(reversed(parts)) if from_root else (here.id, *reversed(parts)), from_root)
    if any(isinstance(part, str) and part.startswith("__") for part in path.parts):
        raise ValueError(f"{path} is not a path: names do not start with two underscores")
    return path


def there_when_true(text: str) -> frozenset[Path]:
    """Return the paths whose values are surely there wherever a condition holds; empty for an unreadable one."""
    try:
        return _there_when_true(parse_expression(text))
    except ValueError:
        return frozenset()


def _there_when_true(node: ast.expr) -> frozenset[Path]:
    match node:
        case ast.BoolOp(op=ast.And()):
            return _union(_there_when_true(value) for value in node.values)
        case ast.BoolOp(op=ast.Or()):
            return frozenset.intersection(*(_there_when_true(value) for value in node.values))
        case ast.Call(func=ast.Name(id="present"), args=[asked]):
            return _there(asked)
        case ast.Compare(ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=None)]):
            return frozenset()
        case ast.Compare():  # a comparison with a missing value is not true; neither is `x is not None`
            return _union(_there(each) for each in (node.left, *node.comparators))
    return _there(node)


def _there(node: ast.expr) -> frozenset[Path]:
    """The paths that are there wherever a node gives a value."""
    match node:
        case ast.Name() | ast.Attribute() | ast.Subscript():
            return frozenset({path_of(node)})
        case ast.BinOp():
            return _there(node.left) | _there(node.right)
        case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS and not FUNCTIONS[name].sees_missing:
            return _union(_there(argument) for argument in node.args)
    return frozenset()


def _union(sets: Iterable[frozenset[Path]]) -> frozenset[Path]:
    return frozenset(path for paths in sets for path in paths)
