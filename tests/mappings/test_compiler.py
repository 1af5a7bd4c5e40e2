from typing import Any

import pytest

from cases.errors import ConfigError, MappingError
from cases.states import Mark
from mappings import compile_mapping, load_mapping
from tests.mappings.shapes import CASE, compiled, mapped


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("from: applicant.name", "测试甲"),
        ("from: fee", 1250),
        ("from: urgent", True),
        ("from: 'materials[1].note'", "一寸"),
        ("const: X", "X"),
        ("const: 0", 0),
        ("from: applicant.phone, default: none", "none"),
        ("from: channel, table: {counter: '2'}", "2"),
        ("from: urgent, table: {true: '1', false: '0'}", "1"),
        ("from: fee, as: text", "1250"),
        ("from: fee, as: decimal, digits: 2", "1250.00"),
        ("expr: fee / 1000, as: decimal, digits: 2", "1.25"),
        ("expr: fee / 100", 12.5),
        ("concat: [case_no, {const: /}, fee]", "C-1/1250"),
        ("concat: [case_no, applicant.name], separator: '-'", "C-1-测试甲"),
        ("concat: [case_no, {from: applicant.phone, omit_if_missing: true}], separator: '-'", "C-1"),
        ("concat: [case_no, applicant.phone], default: none", "none"),
        ("first_of: [applicant.phone, agent.name, applicant.name]", "测试甲"),
        ("first_of: [{from: case_no, when: \"channel == 'web'\"}, {const: none}]", "none"),
        ("from: case_no, split: '-'", ["C", "1"]),
        ("from: case_no, split: '-', part: 1, as: integer", 1),
        ("from: case_no, split: '-', join: /", "C/1"),
        ("from: case_no, text: [lower, digits_only]", "1"),
        ("from: submitted_at, cut: 10", "2026-03-02"),
        ("from: submitted_at, as: date, format: '%Y%m%d'", "20260302"),
        ("from: form, as: whole", {"hall": "东"}),
        ("each: materials, item: {from: name}", ["申请表", "照片"]),
        ("each: materials, item: {from: name}, join: 、", "申请表、照片"),
        ("each: materials, where: \"form == 'copy'\", item: {from: name}", ["照片"]),
        (
            "each: materials, to: {N: {from: name}, C: {from: $.case_no}}",
            [{"N": n, "C": "C-1"} for n in ("申请表", "照片")],
        ),
        ("from: applicant, to: {N: {from: name}}", {"N": "测试甲"}),
        ("to: {N: {from: applicant.name}}", {"N": "测试甲"}),
    ],
)
def test_a_rule_gives_its_value(rule: str, expected: Any) -> None:
    assert mapped(f"  A: {{{rule}}}") == {"A": expected}


@pytest.mark.parametrize(
    "rule",
    [
        "from: applicant.phone, omit_if_missing: true",
        "from: case_no, when: \"channel == 'web'\"",
        "from: case_no, when: nope == 'x'",
        "from: agent, omit_if_missing: true, to: {N: {from: name}}",
        "to: {N: {from: agent.name, omit_if_missing: true}}, omit_if_missing: true",
        "each: tags, omit_if_missing: true, item: {from: .}",
        "each: materials, omit_if_missing: true, where: \"form == 'x'\", item: {from: name}",
        "concat: [applicant.phone, agent.name], omit_if_missing: true",
    ],
)
def test_a_field_is_left_out_only_where_the_rule_says_so(rule: str) -> None:
    assert mapped(f"  A: {{{rule}}}") == {}


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ("from: nope", "to.A: required value is missing: nope is missing; give it, or declare default"),
        ("from: applicant.phone", "applicant.phone is null"),
        ("from: agent.name", "agent is missing"),
        ("from: form", "is an object, not one value; map its fields with to"),
        ("from: materials", "is a list, not one value; read it with each or join"),
        ("from: channel, table: {web: '1', app: '2'}", "no entry for 'counter'; known: app, web (from channel)"),
        ("from: case_no, as: integer", "'C-1' is not an integer"),
        ("from: case_no, as: boolean", "'C-1' is not true, false, 1 or 0"),
        ("from: case_no, as: datetime", "is not a time like 2026-03-02T09:12:00+08:00"),
        ("from: applicant.name, max_length: 2", "has 3 characters, at most 2 go there; shorten it, or declare cut: 2"),
        ("concat: [case_no, applicant.phone]", "required value is missing"),
        ("first_of: [applicant.phone, agent.name]", "required value is missing"),
        ("expr: nope + 1", "gives no value: a path it reads is missing or of another type"),
        ("'expr': \"'a' if nope == 'x' else 'b'\"", "gives no value"),
        ("from: case_no, split: '-', part: 5", "has no piece 5"),
        ("from: case_no, split: C-1, part: 0", "has no piece 0"),
        ("from: applicant.name, text: [digits_only]", "nothing is left after digits_only"),
        ("from: agent, to: {N: {from: name}}", "required value is missing: agent is missing"),
        ("from: case_no, to: {N: {from: name}}", "case_no is text, not an object"),
        ("each: case_no, item: {from: .}", "case_no is text, not a list"),
        ("each: tags, item: {from: .}", "tags is missing"),
        ("each: materials, max_items: 1, item: {from: name}", "materials has 2 items, at most 1 go there"),
        ("each: materials, item: {from: note}", "to.A[0]: required value is missing"),
        ("each: materials, to: {N: {from: note, max_length: 9}}", "to.A[0].N: required value is missing"),
        ("to: {B: {to: {C: {from: nope}}}}", "to.A.B.C: required value is missing"),
    ],
)
def test_what_does_not_fit_names_its_place_and_remedy(rule: str, what: str) -> None:
    with pytest.raises(MappingError) as caught:
        mapped(f"  A: {{{rule}}}")
    assert str(caught.value).startswith("request.yaml:2: to.A")
    assert what in str(caught.value)


def test_blank_text_counts_as_missing() -> None:
    assert mapped("  A: {from: x, default: d}", {"x": " 　"}) == {"A": "d"}
    assert mapped("  A: {from: x.y, omit_if_missing: true}", {"x": {"y": ""}}) == {}


def test_a_value_of_no_known_type_is_refused_not_written() -> None:
    for odd in (b"x", {1}, float("nan"), object()):
        with pytest.raises(MappingError):
            mapped("  A: {from: x}", {"x": odd})


def test_text_without_bound_has_one() -> None:
    with pytest.raises(MappingError, match="at most 1000000 go there"):
        mapped("  A: {from: x}", {"x": "a" * 1_000_001})
    assert mapped("  A: {from: x, max_length: 2000000}", {"x": "a" * 1_000_001})


def test_a_whole_branch_is_copied_within_bounds() -> None:
    source = {"x": {"y": [1, None, {"z": "t"}]}}
    document = mapped("  A: {from: x, as: whole}", source)
    assert document["A"] == source["x"]
    assert document["A"] is not source["x"]
    deep: Any = "t"
    for _ in range(60):
        deep = [deep]
    with pytest.raises(MappingError, match="nested deeper than 40 levels"):
        mapped("  A: {from: x, as: whole}", {"x": deep})


def test_a_table_may_declare_a_constant_for_other_codes() -> None:
    tables = "tables:\n  t: {rows: {web: '1'}, others: {const: '9'}}\n"
    mapping = compiled("  A: {from: channel, table: t}", tables=tables)
    result = mapping.run(CASE)
    assert result.document == {"A": "9"}
    assert result.marks == {"A": Mark.DEFAULTED}


def test_a_table_is_read_backwards() -> None:
    tables = "tables:\n  t: {rows: {a: '1', b: '2', c: '2'}, back: {'2': b}}\n"
    mapping = compiled("  A: {from: x, table: t, backwards: true}", tables=tables)
    assert mapping.run({"x": "1"}).document == {"A": "a"}
    assert mapping.run({"x": 2}).document == {"A": "b"}
    with pytest.raises(MappingError, match="no entry for '3'; known: 1, 2"):
        mapping.run({"x": "3"})


def test_the_trace_names_the_rule_behind_every_value() -> None:
    rules = """\
  N: {from: applicant.name}
  T: {const: X}
  P: {from: applicant.phone, default: none}
  F: {first_of: [agent.name, applicant.name]}
  L: {each: materials, to: {N: {from: name}, B: {from: note, default: none}}}
  S: {to: {K: {from: channel, table: {counter: '2'}}, E: {expr: fee > 3}}}
"""
    told = [(e.target, e.source, e.value, e.mark.value[:3], e.line) for e in compiled(rules).run(CASE).trace]
    assert told == [
        ("N", "applicant.name", "测试甲", "OBS", 2),
        ("T", "", "X", "DER", 3),
        ("P", "applicant.phone", "none", "DEF", 4),
        ("F", "applicant.name", "测试甲", "OBS", 5),
        ("L[0].N", "name", "申请表", "OBS", 6),
        ("L[0].B", "note", "none", "DEF", 6),
        ("L[1].N", "name", "照片", "OBS", 6),
        ("L[1].B", "note", "一寸", "OBS", 6),
        ("S.K", "channel", "2", "OBS", 7),
        ("S.E", "fee > 3", True, "DER", 7),
    ]


def test_a_default_deep_inside_lists_is_marked_in_its_place_only() -> None:
    rules = "  G: {each: gs, to: {M: {each: ms, item: {from: ., default: d}}, X: {to: {Y: {from: y, default: d}}}}}"
    document = {"gs": [{"ms": ["a", None], "y": "b"}, {"ms": [], "y": ""}]}
    trace = compiled(rules).run(document).trace
    assert [e.target for e in trace if e.mark is Mark.DEFAULTED] == ["G[0].M[1]", "G[1].X.Y"]


def test_a_mapping_says_which_paths_it_reads() -> None:
    rules = """\
  A: {from: applicant.name, when: "channel == 'web'"}
  L: {each: materials, to: {N: {from: name}, C: {from: $.case_no}}, where: "form == 'copy'"}
  W: {from: form, as: whole}
  P: {from: agent, omit_if_missing: true, to: {N: {from: name}}}
"""
    mapping = compiled(rules)
    assert mapping.paths == {
        "applicant.name", "channel", "materials.name", "materials.form", "case_no", "form.*", "agent.name"
    }  # fmt: skip
    assert mapping.reads("form.hall")
    assert mapping.reads("case_no")
    assert not mapping.reads("applicant.id_number")
    assert mapping.lines["materials.name"] == 3


def test_a_status_says_which_case_it_is_about() -> None:
    text = "correlate: {foreign_no: a.no, case_no: ours}\nto: {X: {const: x}}"
    mapping = compile_mapping(load_mapping(text, file="status.yaml", direction="in"))
    found = mapping.correlate({"a": {"no": 17}, "ours": " "})
    assert (found.foreign_no, found.case_no) == ("17", None)


def test_compiling_lists_every_mistake_with_its_line() -> None:
    rules = """\
  A: {from: a..b}
  B: {from: x, table: nope}
  C: {expr: "x **2"}
  D: {from: x, as: date, format: "%q"}
  E: {from: x, as: datetime, zone: Mars}
  F: {from: x, table: {a: '1', b: '1'}, backwards: true}
  G: {concat: [{each: x, item: {from: .}}]}
  H: {from: x, when: "1"}
"""
    with pytest.raises(ConfigError) as caught:
        compiled(rules)
    lines = sorted(finding.line for finding in caught.value.findings)  # type: ignore[attr-defined]
    assert lines == [2, 3, 4, 5, 6, 7, 8, 9]
