"""Small typed expressions: conditions of rules and routes, `expr:` values, receipts.

The syntax is a part of Python's: comparison, `in` a list, and/or/not, + - * / // %, `a if c else b`, texts,
numbers, dotted paths (`applicant.id_type`, `materials[0].name`, `reply['class']`, `$.case_no` from the root) and the
functions of `mappings.functions`. No loops, no other calls, no names beyond the document: the text is parsed into a
tree, every node is checked against a whitelist (and against a Shape where there is one) and turned into a closure;
nothing is ever evaluated as Python.

Missing values are well defined (see `mappings.operators`): a comparison with a missing value is neither true nor false,
a condition that comes out missing does not hold, an expression that comes out missing gives None. Nothing raises.
`x is None` and `present(x)` ask whether a value is missing; blank text counts as missing there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cases.errors import ConfigError
from config.findings import Finding
from mappings.paths import ANY, NAMES, Getter, Path
from mappings.shape import Shape
from mappings.weaving import Weaver


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; calling it with a document gives its value, None where that is missing."""

    text: str
    run: Getter
    shape: Shape  # what it gives
    reads: tuple[Path, ...]

    def __call__(self, document: Mapping[str, Any]) -> Any:
        """Evaluate; never raises."""
        return self.run(document, document)


def compile_expression(
    text: str,
    *,
    file: str,
    line: int,
    shape: Shape | None = None,
    root: Shape | None = None,
    key: str = "",
    all_codes: bool = True,
) -> Expression:
    """Compile an expression.

    Args:
        text: the expression.
        file: the file it stands in, for findings.
        line: its line, 1-based.
        shape: the document's shape (in a list: the item's); None: paths and types are not checked.
        root: the whole document's shape, for `$.` paths; None: the same as `shape`.
        key: the key it stands under, for findings.
        all_codes: the shapes name every code that may come, so that another one in the text is a mistake.

    Raises:
        ConfigError: every finding: not in the language, unknown path, types that do not go together.
    """
    compiler = Weaver(shape or ANY, root or shape or ANY, all_codes=all_codes)
    typed = compiler.compile(text)
    if compiler.complaints:
        raise ConfigError([Finding(file, line, key, what) for what in dict.fromkeys(compiler.complaints)])
    return Expression(text, typed.run, typed.shape, tuple(dict.fromkeys(compiler.reads)))


def compile_condition(
    text: str, *, file: str, line: int, shape: Shape | None = None, root: Shape | None = None, key: str = ""
) -> Callable[[Mapping[str, Any]], bool]:
    """Compile a condition: an expression that must be true or false; one that comes out missing does not hold.

    Raises:
        ConfigError: as `compile_expression`, or the expression gives something else than true or false.
    """
    expression = compile_expression(text, file=file, line=line, shape=shape, root=root, key=key)
    if complaint := no_condition(expression):
        raise ConfigError([Finding(file, line, key, complaint)])
    run = expression.run
    return lambda document: run(document, document) is True


def no_condition(expression: Expression) -> str:
    """Say why an expression cannot be a condition, or return an empty text."""
    if expression.shape.kind in ("boolean", "any"):
        return ""
    return f"a condition must be true or false; {expression.text!r} gives {NAMES[expression.shape.kind]}"
