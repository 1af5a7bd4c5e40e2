"""A counter hands in its own document, as JSON or XML, and gets the same receipt as everybody."""

import json
from typing import Any
from xml.sax.saxutils import escape

from config.settings import REFERENCE_DISTRICT
from connectors.source_pack import load_source, load_sources, run_source_tests
from hub.api.xml_form import typed
from tests.hub.api.desk import Desk, example

PACK = REFERENCE_DISTRICT / "sources" / "counter-pinyin"
PATH = "/v1/intake/counter-pinyin"


def document(**changes: Any) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((PACK / "old-age.json").read_text())
    return {name: part for name, part in (value | changes).items() if part is not None}


def as_xml(value: dict[str, Any], *, encoding: str = "UTF-8") -> bytes:
    def write(name: str, part: Any) -> str:
        if isinstance(part, list):
            part = "".join(write("CL", entry) for entry in part)
        elif isinstance(part, dict):
            part = "".join(write(*pair) for pair in part.items())
        else:
            part = escape(str(part))
        return f"<{name}>{part}</{name}>"

    return f'<?xml version="1.0" encoding="{encoding}"?>{write("SBXX", value)}'.encode(encoding)


async def test_a_pinyin_document_becomes_a_case(desk: Desk) -> None:
    response = await desk.call("POST", PATH, json=document())

    assert response.status_code == 201
    case = (await desk.call("GET", f"/v1/cases/{response.json()['case_no']}")).json()["case"]
    assert case["applicant"]["name"] == "王示例"
    assert case["materials"][2]["copies"] == 2
    assert case["source_no"] == "CK20260302000017"
    assert case["submitted_at"] == "2026-03-02T09:12:00+08:00"


async def test_xml_in_its_own_character_set_says_the_same(desk: Desk) -> None:
    for encoding, content_type in (("UTF-8", "application/xml"), ("GBK", "text/xml; charset=gbk")):
        body = as_xml(document(SBLSH=f"X-{encoding}"), encoding=encoding)
        response = await desk.call("POST", PATH, content=body, headers={"content-type": content_type})

        assert response.status_code == 201, response.text
        case = (await desk.call("GET", f"/v1/cases/{response.json()['case_no']}")).json()["case"]
        assert case["applicant"]["name"] == "王示例"
        assert [material["code"] for material in case["materials"]] == ["01", "02", "03"]


async def test_a_repeated_document_gets_its_receipt_whatever_the_rules_say_by_then(desk: Desk) -> None:
    first = await desk.call("POST", PATH, json=document())
    keyed = await desk.call("POST", PATH, json=document(SBLSH="X-2"), headers={"idempotency-key": "a-1"})
    desk.clock.moment = desk.clock.moment.replace(year=2001)  # no item is in force then

    assert (await desk.call("POST", PATH, json=document())).content == first.content
    again = await desk.call("POST", PATH, json=document(SBLSH="X-2"), headers={"idempotency-key": "a-1"})
    assert (again.status_code, again.content) == (201, keyed.content)
    assert (await desk.call("POST", PATH, json=document(SBLSH="X-3"))).status_code == 422


async def test_numbers_and_lists_of_a_form_survive_xml(desk: Desk) -> None:
    canonical = example("minimum-living")
    party = canonical["applicant"]
    materials = [
        {"CLBM": material["code"], "CLMC": material["name"], "CLXS": "1"} for material in canonical["materials"]
    ]
    counter = document(
        SXBM=canonical["item_code"],
        XZQH=canonical["region"],
        SQRXM=party["name"],
        ZJHM=party["id_number"],
        BDXX=canonical["form"],
        CLLB=materials,
        JBR=None,
    )
    body = as_xml(counter)
    response = await desk.call("POST", PATH, content=body, headers={"content-type": "application/xml"})

    assert response.status_code == 201, response.text
    case = (await desk.call("GET", f"/v1/cases/{response.json()['case_no']}")).json()["case"]
    assert case["form"] == canonical["form"]


def test_only_what_json_would_write_becomes_a_number() -> None:
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer"}, "x": {"type": "number"}, "b": {"type": "boolean"}},
    }
    given = {"n": " 12 ", "x": "1.50", "b": "true", "other": "12"}
    assert typed(given, schema) == {"n": 12, "x": 1.5, "b": True, "other": "12"}
    for text in ("012", "1e5", "+1", "１２", "1２", "1.", "", "twelve"):
        assert typed({"n": text}, schema) == {"n": text}
    assert typed({"n": "1.0"}, schema) == {"n": "1.0"}


async def test_one_material_in_xml_is_still_a_list(desk: Desk) -> None:
    body = as_xml(document(CLLB=document()["CLLB"][:1]))
    response = await desk.call("POST", PATH, content=body, headers={"content-type": "application/xml"})

    assert {error["code"] for error in response.json()["errors"]} == {"material_missing"}


async def test_the_portals_own_number_makes_a_repetition_harmless(desk: Desk) -> None:
    first = await desk.call("POST", PATH, json=document())
    again = await desk.call("POST", PATH, json=document())
    other = await desk.call("POST", PATH, json=document(LXDH="13700000009"))

    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_key_reused"
    assert await desk.case_count() == 1


async def test_findings_name_the_portals_own_field(desk: Desk) -> None:
    for changes, field, own in (
        ({"ZJHM": "430299193804120031"}, "applicant.id_number", "ZJHM"),
        ({"SQSJ": "2026-02-30 09:12:00"}, "submitted_at", "SQSJ"),
        ({"SXBM": "11430202HT0000018T4430511009000"}, "item_code", "SXBM"),
        ({"CLLB": document()["CLLB"][1:]}, "materials", "CLLB"),
        ({"BDXX": document()["BDXX"] | {"bank_card": "1"}}, "form.bank_card", "BDXX.bank_card"),
        ({"ZJLX": "77"}, "ZJLX", "ZJLX"),
        ({"SQRXM": None}, "SQRXM", "SQRXM"),
        ({"LXDHH": "13700000003"}, "LXDHH", "LXDHH"),
    ):
        response = await desk.call("POST", PATH, json=document(**changes))

        assert response.status_code == 422, (changes, response.text)
        named = {(error["field"], error.get("source_field")) for error in response.json()["errors"]}
        assert (field, own) in named
    assert await desk.case_count() == 0


async def test_hostile_xml_is_refused_in_words(desk: Desk) -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><SBXX>&x;</SBXX>'
    for body in (bomb, b"<SBXX>", b"<ANDERS/>", b"\xff\xfe\x00", b"<SBXX/>", b"<SBXX>text</SBXX>"):
        response = await desk.call("POST", PATH, content=body, headers={"content-type": "application/xml"})
        assert response.status_code == 422, response.text
        assert "root:" not in response.text
    assert await desk.case_count() == 0


async def test_unknown_sources_and_formats_are_named(desk: Desk) -> None:
    assert (await desk.call("POST", "/v1/intake/nobody", json={})).status_code == 404
    wrong = await desk.call("POST", PATH, content=b"a=b", headers={"content-type": "text/plain"})
    assert wrong.status_code == 415
    assert (await desk.call("POST", PATH, json=[1])).json()["errors"][0]["code"] == "not_an_object"


def test_every_source_pack_of_the_reference_district_keeps_its_promises() -> None:
    for key in load_sources(REFERENCE_DISTRICT / "sources"):
        results = run_source_tests(REFERENCE_DISTRICT / "sources" / key)
        assert results
        assert all(result.passed for result in results), "\n".join(map(str, results))


def test_every_canonical_field_leads_back_to_the_portals_own() -> None:
    source = load_source(PACK)
    for field, own in (
        ("counter.hall", "CKXX.DTBM"),
        ("agent.id_number", "JBR.ZJHM"),
        ("materials.3.file", "CLLB[3].WJBS"),
        ("agent.kind", "JBR"),
        ("promised_by", ""),
    ):
        assert source.field_of(field) == own
