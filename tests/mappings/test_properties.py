"""Random mappings over random documents: only MappingError; clean mappings over fitting documents: none at all."""
# ruff: noqa: E501  tables of examples read best one a line

from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cases.errors import ConfigError, MappingError
from config.located import Located, validate
from mappings import MappingFile, MappingSpec, Shape, check_mapping, compile_expression, compile_mapping
from tests.mappings.shapes import SOURCE

QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)

NAMES = [
    "case_no",
    "channel",
    "submitted_at",
    "fee",
    "urgent",
    "applicant",
    "agent",
    "born",
    "materials",
    "tags",
    "form",
]
PATHS = st.sampled_from(
    [*NAMES, "applicant.name", "applicant.id_type", "applicant.phone", "agent.name", "form.hall", "nope",
     "materials[0].name", "tags[0]", "$.case_no", "name", "note", "."]
)  # fmt: skip
EXPRESSIONS = st.sampled_from(
    ["fee / 100", "fee > 3", "urgent", "'a' if urgent else 'b'", "case_no + 'x'", "len(tags)", "fee // fee",
     "upper(channel)", "channel == 'web'", "applicant.phone is None", "part(case_no, 1, 3)", "form.x + 1", "present(agent)",
     "name == 'x'", "number(case_no)", "round(fee / 7, 2)", "materials[0].form"]
)  # fmt: skip
WORDS = st.sampled_from(["x", "", "-", "本人", "01"])
TABLES = st.sampled_from(
    [{"counter": "1", "web": "2"}, {"111": "01", "414": "02"}, {"true": "1", "false": "0"}, {"x": "1"}, {"original": "1", "copy": 2}]
)  # fmt: skip
SHAPERS = st.lists(
    st.one_of(
        st.tuples(st.just("default"), st.sampled_from(["d", 1, True])),
        st.tuples(st.just("omit_if_missing"), st.just(value=True)),
        st.tuples(st.just("when"), EXPRESSIONS),
        st.tuples(st.just("table"), TABLES),
        st.tuples(st.just("text"), st.sampled_from([["trim"], ["upper", "half_width"], ["digits_only"]])),
        st.tuples(st.just("cut"), st.integers(1, 9)),
        st.tuples(st.just("max_length"), st.integers(1, 60)),
        st.tuples(st.just("join"), WORDS),
    ),
    max_size=2,
).map(dict)
TIMES = st.sampled_from(
    [{"as": "date"}, {"as": "datetime"}, {"as": "date", "format": "%Y%m%d"}, {"as": "decimal", "digits": 2}, {"as": "integer"},
     {"as": "datetime", "format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"}, {"as": "text"}, {"as": "number"},
     {"as": "boolean"}, {"as": "whole"}, {"split": "-", "part": 0}, {"split": "a", "join": "b"}, {}]
)  # fmt: skip
SINGLES = st.one_of(
    PATHS.map(lambda path: {"from": path}),
    EXPRESSIONS.map(lambda text: {"expr": text}),
    WORDS.map(lambda word: {"const": word}),
    st.lists(PATHS, min_size=1, max_size=3).map(lambda parts: {"concat": parts}),
    st.lists(PATHS, min_size=1, max_size=3).map(lambda parts: {"first_of": parts}),
)
LEAVES = st.builds(lambda source, steps: {**steps, **source}, SINGLES, st.one_of(SHAPERS, TIMES))
GUARDS = st.fixed_dictionaries({}, optional={"omit_if_missing": st.just(True), "when": EXPRESSIONS})


def _nested(rules: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    fields = st.dictionaries(st.sampled_from("ABC"), rules, min_size=1, max_size=3)
    return st.one_of(
        st.builds(lambda to, more: {**more, "to": to}, fields, GUARDS),
        st.builds(lambda path, to, more: {**more, "from": path, "to": to}, PATHS, fields, GUARDS),
        st.builds(lambda path, to, more: {**more, "each": path, "to": to}, PATHS, fields, GUARDS),
        st.builds(lambda path, item, more: {**more, "each": path, "item": item}, PATHS, rules, GUARDS),
    )


RULES = st.recursive(LEAVES, _nested, max_leaves=3)
MAPPINGS = st.dictionaries(st.sampled_from("PQ"), RULES, min_size=1, max_size=2)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["web", "111", "a-b"])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "hall", "note"]), inner), max_leaves=5
)  # fmt: skip
DOCUMENTS = st.dictionaries(st.sampled_from(NAMES), VALUES)

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=8)


MOMENTS = st.datetimes(min_value=datetime(1901, 1, 2), max_value=datetime(2200, 1, 1))  # noqa: DTZ001  an offset follows
OFFSETS = st.sampled_from(["+08:00", "Z", "+00:00", "-09:30"])


def fitting(shape: Shape) -> st.SearchStrategy[Any]:
    """Documents that satisfy a shape."""
    made: st.SearchStrategy[Any]
    if shape.enum is not None:
        made = st.sampled_from(shape.enum)
    elif shape.kind == "object":
        required = {name: fitting(member.shape) for name, member in shape.fields.items() if member.required}
        optional = {name: fitting(member.shape) for name, member in shape.fields.items() if not member.required}
        made = st.fixed_dictionaries(required, optional=optional)
    elif shape.kind == "list":
        assert shape.items is not None
        made = st.lists(fitting(shape.items), min_size=max(1, shape.min_items), max_size=shape.max_items or 3)
    elif shape.format == "date-time":
        made = st.builds(lambda moment, offset: f"{moment.isoformat(timespec='seconds')}{offset}", MOMENTS, OFFSETS)
    elif shape.format == "date":
        made = st.dates().map(lambda day: day.isoformat())
    elif shape.kind == "string":
        made = TEXTS.map(lambda text: text[: shape.max_length])
    elif shape.kind == "integer":
        made = st.integers(-(10**15), 10**15)
    else:
        made = st.booleans()
    return made


def compiled_or_none(rules: dict[str, Any]) -> Any:
    try:
        located = Located("request.yaml", {"to": rules}, {})
        mapping = MappingFile(validate(located, MappingSpec), located, "out")
        return mapping, compile_mapping(mapping)
    except ConfigError:
        return None


@QUICK
@given(MAPPINGS, DOCUMENTS)
def test_a_mapping_maps_or_says_where_it_cannot(rules: dict[str, Any], document: dict[str, Any]) -> None:
    found = compiled_or_none(rules)
    assume(found is not None)
    try:
        mapped = found[1].run(document)
    except MappingError as error:
        refusal: MappingError | None = error
    else:
        refusal = None
        assert len({entry.target for entry in mapped.trace}) == len(mapped.trace)
        assert set(mapped.document) <= set(rules)
    assert refusal is None or (refusal.target and refusal.what)


@QUICK
@given(MAPPINGS)
def test_the_checker_always_answers(rules: dict[str, Any]) -> None:
    found = compiled_or_none(rules)
    assume(found is not None)
    assert all(finding.line >= 1 for finding in check_mapping(found[0], SOURCE, Shape(kind="any")))


#: Refusals that no checker without the document can foresee; mappings.checker's docstring lists them.
UNFORESEEABLE = (
    "no entry for", "characters, at most", "is not an integer", "is not a number", "is not true, false", "has no piece",
    "nothing is left", "gives no value", "found an empty list", "too many digits", "beyond the calendar",
)  # fmt: skip


def clean(rule: dict[str, Any]) -> bool:
    """Whether the checker has nothing to say about a rule, and nothing open (`form`) is read."""
    found = compiled_or_none({"P": rule})
    if found is None or any(path.startswith("form") for path in found[1].paths):
        return False
    return not check_mapping(found[0], SOURCE, Shape(kind="any"))


def _rules(**choices: list[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Rules with one of the given values for each key; None leaves the key out."""
    drawn = st.fixed_dictionaries({name.removesuffix("_"): st.sampled_from(values) for name, values in choices.items()})
    return drawn.map(lambda rule: {name: value for name, value in rule.items() if value is not None})


#: Rules of which most are clean, so that the filter below has something to keep.
LIKELY_LEAVES = st.one_of(
    _rules(
        from_=["case_no", "channel", "applicant.name"],
        text=[None, ["trim"], ["upper"]],
        cut=[None, 3],
        max_length=[None, 40],
    ),
    _rules(
        from_=["applicant.phone", "agent.name", "tags[0]", "materials[0].note"],
        default=[None, "d"],
        omit_if_missing=[None, True],
    ),
    _rules(
        from_=["channel", "applicant.id_type", "urgent"],
        table=[{"counter": "1", "web": "2"}, {"111": 1, "414": 2}, {"true": "1", "false": "0"}],
    ),
    _rules(
        from_=["submitted_at"],
        as_=["date", "datetime"],
        format=[None, "%Y%m%d", "%d.%m.%Y"],
        zone=[None, "Europe/Berlin"],
    ),
    _rules(from_=["born"], as_=["date"], omit_if_missing=[True], format=[None, "%Y%m%d"]),
    _rules(
        from_=["fee"],
        as_=[None, "text", "integer", "number", "decimal"],
        when=[None, "urgent", "applicant.phone == 'x'"],
    ),
    _rules(
        expr=[
            "fee / 100",
            "fee > 3",
            "'a' if urgent else 'b'",
            "upper(channel)",
            "present(agent)",
            "round(fee / 7, 2)",
            "case_no + 'x'",
        ]
    ),
    _rules(
        concat=[["case_no", "fee"], ["case_no", {"from": "applicant.phone", "omit_if_missing": True}], ["urgent"]],
        separator=[None, "-"],
    ),
    _rules(
        first_of=[["applicant.phone", "case_no"], ["agent.name", {"const": "x"}], ["tags[0]", "applicant.phone"]],
        omit_if_missing=[None, True],
    ),
    _rules(
        each=["materials"],
        item=[{"from": "name"}, {"from": "note", "default": "d"}, {"from": "$.case_no"}],
        join=[None, ","],
    ),
    _rules(each=["tags"], item=[{"from": "."}], omit_if_missing=[True], where=[None, "$.urgent"]),
    _rules(each=["materials"], to=[{"A": {"from": "name"}, "B": {"from": "note", "omit_if_missing": True}}]),
    _rules(from_=["agent", "applicant"], to=[{"A": {"from": "name"}}], omit_if_missing=[None, True]),
)
LIKELY = st.recursive(
    LIKELY_LEAVES,
    lambda rules: st.dictionaries(st.sampled_from("ABC"), rules, min_size=1, max_size=3).map(lambda to: {"to": to}),
    max_leaves=4,
)


@QUICK
@given(LIKELY.filter(clean), fitting(SOURCE))
def test_a_clean_mapping_never_fails_on_a_fitting_document(rule: dict[str, Any], document: dict[str, Any]) -> None:
    _, run = compiled_or_none({"P": rule})
    try:
        run.run(document)
    except MappingError as error:
        if not any(words in error.what for words in UNFORESEEABLE):
            raise


@QUICK
@given(st.text(st.sampled_from("ab.()[]'\"+-*/<>=! 01,:$_") | st.characters(codec="utf-8"), max_size=60), DOCUMENTS)
def test_any_text_is_an_expression_or_a_finding(text: str, document: dict[str, Any]) -> None:
    try:
        expression = compile_expression(text, file="f", line=1)
    except ConfigError:
        return
    expression(document)
