"""The published schemas: the canonical case as mappings see it."""

from typing import Any

import jsonschema_rs
import orjson
import pytest

from cases.case import Case
from cases.schema import case_json_schema, merge_forms, submission_json_schema
from router.items import Item
from tests.router.district import CASES, DAY, NOW, office, submission


def item(base: str) -> Item:
    return next(each for each in office().catalogue.versions() if each.code.endswith(base))


def as_case(name: str) -> dict[str, Any]:
    """Return an example as the case it would become."""
    given = submission(name)
    its_item = office().catalogue.in_force(given.item_code, DAY)
    case = Case(
        **dict(given),
        case_no=its_item.code + "20260302" + "0001",
        receipt_no="430202260302000015",
        item=its_item.snapshot,
        department=office().departments[its_item.department],
        received_at=NOW,
        promised_by=DAY,
    )
    loaded: dict[str, Any] = orjson.loads(case.model_dump_json(exclude_none=True))
    return loaded


NAMES = sorted(path.stem for path in CASES.glob("*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_case_fits_the_schema_narrowed_to_its_item(name: str) -> None:
    case = as_case(name)
    its_item = office().catalogue.in_force(case["item_code"], DAY)
    for schema in (case_json_schema(), case_json_schema([its_item])):
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(case)


def test_inline_content_of_materials_fits_and_other_keys_do_not() -> None:
    validator = jsonschema_rs.Draft202012Validator(case_json_schema())
    case = as_case("old-age")
    case["materials"][0] |= {"content": "5byg", "media_type": "application/pdf", "file_name": "a.pdf"}
    assert validator.is_valid(case)
    case["materials"][0]["size"] = 3
    assert not validator.is_valid(case)


def test_there_are_no_references_left_to_follow() -> None:
    assert b"$ref" not in orjson.dumps(case_json_schema())
    assert b"$ref" not in orjson.dumps(submission_json_schema())


def test_what_is_always_there_is_required_and_what_may_be_null_is_not() -> None:
    schema = case_json_schema()
    assert {"case_no", "item", "form", "materials", "submitted_at"} <= set(schema["required"])
    assert not {"agent", "subject", "counter", "promised_by", "source_no"} & set(schema["required"])
    assert "copies" in schema["properties"]["materials"]["items"]["required"]
    assert "content" not in schema["properties"]["materials"]["items"]["required"]


def test_a_submission_requires_only_what_has_no_default() -> None:
    assert set(submission_json_schema()["required"]) == {"item_code", "channel", "region", "applicant", "submitted_at"}


def test_items_narrow_codes_parties_materials_and_form() -> None:
    birth, seals = item("430709001001"), item("431009002000")
    properties = case_json_schema([birth, seals])["properties"]
    assert properties["item_code"]["enum"] == sorted([birth.code, seals.code])
    assert properties["applicant"]["properties"]["kind"]["enum"] == ["organisation", "person"]
    assert properties["applicant"]["properties"]["id_type"]["enum"] == ["001", "111", "112"]
    assert properties["subject"]["anyOf"][0]["properties"]["id_type"]["enum"] == ["117"]
    assert properties["item"]["properties"]["kind"]["enum"] == ["instant", "promised"]
    assert properties["materials"]["items"]["properties"]["code"]["enum"] == ["01", "02", "03"]
    assert "promised" not in properties["materials"]["items"]["properties"]["form"]["enum"]
    assert {"household_no", "seals"} <= set(properties["form"]["properties"])


def test_a_role_all_items_require_is_certain_and_one_none_has_is_gone() -> None:
    alone = case_json_schema([item("430709001001")])
    assert "subject" in alone["required"]
    assert alone["properties"]["subject"]["type"] == "object"
    assert "subject" not in case_json_schema([item("431009002000")])["properties"]
    mixed = case_json_schema([item("430709001001"), item("431009002000")])
    assert "subject" not in mixed["required"]


def test_handles_take_the_place_of_their_items_code() -> None:
    food = item("430131002000")
    properties = case_json_schema([food])["properties"]
    assert properties["item_code"]["enum"] == [food.code + "01", food.code + "02"]
    assert properties["item"]["properties"]["code"]["enum"] == [food.code]


def form(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def test_merged_forms_require_what_all_of_them_require() -> None:
    name, age = {"type": "string"}, {"type": "integer"}
    merged = merge_forms([form(["name", "age"], name=name, age=age), form(["name"], name=name)])
    assert merged == form(["name"], name=name, age=age)


def test_merged_fields_take_what_either_takes() -> None:
    one = form(
        [], kind={"type": "string", "enum": ["a", "b"]}, text={"type": "string", "maxLength": 5, "pattern": "^a"}
    )
    two = form([], kind={"type": "string", "enum": ["b", "c"]}, text={"type": "string", "maxLength": 9})
    fields = merge_forms([one, two])["properties"]
    assert fields["kind"]["enum"] == ["a", "b", "c"]
    assert fields["text"] == {"type": "string", "maxLength": 9}


def test_fields_of_different_types_become_a_choice() -> None:
    merged = merge_forms([form([], a={"type": "string"}), form([], a={"type": "integer"})])
    assert merged["properties"]["a"] == {"anyOf": [{"type": "string"}, {"type": "integer"}]}


def test_every_pair_of_forms_merges_into_one_that_takes_both() -> None:
    forms = {name: submission(name).form for name in NAMES}
    schemas = {name: office().catalogue.in_force(submission(name).item_code, DAY).form for name in NAMES}
    for one in NAMES:
        for other in NAMES:
            merged = jsonschema_rs.Draft202012Validator(merge_forms([schemas[one], schemas[other]]))
            assert merged.is_valid(forms[one]), (one, other)
            assert merged.is_valid(forms[other]), (one, other)
