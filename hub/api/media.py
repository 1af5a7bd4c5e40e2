"""What a file really is, by its bytes: its name and its announced type prove nothing."""

import zipfile
from pathlib import Path

import puremagic

from cases.errors import InvalidInput
from cases.problems import Problem, message

#: Media types a material may have, by what puremagic or a look into the archive says.
ALLOWED = {
    "application/pdf": "PDF",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
    "image/x-ms-bmp": "BMP",
    "application/ofd": "OFD",
    "application/msword": "DOC, XLS, WPS",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX",
}
_NAMES = ", ".join(dict.fromkeys(ALLOWED.values()))
_HEAD_BYTES = 8192
_ZIP = b"PK\x03\x04"

NOT_ALLOWED = message(
    "file_type_refused",
    "不接受这种文件，请转换为 {allowed} 之一后上传。",
    "is not a kind of file taken here; convert it to one of {allowed}.",
)
EMPTY = message("file_empty", "文件为空，请重新选择。", "is empty; choose the file again.")


def sniff(path: Path) -> str:
    """Return the media type of a file.

    Raises:
        InvalidInput: it is empty, or not among what is allowed.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise InvalidInput([Problem("file", EMPTY)])
    found = _archive(path) if head.startswith(_ZIP) else _plain(head)
    if found not in ALLOWED:
        raise InvalidInput([Problem("file", NOT_ALLOWED, {"allowed": _NAMES})])
    return found


def _plain(head: bytes) -> str:
    try:
        candidates = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return ""
    # Several formats share a beginning; the order of the candidates is by confidence. Only the best may decide, or a
    # script with a picture's bytes inside would pass for a picture.
    best = max(candidate.confidence for candidate in candidates)
    return next((c.mime_type for c in candidates if c.confidence == best and c.mime_type in ALLOWED), "")


def _archive(path: Path) -> str:
    """Tell the document formats that are ZIP archives apart, by the part each must have."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError):
        return ""
    if "ofd.xml" in names:
        return "application/ofd"
    if "[content_types].xml" in names and "word/document.xml" in names:
        return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    if "[content_types].xml" in names and "xl/workbook.xml" in names:
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return ""
