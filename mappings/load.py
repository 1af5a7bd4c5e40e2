"""Text of request.yaml, status.yaml and tables/*.yaml into models that remember their lines."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from cases.errors import ConfigError
from config.findings import Finding
from config.located import Located, parse, validate
from mappings.spec import MappingSpec
from mappings.tables import CodeTable

#: out: canonical → the other side's document (request.yaml of a department).
#: in: the other side's document → canonical (status.yaml of a department, request.yaml of a source).
#: `format` and `zone` of dates always describe the other side; ours is RFC 3339 with offset.
Direction = Literal["out", "in"]


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A mapping as it stands in its file, with the code tables it may name."""

    spec: MappingSpec
    located: Located
    direction: Direction
    tables: Mapping[str, CodeTable] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """The file's name, as findings give it."""
        return self.located.file


def load_mapping(text: str, *, file: str, direction: Direction, tables: Iterable[CodeTable] = ()) -> MappingFile:
    """Read a mapping.

    Args:
        text: the file's content.
        file: its name, for findings.
        direction: which side is ours.
        tables: the pack's own code tables; those inside the file come on top.

    Raises:
        ConfigError: every finding that reading alone can make.
    """
    located = parse(text, file=file)
    spec = validate(located, MappingSpec)
    known = {table.name: table for table in tables}
    findings: list[Finding] = []
    for name, inline in spec.tables.items():
        at = ("tables", name)
        if name in known:
            findings.append(located.finding(at, "the pack has a table of this name; two would be confusing"))
        table = inline.named(name)
        findings += [located.finding((*at, "back", other), "no row says this") for other in table.misplaced_back()]
        known[name] = table
    if findings:
        raise ConfigError(findings)
    return MappingFile(spec, located, direction, known)


def load_table(text: str, *, file: str) -> CodeTable:
    """Read one code table file.

    Raises:
        ConfigError: every finding.
    """
    located = parse(text, file=file)
    table = validate(located, CodeTable)
    if misplaced := table.misplaced_back():
        raise ConfigError([located.finding(("back", other), "no row says this") for other in misplaced])
    return table
