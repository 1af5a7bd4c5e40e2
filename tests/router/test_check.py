"""What the door checks, given the item: every problem at once, each with its field and remedy."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from cases.errors import InvalidInput, NotRouted
from cases.problems import Problem
from cases.submission import Submission
from router.check import check_submission
from router.items import Item
from tests.router.district import CASES, DAY, NOW, document, office, submission


def item_of(given: Submission) -> Item:
    return office().catalogue.in_force(given.item_code, DAY)


def found(name: str, **changes: Any) -> list[tuple[str, str]]:
    given = submission(name, **changes)
    return [(problem.field, problem.code) for problem in check_submission(given, item_of(given), NOW)]


def at_the_door(path: Path) -> list[Problem]:
    """Return what the whole door says about a file."""
    given = Submission.model_validate_json(path.read_bytes())
    try:
        item = item_of(given)
        if problems := check_submission(given, item, NOW):
            return problems
        office().routes.route(given, item, DAY)
    except InvalidInput as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_every_example_passes_the_door(path: Path) -> None:
    assert at_the_door(path) == []


def test_every_item_of_the_live_departments_has_an_example() -> None:
    live = {"civil-affairs", "market-supervision", "public-security"}
    wanted = {item.code for item in office().catalogue.versions() if item.department in live}
    assert {document(path.stem)["item_code"][:31] for path in CASES.glob("*.json")} == wanted


WRONG = {
    "wrong-checksum": ("applicant.id_number", "citizen_id_checksum"),
    "impossible-date": ("applicant.id_number", "citizen_id_date"),
    "wrong-credit-code": ("applicant.id_number", "credit_code_checksum"),
    "unknown-item": ("item_code", "item_unknown"),
    "damaged-item-code": ("item_code", "item_code_body"),
    "main-item": ("item_code", "item_is_main"),
    "handle-missing": ("item_code", "item_needs_handle"),
    "missing-material": ("materials", "material_missing"),
    "unknown-material": ("materials.3.code", "material_unknown"),
    "copy-instead-of-original": ("materials.0.form", "material_form"),
    "promise-not-allowed": ("materials.1.form", "material_form"),
    "wrong-type": ("form.household_size", "form_type"),
    "unknown-field": ("form.weight", "form_unknown_field"),
    "missing-subject": ("subject", "party_required"),
    "organisation-for-person-item": ("applicant.kind", "party_kind"),
    "outside-district": ("region", "region_outside"),
    "from-the-future": ("submitted_at", "submitted_in_future"),
    "no-connector": ("item_code", "department_without_connector"),
}


@pytest.mark.parametrize(("name", "expected"), WRONG.items())
def test_every_wrong_example_is_refused_for_its_one_reason(name: str, expected: tuple[str, str]) -> None:
    problems = at_the_door(CASES / "wrong" / f"{name}.json")
    assert [(problem.field, problem.code) for problem in problems] == [expected]
    assert problems[0].message("zh-CN") != problems[0].message("en")


def test_a_naive_time_is_no_submission() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        Submission.model_validate_json((CASES / "wrong" / "naive-time.json").read_bytes())


def test_every_wrong_example_has_its_expectation() -> None:
    assert {path.stem for path in (CASES / "wrong").glob("*.json")} == {*WRONG, "naive-time"}


def test_all_problems_come_at_once() -> None:
    applicant = document("old-age")["applicant"] | {"id_number": "1", "phone": "1"}
    assert found("old-age", applicant=applicant, materials=[], form={}) == [
        ("applicant.id_number", "citizen_id_format"),
        ("applicant.phone", "phone_format"),
        ("materials", "material_missing"),
        ("materials", "material_missing"),
        ("materials", "material_missing"),
        ("form.birth_date", "form_required"),
        ("form.bank_name", "form_required"),
        ("form.bank_card", "form_required"),
        ("form.living", "form_required"),
    ]


def test_a_clock_may_run_five_minutes_ahead() -> None:
    assert found("old-age", submitted_at=NOW + timedelta(minutes=5)) == []
    assert found("old-age", submitted_at=NOW + timedelta(minutes=5, seconds=1)) == [
        ("submitted_at", "submitted_in_future")
    ]


@pytest.mark.parametrize(("state", "code"), [("suspended", "item_suspended"), ("cancelled", "item_cancelled")])
def test_an_item_that_is_not_offered_takes_no_case(state: str, code: str) -> None:
    given = submission("old-age")
    item = Item.model_validate(item_of(given).model_dump() | {"state": state})
    assert [problem.code for problem in check_submission(given, item, NOW)] == [code]


def test_a_role_the_item_does_not_have_is_refused() -> None:
    assert found("old-age", subject=document("death")["subject"]) == [("subject", "party_not_allowed")]


def test_a_document_type_the_item_does_not_take_is_refused() -> None:
    applicant = document("old-age")["applicant"] | {"id_type": "414", "id_number": "E12345678"}
    assert found("old-age", applicant=applicant) == [("applicant.id_type", "party_id_type")]


def test_an_organisation_acts_through_a_person() -> None:
    assert found("seals", agent=None) == [("agent", "party_required")]


def material(**changes: Any) -> list[dict[str, Any]]:
    materials: list[dict[str, Any]] = document("old-age")["materials"]
    return [*materials[:1], {"code": "02", "name": "身份证", **changes}, *materials[2:]]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"form": "original"}, []),
        ({"form": "copy"}, []),
        ({"form": "reused"}, []),
        ({"form": "licence", "licence_no": "1.2.156"}, []),
        ({"form": "licence"}, [("materials.1.licence_no", "material_without_licence")]),
        ({"form": "electronic", "file": "sha256:" + "0" * 64}, []),
        ({"form": "electronic"}, [("materials.1.file", "material_without_file")]),
        ({"form": "promised"}, [("materials.1.form", "material_form")]),
    ],
)
def test_a_paper_that_a_licence_can_replace(changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert found("old-age", materials=material(**changes)) == expected


@pytest.mark.parametrize(
    ("form", "taken"), [("original", True), ("electronic", True), ("copy", False), ("reused", False)]
)
def test_where_the_original_is_needed_only_a_signed_document_may_stand_in(form: str, taken: bool) -> None:
    materials = document("old-age")["materials"]
    materials[0] |= {"form": form, "file": "sha256:" + "0" * 64}
    assert found("old-age", materials=materials) == ([] if taken else [("materials.0.form", "material_form")])


def test_a_material_may_be_named_by_its_full_code() -> None:
    materials = document("old-age")["materials"]
    materials[0]["code"] = document("old-age")["item_code"] + "001"
    assert found("old-age", materials=materials) == []


def test_an_optional_material_may_be_left_out() -> None:
    assert found("birth", materials=document("birth")["materials"][:2]) == []


def test_a_courier_needs_somebody_to_find() -> None:
    assert found("old-age", delivery={"method": "courier", "phone": "12"}) == [
        ("delivery.recipient", "delivery_incomplete"),
        ("delivery.address", "delivery_incomplete"),
        ("delivery.phone", "phone_format"),
    ]
    assert found("old-age", delivery={"method": "counter"}) == []


@pytest.mark.parametrize("name", sorted(WRONG))
def test_no_problem_repeats_personal_data(name: str) -> None:
    loaded = json.loads((CASES / "wrong" / f"{name}.json").read_text("utf-8"))
    applicant = loaded["applicant"]
    for problem in at_the_door(CASES / "wrong" / f"{name}.json"):
        shown = problem.message("zh-CN") + problem.message("en") + repr(problem.facts)
        for key in ("id_number", "phone", "address"):
            assert applicant[key] not in shown


def test_items_of_departments_without_connector_are_refused_in_plain_words() -> None:
    live = {"civil-affairs", "market-supervision", "public-security"}
    given = submission("old-age")
    others = [item for item in office().catalogue.versions() if item.department not in live]
    assert others
    for item in others:
        with pytest.raises(NotRouted, match=f"{item.department} has no connector in force"):
            office().routes.route(given, item, DAY)
