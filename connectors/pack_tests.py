"""tests.yaml: examples that a clerk can read and a machine runs, for both mappings and the answer table."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Self

import orjson
from pydantic import Field, model_validator

from cases.base import Record, Text
from cases.errors import ConfigError, HubError
from config.findings import Finding
from config.located import Located, validate
from connectors.pack_loader import LoadedPack
from connectors.receipt import at_path, receipt_reader
from mappings.compiler import compile_mapping
from mappings.status import read_status


class Example(Record):
    """Something given and what must come of it: a part of the result, or words of the error."""

    given: Annotated[Text | dict[str, Any], Field(description="a JSON file of the pack, or the document itself")]
    expect: Annotated[dict[str, Any] | None, Field(description="the part of the result that counts")] = None
    absent: Annotated[tuple[Text, ...], Field(description="paths that the result must not have")] = ()
    error: Annotated[Text | None, Field(description="words that the error must hold")] = None

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if (self.error is None) == (self.expect is None and not self.absent):
            raise ValueError("needs either `error`, or `expect` and `absent`")
        return self


class Reply(Example):
    """A parsed reply of the department."""

    http_status: Annotated[int, Field(ge=100, le=599)] | None = None


class PackTest(Record):
    """One line of the examination."""

    name: Text
    request: Example | None = None
    status: Example | None = None
    answer: Reply | None = None

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if sum(each is not None for each in (self.request, self.status, self.answer)) != 1:
            raise ValueError("needs exactly one of `request`, `status`, `answer`")
        return self


class _Tests(Record):
    tests: tuple[PackTest, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a test ended; `trouble` is empty where it passed."""

    name: str
    line: int
    trouble: str


def run_tests(loaded: LoadedPack) -> list[Verdict]:
    """Run every test of a pack.

    Raises:
        ConfigError: tests.yaml is missing or wrong, or the pack's mappings do not compile.
    """
    located = loaded.tests
    if located is None:
        raise ConfigError([Finding(loaded.place("tests.yaml"), 1, "", "is missing: a pack brings examples of its own")])
    moved = {("tests", *path): line for path, line in located.lines.items()}
    tests = validate(Located(located.file, {"tests": located.value or []}, moved), _Tests).tests
    runner = _Runner(loaded)
    return [Verdict(test.name, located.line((i,)), runner.trouble(test)) for i, test in enumerate(tests)]


class _Runner:
    def __init__(self, loaded: LoadedPack) -> None:
        self._loaded = loaded
        self._request = compile_mapping(loaded.request)
        self._status = compile_mapping(loaded.status) if loaded.status is not None else None
        self._replies = receipt_reader(loaded)

    def trouble(self, test: PackTest) -> str:
        example = test.request or test.status or test.answer
        assert example is not None
        try:
            given = self._given(example.given)
            result = self._result(test, given)
        except HubError as error:
            if example.error is None:
                return f"failed: {error}"
            return "" if example.error in str(error) else f"expected an error with {example.error!r}, got: {error}"
        if example.error is not None:
            return f"expected an error with {example.error!r}, but it went through"
        return _difference(example.expect or {}, result, "") or _present(example.absent, result)

    def _result(self, test: PackTest, given: Mapping[str, Any]) -> dict[str, Any]:
        if test.request is not None:
            return self._request.run(given).document
        if test.answer is not None:
            outcome = self._replies.read(given, http_status=test.answer.http_status)
            return {"outcome": type(outcome).__name__.lower(), **asdict(outcome)}
        if self._status is None:
            raise ConfigError([Finding(self._loaded.place("status.yaml"), 1, "", "is missing, but a test asks for it")])
        about = self._status.correlate(given)
        update = read_status(self._status, given).model_dump(mode="json", exclude_none=True)
        return {"case_no": about.case_no, "foreign_no": about.foreign_no, **update}

    def _given(self, given: str | dict[str, Any]) -> Mapping[str, Any]:
        if isinstance(given, dict):
            return given
        try:
            document = orjson.loads(self._loaded.text(given))
        except orjson.JSONDecodeError as error:
            raise ConfigError([Finding(self._loaded.place(given), 1, "", f"not readable as JSON: {error}")]) from None
        if not isinstance(document, dict):
            raise ConfigError([Finding(self._loaded.place(given), 1, "", "must be a JSON object")])
        return document


def _difference(expected: Any, found: Any, at: str) -> str:
    """Say where a result is not as expected; fields that are not named do not count, list lengths do."""
    if isinstance(expected, Mapping):
        if not isinstance(found, Mapping):
            return f"{at or 'the result'}: expected fields, found {found!r}"
        for name, value in expected.items():
            place = f"{at}.{name}" if at else str(name)
            if name not in found:
                return f"{place}: is missing"
            if trouble := _difference(value, found[name], place):
                return trouble
        return ""
    if isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            return f"{at}: expected {len(expected)} item(s), found {found!r}"
        pairs = enumerate(zip(expected, found, strict=True))
        return next((text for i, (one, two) in pairs if (text := _difference(one, two, f"{at}[{i}]"))), "")
    same = expected == found and isinstance(expected, bool) == isinstance(found, bool)
    return "" if same else f"{at}: expected {expected!r}, found {found!r}"


def _present(paths: tuple[str, ...], found: Mapping[str, Any]) -> str:
    return next((f"{path}: must not be there" for path in paths if at_path(found, path) is not None), "")
