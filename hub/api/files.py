"""Files: uploaded once, named by their content, handed out to their uploader and to operations."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote

from pydantic import Field
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from cases.base import Record
from cases.errors import NotFound
from hub.api.answers import answer
from hub.api.body import pieces
from hub.api.media import ALLOWED, sniff
from hub.api.multipart import read_form
from hub.api.operation import Ask, Content, Operation, Parameter
from hub.ports import FileRow, Spool

_ID = re.compile(r"sha256:([0-9a-f]{64})")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f/\\]+")
_MAX_NAME = 200


class StoredFile(Record):
    """A file the hub has; `file` goes into a material of a submission."""

    file: Annotated[str, Field(description="sha256: and 64 hex digits")]
    size_bytes: int
    media_type: str
    name: str


async def upload(ask: Ask) -> Response:
    """Take one file, raw or as a form; 201 means it is on disk."""
    bounds = ask.services.bounds
    body = pieces(ask.request, limit=bounds.file_bytes, seconds=bounds.file_seconds)
    async with ask.services.files.receive() as spool:
        name = _clean(await _take(ask.request, body, spool))
        sha256 = await spool.finish()
        media_type = await asyncio.to_thread(sniff, spool.path)
        await ask.services.files.keep(spool, sha256)
    row = FileRow(
        sha256=sha256,
        size_bytes=spool.size_bytes,
        media_type=media_type,
        name=name,
        uploaded_by=ask.caller.key_id,
        created_at=ask.services.clock.now(),
    )
    await ask.services.store.add_file(row)
    location = f"/v1/files/sha256:{sha256}"
    return answer(_shown(row), 201, {"location": location})


async def download(ask: Ask) -> Response:
    """Hand out a file, whole or a range of it; always as an attachment, so that no browser runs what is inside."""
    name = ask.request.path_params["file"]
    match = _ID.fullmatch(name)
    whose = None if ask.caller.may("ops") else ask.caller.key_id
    row = await ask.services.store.file(match[1], uploaded_by=whose) if match else None
    if row is None:
        raise NotFound("file", name[:80])
    path = ask.services.files.path(row.sha256)
    if not await asyncio.to_thread(path.is_file):
        raise NotFound("file", name)
    return FileResponse(
        path,
        media_type=row.media_type,
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{quote(row.name or row.sha256)}",
            "etag": f'"{row.sha256}"',
            "cache-control": "private, no-store",
        },
    )


async def _take(request: Request, body: AsyncIterator[bytes], spool: Spool) -> str:
    content_type = request.headers.get("content-type", "")
    if content_type.lower().startswith("multipart/form-data"):
        return await read_form(content_type, body, spool.write)
    async for piece in body:
        await spool.write(piece)
    return request.query_params.get("name", "")


def _clean(name: str) -> str:
    """A file's name as people may see it: no path, no control characters."""
    return _UNPRINTABLE.sub("_", name)[-_MAX_NAME:]


def _shown(row: FileRow) -> StoredFile:
    return StoredFile(file=f"sha256:{row.sha256}", size_bytes=row.size_bytes, media_type=row.media_type, name=row.name)


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/files",
        summary="Upload a file for a material",
        summary_zh="上传材料文件",
        tag="files",
        handler=upload,
        scopes=frozenset({"portal", "ops"}),
        parameters=(Parameter(name="name", place="query", says="The file's name, when the body is the file itself."),),
        body=Content(media_types=("application/octet-stream", "multipart/form-data")),
        answer=StoredFile,
        status=201,
        refusals=(408, 413, 422),
    ),
    Operation(
        method="GET",
        path="/v1/files/{file}",
        summary="Download a file, whole or a range",
        summary_zh="下载材料文件",
        tag="files",
        handler=download,
        scopes=frozenset({"portal", "ops"}),
        parameters=(
            Parameter(name="file", place="path", says="`file` of the upload.", required=True),
            Parameter(name="Range", place="header", says="bytes=FIRST-LAST"),
        ),
        answer=Content(media_types=tuple(ALLOWED)),
        refusals=(404, 416),
    ),
)
