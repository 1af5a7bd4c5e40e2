"""Files come in once, are what they are by their bytes, and go out only to whom they belong."""

import hashlib
import io
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from cases.errors import NotFound
from hub.api.services import Bounds
from hub.store.files import FileStore
from tests.hub.api.desk import Desk, example, open_desk

PDF = b"%PDF-1.7\n" + b"0123456789" * 1000
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 64
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + b"\x00" * 64


def archive(*names: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as writer:
        for name in names:
            writer.writestr(name, "x")
    return target.getvalue()


def form(content: bytes, *, name: str = "file", file_name: str = "申请表.pdf", extra: bytes = b"") -> dict[str, object]:
    body = (
        f'--XX\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    return {
        "content": body + content + b"\r\n" + extra + b"--XX--\r\n",
        "headers": {"content-type": "multipart/form-data; boundary=XX"},
    }


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PDF, "application/pdf"),
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (archive("OFD.xml", "Doc_0/Document.xml"), "application/ofd"),
        (
            archive("[Content_Types].xml", "word/document.xml"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (
            archive("[Content_Types].xml", "xl/workbook.xml"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "application/msword"),
    ],
    ids=["pdf", "png", "jpeg", "ofd", "docx", "xlsx", "doc"],
)
async def test_a_material_is_taken_for_what_its_bytes_are(desk: Desk, content: bytes, media_type: str) -> None:
    response = await desk.call("POST", "/v1/files?name=a.bin", content=content)

    stored = response.json()
    assert response.status_code == 201
    assert stored["file"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert stored["media_type"] == media_type
    assert stored["size_bytes"] == len(content)
    assert (await desk.call("GET", response.headers["location"])).content == content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"plain text",
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
        b"MZ\x90\x00" + b"\x00" * 100,
        b"#!/bin/sh\n",
        archive("evil.exe"),
        archive("word/document.xml"),
        b"PK\x03\x04 broken",
        b"\x7fELF" + b"\x00" * 100,
    ],
    ids=["empty", "text", "html", "svg", "exe", "script", "zip", "half a docx", "broken zip", "elf"],
)
async def test_anything_else_is_refused_and_leaves_nothing(desk: Desk, tmp_path: Path, content: bytes) -> None:
    response = await desk.call("POST", "/v1/files?name=a.pdf", content=content, headers={"content-type": "image/png"})

    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "file"
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


async def test_a_form_gives_the_file_its_name(desk: Desk) -> None:
    stored = (await desk.call("POST", "/v1/files", **form(PDF))).json()
    assert stored["name"] == "申请表.pdf"

    response = await desk.call("GET", f"/v1/files/{stored['file']}")
    assert response.content == PDF
    assert response.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E7%94%B3")
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_name_is_only_a_name(desk: Desk) -> None:
    stored = (await desk.call("POST", "/v1/files", **form(PDF, file_name="../../etc/passwd"))).json()
    assert "/" not in stored["name"]


async def test_a_form_that_is_not_one_file_is_refused(desk: Desk) -> None:
    second = b'--XX\r\nContent-Disposition: form-data; name="file"; filename="b"\r\n\r\nmore\r\n'
    broken = form(PDF)
    broken["content"] = bytes(broken["content"])[:-10]  # type: ignore[call-overload]
    no_boundary = {**form(PDF), "headers": {"content-type": "multipart/form-data"}}
    nothing = {**form(PDF), "content": b"--XX--\r\n"}
    for how in (form(PDF, name="other"), form(PDF, extra=second), broken, no_boundary, nothing):
        response = await desk.call("POST", "/v1/files", **how)
        assert response.json()["errors"][0]["code"] == "one_file_expected"


async def test_a_file_beyond_the_limit_is_cut_off(tmp_path: Path) -> None:
    async with open_desk(tmp_path, bounds=Bounds(file_bytes=1000)) as desk:
        for how in ({"content": PDF}, form(PDF)):
            assert (await desk.call("POST", "/v1/files", **how)).status_code == 413
        assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


async def test_the_same_content_twice_is_one_file(desk: Desk, tmp_path: Path) -> None:
    first = (await desk.call("POST", "/v1/files", content=PDF)).json()
    again = (await desk.call("POST", "/v1/files", **form(PDF))).json()
    assert first["file"] == again["file"]
    assert len([path for path in (tmp_path / "files").rglob("*") if path.is_file()]) == 1


async def test_only_the_uploader_and_operations_get_it(desk: Desk) -> None:
    path = (await desk.call("POST", "/v1/files", content=PDF)).headers["location"]
    other = await desk.client.get(path, headers={"authorization": f"Bearer {desk.key('portal', 'sync')}"})
    assert other.status_code == 404
    assert (await desk.call("GET", path, scope="ops")).content == PDF
    assert (await desk.call("GET", path, scope="auditor")).status_code == 403
    assert (await desk.call("GET", path, scope=None)).status_code == 401


async def test_whoever_uploads_the_same_content_gets_it_under_their_own_name(desk: Desk) -> None:
    async def call(method: str, path: str, **how: Any) -> httpx.Response:
        bearer = {"authorization": f"Bearer {desk.key('portal', 'sync')}"}
        return await desk.client.request(method, path, headers=bearer, **how)

    path = (await desk.call("POST", "/v1/files?name=mine.pdf", content=PDF)).headers["location"]
    assert (await call("GET", path)).status_code == 404

    assert (await call("POST", "/v1/files?name=theirs.pdf", content=PDF)).headers["location"] == path
    theirs, mine = await call("GET", path), await desk.call("GET", path)
    assert theirs.content == mine.content == PDF
    assert "theirs.pdf" in theirs.headers["content-disposition"]
    assert "mine.pdf" in mine.headers["content-disposition"]
    assert (await desk.call("GET", path, scope="ops")).content == PDF


async def test_ranges_are_served(desk: Desk) -> None:
    path = (await desk.call("POST", "/v1/files", content=PDF)).headers["location"]
    part = await desk.call("GET", path, headers={"range": "bytes=5-14"})
    assert part.status_code == 206
    assert part.content == PDF[5:15]
    assert part.headers["content-range"] == f"bytes 5-14/{len(PDF)}"
    tail = await desk.call("GET", path, headers={"range": "bytes=-4", "if-range": part.headers["etag"]})
    assert tail.content == PDF[-4:]
    beyond = await desk.call("GET", path, headers={"range": "bytes=999999-"})
    assert beyond.status_code == 416


async def test_odd_names_of_files_are_not_found(desk: Desk) -> None:
    for name in ("x", "sha256:" + "0" * 64, "sha256:" + "A" * 64, "sha256:..%2f..%2fhub.db", "%00"):
        assert (await desk.call("GET", f"/v1/files/{name}")).status_code == 404


async def test_a_submission_may_name_what_was_uploaded_and_nothing_else(desk: Desk) -> None:
    document = example()
    document["materials"][0] |= {"form": "electronic", "file": "sha256:" + "0" * 64}
    refused = await desk.submit(document)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "materials.0.file"
    assert await desk.case_count() == 0

    document["materials"][0]["file"] = (await desk.call("POST", "/v1/files", content=PDF)).json()["file"]
    assert (await desk.submit(document)).status_code == 201


async def test_a_file_store_reads_what_it_keeps(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    content = PDF * 300  # beyond one write of the spool
    async with store.receive() as spool:
        await spool.write(content[:1000])
        await spool.write(content[1000:])
        digest = await spool.finish()
        assert not store.path(digest).exists()
        await store.keep(spool, digest)
    assert digest == hashlib.sha256(content).hexdigest()
    assert await store.read(digest) == content
    assert store.path(digest).is_file()
    assert list((tmp_path / "incoming").iterdir()) == []
    with pytest.raises(NotFound):
        await store.read("0" * 64)


async def test_what_a_crash_left_is_swept_and_what_is_under_way_is_not(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    assert await store.sweep() == 0  # before the first file there is no folder

    async with store.receive() as spool:
        await spool.write(PDF)
        left = tmp_path / "incoming" / "left-by-a-crash"
        left.write_bytes(PDF)
        yesterday = time.time() - 25 * 3600
        os.utime(left, (yesterday, yesterday))

        assert await store.sweep() == 1
        assert not left.exists()
        await store.keep(spool, await spool.finish())
    assert await store.sweep() == 0
