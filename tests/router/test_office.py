"""A district's files against each other."""

import dataclasses

import pytest

from cases.errors import ConfigError
from config.catalogue import read_district
from config.located import parse
from config.settings import REFERENCE_DISTRICT
from mappings import compile_condition
from router.catalogue import item_document
from router.items import Item
from router.office import load_office
from tests.router.district import DAY, office


def test_findings_of_district_and_departments_come_together() -> None:
    files = dataclasses.replace(
        read_district(REFERENCE_DISTRICT),
        district=parse("code: '1'", file="district.yaml"),
        departments=parse("departments: 3", file="departments.yaml"),
    )
    with pytest.raises(ConfigError) as caught:
        load_office(files, compile_condition=compile_condition)
    text = str(caught.value)
    assert "district.yaml:1: code" in text
    assert "departments.yaml:1: departments" in text


def test_routes_are_held_against_the_connectors_there_are() -> None:
    with pytest.raises(ConfigError, match="no connector 'public-security'"):
        load_office(
            read_district(REFERENCE_DISTRICT),
            compile_condition=compile_condition,
            connectors={"civil-affairs", "market-supervision"},
        )


def test_an_imported_version_takes_over_on_its_day() -> None:
    item = office().catalogue.versions()[0]
    newer = Item.model_validate(item.model_dump() | {"version": 2, "promised_days": 1, "effective_from": DAY})
    ready = office().with_stored([item_document(newer)])
    assert ready.catalogue.in_force(item.code, DAY).promised_days == 1
    assert ready.catalogue.in_force(item.code, DAY.replace(day=1)).version == 1
    assert ready.routes is office().routes


def test_a_connector_serves_the_items_that_rules_may_send_to_it() -> None:
    district = office()
    civil = district.departments["civil-affairs"]
    served = district.served_by("civil-affairs", civil.code)
    assert {item.department for item in served} == {"civil-affairs"}
    assert len(served) == len([item for item in district.catalogue.versions() if item.department == "civil-affairs"])


def test_a_connector_that_no_rule_names_counts_for_its_department() -> None:
    district = office()
    police = district.departments["public-security"]
    assert {item.department for item in district.served_by("new-police", police.code)} == {"public-security"}
    assert district.served_by("nobody", "91430202MA00000000") == ()
