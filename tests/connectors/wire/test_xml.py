"""The XML door: what it lets in, what it refuses, and in which characters."""

import time
from pathlib import Path

import pytest

from cases.errors import BudgetExceeded, ReplyUnreadable
from connectors.wire.xml import parse_xml

NAME = "张三𠮷<&>"
DOCUMENT = "<a><b>张三𠮷&lt;&amp;&gt;</b></a>"
ENTITIES = "".join(f'<!ENTITY x{i + 1} "&x{i};&x{i};">' for i in range(20))
BOMB = f'<!DOCTYPE a [<!ENTITY x0 "ha">{ENTITIES}]><a>&x20;</a>'


def text_of(data: bytes, charset: str | None = None) -> str | None:
    return parse_xml(data, max_bytes=10_000, charset=charset).findtext("b")


@pytest.mark.parametrize(
    ("declared", "codec"),
    [("UTF-8", "utf-8"), ("GBK", "gb18030"), ("GB2312", "gb18030"), ("gb18030", "gb18030"), ("UTF-16", "utf-16")],
)
def test_reads_the_declared_character_set(declared: str, codec: str) -> None:
    data = f'<?xml version="1.0" encoding="{declared}"?>{DOCUMENT}'.encode(codec)
    assert text_of(data) == NAME


@pytest.mark.parametrize("charset", ["gbk", "GB2312", '"GB18030"'])
def test_reads_the_character_set_of_http(charset: str) -> None:
    assert text_of(DOCUMENT.encode("gb18030"), charset) == NAME


def test_a_byte_order_mark_wins_over_everything_said() -> None:
    data = b"\xef\xbb\xbf" + f'<?xml version="1.0" encoding="GBK"?>{DOCUMENT}'.encode()
    assert text_of(data, "gbk") == NAME


@pytest.mark.parametrize("said", [("utf-8", "GBK"), ("gbk", "UTF-8")])
@pytest.mark.parametrize("written", ["utf-8", "gb18030"])
def test_a_disagreement_of_http_and_declaration_is_settled_by_the_bytes(said: tuple[str, str], written: str) -> None:
    charset, declared = said
    assert text_of(f'<?xml version="1.0" encoding="{declared}"?>{DOCUMENT}'.encode(written), charset) == NAME


@pytest.mark.parametrize(
    "data",
    [
        DOCUMENT.encode("gb18030"),  # says nothing, so it must be UTF-8
        f'<?xml version="1.0" encoding="UTF-8"?>{DOCUMENT}'.encode("gb18030"),
        f'<?xml version="1.0" encoding="x-unheard-of"?>{DOCUMENT}'.encode(),
        f'<?xml version="1.0" encoding="unicode_escape"?>{DOCUMENT}'.encode(),  # a Python codec, no character set
    ],
)
def test_a_wrong_character_set_is_said_not_guessed(data: bytes) -> None:
    with pytest.raises(ReplyUnreadable):
        text_of(data)


@pytest.mark.parametrize("data", [b"", b"   ", b"<a>", b"<a></b>", b"<a/>x", b"no xml", b"<!-- open", b"<a>\x00</a>"])
def test_what_is_not_well_formed_is_unreadable(data: bytes) -> None:
    with pytest.raises(ReplyUnreadable, match="not readable as XML"):
        parse_xml(data, max_bytes=10_000)


def test_an_entity_bomb_is_refused_before_it_is_read() -> None:
    before = time.perf_counter()
    with pytest.raises(ReplyUnreadable, match="DOCTYPE"):
        parse_xml(BOMB.encode(), max_bytes=100_000)
    assert time.perf_counter() - before < 0.1


@pytest.mark.parametrize("prolog", ["", "  \n", '<?xml version="1.0"?>\n<!-- a --><?b c?>', "\ufeff", "<!-- > -->"])
def test_no_prolog_hides_a_doctype(prolog: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("do not leak")
    doctype = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    for codec in ("utf-8", "utf-16"):
        with pytest.raises(ReplyUnreadable) as caught:
            parse_xml(f"{prolog}{doctype}<a>&x;</a>".encode(codec), max_bytes=10_000)
        assert "do not leak" not in str(caught.value)


def test_a_doctype_quoted_in_the_content_is_only_text() -> None:
    root = parse_xml(b"<a><![CDATA[<!DOCTYPE html>]]></a>", max_bytes=100)
    assert root.text == "<!DOCTYPE html>"


def test_comments_and_instructions_do_not_split_texts() -> None:
    assert parse_xml(b"<a>x<!-- y -->z<?p q?>!</a>", max_bytes=100).text == "xz!"


def test_depth_is_bounded() -> None:
    with pytest.raises(ReplyUnreadable):
        parse_xml(b"<a>" * 50_000 + b"</a>" * 50_000, max_bytes=10_000_000)


def test_bytes_are_bounded() -> None:
    with pytest.raises(BudgetExceeded, match="allowed are 10"):
        parse_xml(b"<a>123456789</a>", max_bytes=10)


def test_a_large_attachment_needs_to_be_allowed() -> None:
    data = b"<a>" + b"A" * 11_000_000 + b"</a>"
    with pytest.raises(ReplyUnreadable):
        parse_xml(data, max_bytes=12_000_000)
    text = parse_xml(data, max_bytes=12_000_000, large=True).text
    assert text is not None
    assert len(text) == 11_000_000
