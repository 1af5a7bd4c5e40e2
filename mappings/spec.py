"""What may stand in request.yaml and status.yaml: these models are the specification and the editors' JSON Schema."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from cases.base import Record
from mappings.tables import Code, CodeTable, Others

Constant = StrictStr | StrictBool | StrictInt | StrictFloat
SourcePathText = Annotated[
    str, Field(min_length=1, max_length=500, description="applicant.name, materials[0], $.case_no")
]
ExpressionText = Annotated[str, Field(min_length=1, max_length=2000)]
TextFunction = Literal["trim", "upper", "lower", "half_width", "no_spaces", "digits_only"]
As = Literal["text", "integer", "number", "decimal", "boolean", "date", "datetime", "whole"]

#: Keys that say where a value comes from; `to` beside `from` or `each` says what it becomes.
SOURCES = ("from", "const", "concat", "expr", "first_of", "each", "to")
_SHAPERS = ("table", "as", "text", "split", "join", "cut", "max_length")

#: What may stand beside each source.
ALLOWED = {
    "from": {"to", "default", "when", "omit_if_missing", *_SHAPERS},
    "const": {"when"},
    "concat": {"separator", "default", "when", "omit_if_missing", "table", "as", "text", "cut", "max_length"},
    "expr": {"default", "when", "omit_if_missing", "table", "as", "text", "cut", "max_length"},
    "first_of": {"default", "when", "omit_if_missing", *_SHAPERS},
    "each": {"to", "item", "join", "when", "where", "omit_if_missing", "max_length", "max_items"},
    "to": {"when", "omit_if_missing"},
}
_COMPANIONS = {
    "format": ("as", ("date", "datetime")),
    "zone": ("as", ("date", "datetime")),
    "digits": ("as", ("decimal",)),
    "backwards": ("table", ()),
    "part": ("split", ()),
}


def _written_short(value: Any) -> Any:
    return {"from": value} if isinstance(value, str) else value


class Rule(Record):
    """How one target field gets its value.

    Exactly one source: `from`, `const`, `concat`, `expr`, `first_of`, `each` or a nested `to` (with `from`: the object
    in which its paths start). Then, in this order: `split`, `text`, `table`, `as`, `join`, `cut`, `max_length`.
    Null, absent and blank text are missing: then `default`, otherwise `omit_if_missing`, otherwise an error.
    """

    model_config = ConfigDict(populate_by_name=True)

    from_: Annotated[SourcePathText | None, Field(alias="from", description="path of the value")] = None
    const: Annotated[Constant | None, Field(description="the value itself")] = None
    concat: Annotated[tuple["Part", ...] | None, Field(min_length=1, max_length=50)] = None
    expr: Annotated[ExpressionText | None, Field(description="typed expression")] = None
    first_of: Annotated[tuple["Part", ...] | None, Field(min_length=1, max_length=20)] = None
    each: Annotated[SourcePathText | None, Field(description="path of a list; paths below start in its items")] = None
    to: Annotated[dict[str, "Rule"] | None, Field(min_length=1, max_length=2000)] = None
    item: Annotated["Rule | None", Field(description="with each: the list's items are this value, not objects")] = None

    when: Annotated[ExpressionText | None, Field(description="the field is written only where this holds")] = None
    where: Annotated[ExpressionText | None, Field(description="with each: takes only the items where this holds")] = (
        None
    )
    default: Constant | None = None
    omit_if_missing: bool = False

    table: Annotated[str | dict[str, Code] | None, Field(description="code table by name, or its rows")] = None
    backwards: Annotated[bool, Field(description="read the table from its right side to its left")] = False
    as_: Annotated[As | None, Field(alias="as")] = None
    format: Annotated[
        str | None, Field(min_length=1, max_length=100, description="the other side's date format; ours is RFC 3339")
    ] = None
    zone: Annotated[str | None, Field(description="the other side's time zone")] = None
    digits: Annotated[int | None, Field(ge=0, le=10, description="decimals written, rounded half up")] = None
    text: Annotated[tuple[TextFunction, ...], Field(max_length=6)] = ()
    split: Annotated[str | None, Field(min_length=1, max_length=10)] = None
    part: Annotated[int | None, Field(ge=0, le=99, description="with split: the piece that is taken, from 0")] = None
    join: Annotated[str | None, Field(max_length=10)] = None
    separator: Annotated[str, Field(max_length=10, description="with concat: stands between the parts")] = ""
    cut: Annotated[int | None, Field(ge=1, description="characters kept; the rest is cut off, knowingly")] = None
    max_length: Annotated[int | None, Field(ge=1, le=64 * 1024 * 1024, description="more characters are an error")] = (
        None
    )
    max_items: Annotated[int | None, Field(ge=1, le=10_000, description="with each: more items are an error")] = None

    @property
    def source(self) -> str:
        """Which of SOURCES this rule uses; `from` wins over `to`, which then says what it becomes."""
        given = self.given()
        return next(name for name in SOURCES if name in given)

    def given(self) -> set[str]:
        """Return the keys that stand in the file, under their names there."""
        return {name.removesuffix("_") for name in self.model_fields_set if getattr(self, name) is not None}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        given = self.given()
        sources = [name for name in SOURCES if name in given and not (name == "to" and given & {"from", "each"})]
        if len(sources) != 1:
            found = f", not {' and '.join(sources)}" if sources else ""
            raise ValueError(f"a rule has exactly one of {', '.join(SOURCES)}{found}")
        source = sources[0]
        if source == "each" and ("to" in given) == ("item" in given):
            raise ValueError("each needs either to (its items become objects) or item (its items become values)")
        allowed = {source, *ALLOWED[source]}
        if source == "from" and "to" in given:
            allowed = {"from", "to", "when", "omit_if_missing"}
        for name in sorted(given - allowed):
            if name in _COMPANIONS:
                self._has_companion(name, given)
            else:
                raise ValueError(
                    f"{name} does not go with {source}; what does: {', '.join(sorted(allowed - {source}))}"
                )
        if (
            self.split is not None
            and self.part is None
            and self.join is None
            and given & {"table", "as", "text", "cut"}
        ):
            raise ValueError("split gives a list; choose one piece with part, or join the list again")
        return self

    def _has_companion(self, name: str, given: set[str]) -> None:
        companion, values = _COMPANIONS[name]
        if companion not in given or (values and self.as_ not in values):
            wanted = f"{companion}: {' or '.join(values)}" if values else companion
            raise ValueError(f"{name} needs {wanted} beside it")


Part = Annotated[Rule, BeforeValidator(_written_short)]


class InlineTable(Record):
    """A code table that only this file uses."""

    rows: Annotated[dict[str, Code], Field(min_length=1, max_length=20_000)]
    others: Literal["error"] | Others = "error"
    back: dict[str, str] = Field(default_factory=dict)
    version: Annotated[int, Field(ge=1)] = 1

    def named(self, name: str) -> CodeTable:
        """Return the table under its name."""
        return CodeTable.model_validate({"name": name, **self.model_dump()})


class Correlate(Record):
    """Where a status says which case it is about: our number, or the department's."""

    case_no: SourcePathText | None = None
    foreign_no: SourcePathText | None = None

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if self.case_no is None and self.foreign_no is None:
            raise ValueError("correlate needs case_no, foreign_no or both")
        return self


def _rows_alone(value: Any) -> Any:
    """Let `name: {code: other, …}` stand for a table that has only rows."""
    return value if not isinstance(value, dict) or "rows" in value else {"rows": value}


class MappingSpec(Record):
    """request.yaml or status.yaml: one rule per target field."""

    title: str | None = None
    correlate: Correlate | None = None
    tables: dict[str, Annotated[InlineTable, BeforeValidator(_rows_alone)]] = Field(default_factory=dict)
    to: Annotated[dict[str, Rule], Field(min_length=1, max_length=2000)]


Rule.model_rebuild()
