"""tests.yaml: examples that a clerk can read and a machine runs, for request.yaml and status.yaml."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, Field, RootModel, model_validator

from cases.base import Record, Text
from cases.errors import ConfigError, HubError
from config.located import Located, parse, validate
from mappings.compiler import CompiledMapping
from mappings.paths import getter, parse_path

#: Gives the text of a file that a test names (`given: cases/old-age.json`).
Reader = Callable[[str], str]
T = TypeVar("T", bound="MappingTest")
#: Makes the result of what a test gives.
Run = Callable[[T, Mapping[str, Any]], Mapping[str, Any]]


def _a_path(text: str) -> str:
    parse_path(text)
    return text


class Example(Record):
    """What goes in, and what must come out or be refused."""

    given: Annotated[dict[str, Any] | Text, Field(description="a document, or the name of a file that holds one")]
    expect: Annotated[dict[str, Any] | None, Field(description="values that must be there; others may be")] = None
    error: Annotated[Text | None, Field(description="part of the refusal, for instance request.yaml:3")] = None
    absent: Annotated[
        tuple[Annotated[str, AfterValidator(_a_path)], ...], Field(description="paths that must not be written")
    ] = ()

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

    @property
    def subject(self) -> tuple[str, Example]:
        """What the example is for, and the example."""
        return next((name, value) for name, value in self if isinstance(value, Example))

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if sum(isinstance(value, Example) for _, value in self) != 1:
            subjects = [name for name in type(self).model_fields if name != "name"]
            raise ValueError(f"a test is for one of {', '.join(subjects)}")
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

    @property
    def trouble(self) -> str:
        """What is not as expected, in one line; empty where everything is."""
        return "; ".join(self.differences)

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
    mappings = {"request": request, "status": status}

    def run(test: MappingTest, given: Mapping[str, Any]) -> Mapping[str, Any]:
        subject, _ = test.subject
        mapping = mappings[subject]
        if mapping is None:
            raise ConfigError([f"there is no {subject}.yaml"])
        return mapping.run(given).document

    return [check_test(test, located, position, run, read) for position, test in enumerate(tests)]


def check_test(test: T, located: Located, position: int, run: Run[T], read: Reader) -> ExampleResult:
    """Run one test of a file and compare.

    Args:
        test: the test.
        located: the file.
        position: which of its tests, from 0.
        run: makes the result of what is given; a HubError where that is refused, a ConfigError where nothing can run.
        read: gives the text of a file that a test names.
    """
    _, example = test.subject
    try:
        found = list(_differences(lambda given: run(test, given), example, _document(example.given, read)))
    except ConfigError as error:
        found = [str(error)]
    return ExampleResult(test.name, located.file, located.line((position,)), tuple(found))


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


def _differences(
    run: Callable[[Mapping[str, Any]], Mapping[str, Any]], example: Example, given: Mapping[str, Any]
) -> Iterator[str]:
    try:
        document = run(given)
    except ConfigError:
        raise
    except HubError as error:
        if example.error is None:
            yield f"refused: {error}"
        elif not _names(str(error), example.error):
            yield f"expected the error {example.error}, got: {error}"
        return
    if example.error is not None:
        yield f"expected the error {example.error}, but it went through"
        return
    yield from differences(example.expect or {}, document)
    for name in example.absent:
        if (value := getter(parse_path(name))(document, document)) is not None:
            yield f"{name}: must not be written, got {value!r}"


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
