"""A source pack's folder becomes a `Source`, or the list of everything that is wrong in it."""

from collections.abc import Mapping
from pathlib import Path

from cases.errors import ConfigError
from config.findings import Finding
from config.located import Located, parse, validate
from connectors.source import Source, SourceSpec
from mappings.compiler import compile_mapping
from mappings.load import load_mapping


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
    try:
        compiled = compile_mapping(mapping)
    except ConfigError as error:
        raise ConfigError([*findings, *error.findings]) from None
    if findings:
        raise ConfigError(findings)
    return Source(spec, compiled, mapping.spec.to)


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
