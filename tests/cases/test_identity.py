"""Parties: document type, number and phone; what people read names the remedy, never the number."""

from datetime import date

import pytest

from cases.citizen_id import check_character
from cases.documents import NAMES, PERSON_TYPES, DocumentType
from cases.identity import check_document, check_party, check_phone
from cases.problems import MESSAGES
from cases.submission import Party

TODAY = date(2026, 3, 2)
NEW_PERMANENT_CARD = "91143019801012009" + check_character("91143019801012009")


def party(**changes: object) -> Party:
    return Party.model_validate(
        {"kind": "person", "name": "张示例", "id_type": "111", "id_number": "430299198001010016", **changes}
    )


def codes(**changes: object) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in check_party(party(**changes), "applicant", TODAY)]


def test_a_good_party_has_no_problems() -> None:
    assert codes(phone="13800000001", address="荷塘区") == []


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("4302991980010100", "citizen_id_format"),
        ("430299198001010017", "citizen_id_checksum"),
        ("430202190002290018", "citizen_id_date"),
        ("430202209912310011", "citizen_id_future"),
        ("430202800101001", "citizen_id_15"),
    ],
)
def test_each_level_of_a_citizen_id_has_its_own_words(number: str, code: str) -> None:
    assert codes(id_number=number) == [("applicant.id_number", code)]


def test_the_division_is_looked_at_with_a_table_only() -> None:
    problems = check_party(party(), "applicant", TODAY, divisions={"430202"})
    assert [problem.code for problem in problems] == ["citizen_id_division"]


@pytest.mark.parametrize(
    ("id_type", "number"),
    [
        ("112", "43029919400520002X"),
        ("117", "U430000001"),
        ("414", "EX1234567"),
        ("414", "G12345678"),
        ("414", "AB12CD34"),
        ("511", "12345678"),
        ("516", "H12345678"),
        ("516", "M1234567801"),
        ("553", "USA430202000001"),
        ("553", NEW_PERMANENT_CARD),
        ("114", "军字第1234567号"),
        ("990", "HT-2026-1"),
    ],
)
def test_numbers_in_the_form_of_their_document_pass(id_type: str, number: str) -> None:
    assert codes(id_type=id_type, id_number=number) == []


@pytest.mark.parametrize(
    ("id_type", "number"),
    [
        ("117", "430000001"),
        ("414", "E1"),
        ("414", "PASSPORT"),
        ("511", "1234567"),
        ("516", "X12345678"),
        ("553", "USA43020200000"),
        ("553", "911430198010120091"),
        ("114", "军官"),
        ("990", "a"),
    ],
)
def test_numbers_of_another_form_are_refused(id_type: str, number: str) -> None:
    assert codes(id_type=id_type, id_number=number) == [("applicant.id_number", "document_number_format")]


def test_credit_codes_fail_by_format_or_check() -> None:
    organisation = {"kind": "organisation", "id_type": "001"}
    assert codes(**organisation, id_number="91430202HT9000014X") == []
    assert codes(**organisation, id_number="91430202HT90000141") == [("applicant.id_number", "credit_code_checksum")]
    assert codes(**organisation, id_number="91430202HT900001") == [("applicant.id_number", "credit_code_format")]


def test_a_document_type_must_fit_the_kind_of_party() -> None:
    assert codes(id_type="001", id_number="91430202HT9000014X") == [
        ("applicant.id_type", "document_type_for_other_kind")
    ]
    assert codes(kind="organisation") == [("applicant.id_type", "document_type_for_other_kind")]


@pytest.mark.parametrize("phone", ["13800000001", "+8613800000001", "0731-20000001", "073120000001", "20000001"])
def test_phones_that_can_be_dialled_pass(phone: str) -> None:
    assert check_phone(phone, "phone") == []


@pytest.mark.parametrize("phone", ["1380000000", "12800000001", "138000000012", "电话", "0731", "--"])
def test_phones_that_cannot_be_dialled_are_named(phone: str) -> None:
    assert [problem.code for problem in check_phone(phone, "phone")] == ["phone_format"]


def test_no_message_repeats_the_number() -> None:
    bad = {"111": "430299198001010017", "414": "E1", "001": "91430202HT90000141", "117": "4300"}
    for id_type, number in bad.items():
        for problem in check_document(DocumentType(id_type), number, "id_number", TODAY):
            for language in ("zh-CN", "en"):
                assert number not in problem.message(language)


def test_every_document_type_has_a_name_and_a_check() -> None:
    assert set(NAMES) == {kind.value for kind in DocumentType}
    for kind in PERSON_TYPES:
        assert check_document(kind, "?", "id_number", TODAY), kind


def test_identity_messages_speak_both_languages_and_name_the_remedy() -> None:
    for code, (zh, en) in MESSAGES.items():
        if code.startswith(("citizen_id", "credit_code", "document", "phone")):
            assert "请" in zh, code
            assert en.count(".") >= 2 or "Give" in en, code


def test_an_unknown_document_type_is_no_party() -> None:
    with pytest.raises(ValueError, match="id_type"):
        party(id_type="888")


def test_a_full_width_document_type_is_folded() -> None:
    assert party(id_type="１１１").id_type is DocumentType.CITIZEN_ID
