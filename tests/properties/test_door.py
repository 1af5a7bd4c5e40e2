"""Whatever is thrown at the door: a problem that names field and remedy, never a 500, and nothing stored."""

import asyncio
import copy
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.citizen_id import check_character
from cases.submission import Channel, MaterialForm
from tests.hub.api.desk import CASES, Desk, open_desk
from tests.hub.api.test_intake import document as pinyin_document

QUICK = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
GOOD = {path.stem: json.loads(path.read_text()) for path in sorted(CASES.glob("*.json"))}
WRONG = {path.stem: json.loads(path.read_text()) for path in sorted((CASES / "wrong").glob("*.json"))}

Path_ = tuple[str | int, ...]


class Door:
    """The real API on its own event loop, so that generated examples share one store."""

    def __init__(self, runner: asyncio.Runner, desk: Desk) -> None:
        self._runner, self._desk = runner, desk

    def post(self, content: bytes, path: str = "/v1/cases", media_type: str = "application/json") -> httpx.Response:
        return self._runner.run(self._desk.call("POST", path, content=content, headers={"content-type": media_type}))

    def get(self, where: str) -> httpx.Response:
        return self._runner.run(self._desk.call("GET", where))

    def stored(self) -> int:
        return self._runner.run(self._desk.case_count())

    def refuses(self, content: bytes, **how: str) -> set[str]:
        """Expect a refusal that helps, and return the fields it names."""
        before = self.stored()
        response = self.post(content, **how)
        assert response.status_code in {400, 413, 415, 422}, response.text
        fields = helpful(response)
        assert self.stored() == before
        return fields

    def answers(self, content: bytes, **how: str) -> None:
        """Expect either a receipt or a refusal that helps; a case is stored exactly when there is a receipt."""
        before = self.stored()
        response = self.post(content, **how)
        assert response.status_code in {201, 400, 413, 415, 422}, response.text
        if response.status_code != 201:
            helpful(response)
        assert self.stored() - before in ({0, 1} if response.status_code == 201 else {0})


def helpful(response: httpx.Response) -> set[str]:
    problem = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["title"]
    assert problem["detail"]
    if problem["code"] not in {"too_large", "wrong_media_type"}:
        assert problem["errors"]
    for error in problem.get("errors", ()):
        assert error["field"]
        assert error["code"]
        assert len(error["message"]) > 5
        assert "{" not in error["message"]
    return {error["field"] for error in problem.get("errors", ())}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder: Path = tmp_path_factory.mktemp("door")
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        desk = runner.run(stack.enter_async_context(open_desk(folder)))
        yield Door(runner, desk)
        runner.run(stack.aclose())


def paths(value: Any, here: Path_ = ()) -> Iterator[Path_]:
    if here:
        yield here
    for key, child in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(child, (*here, key))


def changed(document: dict[str, Any], path: Path_, value: Any) -> dict[str, Any]:
    result = copy.deepcopy(document)
    place: Any = result
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return result


def without(document: dict[str, Any], path: Path_) -> dict[str, Any]:
    result = copy.deepcopy(document)
    place: Any = result
    for part in path[:-1]:
        place = place[part]
    del place[path[-1]]
    return result


def encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4),
    max_leaves=8,
)
#: Right in shape and types, wrong in everything else.
text = st.text(min_size=1, max_size=12).filter(str.strip)
party = st.fixed_dictionaries(
    {"kind": st.sampled_from(["person", "organisation"]), "name": text, "id_type": text, "id_number": text},
    optional={"phone": text, "address": text},
)
material = st.fixed_dictionaries(
    {"code": text, "name": text, "form": st.sampled_from([*MaterialForm])}, optional={"copies": st.integers(1, 99)}
)
plausible = st.fixed_dictionaries(
    {
        "item_code": text | st.sampled_from([other["item_code"] for other in GOOD.values()]),
        "channel": st.sampled_from([*Channel]),
        "region": st.from_regex(r"[0-9]{6}([0-9]{3}){0,2}", fullmatch=True) | st.just("430202"),
        "applicant": party,
        "submitted_at": st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
    },
    optional={
        "agent": party,
        "subject": party,
        "form": st.dictionaries(text, anything, max_size=3),
        "materials": st.lists(material, max_size=3),
    },
)
good = st.sampled_from(list(GOOD.values()))
REQUIRED: list[Path_] = [
    ("item_code",),
    ("channel",),
    ("region",),
    ("applicant",),
    ("submitted_at",),
    ("applicant", "name"),
    ("applicant", "kind"),
    ("applicant", "id_type"),
    ("applicant", "id_number"),
]


@pytest.mark.parametrize("name", WRONG)
def test_every_wrong_example_of_the_district_is_refused_with_help(door: Door, name: str) -> None:
    door.refuses(encoded(WRONG[name]))


@QUICK
@given(document=good, path=st.sampled_from(REQUIRED))
def test_a_missing_field_is_named(door: Door, document: dict[str, Any], path: Path_) -> None:
    assert door.refuses(encoded(without(document, path))) == {".".join(map(str, path))}


@QUICK
@given(document=good, name=st.from_regex(r"[a-z]{1,12}_x", fullmatch=True), inside=st.booleans())
def test_an_unknown_field_is_named(door: Door, document: dict[str, Any], name: str, inside: bool) -> None:
    path = ("applicant", name) if inside else (name,)
    assert ".".join(path) in door.refuses(encoded(changed(document, path, "x")))


@QUICK
@given(
    document=good,
    moment=st.datetimes().map(lambda moment: moment.isoformat())
    | st.integers()
    | st.dates().map(str)
    | st.sampled_from(["2026-03-02T09:12:00", "2026-02-30T09:12:00+08:00", "now", "", "20260302091200"]),
)
def test_a_time_without_offset_or_sense_is_refused(door: Door, document: dict[str, Any], moment: Any) -> None:
    fields = door.refuses(encoded(changed(document, ("submitted_at",), moment)))
    assert fields <= {"submitted_at", "body"}


@QUICK
@given(
    body=st.from_regex(r"430299(19[0-9]{2})(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}", fullmatch=True),
    check=st.sampled_from("0123456789X"),
)
def test_a_citizen_number_with_a_wrong_check_character_is_refused(door: Door, body: str, check: str) -> None:
    if check == check_character(body):
        return
    document = changed(GOOD["old-age"], ("applicant", "id_number"), body + check)
    response = door.post(encoded(document))
    assert response.status_code == 422
    assert "applicant.id_number" in helpful(response)
    assert body not in response.text


@QUICK
@given(document=good, tail=st.from_regex(r"[0-9]{12}", fullmatch=True))
def test_an_unknown_item_is_refused(door: Door, document: dict[str, Any], tail: str) -> None:
    code = document["item_code"][:19] + tail
    if any(code == other["item_code"][:31] for other in GOOD.values()):
        return
    assert "item_code" in door.refuses(encoded(changed(document, ("item_code",), code)))


@QUICK
@given(data=st.data())
def test_a_missing_required_material_is_refused(door: Door, data: st.DataObject) -> None:
    document = data.draw(st.sampled_from([GOOD["old-age"], GOOD["minimum-living"]]))
    position = data.draw(st.integers(0, len(document["materials"]) - 1))
    assert "materials" in door.refuses(encoded(without(document, ("materials", position))))


@settings(QUICK, max_examples=250)
@given(data=st.data(), document=good, junk=anything)
def test_any_value_anywhere_gets_an_answer_that_helps(
    door: Door, data: st.DataObject, document: dict[str, Any], junk: Any
) -> None:
    path = data.draw(st.sampled_from(list(paths(document))))
    door.answers(encoded(changed(document, path, junk)))


@QUICK
@given(submission=plausible)
def test_what_fits_the_schema_and_nothing_else_is_refused_with_help(door: Door, submission: Any) -> None:
    door.refuses(encoded(submission))


@QUICK
@given(raw=st.binary(max_size=300) | anything.map(encoded))
def test_junk_is_refused_with_help(door: Door, raw: bytes) -> None:
    door.refuses(raw)


@settings(QUICK, max_examples=150)
@given(data=st.data(), document=good)
def test_damaged_bytes_get_an_answer_that_helps(door: Door, data: st.DataObject, document: dict[str, Any]) -> None:
    raw = bytearray(encoded(document))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    door.answers(bytes(raw))


@settings(QUICK, max_examples=150)
@given(data=st.data(), junk=anything)
def test_a_source_gets_the_same_care(door: Door, data: st.DataObject, junk: Any) -> None:
    document = pinyin_document()
    path = data.draw(st.sampled_from(list(paths(document))))
    door.answers(encoded(changed(document, path, junk)), path="/v1/intake/counter-pinyin")


@QUICK
@given(
    raw=st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: f"<SBXX>{text}</SBXX>".encode("utf-8", "replace"))
)
def test_xml_junk_is_refused_with_help(door: Door, raw: bytes) -> None:
    door.refuses(raw, path="/v1/intake/counter-pinyin", media_type="application/xml")


@QUICK
@given(raw=anything.map(encoded) | st.binary(max_size=100))
def test_other_bodies_are_no_trapdoor(door: Door, raw: bytes) -> None:
    for path in ("/v1/webhooks", "/v1/route/explain", "/v1/files"):
        assert door.post(raw, path=path).status_code < 500


@settings(QUICK, max_examples=150)
@given(
    path=st.sampled_from(["/v1/cases/", "/v1/items/", "/v1/files/", "/v1/problems/", "/docs/", "/v1/webhooks/"]),
    name=st.text(max_size=60),
    query=st.text(max_size=30),
)
def test_no_address_breaks_anything(door: Door, path: str, name: str, query: str) -> None:
    where = (
        f"{path}{quote(name.encode('utf-8', 'replace'), safe='')}?{quote(query.encode('utf-8', 'replace'), safe='=&')}"
    )
    assert door.get(where).status_code < 500
