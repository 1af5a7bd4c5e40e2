"""Mappings proven for each kind of document that comes, and conditions decided before one comes."""

# ruff: noqa: E501 - one mistake a line reads best
import pytest

from mappings import Shape, check_mapping, compile_expression, load_mapping
from mappings.narrow import decide, where_true, within
from mappings.paths import walk
from mappings.shape import NEVER
from mappings.syntax import there_when_true
from tests.mappings.shapes import codes, may, must, record, rows, text

CAT = record(item=must(record(code=must(codes("cat")))), form=must(record(lives=must(codes("7", "9")))))
DOG = record(
    item=must(record(code=must(codes("dog")))), form=must(record(name=must(text(20)), tag=may(text(9)), lives=may(codes("1"))))
)  # fmt: skip
PETS = record(
    item=must(record(code=must(codes("cat", "dog")))),
    form=must(record(lives=may(codes("7", "9", "1")), name=may(text(20)), tag=may(text(9)))),
)
TARGET = record(A=may(record(L=must(codes("7", "9")))), B=may(record(N=must(text(20)), T=may(text(9)))))


def whats(rules: str, target: Shape = TARGET) -> list[str]:
    mapping = load_mapping(f"to:\n{rules}", file="f", direction="out")
    return [str(finding) for finding in check_mapping(mapping, PETS, target, {"cats": CAT, "dogs": DOG})]


def test_what_one_kind_surely_has_needs_no_default_where_a_condition_singles_it_out() -> None:
    rules = """\
  A: {when: "item.code == 'cat'", to: {L: {from: form.lives}}}
  B: {when: "item.code == 'dog'", to: {N: {from: form.name}, T: {from: form.tag, omit_if_missing: true}}}"""
    assert whats(rules) == []


@pytest.mark.parametrize(
    ("rules", "what"),
    [
        ("  B: {to: {N: {from: form.name, omit_if_missing: true}}}", "the target requires it; declare default, or take another source (in cases of cats)"),
        ("  A: {to: {L: {from: form.lives, default: '9'}}}", "'1' is not allowed by the target; allowed: 7, 9 (in cases of dogs)"),
        ("  B: {when: \"item.code == 'dog'\", to: {N: {from: form.tag}}}", "may be missing; declare default or omit_if_missing (in cases of dogs)"),
        ("  B: {when: \"item.code == 'cow'\", to: {N: {from: form.name}}}", "'cow' never occurs there; known: cat, dog"),
        ("  B: {when: \"contains(item.code, 'cow')\", to: {N: {from: form.name}}}", "f:2: to.B.when: warning: never holds"),
        ("  A: {to: {L: {from: form.live}}}", "no such field: form.live; known there: lives, name, tag"),
        ("  A: {when: present(form.name), to: {L: {from: form.name, table: {a: '7', b: '9'}}}}", ""),
    ],
)  # fmt: skip
def test_what_fails_for_one_kind_is_told_with_its_name(rules: str, what: str) -> None:
    found = whats(rules)
    assert len(found) == (1 if what else 0), found
    assert what in "".join(found)


def test_a_finding_of_every_kind_is_told_once_and_without_names() -> None:
    target = record(K=may(text(2)))
    assert whats("  K: {from: item.code}", target) == [
        "f:2: to.K: 'cat' is longer than the target's 2 characters (in cases of cats)",
        "f:2: to.K: 'dog' is longer than the target's 2 characters (in cases of dogs)",
    ]
    assert whats("  K: {from: item.code, as: integer}", record(K=may(Shape(kind="boolean")))) == [
        "f:2: to.K.as: 'cat' may come: 'cat' is not an integer (in cases of cats)",
        "f:2: to.K.as: 'dog' may come: 'dog' is not an integer (in cases of dogs)",
    ]
    (found,) = whats("  K: {from: form}", target)
    assert "(in cases of" not in found


def test_a_required_field_may_stand_under_a_condition_that_always_holds() -> None:
    target = record(K=must(text(3)))
    assert whats("  K: {from: item.code, when: \"item.code in ['cat', 'dog']\"}", target) == []
    (found,) = whats("  K: {from: item.code, when: \"item.code == 'cat'\"}", target)
    assert found.endswith("a condition must not leave it out; use first_of (in cases of dogs)")


@pytest.mark.parametrize(
    ("condition", "shape", "expected"),
    [
        ("item.code == 'cat'", CAT, True),
        ("item.code == 'cat'", DOG, False),
        ("item.code == 'cat'", PETS, None),
        ("starts_with(item.code, 'c') and form.lives in ['7', '9']", CAT, True),
        ("present(form.name)", within(PETS, CAT), False),
        ("form.name == 'x'", DOG, None),  # any text may come
        ("form.lives == '1'", DOG, None),  # it may be missing
        ("form.lives is None or form.lives == '1'", DOG, True),
    ],
)
def test_a_condition_is_decided_where_codes_alone_decide_it(
    condition: str, shape: Shape, expected: bool | None
) -> None:
    expression = compile_expression(condition, file="f", line=1)
    assert decide(expression, shape, shape) is expected


@pytest.mark.parametrize(
    ("condition", "there"),
    [
        ("present(a.b) and c == 1", {"a.b", "c"}),
        ("present(a) or present(b)", set()),
        ("present(a) or a == 'x' and b > 1", {"a"}),
        ("a is not None", {"a"}),
        ("a is None", set()),
        ("not present(a)", set()),
        ("upper(a) == 'X' or present(a)", {"a"}),
        ("present(a) == true_or_false", {"true_or_false"}),
        ("$.a + b > 3", {"$.a", "b"}),
        ("not a mapping", set()),
    ],
)
def test_what_a_condition_asks_for_is_there_where_it_holds(condition: str, there: set[str]) -> None:
    assert {str(path) for path in there_when_true(condition)} == there


def test_where_a_condition_holds_its_fields_do_not_miss() -> None:
    narrowed = where_true("present(form.tag)", DOG, at_root=True)
    assert walk(narrowed, ("form", "tag")) == (text(9), False)
    assert walk(narrowed, ("form", "lives"))[1] is True


def test_a_field_of_other_kinds_never_comes_but_is_no_typing_mistake() -> None:
    cats = within(PETS, CAT)
    assert walk(cats, ("form", "name")) == (NEVER, True)
    assert walk(cats, ("form", "name", "first")) == (NEVER, True)
    inside = within(record(all=must(rows(PETS))), record(all=must(rows(CAT))))
    assert inside.fields["all"].shape.items == cats


def test_code_lists_of_the_whole_can_be_kept() -> None:
    assert within(PETS, CAT, codes="all").fields["item"].shape.fields["code"].shape.enum == ("cat", "dog")
