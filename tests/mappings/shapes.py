"""Shapes and documents that several tests share."""

from typing import Any

from config.findings import Finding
from mappings import CompiledMapping, Direction, Member, Shape, check_mapping, compile_mapping, load_mapping


def text(max_length: int | None = None, **more: Any) -> Shape:
    return Shape(kind="string", max_length=max_length, **more)


def codes(*values: str) -> Shape:
    return Shape(kind="string", enum=values, max_length=max(map(len, values)))


def must(shape: Shape) -> Member:
    return Member(shape, required=True)


def may(shape: Shape) -> Member:
    return Member(shape, required=False)


def record(**members: Member) -> Shape:
    return Shape(kind="object", fields=members)


def rows(item: Shape, **more: Any) -> Shape:
    return Shape(kind="list", items=item, **more)


#: A small canonical side with every kind of field.
SOURCE = record(
    case_no=must(text(43)),
    channel=must(codes("counter", "web")),
    submitted_at=must(text(format="date-time")),
    fee=must(Shape(kind="integer")),
    urgent=must(Shape(kind="boolean")),
    applicant=must(record(name=must(text(100)), id_type=must(codes("111", "414")), phone=may(text(18)))),
    agent=may(record(name=must(text(100)))),
    born=may(text(format="date")),
    materials=must(rows(record(name=must(text(200)), form=must(codes("original", "copy")), note=may(text(50))))),
    tags=may(rows(text(10))),
    form=must(Shape(kind="object", closed=False)),
)

CASE: dict[str, Any] = {
    "case_no": "C-1",
    "channel": "counter",
    "submitted_at": "2026-03-02T09:12:00+08:00",
    "fee": 1250,
    "urgent": True,
    "applicant": {"name": "测试甲", "id_type": "111", "phone": None},
    "materials": [{"name": "申请表", "form": "original"}, {"name": "照片", "form": "copy", "note": "一寸"}],
    "form": {"hall": "东"},
}


def compiled(rules: str, *, direction: Direction = "out", tables: str = "") -> CompiledMapping:
    """Compile rules that start on line 2 of request.yaml (or after the tables)."""
    return compile_mapping(load_mapping(f"{tables}to:\n{rules}", file="request.yaml", direction=direction))


def mapped(rules: str, document: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    return compiled(rules, **options).run(CASE if document is None else document).document


def findings(
    rules: str, target: Shape, *, source: Shape = SOURCE, direction: Direction = "out", tables: str = ""
) -> list[Finding]:
    mapping = load_mapping(f"{tables}to:\n{rules}", file="request.yaml", direction=direction)
    return check_mapping(mapping, source, target)
