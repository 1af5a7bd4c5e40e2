"""A source pack's folder becomes a `Source`, or the list of everything that is wrong in it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from cases.errors import ConfigError
from cases.submission import Submission
from config.findings import Finding, errors
from config.located import Located, parse, validate
from connectors.source import Source, SourceSpec
from mappings.checker import check_mapping
from mappings.compiler import compile_mapping
from mappings.json_schema import shape_from_json_schema, shape_from_model
from mappings.load import load_mapping
from mappings.shape import Shape
from mappings.testing import ExampleResult, run_tests
from router.forms import Form


def load_source(folder: Path) -> Source:
    """Read and compile one source pack.

    Raises:
        ConfigError: with every finding.
    """
    located = _read(folder / "source.yaml")
    spec = validate(located, SourceSpec)
    findings: list[Finding] = []
    if spec.key != folder.resolve().name:
        findings.append(located.finding(("key",), "must be the name of the pack's folder"))
    if "xml" in spec.formats and spec.xml is None:
        findings.append(located.finding(("formats",), "xml needs `xml: {root: …}` beside it"))
    request = folder / "request.yaml"
    mapping = load_mapping(_text(request), file=str(request), direction="in")
    schema, shape = _schema(folder / "schema.json")
    findings += errors(check_mapping(mapping, shape, submission_shape()))
    if findings:
        raise ConfigError(findings)
    return Source(spec, compile_mapping(mapping), mapping.spec.to, schema)


def _schema(path: Path) -> tuple[Form | None, Shape]:
    """Read the source's own schema; without one, a document may be anything and only the mapping judges it."""
    if not path.exists():
        return None, Shape(kind="any")
    value = _read(path).value
    try:
        return Form(value), shape_from_json_schema(value)
    except (ValueError, TypeError) as error:
        raise ConfigError([Finding(str(path), 1, "", str(error))]) from None


@cache
def submission_shape() -> Shape:
    """Return the shape that a source's request.yaml must produce."""
    return shape_from_model(Submission, written=False)


def run_source_tests(folder: Path) -> list[ExampleResult]:
    """Run a source pack's tests.yaml; files it names are looked for in the pack.

    Raises:
        ConfigError: the pack or its tests cannot be read.
    """
    tests = folder / "tests.yaml"
    return run_tests(
        _text(tests),
        file=str(tests),
        request=load_source(folder).mapping,
        status=None,
        read=lambda name: (folder / name).read_text(encoding="utf-8"),
    )


def load_sources(folder: Path) -> Mapping[str, Source]:
    """Read every source pack of a district; no folder means no sources.

    Raises:
        ConfigError: with every finding of every pack.
    """
    sources: dict[str, Source] = {}
    findings: list[object] = []
    for pack in sorted(path.parent for path in folder.glob("*/source.yaml")):
        try:
            sources[pack.name] = load_source(pack)
        except ConfigError as error:
            findings += error.findings
    if findings:
        raise ConfigError(findings)
    return sources


def _read(path: Path) -> Located:
    return parse(_text(path), file=str(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Finding(str(path), 1, "", f"cannot be read: {error}")]) from None
