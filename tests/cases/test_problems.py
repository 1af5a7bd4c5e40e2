"""Problems and errors: both languages, with the facts filled in."""

import importlib
import pkgutil
import re

import cases
import router
from cases.errors import ConfigError, HubError, InvalidInput, MappingError, NotFound
from cases.problems import MESSAGES, Problem, message

CHINESE = re.compile("[\u4e00-\u9fff]")


def test_a_problem_speaks_both_languages() -> None:
    code = message("test_two_languages", "第{n}项不对。请改正。", "Entry {n} is wrong. Correct it.")
    try:
        problem = Problem("form.x", code, {"n": 3})
        assert problem.message() == "第3项不对。请改正。"
        assert str(problem) == "form.x: Entry 3 is wrong. Correct it."
        assert str(InvalidInput([problem, problem])).count("Entry 3") == 2
    finally:
        del MESSAGES[code]


def test_every_code_of_the_lower_rooms_has_a_chinese_and_an_english_sentence() -> None:
    for package in (cases, router):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    assert len(MESSAGES) > 40
    for code, (zh, en) in MESSAGES.items():
        assert CHINESE.search(zh), code
        assert not CHINESE.search(en), code


def errors(kind: type[HubError]) -> list[type[HubError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in errors(child))]


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in errors(HubError) if kind.__module__ == "cases.errors"]
    assert len(codes) == len(set(codes)) > 10


def test_messages_of_errors_say_what_and_where() -> None:
    assert str(NotFound("item", "114")) == "no item '114'"
    assert str(ConfigError(["a.yaml:1: x", "b.yaml:2: y"])) == "a.yaml:1: x\nb.yaml:2: y"
    error = MappingError(file="request.yaml", line=3, target="XM", source="applicant.name", what="is missing")
    assert str(error) == "request.yaml:3: to.XM: is missing (from applicant.name)"
