"""The file drop kind against the simulated ferry, in real folders."""

import asyncio
import base64
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from lxml import etree

from cases.errors import MappingError
from cases.outcome import Accepted, Again, Broken, NotThere
from cases.states import Conclusion, Mark, State
from connectors.contract import Call, Incoming, Parcel, Unreadable
from connectors.kinds.filedrop.connector import FileDropConnector
from connectors.simulate.book import Book
from connectors.simulate.faults import Faults
from connectors.simulate.filedrop import Ferry
from connectors.simulate.office import Office
from connectors.simulate.plan import Plan
from tests.connectors.packs import TOTAL_SECONDS, case, department, parcel
from tests.contracts.connector_contract import ConnectorContract, Stage

RECORD = "<JL><YWBH>{no}</YWBH><GABH>G1</GABH><ZTDM>{state}</ZTDM><ZTSJ>2026-03-02 10:00:00</ZTSJ></JL>"


class FileStage(Stage):
    """The ferry's folders; `round` is one turn of the other side."""

    total_seconds = TOTAL_SECONDS

    def __init__(self, folder: Path) -> None:
        self.folder, self.book, self._count, self.time = folder, Book(folder / "book.db"), 0, 1_800_000_000.0
        self.office = Office(self.book, Plan(denied_share=0), Faults(), now=lambda: self.time)
        self.ferry = Ferry(self.office, folder, half_seconds=10)
        self.department = department("public-security", {"PUBLIC_SECURITY_FOLDER": str(folder)})
        self.connector = self.department.connector

    def round(self, *, later_seconds: float = 0) -> None:
        self.time += later_seconds
        self.ferry.take_in()
        self.ferry.hand_out()

    async def play(self, manner: str) -> Parcel:
        self._count += 1
        if manner == "unreachable":
            for name in ("out", "taken", "results"):
                (self.folder / name).rmdir()
        address = "测试路3号" if manner in ("accept", "unreachable") else f"测试路3号 sim:{manner}"
        return parcel(self.department, "birth", self._count, address=address)

    def filings(self, case_no: str) -> int:
        self.round()
        return self.book.numbers().get(case_no, 0)

    async def statuses_ready(self, case_no: str) -> int:
        self.round()
        self.round(later_seconds=3600)
        return len(await self.fetched())

    async def call(self, case_no: str, *, genuine: bool) -> Call:
        raise NotImplementedError

    async def fetched(self) -> list[Incoming | Unreadable]:
        return [status async for status in self.connector.fetch([])]

    def result(self, name: str, content: str | bytes, *, marker: bool = True) -> None:
        data = content.encode() if isinstance(content, str) else content
        (self.folder / "results" / name).write_bytes(data)
        if marker:
            (self.folder / "results" / f"{name}.ok").touch()


def result_xml(*records: str) -> str:
    return f"<JIEGUO><PC>1</PC>{''.join(records)}</JIEGUO>"


@pytest.fixture
def stage(tmp_path: Path) -> FileStage:
    return FileStage(tmp_path)


class TestFileDropKeepsTheContract(ConnectorContract):
    no_reply = "a folder gives no reply"
    no_calls = "a file drop takes no calls"
    waived: ClassVar = {
        "a_status_in_the_reply_comes_with_the_outcome": no_reply,
        "a_refusal_has_a_code_and_a_reason": "a refusal comes back as a status, see below",
        "a_busy_department_is_tried_again_after_its_pause": no_reply,
        "a_lost_reply_is_unknown_although_the_case_was_filed": no_reply,
        "a_connection_cut_after_filing_is_unknown": no_reply,
        "an_unreadable_reply_is_unknown": no_reply,
        "an_endless_reply_is_cut_off": no_reply,
        "a_small_reply_that_unpacks_to_a_huge_one_is_cut_off": no_reply,
        "a_dripping_reply_ends_with_the_budget": no_reply,
        "a_redirect_is_not_followed": no_reply,
        "a_genuine_call_is_opened": no_calls,
        "a_forged_call_is_refused_unread": no_calls,
        "an_old_call_is_refused": no_calls,
        "the_same_call_again_is_let_through_with_the_same_digest": no_calls,
    }


async def test_marker_and_file_stand_there_whole(stage: FileStage) -> None:
    sent = await stage.play("accept")
    await stage.connector.send(sent)
    names = sorted(os.listdir(stage.folder / "out"))
    assert names == [f"{sent.case_no}.xml", f"{sent.case_no}.xml.ok"]
    root = etree.parse(stage.folder / "out" / names[0]).getroot()
    assert root.findtext("TOU/YWBH") == sent.case_no
    assert root.findtext("SQR/XM") == "荷立春"
    assert base64.b64decode(root.findtext("CLXX/NR") or "") == "荷小满".encode()


async def test_the_other_side_takes_nothing_without_a_marker(stage: FileStage) -> None:
    sent = await stage.play("accept")
    await stage.connector.send(sent)
    (stage.folder / "out" / f"{sent.case_no}.xml.ok").unlink()
    assert stage.filings(sent.case_no) == 0
    assert isinstance(await stage.connector.lookup(sent), NotThere)


async def test_a_lookup_finds_the_file_before_and_after_it_was_taken(stage: FileStage) -> None:
    sent = await stage.play("accept")
    await stage.connector.send(sent)
    waiting = await stage.connector.lookup(sent)
    stage.round()
    taken = await stage.connector.lookup(sent)
    assert isinstance(waiting, Accepted)
    assert waiting.reply["taken"] is False
    assert isinstance(taken, Accepted)
    assert taken.reply["taken"] is True


async def test_a_resend_after_it_was_taken_writes_no_second_file(stage: FileStage) -> None:
    sent = await stage.play("accept")
    await stage.connector.send(sent)
    stage.round()
    assert isinstance(await stage.connector.send(sent), Accepted)
    assert os.listdir(stage.folder / "out") == []
    assert stage.filings(sent.case_no) == 1


async def test_a_document_the_contract_does_not_take_is_broken_and_leaves_nothing(stage: FileStage) -> None:
    sent = await stage.play("accept")
    document: dict[str, Any] = {**sent.document, "TOU": {**sent.document["TOU"], "SJSJ": "yesterday"}}
    outcome = await stage.connector.send(replace(sent, document=document))
    assert isinstance(outcome, Broken)
    assert "SJSJ" in outcome.reason
    assert "yesterday" not in outcome.reason
    assert os.listdir(stage.folder / "out") == []


async def test_a_file_too_large_for_the_ferry_is_broken(stage: FileStage) -> None:
    assert isinstance(stage.connector, FileDropConnector)
    sent = await stage.play("accept")
    material = {"BM": "01", "MC": "照片", "XS": "03", "FS": 1, "NR": "A" * 21 * 1024 * 1024}
    outcome = await stage.connector.send(replace(sent, document={**sent.document, "CLXX": [material]}))
    assert isinstance(outcome, Broken)
    assert "allowed are 20971520" in outcome.reason


def test_files_heavier_than_the_department_takes_are_refused_before_they_are_written(stage: FileStage) -> None:
    heavy = case("public-security", "birth")
    materials = [{"code": "01", "name": "照片", "form": "electronic", "copies": 1, "content": "A" * 10_000_000}] * 2
    with pytest.raises(MappingError, match=r"15000000 bytes together; this department takes 14680064"):
        stage.department.map_request({**heavy, "materials": materials})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_folder_we_may_not_write_into_says_so(stage: FileStage) -> None:
    sent = await stage.play("accept")
    (stage.folder / "out").chmod(0o500)
    outcome = await stage.connector.send(sent)
    (stage.folder / "out").chmod(0o700)
    assert isinstance(outcome, Again)
    assert "may not write" in outcome.reason


async def test_the_whole_way_to_a_conclusion(stage: FileStage) -> None:
    sent = await stage.play("accept")
    await stage.connector.send(sent)
    stage.round()
    states = []
    for _ in range(4):
        stage.round(later_seconds=2)
        for status in await stage.fetched():
            assert isinstance(status, Incoming)
            read = stage.department.read_status(status)
            assert read.case_no == sent.case_no
            states.append(read.update.state)
            await status.settle()
    assert states == [State.RECEIVED, State.ACCEPTED, State.IN_REVIEW, State.CONCLUDED]
    assert read.update.conclusion is Conclusion.CERTIFICATE
    assert read.update.marks["state"] is Mark.OBSERVED
    assert len(os.listdir(stage.folder / "results" / "done")) == 4


async def test_a_refusal_comes_back_as_a_status(stage: FileStage) -> None:
    sent = await stage.play("refuse")
    await stage.connector.send(sent)
    stage.round()
    (status,) = await stage.fetched()
    assert isinstance(status, Incoming)
    assert stage.department.read_status(status).update.state is State.ACCEPT_REFUSED


async def test_a_half_written_result_is_waited_for(stage: FileStage) -> None:
    sent = await stage.play("half_file")
    await stage.connector.send(sent)
    stage.round()
    stage.round(later_seconds=3)
    assert [name for name in os.listdir(stage.folder / "results") if name.endswith(".xml")]
    assert await stage.fetched() == []
    stage.round(later_seconds=11)
    assert len(await stage.fetched()) >= 1


async def test_a_file_with_many_statuses_is_put_away_after_the_last(stage: FileStage) -> None:
    stage.result("b.xml", result_xml(*(RECORD.format(no=f"N{i}", state="20") for i in range(3))))
    one, two, three = await stage.fetched()
    await one.settle()
    await two.settle()
    assert (stage.folder / "results" / "b.xml").exists()
    await three.settle()
    assert os.listdir(stage.folder / "results" / "done") == ["b.xml"]
    assert await stage.fetched() == []


async def test_equal_records_in_two_files_have_one_digest(stage: FileStage) -> None:
    record = RECORD.format(no="N1", state="20")
    stage.result("a.xml", result_xml(record))
    stage.result("b.xml", result_xml(record, RECORD.format(no="N2", state="20")))
    first, second, third = await stage.fetched()
    assert first.digest == second.digest != third.digest


@pytest.mark.parametrize(
    "content",
    [
        b"<JIEGUO><PC>1</PC>",
        b"",
        "not xml at all".encode("gbk"),
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><JIEGUO><PC>&a;</PC></JIEGUO>',
        b"<OTHER/>",
    ],
)
async def test_what_cannot_be_read_is_set_aside_with_a_reason(stage: FileStage, content: bytes) -> None:
    stage.result("x.xml", content)
    (status,) = await stage.fetched()
    assert isinstance(status, Unreadable)
    assert status.body == content
    assert "root:" not in status.reason
    await status.settle()
    bad = stage.folder / "results" / "bad"
    assert sorted(os.listdir(bad)) == ["x.xml", "x.xml.reason"]
    assert (bad / "x.xml.reason").read_text("utf-8").strip()
    assert await stage.fetched() == []


async def test_an_unknown_code_is_an_error_that_names_its_place(stage: FileStage) -> None:
    stage.result("x.xml", result_xml(RECORD.format(no="N1", state="20")))
    (status,) = await stage.fetched()
    assert isinstance(status, Incoming)
    with pytest.raises(MappingError, match="no entry for '77'"):
        stage.department.read_status(replace(status, raw={**status.raw, "ZTDM": "77"}))


async def test_a_result_larger_than_allowed_is_not_read(stage: FileStage) -> None:
    stage.result("x.xml", b"<JIEGUO>" + b" " * 70_000 + b"</JIEGUO>")
    (status,) = await stage.fetched()
    assert isinstance(status, Unreadable)
    assert "larger than" in status.reason
    assert status.body == b""


async def test_links_and_partial_names_are_left_alone(stage: FileStage, tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_text(result_xml(RECORD.format(no="N1", state="20")))
    (stage.folder / "results" / "link.xml").symlink_to(secret)
    (stage.folder / "results" / "link.xml.ok").touch()
    stage.result("y.xml.part", b"<JIEGUO>")
    assert await stage.fetched() == []


async def test_two_visitors_at_once_lose_nothing(stage: FileStage) -> None:
    for i in range(20):
        stage.result(f"r{i}.xml", result_xml(RECORD.format(no=f"N{i}", state="20")))
    one, two = await asyncio.gather(stage.fetched(), stage.fetched())
    for status in [*one, *two]:
        await status.settle()
    assert {status.digest for status in one} | {status.digest for status in two} == {status.digest for status in one}
    assert len(os.listdir(stage.folder / "results" / "done")) == 20


def test_the_needs_of_the_mapping_are_known(stage: FileStage) -> None:
    assert stage.department.needs_content
    assert stage.department.ability.idempotency_key
    assert stage.department.ability.lookup
