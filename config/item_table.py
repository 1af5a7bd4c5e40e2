"""Tables of items, as spreadsheets hold them: one row per item, read into the values of an item file."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import orjson

from cases.errors import ConfigError
from config import located
from config.findings import Finding
from config.located import Located

#: What a heading may be called → the key it stands for.
HEADINGS = {
    "实施编码": "code",
    "事项名称": "name",
    "版本": "version",
    "状态": "state",
    "生效日期": "effective_from",
    "失效日期": "effective_until",
    "办件类型": "kind",
    "法定期限": "legal_days",
    "承诺期限": "promised_days",
    "部门": "department",
    "服务对象": "applicant_kinds",
    "证件类型": "id_types",
    "经办人": "agent",
    "主项已公布": "parent_published",
    "办理项": "handles",
    "材料": "materials",
    "表单": "form",
    "备注": "note",
}
_KEYS = frozenset(HEADINGS.values())
_REQUIRED = ("code", "name", "effective_from", "kind", "legal_days", "promised_days", "department")
_WORDS: Mapping[str, Mapping[str, Any]] = {
    "state": {"在用": "in_use", "暂停": "suspended", "取消": "cancelled"},
    "kind": {"即办件": "instant", "承诺件": "promised", "上报件": "forwarded", "其他": "other"},
    "agent": {"不需要": "none", "可选": "optional", "必填": "required"},
    "applicant_kinds": {"自然人": "person", "组织": "organisation", "法人": "organisation"},
    "parent_published": {"是": True, "否": False, "true": True, "false": False},
}
_MARKS = {
    "●": {"original": True},
    "original": {"original": True},
    "○": {"licence": True},
    "licence": {"licence": True},
    "电子": {"electronic": True},
    "electronic": {"electronic": True},
    "容缺": {"promise": True},
    "promise": {"promise": True},
    "可选": {"required": False},
    "optional": {"required": False},
}
_MATERIAL = re.compile(r"(?P<code>\d{2,3})\s+(?P<name>[^\[\]]+?)\s*(?:\[(?P<marks>[^\[\]]*)\])?")
_HANDLE = re.compile(r"(?P<serial>\d{1,2})\s+(?P<name>.+)")
_INTEGERS = {"version", "legal_days", "promised_days"}


def read_table(rows: Iterable[tuple[int, Sequence[Any]]], file: str) -> Located:
    """Turn rows under a heading into the values of an item file; every key keeps its row as its line.

    Raises:
        ConfigError: an unknown or missing column, a cell that cannot be read; with every finding.
    """
    filled = [(line, row) for line, row in rows if any(cell not in (None, "") for cell in row)]
    if not filled:
        raise ConfigError([Finding(file, 1, "", "the table is empty")])
    findings: list[Finding] = []
    keys = _headings(*filled[0], file, findings)
    items: list[dict[str, Any]] = []
    lines: dict[located.Path, int] = {(): 1, ("items",): filled[0][0]}
    for line, row in filled[1:]:
        here = ("items", len(items))
        lines[here] = line
        item: dict[str, Any] = {}
        for key, cell in zip(keys, row, strict=False):
            if not key or cell in (None, ""):
                continue
            lines[*here, key] = line
            try:
                item |= _value(key, cell)
            except ValueError as error:
                findings.append(Finding(file, line, key, str(error)))
        items.append(_with_parties(item))
    if findings:
        raise ConfigError(findings)
    return Located(file, {"items": items}, lines)


def _headings(line: int, row: Sequence[Any], file: str, findings: list[Finding]) -> list[str]:
    keys: list[str] = []
    for cell in row:
        heading = str(cell or "").strip()
        key = HEADINGS.get(heading, heading)
        if heading and key not in _KEYS:
            findings.append(Finding(file, line, heading, f"no such column; known: {', '.join(sorted(_KEYS))}"))
        if heading and key in keys:
            findings.append(Finding(file, line, heading, "this column stands twice"))
        keys.append(key)
    findings += [Finding(file, line, key, "this column is missing") for key in _REQUIRED if key not in keys]
    return keys


def _with_parties(item: dict[str, Any]) -> dict[str, Any]:
    """Put what a row says about parties where an item keeps it."""
    applicant = {
        name: item.pop(key) for key, name in (("applicant_kinds", "kinds"), ("id_types", "id_types")) if key in item
    }
    if applicant:
        item["applicant"] = applicant
    if "agent" in item:
        item["agent"] = {"presence": item["agent"]}
    return item


def _value(key: str, cell: Any) -> dict[str, Any]:
    """Return what one cell says; ValueError where it cannot be read."""
    if key in _INTEGERS:
        return {key: _integer(cell)}
    if key == "code" and not isinstance(cell, str):
        raise ValueError("the code was saved as a number and has lost digits: format the column as text")
    if isinstance(cell, (datetime, date)):
        return {key: cell.isoformat()[:10]}
    text = str(cell).strip()
    if key in {"handles", "materials"}:
        read = _material if key == "materials" else _handle
        return {key: [read(part) for part in _parts(text)]}
    if key == "form":
        return {key: _json(text)}
    if key in {"applicant_kinds", "id_types"}:
        words = _WORDS.get(key, {})
        return {key: [words.get(part, part) for part in _parts(text.replace("|", ";").replace("、", ";"))]}
    if key == "parent_published" and text.lower() not in _WORDS[key]:
        raise ValueError("write 是 or 否 (true or false)")
    return {key: _WORDS.get(key, {}).get(text.lower(), text)}


def _integer(cell: Any) -> int:
    try:
        number = float(cell)
    except ValueError:
        raise ValueError("not a whole number") from None
    if not number.is_integer():
        raise ValueError("not a whole number")
    return int(number)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;;\n]", text) if part.strip()]


def _material(text: str) -> dict[str, Any]:
    found = _MATERIAL.fullmatch(text)
    if not found:
        raise ValueError(f"cannot read {text!r}: write a material as `01 申请表 [● 电子]`, several with ; between them")
    material: dict[str, Any] = {"code": found["code"], "name": found["name"]}
    for mark in re.findall(r"[●○]|[^\s●○,,]+", found["marks"] or ""):
        if mark not in _MARKS:
            raise ValueError(f"mark {mark!r} of material {found['code']} is not known; known: {', '.join(_MARKS)}")
        material |= _MARKS[mark]
    return material


def _handle(text: str) -> dict[str, Any]:
    found = _HANDLE.fullmatch(text)
    if not found:
        raise ValueError(f"cannot read {text!r}: write a handle as `01 新办`, several with ; between them")
    return {"serial": int(found["serial"]), "name": found["name"]}


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"not readable as JSON: {error}") from None
