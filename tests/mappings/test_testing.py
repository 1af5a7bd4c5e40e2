import pytest

from cases.errors import ConfigError
from mappings import ExampleResult, run_tests
from tests.mappings.shapes import compiled

REQUEST = compiled("  N: {from: name}\n  T: {from: kind, table: {a: '01'}}\n  L: {each: ms, item: {from: .}}")
STATUS = compiled("  state: {from: zt, table: {'90': CONCLUDED}}", direction="in")
FILES = {"cases/one.json": '{"name": "测试甲", "kind": "a", "ms": ["x", "y"]}', "list.json": "[1]"}


def read(name: str) -> str:
    try:
        return FILES[name]
    except KeyError:
        raise FileNotFoundError(2, "No such file") from None


def run(text: str) -> list[ExampleResult]:
    return run_tests(text, file="tests.yaml", request=REQUEST, status=STATUS, read=read)


def differences(example: str) -> tuple[str, ...]:
    (result,) = run(f"- name: one\n  {example}")
    return result.differences


@pytest.mark.parametrize(
    "example",
    [
        "request: {given: cases/one.json, expect: {N: 测试甲, T: '01'}}",
        "request: {given: cases/one.json, expect: {L: [x, y]}}",
        "request: {given: {name: n, kind: a, ms: []}, expect: {L: []}, absent: [X]}",
        "request: {given: {name: n, kind: b, ms: []}, error: 'request.yaml:3'}",
        "request: {given: {name: n, kind: b, ms: []}, error: no entry for 'b'}",
        "status: {given: {zt: '90'}, expect: {state: CONCLUDED}}",
    ],
)
def test_a_right_example_passes(example: str) -> None:
    assert differences(example) == ()


@pytest.mark.parametrize(
    ("example", "what"),
    [
        ("request: {given: cases/one.json, expect: {N: 测试乙}}", "N: expected '测试乙', got '测试甲'"),
        ("request: {given: cases/one.json, expect: {T: 01}}", "T: expected 1, got '01'"),
        ("request: {given: cases/one.json, expect: {X: 1}}", "X: expected 1, is not written"),
        ("request: {given: cases/one.json, expect: {L: [x]}}", "L: expected 1 items, got 2"),
        ("request: {given: cases/one.json, expect: {L: [x, z]}}", "L[1]: expected 'z', got 'y'"),
        ("request: {given: cases/one.json, absent: [N]}", "N: must not be written, got '测试甲'"),
        ("request: {given: cases/one.json, error: 'request.yaml:3'}", "but it went through"),
        (
            "request: {given: {name: n, kind: b, ms: []}, expect: {N: n}}",
            "refused: request.yaml:3: to.T: no entry for 'b'",
        ),
        ("request: {given: {name: n, kind: b, ms: []}, error: 'request.yaml:4'}", "expected the error request.yaml:4"),
        ("request: {given: {kind: a, ms: []}, error: 'request.yaml:22'}", "expected the error request.yaml:22"),
        ("request: {given: nope.json, expect: {N: n}}", "nope.json: cannot be read: No such file"),
        ("request: {given: list.json, expect: {N: n}}", "list.json: holds no object"),
    ],
)
def test_a_wrong_example_says_what_is_other(example: str, what: str) -> None:
    assert what in " ".join(differences(example))


def test_a_line_number_is_not_taken_for_another() -> None:
    rules = "".join(f"  F{number}: {{const: x}}\n" for number in range(30)) + "  BAD: {from: nope}"
    text = "- name: one\n  request: {given: {}, error: 'request.yaml:3'}"
    (result,) = run_tests(text, file="t", request=compiled(rules), status=None, read=read)
    assert "expected the error request.yaml:3, got: request.yaml:32" in result.differences[0]


def test_a_code_in_quotes_is_not_a_number() -> None:
    (difference,) = differences("request: {given: {name: '1', kind: a, ms: []}, expect: {N: 1}}")
    assert difference.endswith("write text in quotes")


def test_a_result_prints_with_its_place() -> None:
    passed, failed = run(
        "- name: good\n  status: {given: {zt: '90'}, expect: {}}\n- name: bad\n  status: {given: {}, expect: {}}"
    )
    assert str(passed) == "tests.yaml:1: passed: good"
    assert str(failed).startswith("tests.yaml:3: FAILED: bad\n  refused: ")


def test_a_missing_side_is_said() -> None:
    text = "- name: one\n  status: {given: {}, expect: {}}"
    (result,) = run_tests(text, file="t", request=REQUEST, status=None, read=read)
    assert result.differences == ("there is no status.yaml",)


@pytest.mark.parametrize(
    "text",
    [
        "- name: one",
        "- name: one\n  request: {given: {}}",
        "- name: one\n  request: {given: {}, expect: {}, error: x}",
        "- request: {given: {}, expect: {}}",
        "- name: one\n  request: {given: {}, expect: {}}\n  status: {given: {}, expect: {}}",
        "[]",
        "- name: one\n  request: {givn: {}}",
    ],
)
def test_a_file_that_is_no_tests_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^tests.yaml:\d+: "):
        run(text)
