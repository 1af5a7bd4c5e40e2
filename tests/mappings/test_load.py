import pytest

from cases.errors import ConfigError
from mappings import CodeTable, load_mapping, load_table


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_mapping(text, file="request.yaml", direction="out")
    return str(caught.value)


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ("from: a, const: x", "a rule has exactly one of from, const, concat"),
        ("default: x", "a rule has exactly one of"),
        ("frm: a", "Extra inputs are not permitted"),
        ("const: x, table: t", "table does not go with const"),
        ("from: a, format: '%Y'", "format needs as: date or datetime beside it"),
        ("from: a, as: text, digits: 2", "digits needs as: decimal beside it"),
        ("from: a, backwards: true", "backwards needs table beside it"),
        ("from: a, part: 1", "part needs split beside it"),
        ("each: a", "each needs either to"),
        ("each: a, to: {B: {from: c}}, item: {from: d}", "each needs either to"),
        ("from: a, to: {B: {from: c}}, default: x", "default does not go with from"),
        ("from: a, split: ',', table: t", "split gives a list; choose one piece with part"),
        ("from: a, as: money", "Input should be 'text', 'integer'"),
        ("from: a, text: [shout]", "Input should be 'trim', 'upper'"),
        ("from: a, table: {x: 1.5}", "table"),
        ("to: {}", "at least 1 item"),
    ],
)
def test_a_rule_that_cannot_be_is_a_finding_with_its_line(rule: str, what: str) -> None:
    message = refused(f"to:\n  OK: {{from: a}}\n  BAD: {{{rule}}}")
    assert message.startswith("request.yaml:3: to.BAD")
    assert what in message


def test_every_finding_is_listed() -> None:
    assert refused("to:\n  A: {}\n  B: {from: a, const: b}\n  C: {nope: 1}").count("request.yaml:") >= 3


def test_the_same_target_twice_is_a_finding() -> None:
    assert "request.yaml:3: to.A: this key stands twice" in refused("to:\n  A: {from: a}\n  A: {from: b}")


def test_codes_keep_their_leading_zeros_when_quoted() -> None:
    mapping = load_mapping('tables: {t: {"01": "0111"}}\nto: {A: {from: a, table: t}}', file="f", direction="out")
    assert mapping.tables["t"].rows == {"01": "0111"}


def test_a_table_of_the_pack_cannot_be_shadowed() -> None:
    pack = CodeTable(name="t", rows={"a": "1"})
    with pytest.raises(ConfigError, match="the pack has a table of this name"):
        load_mapping("tables: {t: {a: '2'}}\nto: {A: {from: a, table: t}}", file="f", direction="out", tables=[pack])


def test_a_table_file_is_checked() -> None:
    table = load_table("name: t\nversion: 2\nrows: {a: '1', b: '1'}\nback: {'1': a}", file="tables/t.yaml")
    assert table.version == 2
    assert table.backward() == {"1": "a"}
    with pytest.raises(ConfigError, match=r"tables/t.yaml:3: back.2: no row says this"):
        load_table("name: t\nrows: {a: '1'}\nback: {'2': a}", file="tables/t.yaml")
    with pytest.raises(ConfigError, match="a blank code has no row"):
        load_table("name: t\nrows: {' ': '1'}", file="tables/t.yaml")


def test_an_ambiguous_code_has_no_way_back_unless_it_is_decided() -> None:
    table = CodeTable(name="t", rows={"a": "1", "b": "1", "c": "2"})
    assert table.ambiguous() == ("1",)
    assert table.backward() == {"2": "c"}
