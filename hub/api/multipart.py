"""One file out of a multipart form, as it streams by; nothing is held in memory."""

from collections.abc import AsyncIterator, Awaitable, Callable

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from cases.errors import InvalidInput
from cases.problems import Problem, message

ONE_FILE = message(
    "one_file_expected",
    "应为只含一个名为 file 的文件的 multipart 表单。",
    "must be a multipart form with exactly one file, in the part named `file`.",
)
_MAX_HEADER_BYTES = 8192


class _Form:
    """Collects what the parser's callbacks say about the parts."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.file_name = ""
        self.files = 0
        self.ended = False
        self._name, self._value, self._headers = b"", b"", dict[bytes, bytes]()

    def callbacks(self) -> dict[str, Callable[..., None]]:
        """Return what the parser calls."""
        return {
            "on_part_begin": self._headers.clear,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._part,
            "on_part_data": lambda data, start, end: self.pieces.append(data[start:end]),
            "on_end": self._end,
        }

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]
        self._bound(self._name)

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._bound(self._value)

    def _header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _part(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if kind != b"form-data" or options.get(b"name") != b"file" or b"filename" not in options or self.files:
            raise _wrong()
        self.files += 1
        self.file_name = options[b"filename"].decode("utf-8", "replace")

    def _end(self) -> None:
        self.ended = True

    @staticmethod
    def _bound(text: bytes) -> None:
        if len(text) > _MAX_HEADER_BYTES:
            raise _wrong()


async def read_form(content_type: str, pieces: AsyncIterator[bytes], write: Callable[[bytes], Awaitable[None]]) -> str:
    """Write the form's one file and return its name.

    Raises:
        InvalidInput: no form, no file, more than one, or it breaks off.
    """
    _, options = parse_options_header(content_type)
    if not (boundary := options.get(b"boundary")):
        raise _wrong()
    form = _Form()
    try:
        parser = MultipartParser(boundary, form.callbacks())  # type: ignore[arg-type]
        async for piece in pieces:
            parser.write(piece)
            taken, form.pieces = form.pieces, []
            for part in taken:
                await write(part)
        parser.finalize()
    except FormParserError:
        raise _wrong() from None
    if not form.files or not form.ended:
        raise _wrong()
    return form.file_name


def _wrong() -> InvalidInput:
    return InvalidInput([Problem("file", ONE_FILE)])
