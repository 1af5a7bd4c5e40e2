import pytest

from cases.errors import ConfigError
from mappings import compile_condition, compile_expression
from tests.mappings.shapes import SOURCE

REPLY = {
    "reply": {"code": "0", "class": 3, "note": " "},
    "fee": 1200,
    "items": [{"n": "a"}],
    "yes": True,
    "name": "测试",
}


def value(text: str, document: object = None) -> object:
    return compile_expression(text, file="f.yaml", line=1)(REPLY if document is None else document)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reply.code == '0'", True),
        ("reply['class'] + 1", 4),
        ("fee / 100", 12.0),
        ("fee // 7 % 5 - -1", 2),
        ("1 < fee <= 1200", True),
        ("items[0].n in ['a', 'b']", True),
        ("items[0].n not in ('x',)", True),
        ("'是' if yes else '否'", "是"),
        ("name + '!'", "测试!"),
        ("len(items) == 1 and len(name) == 2", True),
        ("upper(part('abc', 0, 2))", "AB"),
        ("starts_with(name, '测') and not ends_with(name, '测')", True),
        ("contains('a $. b', '$.')", True),
        ("$.reply.code == '0'", True),
        ("number('12.5') + integer('3')", 15.5),
        ("round(2.675, 2)", 2.68),
        ("text(fee)", "1200"),
        ("abs(0 - 3)", 3),
    ],
)
def test_gives_the_value(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "reply.nope == '0'",
        "reply.nope != '0'",
        "not reply.nope == '0'",
        "reply.nope < 3",
        "reply.nope in ['a']",
        "reply.nope + 1",
        "reply.code + 1",
        "len(reply.nope)",
        "'a' if reply.nope == 'x' else 'b'",
        "reply.code.deeper",
        "name[0]",
        "fee / 0",
        "fee < name",
        "yes and reply.nope == 'x'",
        "number('1e9')",
        "900000000000000 * 900000000000000",
        "number(items)",
        "upper(reply)",
    ],
)
def test_what_is_missing_or_of_another_type_gives_missing_and_never_raises(text: str) -> None:
    assert value(text) is None


def test_logic_decides_where_one_side_is_enough() -> None:
    assert value("yes or reply.nope == 'x'") is True
    assert value("not yes and reply.nope == 'x'") is False


def test_types_are_not_mixed_in_comparisons() -> None:
    assert value("fee == '1200'") is False
    assert value("yes == 1") is False
    assert value("fee == 1200.0") is True


@pytest.mark.parametrize(
    ("text", "expected"), [("reply.note is None", True), ("reply.code != None", True), ("present(x)", False)]
)
def test_presence_can_be_asked_and_blank_is_missing(text: str, expected: bool) -> None:
    assert value(text) is expected


def test_a_condition_holds_only_when_it_is_certainly_true() -> None:
    accepted = compile_condition("reply.code != '1'", file="connector.yaml", line=3)
    assert accepted({"reply": {"code": "0"}}) is True
    assert accepted({"reply": {}}) is False
    assert accepted({}) is False


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "a.__class__.__mro__",
        "a['__class__']",
        "__builtins__",
        "2 ** 9999",
        "9 ** 9 ** 9",
        "'a' * 1000000",
        "(" * 300 + "1" + ")" * 300,
        "not " * 450 + "a",
        "-" * 1900 + "1",
        "+".join(["a"] * 900),
        "[x for x in a]",
        "lambda: 1",
        "'a'.join(b)",
        "a.b()",
        "f'{a}'",
        "a := 3",
        "(yield)",
        "await a",
        "*a",
        "{1: 2}",
        "a[b]",
        "a[-1]",
        "a[0:2]",
        "a is b",
        "a < None",
        "~a",
        "a | b",
        "len(a, b)",
        "len(x=a)",
        "nosuch(a)",
        "b'bytes'",
        "1j",
        "...",
        "1e999",
        "99999999999999999999",
        "'\\d'",
        "a\0b",
        "",
        "a;b",
        "import os",
        "x" * 2001,
        "[a, b]",
        "[]",
    ],
)
def test_hostile_or_foreign_text_is_a_finding(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compile_expression(text, file="request.yaml", line=7, key="to.X.expr")
    assert str(caught.value).startswith("request.yaml:7: to.X.expr: ")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("aplicant.name == 'x'", "no such field: aplicant; known there: agent, applicant"),
        ("applicant.nam == 'x'", "no such field: applicant.nam"),
        ("channel == 'conter'", "'conter' never occurs there; known: counter, web"),
        ("channel in ['web', 'pigeon']", "'pigeon' never occurs there"),
        ("fee == '1250'", "an integer is compared with text"),
        ("fee + 'x' == 'y'", "arithmetic needs numbers, not text"),
        ("urgent > 1", "true or false is compared with an integer"),
        ("lower(fee) == 'x'", "lower: value 1 must be text, not an integer"),
        ("materials == 'x'", "a list cannot be compared"),
        ("'a' in case_no", "'in' needs a list on its right, not text; contains(text, part)"),
        ("fee and urgent", "and, or, not and if need true or false, not an integer"),
        ("materials.name == 'x'", "materials is a list, not an object; read it with each"),
        ("fee", "a condition must be true or false; 'fee' gives an integer"),
    ],
)
def test_a_shape_finds_mistakes_before_the_first_document(text: str, what: str) -> None:
    with pytest.raises(ConfigError, match=r"^routes.yaml:4: ") as caught:
        compile_condition(text, file="routes.yaml", line=4, shape=SOURCE)
    assert what in str(caught.value)


def test_all_mistakes_of_one_expression_are_listed() -> None:
    with pytest.raises(ConfigError) as caught:
        compile_expression("nope == 'x' and channel == 'pigeon'", file="f", line=1, shape=SOURCE)
    assert len(caught.value.findings) == 2


def test_an_expression_says_what_it_gives_and_reads() -> None:
    expression = compile_expression("'1' if channel == 'web' else '0'", file="f", line=1, shape=SOURCE)
    assert expression.shape.enum == ("1", "0")
    assert not expression.shape.nullable
    assert [str(path) for path in expression.reads] == ["channel"]
