"""The catalogue: what a file must say, which version is in force, and that only leaves take cases."""

from datetime import date

import pytest

from cases.errors import ConfigError, InvalidInput
from config.located import parse
from router.catalogue import Catalogue, item_document
from router.items import Item
from tests.router.district import DAY, office

MZ = "11430202HT0000018T4"


def entry(base: str, **changes: object) -> str:
    fields: dict[str, object] = {
        "code": MZ + base,
        "name": "示例事项",
        "effective_from": "2026-01-01",
        "kind": "promised",
        "legal_days": 20,
        "promised_days": 5,
        "department": "civil-affairs",
        **changes,
    }
    head, *rest = [f"{key}: {value}" for key, value in fields.items() if value is not None]
    return "\n".join([f"  - {head}", *(f"    {line}" for line in rest)])


def catalogue(*entries: str, mains: str = "") -> Catalogue:
    text = f"{mains}items:\n" + "\n".join(entries)
    return Catalogue.load(
        [parse(text, file="items.yaml")], district=office().district, departments=office().departments
    )


def findings(*entries: str, mains: str = "") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        catalogue(*entries, mains=mains)
    return [str(finding) for finding in caught.value.findings]


def refusal(known: Catalogue, code: str, day: date = DAY) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        known.in_force(code, day)
    return caught.value


def test_the_reference_district_has_its_33_items_and_14_departments() -> None:
    assert len(office().catalogue.versions()) == 33
    assert len(office().departments) == 14
    assert len(office().catalogue.offered(DAY)) == 33


@pytest.mark.parametrize(
    ("base", "kind", "legal", "promised"),
    [
        ("430511001000", "promised", 30, 20),
        ("430511002000", "promised", 20, 5),
        ("432011004000", "instant", 0, 0),
        ("430731001001", "instant", 3, 0),
        ("430709001002", "promised", 5, 2),
        ("430724001000", "promised", 20, 15),
    ],
)
def test_items_carry_their_kind_and_limits(base: str, kind: str, legal: int, promised: int) -> None:
    item = next(item for item in office().catalogue.versions() if item.code.endswith(base))
    assert (item.kind, item.legal_days, item.promised_days) == (kind, legal, promised)
    assert item.snapshot.item_type == base[2:4]


def test_a_code_finds_its_item_and_a_handle_its_items_item() -> None:
    known = office().catalogue
    assert known.in_force(MZ + "430511002000", DAY).name == "高龄津贴申领"
    assert known.in_force("11430202HT0000034G443013100200001", DAY).name == "食品经营许可(新办)"


def test_a_main_item_names_its_sub_items() -> None:
    problem = refusal(office().catalogue, "11430202HT0000034G4430731001000").problems[0]
    assert problem.code == "item_is_main"
    assert "11430202HT0000034G4430731001001" in problem.message("en")
    assert "11430202HT0000034G4430731001002" in problem.message("en")


def test_a_main_item_with_days_of_its_own_takes_no_case_either_while_it_has_sub_items() -> None:
    known = catalogue(entry("430511005000"), entry("430511005001", effective_from="2026-06-01"))
    assert known.in_force(MZ + "430511005000", DAY)
    assert refusal(known, MZ + "430511005000", date(2026, 6, 1)).problems[0].code == "item_is_main"
    assert [item.code for item in known.offered(date(2026, 6, 1))] == [MZ + "430511005001"]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (MZ + "430511099000", "item_unknown"),
        ("11430202HT0000034G4430131002000", "item_needs_handle"),
        ("11430202HT0000034G443013100200009", "item_handle_unknown"),
        (MZ + "43051100200001", "item_handle_unknown"),
        ("430511002000", "item_code_not_full"),
        ("11430202HT0000018X4430511002000", "item_code_body"),
        ("高龄津贴", "item_code_length"),
    ],
)
def test_a_code_that_takes_no_case_is_refused_with_the_reason(code: str, why: str) -> None:
    assert [problem.code for problem in refusal(office().catalogue, code).problems] == [why]


def test_the_newest_version_in_force_on_the_day_counts() -> None:
    known = catalogue(
        entry("430511005000"),
        entry("430511005000", version=2, effective_from="2026-05-01", effective_until="2026-05-31"),
    )
    code = MZ + "430511005000"
    assert [known.in_force(code, day).version for day in (date(2026, 4, 30), date(2026, 5, 1), date(2026, 6, 1))] == [
        1,
        2,
        1,
    ]


def test_before_and_after_its_time_an_item_is_refused_with_its_periods() -> None:
    known = catalogue(entry("430511005000", effective_until="2026-02-28"))
    problem = refusal(known, MZ + "430511005000", DAY).problems[0]
    assert problem.code == "item_not_in_force"
    assert "2026-01-01 - 2026-02-28" in problem.message("en")


@pytest.mark.parametrize(
    ("changes", "line", "words"),
    [
        ({"code": MZ + "43051100500"}, 2, "30 characters"),
        ({"code": "11430202HT0000018X4430511005000"}, 2, "fail their check"),
        ({"code": MZ + "43051100500001"}, 2, "31 characters"),
        ({"code": MZ + "310511005000"}, 2, "begins with 31"),
        ({"code": MZ + "430511005001"}, 2, "parent_published"),
        ({"code": "11430202HT0000034G4430131002000"}, 2, "another body's credit code"),
        ({"effective_from": "2026-02-30"}, 4, "date"),
        ({"kind": "quick"}, 5, "promised"),
        ({"legal_days": -1}, 6, "greater than or equal to 0"),
        ({"department": "civil"}, 8, "no department 'civil'"),
        ({"name": None}, 2, "Field required"),
        ({"materials": "[{code: '1', name: 申请表}]"}, 9, "pattern"),
        ({"applicant": "{kinds: [organisation], id_types: ['111']}"}, 9, "make them agree"),
        ({"applicant": "{presence: optional}"}, 9, "required"),
        ({"form": "{type: object}"}, 2, "additionalProperties: false"),
        ({"legal_days": 3}, 2, "more than legal_days"),
        ({"effective_until": "2025-01-01"}, 2, "before effective_from"),
        ({"materials": "[{code: '01', name: a}, {code: '01', name: b}]"}, 2, "stands twice"),
        ({"handles": "[{serial: 1, name: a}, {serial: 1, name: b}]"}, 2, "stands twice"),
        ({"days": 3}, 9, "Extra inputs"),
    ],
)
def test_a_wrong_item_is_a_finding_with_its_line(changes: dict[str, object], line: int, words: str) -> None:
    found = findings(entry("430511005000", **changes))
    assert any(text.startswith(f"items.yaml:{line}: items.0") and words in text for text in found), found


def test_findings_of_all_items_are_listed() -> None:
    assert len(findings(entry("430511005000", kind="x"), entry("430511006000", legal_days="y"))) == 2


def test_a_sub_item_may_stand_below_a_published_main_or_without_one_on_request() -> None:
    mains = f"mains:\n  - {{code: {MZ}430511005000, name: 主项}}\n"
    assert catalogue(entry("430511005001"), mains=mains).in_force(MZ + "430511005001", DAY)
    assert catalogue(entry("430511005001", parent_published="false")).in_force(MZ + "430511005001", DAY)


def test_a_main_item_must_be_one() -> None:
    mains = f"mains:\n  - {{code: {MZ}430511005001, name: 主项}}\n"
    assert "ends in 000" in findings(entry("430511005002"), mains=mains)[0]


def test_a_version_never_changes() -> None:
    assert "raise the version" in findings(entry("430511005000"), entry("430511005000", name="另一名称"))[0]
    assert len(catalogue(entry("430511005000"), entry("430511005000")).versions()) == 1


def test_stored_items_join_the_catalogue() -> None:
    new = catalogue(entry("430511005000")).versions()[0]
    known = office().catalogue.extended([item_document(new)])
    assert known.in_force(new.code, DAY) == new
    assert len(known.versions()) == 34
    with pytest.raises(InvalidInput):
        office().catalogue.in_force(new.code, DAY)  # the catalogue itself is frozen


@pytest.mark.parametrize("item", office().catalogue.versions(), ids=lambda item: item.code[19:])
def test_an_item_survives_the_store(item: Item) -> None:
    assert Item.model_validate_json(item_document(item)) == item


def test_a_stored_item_that_cannot_be_read_is_a_finding() -> None:
    with pytest.raises(ConfigError, match=r"imported items:2: .*code"):
        office().catalogue.extended([item_document(office().catalogue.versions()[0]), b'{"code": "1"}'])
