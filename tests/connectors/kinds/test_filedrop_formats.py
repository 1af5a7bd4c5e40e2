"""File drops in other formats and character sets, and other ways to know that a file is whole."""

import csv
import io
import os
from pathlib import Path

import orjson
import pytest

from cases.outcome import Accepted, Broken, Unknown
from cases.states import State
from connectors.contract import Incoming, Parcel, Unreadable
from connectors.department import Department
from connectors.kinds.filedrop.options import Results
from connectors.kinds.filedrop.results import ResultFolder
from tests.connectors.made_packs import made

PACK = """
kind: filedrop
endpoint:
  out_folder: "${FOLDER}/out"
  file_name: "SB_{case_no}.%(format)s"
  marker: .flag
  file: {format: %(format)s, charset: %(charset)s}
  results:
    {folder: "${FOLDER}/in", pattern: "*.%(format)s", format: %(format)s, charset: %(charset)s, complete: %(complete)s
     %(records)s}
receipt: {accepted_when: "present(reply.file)"}
resend: {lookup: folders}
status: {by: file}
"""
PARCEL = Parcel(case_no="N1", delivery_id="d" * 32, document={"bh": "N1", "xm": '荷小满, "甲"\n乙', "n": None})
ROWS = [{"bh": "N1", "zt": "1", "sj": "20260302100000"}, {"bh": "N2", "zt": "2", "sj": "20260302100001"}]


def opened(folder: Path, kind: str, charset: str, *, complete: str = "marker", records: str = "") -> Department:
    (folder / "out").mkdir()
    (folder / "in").mkdir()
    fill = {
        "format": kind,
        "charset": charset,
        "complete": complete,
        "records": f", records: {records}" if records else "",
    }
    return made(folder, PACK % fill, environment={"FOLDER": str(folder)})


async def fetched(department: Department) -> list[Incoming | Unreadable]:
    return [status async for status in department.connector.fetch([])]


@pytest.mark.parametrize("charset", ["UTF-8", "GBK", "GB18030"])
async def test_a_csv_file_goes_out_in_the_departments_character_set(tmp_path: Path, charset: str) -> None:
    department = opened(tmp_path, "csv", charset)
    assert isinstance(await department.connector.send(PARCEL), Accepted)
    assert sorted(os.listdir(tmp_path / "out")) == ["SB_N1.csv", "SB_N1.csv.flag"]
    text = (tmp_path / "out" / "SB_N1.csv").read_bytes().decode(charset)
    assert list(csv.DictReader(io.StringIO(text, newline=""))) == [{"bh": "N1", "xm": '荷小满, "甲"\n乙', "n": ""}]


async def test_a_json_file_goes_out_whole(tmp_path: Path) -> None:
    department = opened(tmp_path, "json", "GB18030")
    await department.connector.send(PARCEL)
    data = (tmp_path / "out" / "SB_N1.json").read_bytes().decode("gb18030")
    assert orjson.loads(data) == PARCEL.document


async def test_a_character_the_set_lacks_is_broken_with_its_name(tmp_path: Path) -> None:
    department = opened(tmp_path, "csv", "GBK")
    outcome = await department.connector.send(Parcel(case_no="N1", delivery_id="d", document={"xm": "荷䶮"}))
    assert isinstance(outcome, Broken)
    assert "U+4DAE" in outcome.reason
    assert "荷" not in outcome.reason
    assert os.listdir(tmp_path / "out") == []


@pytest.mark.parametrize(
    ("kind", "charset"), [("csv", "GBK"), ("csv", "UTF-8"), ("json", "GB18030"), ("json", "UTF-8")]
)
async def test_results_are_read_record_by_record(tmp_path: Path, kind: str, charset: str) -> None:
    department = opened(tmp_path, kind, charset, records="" if kind == "csv" else "list")
    if kind == "csv":
        data = "\r\n".join([",".join(ROWS[0]), *(",".join(row.values()) for row in ROWS)])
    else:
        data = orjson.dumps({"list": ROWS}).decode()
    bom = b"\xef\xbb\xbf" if charset == "UTF-8" else b""
    (tmp_path / "in" / f"r.{kind}").write_bytes(bom + data.encode(charset))
    assert await fetched(department) == []
    (tmp_path / "in" / f"r.{kind}.flag").touch()
    found = await fetched(department)
    states = [department.read_status(each).update.state for each in found if isinstance(each, Incoming)]
    assert states == [State.ACCEPTED, State.CONCLUDED]


@pytest.mark.parametrize("line", ["N1,1", "N1,1,20260302100000,more"])
async def test_a_line_with_too_few_or_too_many_fields_is_set_aside(tmp_path: Path, line: str) -> None:
    department = opened(tmp_path, "csv", "GBK")
    (tmp_path / "in" / "r.csv").write_text(f"bh,zt,sj\n{line}\n", "gbk")
    (tmp_path / "in" / "r.csv.flag").touch()
    (status,) = await fetched(department)
    assert isinstance(status, Unreadable)
    assert "line 2" in status.reason


async def test_a_record_without_fields_is_kept_and_the_others_go_on(tmp_path: Path) -> None:
    department = opened(tmp_path, "json", "UTF-8", complete="renamed", records="list")
    (tmp_path / "in" / "r.json").write_bytes(orjson.dumps({"list": [ROWS[0], "what?"]}))
    good, bad = await fetched(department)
    assert isinstance(good, Incoming)
    assert isinstance(bad, Unreadable)
    await bad.settle()
    await good.settle()
    assert os.listdir(tmp_path / "in" / "done") == ["r.json"]


async def test_a_growing_file_is_waited_for_where_there_are_no_markers(tmp_path: Path) -> None:
    now = [0]
    options = Results(folder=str(tmp_path), pattern="*.json", format="json", complete="stable", stable_seconds=5)
    folder = ResultFolder(
        options, read=lambda data: [orjson.loads(data)], marker=".ok", max_bytes=100, wall_ns=lambda: now[0] * 10**9
    )

    async def visit(second: int) -> int:
        now[0] = second
        return len([status async for status in folder.statuses()])

    (tmp_path / "r.json").write_bytes(b'{"a":')
    assert [await visit(second) for second in (0, 4)] == [0, 0]
    (tmp_path / "r.json").write_bytes(b'{"a": 1}')
    assert [await visit(second) for second in (6, 10, 11)] == [0, 0, 1]


async def test_without_a_folder_of_taken_files_a_missing_one_proves_nothing(tmp_path: Path) -> None:
    department = opened(tmp_path, "csv", "GBK")
    assert isinstance(await department.connector.lookup(PARCEL), Unknown)
    await department.connector.send(PARCEL)
    assert isinstance(await department.connector.lookup(PARCEL), Accepted)
