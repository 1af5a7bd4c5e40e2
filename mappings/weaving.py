"""One expression's tree becomes closures: every node is checked against the whitelist and against the shapes."""

import ast
import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mappings import closures, operators
from mappings.functions import FUNCTIONS, is_missing
from mappings.paths import ANY, NAMES, Getter, Path, getter, listing, walk
from mappings.shape import NEVER, Kind, Shape, constant_shape, either, family
from mappings.syntax import parse_expression, path_of

MAX_DEPTH = 30
MAX_LITERAL = 10**15

BOOLEAN = Shape(kind="boolean")
_COMPARE: Mapping[type[ast.cmpop], operators.Binary] = {
    ast.Eq: operators.equal,
    ast.NotEq: operators.unequal,
    ast.Lt: operators.ordered(operator.lt),
    ast.LtE: operators.ordered(operator.le),
    ast.Gt: operators.ordered(operator.gt),
    ast.GtE: operators.ordered(operator.ge),
    ast.In: operators.member,
    ast.NotIn: operators.not_member,
}
_ARITHMETIC: Mapping[type[ast.operator], operators.Binary] = {
    ast.Add: operators.add,
    ast.Sub: operators.arithmetic(operator.sub),
    ast.Mult: operators.arithmetic(operator.mul),
    ast.Div: operators.arithmetic(operator.truediv),
    ast.FloorDiv: operators.arithmetic(operator.floordiv),
    ast.Mod: operators.arithmetic(operator.mod),
}
_LITERALS = (ast.Constant, ast.List, ast.Tuple)


@dataclass(frozen=True, slots=True)
class Typed:
    """A node: what reads its value, and the shape of that value."""

    run: Getter
    shape: Shape


class Weaver:
    """Turns one tree into closures and collects complaints on the way."""

    def __init__(self, scope: Shape, root: Shape, *, all_codes: bool = True) -> None:
        self._scope, self._root, self._all_codes = scope, root, all_codes
        self.complaints: list[str] = []
        self.reads: list[Path] = []

    def compile(self, text: str) -> Typed:
        """Return what an expression does and gives; `complaints` says what is wrong with it."""
        try:
            tree = parse_expression(text)
        except ValueError as error:
            return self._complain(str(error))
        return self._node(tree, 0)

    def _complain(self, what: str) -> Typed:
        self.complaints.append(what)
        return Typed(closures.missing, ANY)

    def _node(self, node: ast.expr, depth: int) -> Typed:
        if depth > MAX_DEPTH:
            return self._complain(f"nested deeper than {MAX_DEPTH} levels; split it over several rules")
        match node:
            case ast.Constant():
                return self._constant(node.value)
            case ast.Name() | ast.Attribute() | ast.Subscript():
                return self._path(node)
            case ast.Compare():
                return self._compare(node, depth + 1)
            case ast.BoolOp():
                return self._logic(node, depth + 1)
            case ast.UnaryOp():
                return self._unary(node, depth + 1)
            case ast.BinOp():
                return self._binary(node, depth + 1)
            case ast.IfExp():
                return self._choice(node, depth + 1)
            case ast.Call():
                return self._call(node, depth + 1)
            case ast.List() | ast.Tuple():
                return self._options(node, depth + 1)
        return self._complain(
            f"{type(node).__name__} is not part of the language; there are comparisons, and/or/not, arithmetic, "
            f"'a if c else b', paths, and the functions {', '.join(sorted(FUNCTIONS))}"
        )

    def _constant(self, value: object) -> Typed:
        if isinstance(value, (int, float)) and not abs(value) <= MAX_LITERAL:
            return self._complain(f"a number must lie within ±{MAX_LITERAL}")
        if not isinstance(value, (str, bool, int, float)):
            hint = "; ask with 'is None' or present(…)" if value is None else ""
            return self._complain(f"{value!r} is not a value here{hint}")
        return Typed(lambda _scope, _root: value, constant_shape(value))

    def _path(self, node: ast.expr) -> Typed:
        try:
            path = path_of(node)
        except ValueError as error:
            return self._complain(str(error))
        self.reads.append(path)
        found = walk(self._root if path.from_root else self._scope, path.parts)
        if isinstance(found, str):
            return self._complain(found)
        shape, may_miss = found
        return Typed(getter(path), replace(shape, nullable=may_miss))

    def _compare(self, node: ast.Compare, depth: int) -> Typed:
        tests, nodes = [], [node.left, *node.comparators]
        for op, left, right in zip(node.ops, nodes, nodes[1:], strict=False):
            tests.append(self._test(op, left, right, depth))
        if len(tests) == 1:
            return tests[0]
        nullable = any(test.shape.nullable for test in tests)
        return Typed(closures.all_of([test.run for test in tests]), replace(BOOLEAN, nullable=nullable))

    def _test(self, op: ast.cmpop, left: ast.expr, right: ast.expr, depth: int) -> Typed:
        if isinstance(right, ast.Constant) and right.value is None:
            return self._missing_test(op, self._node(left, depth))
        if isinstance(op, (ast.Is, ast.IsNot)):
            return self._complain("'is' only asks for None; compare values with == or !=")
        a, b = self._node(left, depth), self._node(right, depth)
        if isinstance(op, (ast.In, ast.NotIn)):
            self._check_member(a.shape, b.shape)
        else:
            self._check_comparison(op, a.shape, b.shape)
        many = b.shape.items or ANY if isinstance(op, (ast.In, ast.NotIn)) else b.shape
        if isinstance(right, _LITERALS):
            self._check_known(a.shape, many)
        elif isinstance(left, _LITERALS):
            self._check_known(many, a.shape)
        run = closures.combined(_COMPARE[type(op)], a.run, b.run, literal=isinstance(right, _LITERALS))
        return Typed(run, replace(BOOLEAN, nullable=a.shape.nullable or b.shape.nullable))

    def _missing_test(self, op: ast.cmpop, value: Typed) -> Typed:
        read = value.run
        if isinstance(op, (ast.Is, ast.Eq)):
            return Typed(lambda scope, root: is_missing(read(scope, root)), BOOLEAN)
        if isinstance(op, (ast.IsNot, ast.NotEq)):
            return Typed(lambda scope, root: not is_missing(read(scope, root)), BOOLEAN)
        return self._complain("None has no order; ask with 'is None' or 'is not None'")

    def _check_comparison(self, op: ast.cmpop, a: Shape, b: Shape) -> None:
        for shape in (a, b):
            if shape.kind in ("object", "list"):
                self._complain(f"{NAMES[shape.kind]} cannot be compared; compare one of its fields")
                return
        if family(a) != family(b) and "any" not in (a.kind, b.kind):
            self._complain(f"{NAMES[a.kind]} is compared with {NAMES[b.kind]}")
        elif a.kind == "boolean" and not isinstance(op, (ast.Eq, ast.NotEq)):
            self._complain("true and false have no order")

    def _check_member(self, value: Shape, options: Shape) -> None:
        if options.kind == "any":
            return
        if options.kind != "list":
            self._complain(
                f"'in' needs a list on its right, not {NAMES[options.kind]}; contains(text, part) searches text"
            )
            return
        item = options.items or ANY
        if family(value) != family(item) and "any" not in (value.kind, item.kind):
            self._complain(f"{NAMES[value.kind]} is looked for in a list of {NAMES[item.kind]}")

    def _check_known(self, known: Shape, written: Shape) -> None:
        """A code that a field can never have is a typing mistake, not a condition."""
        if not self._all_codes or known.enum is None or known == NEVER:
            return
        for value in written.enum or ():
            if value not in known.enum:
                self._complain(f"{value!r} never occurs there; known: {listing(known.enum)}")

    def _logic(self, node: ast.BoolOp, depth: int) -> Typed:
        operands = [self._node(value, depth) for value in node.values]
        for operand in operands:
            self._want_boolean(operand.shape)
        runs = [operand.run for operand in operands]
        nullable = any(operand.shape.nullable for operand in operands)
        return Typed(
            closures.all_of(runs) if isinstance(node.op, ast.And) else closures.any_of(runs),
            replace(BOOLEAN, nullable=nullable),
        )

    def _want_boolean(self, shape: Shape) -> None:
        if shape.kind not in ("boolean", "any"):
            self._complain(f"and, or, not and if need true or false, not {NAMES[shape.kind]}; write a comparison")

    def _unary(self, node: ast.UnaryOp, depth: int) -> Typed:
        value = self._node(node.operand, depth)
        read = value.run
        if isinstance(node.op, ast.Not):
            self._want_boolean(value.shape)
            return Typed(
                lambda scope, root: operators.negate(read(scope, root)), replace(BOOLEAN, nullable=value.shape.nullable)
            )
        if isinstance(node.op, ast.USub):
            self._want_number(value.shape)
            minus = _ARITHMETIC[ast.Sub]
            return Typed(lambda scope, root: minus(0, read(scope, root)), replace(value.shape, enum=None))
        return self._complain("only 'not' and '-' may stand before a value")

    def _want_number(self, shape: Shape) -> None:
        if shape.kind not in ("integer", "number", "any"):
            self._complain(f"arithmetic needs numbers, not {NAMES[shape.kind]}; number(text) reads one")

    def _binary(self, node: ast.BinOp, depth: int) -> Typed:
        if isinstance(node.op, ast.Pow):
            return self._complain("powers are not part of the language")
        if type(node.op) not in _ARITHMETIC:
            return self._complain("only + - * / // % combine values")
        a, b = self._node(node.left, depth), self._node(node.right, depth)
        shape = self._binary_shape(node.op, a.shape, b.shape)
        return Typed(
            closures.combined(_ARITHMETIC[type(node.op)], a.run, b.run, literal=isinstance(node.right, _LITERALS)),
            shape,
        )

    def _binary_shape(self, op: ast.operator, a: Shape, b: Shape) -> Shape:
        kinds = {a.kind, b.kind}
        if isinstance(op, ast.Add) and "string" in kinds and kinds <= {"string", "any"}:
            bounded = a.max_length is not None and b.max_length is not None
            longest = (a.max_length or 0) + (b.max_length or 0) if bounded else None
            return Shape(kind="string", max_length=longest, nullable=a.nullable or b.nullable)
        self._want_number(a)
        self._want_number(b)
        divides = isinstance(op, (ast.Div, ast.FloorDiv, ast.Mod))
        kind: Kind = "integer" if kinds == {"integer"} and not isinstance(op, ast.Div) else "number"
        if isinstance(op, ast.Add) and "any" in kinds:
            kind = "any"
        fails = divides and (b.enum is None or 0 in b.enum)
        return Shape(kind=kind, nullable=a.nullable or b.nullable or fails)

    def _choice(self, node: ast.IfExp, depth: int) -> Typed:
        test, yes, no = (self._node(part, depth) for part in (node.test, node.body, node.orelse))
        self._want_boolean(test.shape)
        read_test, read_yes, read_no = test.run, yes.run, no.run

        def run(scope: Any, root: Any) -> Any:
            answer = read_test(scope, root)
            if answer is True:
                return read_yes(scope, root)
            return read_no(scope, root) if answer is False else None

        shape = either(yes.shape, no.shape)
        return Typed(run, replace(shape, nullable=shape.nullable or test.shape.nullable))

    def _call(self, node: ast.Call, depth: int) -> Typed:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        function = FUNCTIONS.get(name)
        if function is None:
            return self._complain(
                f"no such function{f': {name}' if name else ''}; known: {', '.join(sorted(FUNCTIONS))}"
            )
        if node.keywords or len(node.args) != len(function.takes):
            return self._complain(f"{name} takes {len(function.takes)} value(s), without names")
        arguments = [self._node(argument, depth) for argument in node.args]
        for number, (argument, kinds) in enumerate(zip(arguments, function.takes, strict=True), start=1):
            if argument.shape.kind not in kinds | {"any"} and not (
                argument.shape.kind == "integer" and "number" in kinds
            ):
                wanted = " or ".join(NAMES[kind] for kind in sorted(kinds))
                self._complain(f"{name}: value {number} must be {wanted}, not {NAMES[argument.shape.kind]}")
        run = closures.called(
            function.run, [argument.run for argument in arguments], sees_missing=function.sees_missing
        )
        nullable = not function.sees_missing and (
            name in {"number", "integer"} or any(argument.shape.nullable for argument in arguments)
        )
        longest = arguments[0].shape.max_length if function.gives == "string" else None
        return Typed(run, Shape(kind=function.gives, nullable=nullable, max_length=longest))

    def _options(self, node: ast.List | ast.Tuple, depth: int) -> Typed:
        items = [self._node(item, depth) for item in node.elts]
        if not items or not all(isinstance(item, ast.Constant) for item in node.elts):
            return self._complain("a list holds at least one text or number, written out")
        values = [item.run(None, None) for item in items]
        shape = items[0].shape
        for item in items[1:]:
            shape = either(shape, item.shape)
        return Typed(lambda _scope, _root: values, Shape(kind="list", items=shape, min_items=len(items)))
