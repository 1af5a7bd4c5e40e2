"""tests.yaml of a department's pack: examples for both mappings, and for what the answer table makes of a reply."""

import errno
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field, RootModel

from cases.errors import ConfigError
from config.findings import Finding
from config.located import validate
from connectors.pack_loader import LoadedPack
from connectors.receipt import receipt_reader
from mappings.compiler import compile_mapping
from mappings.status import read_status
from mappings.testing import Example, ExampleResult, MappingTest, check_test


class Reply(Example):
    """A parsed reply of the department."""

    http_status: Annotated[int, Field(ge=100, le=599)] | None = None


class PackTest(MappingTest):
    """One test: a name and an example for one of the mappings or for the answer table."""

    answer: Reply | None = None


class PackTests(RootModel[Annotated[tuple[PackTest, ...], Field(min_length=1)]]):
    """tests.yaml."""


def run_tests(loaded: LoadedPack) -> list[ExampleResult]:
    """Run every test of a pack.

    Raises:
        ConfigError: tests.yaml is missing or wrong, or the pack's mappings do not compile.
    """
    located = loaded.tests
    if located is None:
        raise ConfigError([Finding(loaded.place("tests.yaml"), 1, "", "is missing: a pack brings examples of its own")])
    tests = validate(located, PackTests).root
    runner = _Runner(loaded)
    return [check_test(test, located, i, runner.run, runner.read) for i, test in enumerate(tests)]


class _Runner:
    """Gives each test what a department would get, say or mean."""

    def __init__(self, loaded: LoadedPack) -> None:
        self._loaded = loaded
        self._request = compile_mapping(loaded.request)
        self._status = compile_mapping(loaded.status) if loaded.status is not None else None
        self._replies = receipt_reader(loaded)

    def read(self, name: str) -> str:
        """Return the text of a file of the pack."""
        if name not in self._loaded.files:
            raise FileNotFoundError(errno.ENOENT, "no such file in the pack")
        return self._loaded.text(name)

    def run(self, test: PackTest, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what comes of an example."""
        if test.request is not None:
            return self._request.run(given).document
        if test.answer is not None:
            outcome = self._replies.read(given, http_status=test.answer.http_status)
            return {"outcome": type(outcome).__name__.lower(), **asdict(outcome)}
        if self._status is None:
            raise ConfigError(["there is no status.yaml"])
        about = self._status.correlate(given)
        update = read_status(self._status, given).model_dump(mode="json", exclude_none=True)
        return {"case_no": about.case_no, "foreign_no": about.foreign_no, **update}
