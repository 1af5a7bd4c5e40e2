# ruff: noqa: E501  cases read best in a line
"""What a pack of kind `soap` may say, and what is found when it does not fit its WSDL."""

import base64
import re
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from cases.documents import DocumentType
from cases.errors import ConfigError
from cases.outcome import Accepted
from cases.submission import MaterialForm
from config.findings import errors
from config.references import References
from connectors.around import Around, open_connector
from connectors.contract import Connector, Parcel
from connectors.examination import examine
from connectors.pack_loader import LoadedPack, load_pack
from connectors.wire.egress import Egress
from connectors.wire.xml import parse_xml
from tests.connectors.packs import DEPARTMENTS, department, parcel

CIVIL_AFFAIRS = DEPARTMENTS / "civil-affairs"
Edit = Callable[[str, str], LoadedPack]
XS = "{http://www.w3.org/2001/XMLSchema}"


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Return the civil affairs pack with one place of connector.yaml written otherwise."""

    def edit(old: str, new: str) -> LoadedPack:
        folder = tmp_path / "civil-affairs"
        shutil.copytree(CIVIL_AFFAIRS, folder)
        text = (folder / "connector.yaml").read_text()
        assert old in text
        (folder / "connector.yaml").write_text(text.replace(old, new))
        return load_pack(folder)

    return edit


def values(pack: LoadedPack, element: str) -> set[str]:
    """All enumerated values of the WSDL's element or type of this name."""
    root = parse_xml(pack.files["service.wsdl"], max_bytes=1 << 20)
    return {
        str(value.get("value"))
        for node in root.iter(f"{XS}element", f"{XS}simpleType")
        if node.get("name") == element
        for value in node.iter(f"{XS}enumeration")
    }


def test_the_civil_affairs_pack_is_sound() -> None:
    assert errors(examine(load_pack(CIVIL_AFFAIRS))) == []


def test_every_code_of_theirs_and_of_ours_has_a_row() -> None:
    pack = load_pack(CIVIL_AFFAIRS)
    assert set(pack.pack.answers) == values(pack, "code")
    assert pack.status is not None
    rows = {name: set(table.rows) for name, table in {**pack.request.tables, **pack.status.tables}.items()}
    assert rows["civil_affairs_states"] == values(pack, "ZT")
    assert rows["civil_affairs_results"] == values(pack, "BJJG")
    assert rows["id_type_to_civil_affairs"] == set(DocumentType)
    assert rows["material_form_to_civil_affairs"] == set(MaterialForm)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("operation: submitCase", "operation: submitCases", "no operation 'submitCases'; it has: queryCase, queryState"),
        ("wsdl: service.wsdl", "wsdl: other.wsdl", "other.wsdl.*not in the pack"),
        ("  operation: submitCase", "  operation: submitCase\n  port: Other", "no SOAP port 'Other'; it has: OneWindowPort"),
        ("    queryCase:\n      ask: {BJBH:", "    queryCase:\n      ask: {CASE:", "ask.CASE.*has no such field"),
        ("lookup: queryCase,", "lookup: findCase,", "no `endpoint.lookups.findCase`"),
        ("operation: queryState,", "operation: askState,", "no `endpoint.queries.askState`"),
        ("idempotency: none", "idempotency: key", "no place for an idempotency key"),
        ("by: poll", "by: callback", "is polled, or answers at once"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_found_with_its_line(edited: Edit, old: str, new: str, said: str) -> None:
    findings = [str(one) for one in examine(edited(old, new))]
    assert any(re.search(said, one) for one in findings), findings
    assert all("connector.yaml:" in one for one in findings if "connector.yaml" in one)


def test_a_connector_does_not_open_on_a_contract_it_cannot_read(edited: Edit) -> None:
    pack = edited("operation: submitCase", "operation: submitCases")
    with pytest.raises(ConfigError, match=r"connector\.yaml:11: endpoint\.operation"):
        open_connector(
            pack, Around(egress=Egress([]), references=References({"CIVIL_AFFAIRS_URL": "http://a.example"}))
        )


def test_a_question_is_a_known_place_or_fixed_text(edited: Edit) -> None:
    with pytest.raises(ConfigError, match=r"fixed text or one of \{case_no\}"):
        edited('{BJBH: "{case_no}"}', '{BJBH: "{case}"}')


RECEIPT = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><submitCaseResponse '
    'xmlns="http://mz.hetang.example/onewindow"><code>0</code><YWLSH>MZ0000000001</YWLSH></submitCaseResponse></s:Body></s:Envelope>'
)  # fmt: skip


class Listener:
    """Keeps what was sent and gives a receipt."""

    def __init__(self) -> None:
        self.body, self.headers = b"", dict[str, str]()

    async def answer(self, request: web.Request) -> web.Response:
        self.body, self.headers = await request.read(), {name.lower(): text for name, text in request.headers.items()}
        return web.Response(text=RECEIPT, content_type="text/xml")


@pytest.fixture
async def listener() -> AsyncIterator[tuple[Listener, str]]:
    found, app = Listener(), web.Application()
    app.router.add_post("/x", found.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield found, f"http://127.0.0.1:{runner.addresses[0][1]}/x"
    await runner.cleanup()


async def file_one(pack: LoadedPack, url: str) -> None:
    around = Around(
        egress=Egress(["127.0.0.1"]),
        references=References({"CIVIL_AFFAIRS_URL": url, "HUB_SECRET_USER": "hub", "HUB_SECRET_PASSWORD": "s3cret<&"}),
        now=lambda: datetime(2026, 3, 2, 1, 12, tzinfo=UTC),
        nonce=lambda: "00" * 16,
    )
    connector: Connector = open_connector(pack, around)
    mapped = parcel(department("civil-affairs", {"CIVIL_AFFAIRS_URL": url}), "old-age", 1, address="荷塘区𠮷路1号")
    try:
        outcome = await connector.send(
            Parcel(case_no=mapped.case_no, delivery_id=mapped.delivery_id, document=mapped.document)
        )
        assert isinstance(outcome, Accepted), outcome
    finally:
        await connector.close()


async def test_a_plain_call_says_version_action_and_nothing_secret(listener: tuple[Listener, str]) -> None:
    heard, url = listener
    await file_one(load_pack(CIVIL_AFFAIRS), url)
    assert heard.headers["content-type"] == "text/xml; charset=utf-8"
    assert heard.headers["soapaction"] == '"http://mz.hetang.example/onewindow/submitCase"'
    assert "authorization" not in heard.headers


async def test_http_basic(listener: tuple[Listener, str], edited: Edit) -> None:
    heard, url = listener
    auth = 'auth: {kind: basic, username: "${secret:user}", password: "${secret:password}"}\ntimeouts:'
    await file_one(edited("timeouts:", auth), url)
    assert heard.headers["authorization"] == "Basic " + base64.b64encode(b"hub:s3cret<&").decode()


@pytest.mark.parametrize("digest", ["true", "false"])
async def test_a_username_token(listener: tuple[Listener, str], edited: Edit, digest: str) -> None:
    heard, url = listener
    auth = f'auth: {{kind: wsse_username, username: "${{secret:user}}", password: "${{secret:password}}", digest: {digest}}}\ntimeouts:'
    await file_one(edited("timeouts:", auth), url)
    token = parse_xml(heard.body, max_bytes=1 << 20).find("{*}Header/{*}Security/{*}UsernameToken")
    assert token is not None
    assert token.findtext("{*}Username") == "hub"
    assert (token.findtext("{*}Password") == "s3cret<&") == (digest == "false")
    assert token.findtext("{*}Created") == "2026-03-02T01:12:00Z"


async def test_a_department_that_reads_gbk(listener: tuple[Listener, str], edited: Edit) -> None:
    heard, url = listener
    await file_one(edited("  operation: submitCase", "  operation: submitCase\n  charset: GBK\n  action: urn:own"), url)
    assert heard.headers["content-type"] == "text/xml; charset=gbk"
    assert heard.headers["soapaction"] == '"urn:own"'
    assert "王示例".encode("gbk") in heard.body
    assert parse_xml(heard.body, max_bytes=1 << 20).findtext(".//{*}LXDZ") == "荷塘区𠮷路1号"
