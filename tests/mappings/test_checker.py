"""Seeded mistakes of every class are found with their line; a good mapping has no finding."""

import pytest

from cases.case import Case
from config.findings import Finding
from mappings import (
    Shape,
    check_fields,
    check_mapping,
    load_mapping,
    shape_from_model,
    status_shape,
)
from tests.mappings.shapes import SOURCE, codes, compiled, findings, may, must, record, rows, text

ANY = Shape(kind="any")


def one(rule: str, target: Shape, *, required: bool = False, source: Shape = SOURCE) -> list[Finding]:
    member = must(target) if required else may(target)
    return findings(f"  A: {{{rule}}}", record(A=member), source=source)


def whats(found: list[Finding]) -> str:
    assert all(finding.file == "request.yaml" and finding.line == 2 for finding in found)
    return " | ".join(finding.what for finding in found)


GOOD = [
    ("from: applicant.name", text(100)),
    ("from: applicant.name, max_length: 30", text(30)),
    ("from: applicant.name, cut: 30", text(30)),
    ("from: applicant.id_type, table: {'111': '01', '414': '02'}", codes("01", "02", "03")),
    ("from: applicant.phone, omit_if_missing: true", text(18)),
    ("from: applicant.phone, default: '0'", text(18)),
    ("from: fee", Shape(kind="number")),
    ("from: fee, as: text, max_length: 12", text(12)),
    ("from: fee, as: decimal, digits: 2", text(format="decimal")),
    ("expr: fee / 100", Shape(kind="number")),
    ("expr: \"'1' if urgent else '0'\"", codes("0", "1")),
    ("expr: form.amount + 1", Shape(kind="integer")),
    ("from: form.anything", codes("a")),
    ("from: submitted_at", text(format="date-time")),
    ("from: submitted_at, as: datetime, format: '%Y-%m-%d %H:%M:%S', zone: Asia/Shanghai", text(19, min_length=19)),
    ("from: submitted_at, as: date, format: '%Y%m%d'", text(8, pattern=r"^\d{8}$")),
    ("from: born, as: date, omit_if_missing: true", text(format="date")),
    ("from: channel, text: [upper]", codes("COUNTER", "WEB")),
    ("concat: [applicant.id_type, channel], separator: '-'", text(11)),
    ("first_of: [applicant.phone, {const: none}]", text(18)),
    ("first_of: [{const: w, when: \"channel == 'web'\"}, {const: c}]", codes("w", "c")),
    ("each: materials, item: {from: name}", rows(text(200))),
    ("each: materials, to: {N: {from: name}, C: {from: $.case_no}}", rows(record(N=must(text(200)), C=may(text(50))))),
    ("each: materials, item: {from: form}, join: ','", text()),
    ("each: tags, omit_if_missing: true, item: {from: .}", rows(text(10))),
    ("from: agent, omit_if_missing: true, to: {N: {from: name}}", record(N=must(text(100)))),
    ("from: applicant, to: {N: {from: name}}", record(N=must(text(100)))),
    ("from: urgent, table: {true: '1', false: '0'}", codes("1", "0")),
    ("from: form, as: whole", Shape(kind="object", closed=False)),
]


@pytest.mark.parametrize(("rule", "target"), GOOD)
def test_no_false_alarm(rule: str, target: Shape) -> None:
    assert one(rule, target) == []


SOURCES = [
    ("from: aplicant.name", "no such field: aplicant; known there: agent, applicant"),
    ("from: applicant.nam", "no such field: applicant.nam; known there: id_type, name, phone"),
    ("from: case_no.x", "case_no is text, not an object"),
    ("from: materials.name", "materials is a list, not an object; read it with each"),
    ("each: materials, item: {from: nam}", "no such field: nam; known there: form, name, note"),
    ("each: materials, item: {from: $.nope}", "no such field: nope"),
    ("concat: [case_no, {const: x}, nope]", "no such field: nope"),
    ("first_of: [nope, case_no]", "no such field: nope"),
    ("const: x, when: nope is None", "no such field: nope"),
    ("expr: nope", "no such field: nope"),
]
TYPES = [
    ("from: fee", text(), "an integer goes where the target has text; say as: text"),
    ("from: case_no", Shape(kind="integer"), "text goes where the target has an integer; say as: integer"),
    ("from: urgent", text(), "true or false goes where the target has text"),
    ("from: fee, as: decimal", Shape(kind="number"), "text goes where the target has a number; say as: number"),
    ("expr: fee / 100", Shape(kind="integer"), "a number goes where the target has an integer"),
    ("const: 1", text(), "an integer goes where the target has text"),
    ("from: case_no", rows(text()), "text goes where the target has a list; make one with each"),
    ("from: case_no", record(X=may(text())), "text goes where the target has an object; build one with to"),
    ("from: applicant", text(), "this is an object, not one value; map its fields with to"),
    ("from: materials", text(), "this is a list, not one value; read it with each or join"),
    ("each: materials, item: {from: name}", text(), "each gives a list, the target has text; join it"),
    ("to: {X: {from: case_no}}", text(), "an object is built where the target has text"),
    ("each: case_no, item: {from: .}", rows(text()), "each reads a list, this is text"),
    ("from: case_no, to: {X: {from: y}}", record(X=may(text())), "to needs an object to read from, this is text"),
    ("from: applicant.phone, default: 0", text(18), "an integer goes where the target has text"),
]
ARGUMENTS = [
    ("expr: lower(fee)", "lower: value 1 must be text, not an integer"),
    ("expr: len(fee)", "len: value 1 must be a list or text, not an integer"),
    ("expr: starts_with(case_no)", "starts_with takes 2 value(s)"),
    ("expr: fee + case_no", "arithmetic needs numbers, not text"),
    ("expr: \"channel == 'pigeon'\"", "'pigeon' never occurs there; known: counter, web"),
    ("from: urgent, as: datetime", "datetime cannot be made from true or false"),
    ("from: urgent, as: decimal", "decimal cannot be made from true or false"),
    ("from: case_no, as: datetime", "reads RFC 3339 text with offset; this is text that need not be a time"),
    ("from: born, as: datetime, default: x", "this is a date without a time"),
    ("from: fee, text: [trim]", "trim take text, not an integer"),
    ("from: fee, split: ',', part: 0", "split takes text, not an integer"),
    ("from: case_no, join: ','", "join takes a list, not text"),
    ("from: fee, cut: 3", "cut counts characters, this is an integer"),
    ("from: fee, max_length: 3", "max_length counts characters, this is an integer"),
    ("from: fee, when: fee", "a condition must be true or false; 'fee' gives an integer"),
]
MISSING = [
    ("from: applicant.phone", "the source may be missing; declare default or omit_if_missing"),
    ("from: agent.name", "the source may be missing"),
    ("concat: [case_no, applicant.phone]", "the source may be missing"),
    ("first_of: [applicant.phone, agent.name]", "the source may be missing"),
    ("expr: applicant.phone + 'x'", "the source may be missing"),
    ("from: applicant.phone, omit_if_missing: true", "may be missing, but the target requires it"),
    ("from: case_no, when: urgent", "the target requires this field, a condition must not leave it out"),
    ("each: tags, item: {from: .}", "the list may be missing; declare omit_if_missing"),
    ("each: tags, omit_if_missing: true, item: {from: .}", "may be left out, but the target requires it"),
    ("from: agent, to: {N: {from: name}}", "the source may be missing; declare omit_if_missing"),
    ("from: agent, omit_if_missing: true, to: {N: {from: name}}", "may be left out, but the target requires it"),
]
CODES = [
    ("from: applicant.id_type, table: {'111': '01'}", codes("01"), "no row for '414', which may come"),
    (
        "from: applicant.id_type, table: {'111': '01', '414': '09'}",
        codes("01"),
        "'09' is not allowed by the target; allowed: 01",
    ),
    ("from: channel", codes("1", "2"), "'counter', 'web' are not allowed by the target"),
    ("from: case_no", codes("1"), "any value may come, the target knows only 1; use a table"),
    ("const: x", codes("1"), "'x' is not allowed by the target"),
    ("from: applicant.phone, default: x", codes("1"), "'x' is not allowed by the target"),
    ("expr: \"'1' if urgent else '2'\"", codes("1"), "'2' is not allowed by the target"),
    ("from: channel, table: {web: '1', counter: '2', app: '3'}", codes("1", "2"), "'app' never comes"),
    ("from: channel, table: {web: '1', counter: ABC}", text(2), "'ABC' is longer than the target's 2 characters"),
    ("from: channel, table: {web: '1', counter: A}", text(pattern=r"^\d$"), "'A' is against the target's pattern"),
    ("from: applicant, table: {x: y}", ANY, "a table takes codes (text or integers), not an object"),
    ("from: case_no, table: {a: '1', b: '1'}, backwards: true", ANY, "'1' stand in several rows; say with back"),
    ("from: case_no, table: nope", ANY, "no code table 'nope'; known: none"),
]
LENGTHS = [
    ("from: applicant.name", text(30), "up to 100 characters, the target takes 30; declare max_length: 30"),
    ("from: applicant.name, max_length: 50", text(30), "up to 50 characters, the target takes 30"),
    ("from: applicant.name, cut: 50", text(30), "up to 50 characters"),
    ("from: submitted_at", text(30), "of any length, the target takes 30 characters"),
    ("concat: [applicant.name, case_no]", text(100), "up to 143 characters, the target takes 100"),
    ("from: case_no, cut: 2", text(min_length=5), "never longer than 2 characters, the target wants 5 at least"),
    ("from: case_no", text(min_length=18), "may be shorter than the 18 characters"),
    ("from: case_no", text(pattern="^C"), "nothing says that it follows the target's pattern ^C"),
    ("from: submitted_at, as: date", text(pattern=r"^\d{8}$"), "written like 2026-03-02, which is against"),
    ("from: case_no", text(format="date-time"), "the target asks for a date-time, it is plain text; say as: datetime"),
    ("from: submitted_at", text(format="date"), "it is date-time text; say as: date"),
    ("from: submitted_at, as: date, format: '%Y%m%d'", text(format="date"), "it is written like 20260302"),
    ("each: materials, item: {from: name}", rows(text(), max_items=5), "any number of items, the target takes 5"),
    ("each: materials, item: {from: name}", rows(text(), min_items=1), "may have fewer items than the 1"),
]
UNREACHABLE = [
    ("from: case_no, default: x", "never used: the source is always there"),
    ("first_of: [case_no, channel]", "never reached: the part before it is always there"),
    ("first_of: [{const: a}, {const: b}]", "never reached"),
]


@pytest.mark.parametrize(("rule", "what"), SOURCES + ARGUMENTS + UNREACHABLE)
def test_a_mistake_on_our_side_is_found(rule: str, what: str) -> None:
    assert what in whats(one(rule, ANY))


@pytest.mark.parametrize(("rule", "target", "what"), TYPES + CODES + LENGTHS)
def test_what_the_target_does_not_take_is_found(rule: str, target: Shape, what: str) -> None:
    assert what in whats(one(rule, target))


@pytest.mark.parametrize(("rule", "what"), MISSING)
def test_an_optional_value_for_a_required_field_is_found(rule: str, what: str) -> None:
    assert what in whats(one(rule, ANY, required=True))


def test_unknown_and_unmapped_targets_are_found() -> None:
    target = record(NAME=must(text()), IN=may(record(X=must(text()))), LIST=may(rows(record(Y=must(text())))))
    found = findings(
        "  NAMEE: {from: case_no}\n  IN: {to: {Z: {from: case_no}}}\n  LIST: {each: materials, to: {Z: {from: name}}}",
        target,
    )
    assert [(finding.line, finding.what.split(";")[0]) for finding in found] == [
        (1, "the target requires NAME, and no rule gives it"),
        (2, "the target has no such field"),
        (3, "the target requires X, and no rule gives it"),
        (3, "the target has no such field"),
        (4, "the target requires Y, and no rule gives it"),
        (4, "the target has no such field"),
    ]


def test_all_mistakes_of_a_file_are_listed_at_once() -> None:
    target = record(A=must(text(5)), B=must(Shape(kind="integer")), C=may(codes("x")))
    found = findings("  A: {from: nope}\n  B: {from: case_no}\n  C: {from: channel}\n  D: {const: x}", target)
    assert [finding.line for finding in found] == [2, 3, 4, 5]


def test_warnings_are_told_apart() -> None:
    (found,) = one("from: case_no, default: x", text(43))
    assert found.severity == "warning"
    assert str(found) == "request.yaml:2: to.A.default: warning: never used: the source is always there"


def test_a_table_that_no_rule_uses_is_a_warning() -> None:
    found = findings("  A: {from: case_no}", record(A=may(text())), tables="tables:\n  t: {a: b}\n")
    assert [(finding.line, finding.what) for finding in found] == [(2, "no rule uses this table")]


def test_others_cover_every_code() -> None:
    tables = "tables:\n  t: {rows: {'111': '01'}, others: {const: '99'}}\n"
    rule = "  A: {from: applicant.id_type, table: t}"
    assert findings(rule, record(A=may(codes("01", "99"))), tables=tables) == []
    (found,) = findings(rule, record(A=may(codes("01"))), tables=tables)
    assert "'99' is not allowed by the target" in found.what


def test_only_allowed_fields_may_be_read() -> None:
    mapping = compiled("  A: {from: applicant.name}\n  B: {from: form, as: whole}\n  C: {expr: len(materials)}")
    assert check_fields(mapping, ["applicant.*", "form.*", "materials.*"]) == []
    found = check_fields(mapping, ["applicant.phone", "form.hall"])
    assert [(finding.line, finding.key) for finding in found] == [
        (2, "applicant.name"),
        (3, "form.*"),
        (4, "materials"),
    ]


DEPARTMENT = record(
    no=must(text(50)), zt=must(codes("10", "20", "90")), czsj=must(text(14)), jg=may(codes("0", "1")), yy=may(text(500))
)
STATUS = """\
correlate: {foreign_no: no}
to:
  state: {from: zt, table: {"10": RECEIVED, "20": ACCEPTED, "90": CONCLUDED}}
  occurred_at: {from: czsj, as: datetime, format: "%Y%m%d%H%M%S", zone: Asia/Shanghai}
  conclusion: {from: jg, table: {"0": "0", "1": "1"}, omit_if_missing: true}
  reason: {from: yy, omit_if_missing: true}
"""


def status_findings(yaml: str) -> list[str]:
    mapping = load_mapping(yaml, file="status.yaml", direction="in")
    return [str(finding) for finding in check_mapping(mapping, DEPARTMENT, status_shape())]


def test_a_good_status_mapping_has_no_finding() -> None:
    assert status_findings(STATUS) == []


@pytest.mark.parametrize(
    ("good", "bad", "what"),
    [
        ('"90": CONCLUDED', '"90": DONE', "status.yaml:3: to.state: 'DONE' is not allowed by the target"),
        (', "90": CONCLUDED', "", "status.yaml:3: to.state.table: no row for '90', which may come"),
        ("from: yy", "from: yyy", "status.yaml:6: to.reason.from: no such field: yyy"),
        ("foreign_no: no", "foreign_no: nr", "status.yaml:1: correlate.foreign_no: no such field: nr"),
        ("  occurred_at", "  happened_at", "status.yaml:2: to: the target requires occurred_at"),
        ('"1": "1"', '"1": 1', "status.yaml:5: to.conclusion"),
        ('"0": "0"', '"0": "9"', "'9' is not allowed by the target"),
        (", zone: Asia/Shanghai", "", "say its zone: zone: Asia/Shanghai"),
    ],
)
def test_a_mistake_in_a_status_mapping_is_found(good: str, bad: str, what: str) -> None:
    assert what in "\n".join(status_findings(STATUS.replace(good, bad)))


def test_the_canonical_case_is_known_with_its_codes() -> None:
    source = shape_from_model(Case)
    target = record(A=must(text(100)), B=must(rows(record(F=must(codes("1"))))))
    found = findings(
        "  A: {from: applicant.name}\n  B: {each: materials, to: {F: {from: form, table: {original: '1'}}}}",
        target,
        source=source,
    )
    (only,) = found
    assert only.what.startswith("no row for 'copy', 'electronic'")
