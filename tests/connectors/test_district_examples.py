"""The district's example submissions reach these departments in words that their own contracts take."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest

from cases.submission import Submission
from connectors.contract import Parcel
from connectors.kinds.filedrop.connector import FileDropConnector
from tests.connectors.packs import DEPARTMENTS, case, department

EXAMPLES = sorted((DEPARTMENTS.parent / "cases").glob("*.json"))
ENVIRONMENT = {
    "MARKET_SUPERVISION_URL": "http://127.0.0.1:1",
    "PUBLIC_SECURITY_FOLDER": "/nowhere",
    "HUB_SECRET_MARKET_SUPERVISION_TOKEN": "one",
    "HUB_SECRET_MARKET_SUPERVISION_CALLBACK_TOKEN": "two",
}


def of(code_part: str) -> list[Any]:
    return [pytest.param(file, id=file.stem) for file in EXAMPLES if code_part in file.read_text("utf-8")]


def as_case(key: str, name: str, file: Path) -> dict[str, Any]:
    """Give a submission what the hub adds at the door, taken from an example case of the department."""
    submission = Submission.model_validate_json(file.read_bytes()).model_dump(mode="json")
    base = case(key, name)
    item = {**base["item"], "code": submission["item_code"]}  # type: ignore[dict-item]
    return {**base, **submission, "item": item}


@pytest.mark.parametrize("file", of("11430202HT0000034G"))
def test_an_example_fits_the_registration_systems_schema(file: Path) -> None:
    mapped = department("market-supervision", ENVIRONMENT).map_request(as_case("market-supervision", "company", file))
    schema = orjson.loads((DEPARTMENTS / "market-supervision" / "request.schema.json").read_bytes())
    jsonschema_rs.validator_for(schema).validate(mapped.document)
    assert len({"gtgsh", "yxgs", "spjy"} & mapped.document.keys()) == 1


@pytest.mark.parametrize("file", of("11430202HT00000693"))
def test_an_example_fits_the_ferrys_schema(file: Path) -> None:
    bureau = department("public-security", ENVIRONMENT)
    mapped = bureau.map_request(as_case("public-security", "seal", file))
    assert isinstance(bureau.connector, FileDropConnector)
    content = bureau.connector.content(Parcel(case_no="N1", delivery_id="d", document=mapped.document))
    assert content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<BANJIAN')
    assert len({"CSDJ", "SWZX", "YZBA"} & mapped.document.keys()) == 1


def test_there_are_examples_of_both() -> None:
    assert len(of("11430202HT0000034G")) >= 3
    assert len(of("11430202HT00000693")) >= 3
