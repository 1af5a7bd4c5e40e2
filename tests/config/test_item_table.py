"""Items from spreadsheets: read into the values of an item file, every mistake with its row and column."""

import io
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from cases.errors import ConfigError
from config.catalogue import read_file
from config.located import Located

HEAD = "实施编码,事项名称,生效日期,办件类型,法定期限,承诺期限,部门,材料"
ROW = "11430202HT0000018T4430511005000,示例事项,2026-01-01,承诺件,20,5,civil-affairs,01 申请表[● 电子];02 身份证[○]"


def csv(tmp_path: Path, *lines: str, encoding: str = "utf-8") -> Located:
    path = tmp_path / "items.csv"
    path.write_bytes("\n".join(lines).encode(encoding))
    return read_file(path)


def findings(tmp_path: Path, *lines: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        csv(tmp_path, *lines)
    return [str(finding).removeprefix(f"{tmp_path}/") for finding in caught.value.findings]


def xlsx(tmp_path: Path, *rows: Sequence[Any]) -> Located:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    path = tmp_path / "items.xlsx"
    path.write_bytes(stream.getvalue())
    return read_file(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_row_becomes_an_item(tmp_path: Path, encoding: str) -> None:
    located = csv(tmp_path, HEAD, ROW, encoding=encoding)
    assert located.value == {
        "items": [
            {
                "code": "11430202HT0000018T4430511005000",
                "name": "示例事项",
                "effective_from": "2026-01-01",
                "kind": "promised",
                "legal_days": 20,
                "promised_days": 5,
                "department": "civil-affairs",
                "materials": [
                    {"code": "01", "name": "申请表", "original": True, "electronic": True},
                    {"code": "02", "name": "身份证", "licence": True},
                ],
            }
        ]
    }


def test_every_value_keeps_its_row_even_past_blank_rows_and_cells_with_line_breaks(tmp_path: Path) -> None:
    quoted = ROW.replace("01 申请表[● 电子];", '"01 申请表[● 电子]\n') + '"'
    located = csv(tmp_path, HEAD, "", quoted, ROW)
    assert [located.line(("items", index, "name")) for index in (0, 1)] == [3, 5]
    assert located.value["items"][0]["materials"] == located.value["items"][1]["materials"]


def test_parties_handles_form_and_marks_are_read(tmp_path: Path) -> None:
    located = csv(
        tmp_path,
        HEAD + ",服务对象,证件类型,经办人,办理项,表单,主项已公布",
        ROW.replace("01 申请表[● 电子];02 身份证[○]", "01 报告[●容缺];02 照片[可选]")
        + ',自然人|组织,111|001,必填,01 新办;02 变更,"{""type"": ""object""}",否',
    )
    item = located.value["items"][0]
    assert item["applicant"] == {"kinds": ["person", "organisation"], "id_types": ["111", "001"]}
    assert item["agent"] == {"presence": "required"}
    assert item["handles"] == [{"serial": 1, "name": "新办"}, {"serial": 2, "name": "变更"}]
    assert item["form"] == {"type": "object"}
    assert item["parent_published"] is False
    assert item["materials"] == [
        {"code": "01", "name": "报告", "original": True, "promise": True},
        {"code": "02", "name": "照片", "required": False},
    ]


def test_english_headings_do_too(tmp_path: Path) -> None:
    located = csv(
        tmp_path,
        "code,name,effective_from,kind,legal_days,promised_days,department,state",
        "11430202HT0000018T4430511005000,示例,2026-01-01,instant,0,0,civil-affairs,in_use",
    )
    assert located.value["items"][0]["kind"] == "instant"


@pytest.mark.parametrize(
    ("lines", "finding"),
    [
        ([HEAD.replace("部门", "科室"), ROW], "items.csv:1: 科室: no such column"),
        ([HEAD.replace(",部门", ""), ROW], "items.csv:1: department: this column is missing"),
        ([HEAD + ",事项名称", ROW], "items.csv:1: 事项名称: this column stands twice"),
        ([HEAD, ROW.replace(",20,", ",二十,")], "items.csv:2: legal_days: not a whole number"),
        ([HEAD, ROW, ROW.replace(",5,", ",5.5,")], "items.csv:3: promised_days: not a whole number"),
        ([HEAD, ROW.replace("01 申请表", "申请表")], "items.csv:2: materials: cannot read '申请表"),
        ([HEAD, ROW.replace("○", "△")], "items.csv:2: materials: mark '△' of material 02 is not known"),
        ([HEAD + ",办理项", ROW + ",新办"], "items.csv:2: handles: cannot read '新办'"),
        ([HEAD + ",表单", ROW + ",{"], "items.csv:2: form: not readable as JSON"),
        ([HEAD + ",主项已公布", ROW + ",也许"], "items.csv:2: parent_published: write 是 or 否"),
        ([HEAD, ROW.replace("示例事项", '"示例')], "items.csv:2: not readable as CSV"),
        ([""], "items.csv:1: the table is empty"),
    ],
)
def test_a_mistake_has_its_row_and_column(tmp_path: Path, lines: list[str], finding: str) -> None:
    found = findings(tmp_path, *lines)
    assert any(text.startswith(finding) for text in found), found


def test_all_mistakes_are_listed(tmp_path: Path) -> None:
    assert len(findings(tmp_path, HEAD, ROW.replace(",20,5,", ",x,y,"), ROW.replace("○", "△"))) == 3


def test_a_spreadsheet_is_read_like_a_csv(tmp_path: Path) -> None:
    cells = [*ROW.split(",")[:4], 20, 5.0, *ROW.split(",")[6:]]
    cells[2] = datetime(2026, 1, 1)  # noqa: DTZ001 - what a spreadsheet holds
    located = xlsx(tmp_path, HEAD.split(","), [], cells)
    assert located.value == csv(tmp_path, HEAD, ROW).value
    assert located.line(("items", 0, "code")) == 3


def test_a_date_cell_is_a_date(tmp_path: Path) -> None:
    cells = ROW.split(",")
    located = xlsx(tmp_path, HEAD.split(","), [*cells[:2], date(2026, 1, 1), *cells[3:]])
    assert located.value["items"][0]["effective_from"] == "2026-01-01"


def test_a_code_saved_as_a_number_is_a_finding(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"items.xlsx:2: code: the code was saved as a number"):
        xlsx(tmp_path, HEAD.split(","), [1.14302e30, *ROW.split(",")[1:]])


def test_what_is_no_spreadsheet_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "items.xlsx"
    path.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(ConfigError, match="not readable as XLSX"):
        read_file(path)
