"""tests.yaml: examples that a clerk can read and a machine runs, for request.yaml and status.yaml."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import Field, RootModel, model_validator

from cases.base import Record, Text
from cases.errors import ConfigError, MappingError
from config.located import Located, parse, validate
from mappings.compiler import CompiledMapping

#: Gives the text of a file that a test names (`given: cases/old-age.json`).
Reader = Callable[[str], str]


class Example(Record):
    """What goes in, and what must come out or be refused."""

    given: Annotated[dict[str, Any] | Text, Field(description="a document, or the name of a file that holds one")]
    expect: Annotated[dict[str, Any] | None, Field(description="values that must be there; others may be")] = None
    error: Annotated[Text | None, Field(description="part of the refusal, for instance request.yaml:3")] = None
    absent: Annotated[tuple[Text, ...], Field(description="target fields that must not be written")] = ()

    @model_validator(mode="after")
    def _says_what_comes(self) -> Self:
        if (self.error is None) == (self.expect is None and not self.absent):
            raise ValueError("an example says either what is expected (expect, absent) or the error")
        return self


class MappingTest(Record):
    """One test: a name and an example for one of the two mappings."""

    name: Text
    request: Example | None = None
    status: Example | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.request is None) == (self.status is None):
            raise ValueError("a test is for request or for status")
        return self


class MappingTests(RootModel[Annotated[tuple[MappingTest, ...], Field(min_length=1)]]):
    """tests.yaml."""


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """How one test ended; no differences means passed."""

    name: str
    file: str
    line: int
    differences: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything came as expected."""
        return not self.differences

    def __str__(self) -> str:
        if self.passed:
            return f"{self.file}:{self.line}: passed: {self.name}"
        return "\n  ".join((f"{self.file}:{self.line}: FAILED: {self.name}", *self.differences))


def run_tests(
    text: str, *, file: str, request: CompiledMapping | None, status: CompiledMapping | None, read: Reader
) -> list[ExampleResult]:
    """Run the examples of a tests.yaml.

    Args:
        text: the file's content.
        file: its name.
        request: the compiled request.yaml, if there is one.
        status: the compiled status.yaml, if there is one.
        read: gives the text of a file that a test names; OSError where it cannot.

    Raises:
        ConfigError: the file is not readable as tests.
    """
    located = parse(text, file=file)
    tests = validate(located, MappingTests).root
    return [_run(test, located, position, request, status, read) for position, test in enumerate(tests)]


def _run(
    test: MappingTest,
    located: Located,
    position: int,
    request: CompiledMapping | None,
    status: CompiledMapping | None,
    read: Reader,
) -> ExampleResult:
    side, mapping, example = (
        ("request", request, test.request) if test.request is not None else ("status", status, test.status)
    )
    assert example is not None
    differences: Sequence[str]
    if mapping is None:
        differences = [f"there is no {side}.yaml"]
    else:
        try:
            differences = list(_differences(mapping, example, _document(example.given, read)))
        except ConfigError as error:
            differences = [str(error)]
    return ExampleResult(test.name, located.file, located.line((position,)), tuple(differences))


def _document(given: dict[str, Any] | str, read: Reader) -> dict[str, Any]:
    if not isinstance(given, str):
        return given
    try:
        value = parse(read(given), file=given).value
    except OSError as error:
        raise ConfigError([f"{given}: cannot be read: {error.strerror or error}"]) from None
    if not isinstance(value, dict):
        raise ConfigError([f"{given}: holds no object"])
    return value


def _differences(mapping: CompiledMapping, example: Example, given: Mapping[str, Any]) -> Iterator[str]:
    try:
        document = mapping.run(given).document
    except MappingError as error:
        if example.error is None:
            yield f"refused: {error}"
        elif not _names(str(error), example.error):
            yield f"expected the error {example.error}, got: {error}"
        return
    if example.error is not None:
        yield f"expected the error {example.error}, but it was mapped"
        return
    yield from differences(example.expect or {}, document)
    for name in example.absent:
        if name in document:
            yield f"{name}: must not be written, got {document[name]!r}"


def _names(message: str, wanted: str) -> bool:
    """Whether a message holds a text that does not end in the middle of a line number."""
    start = message.find(wanted)
    end = start + len(wanted)
    return start >= 0 and not (wanted[-1:].isdigit() and message[end : end + 1].isdigit())


def differences(expected: Any, got: Any, at: str = "") -> Iterator[str]:
    """Yield what is missing or other in `got`; fields that are not expected may be there, list items may not."""
    name = at or "the document"
    if isinstance(expected, dict) and isinstance(got, dict):
        for field, value in expected.items():
            below = f"{at}.{field}" if at else field
            if field not in got:
                yield f"{below}: expected {value!r}, is not written"
            else:
                yield from differences(value, got[field], below)
    elif isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            yield f"{name}: expected {len(expected)} items, got {len(got)}"
        for position, (value, item) in enumerate(zip(expected, got, strict=False)):
            yield from differences(value, item, f"{at}[{position}]")
    elif isinstance(expected, bool) is not isinstance(got, bool) or expected != got:
        yield f"{name}: expected {expected!r}, got {got!r}{_type_hint(expected, got)}"


def _type_hint(expected: Any, got: Any) -> str:
    if str(expected) == str(got) and isinstance(got, str):
        return "; the one is a number, the other text: write text in quotes"
    return ""
