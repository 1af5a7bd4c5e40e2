"""District and departments as data."""

import pytest

from cases.errors import ConfigError
from config.located import parse
from router.district import load_departments, load_district
from tests.router.district import office

DISTRICT = """
code: "430202"
name: 荷塘区
provinces: ["43"]
towns:
  - {code: "430202001", name: 甲街道, communities: [{code: "430202001001", name: 乙社区}]}
  - {code: "430202002", name: 丙镇}
"""


@pytest.mark.parametrize(
    ("region", "ours"),
    [
        ("430202", True),
        ("430202001", True),
        ("430202001001", True),
        ("430202001002", False),  # communities are listed here, and this is none of them
        ("430202002999", True),  # none are listed here
        ("430202003", False),
        ("430203", False),
        ("430203001001", False),
        ("", False),
    ],
)
def test_a_region_is_ours_or_not(region: str, ours: bool) -> None:
    assert load_district(parse(DISTRICT, file="district.yaml")).has(region) is ours


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("430202002", "430203002", "does not begin with the district's code"),
        ("430202001001", "430202002001", "does not begin with its town's code"),
        ('code: "430202002"', 'code: "430202001"', "stands twice"),
        ('"43"', '"430"', "provinces.0"),
    ],
)
def test_divisions_must_lie_within_each_other(old: str, new: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load_district(parse(DISTRICT.replace(old, new), file="district.yaml"))


def test_departments_are_checked_line_by_line() -> None:
    text = """departments:
  - {key: a-b, code: 11430202HT0000018T, name: 甲局}
  - {key: a-b, code: 11430202HT0000018X, name: 乙局}
"""
    with pytest.raises(ConfigError) as caught:
        load_departments(parse(text, file="departments.yaml"))
    assert [str(finding)[:21] for finding in caught.value.findings] == ["departments.yaml:3: d"] * 2


def test_the_reference_departments_are_keyed() -> None:
    assert office().departments["civil-affairs"].code == "11430202HT0000018T"
    assert office().departments["disabled-federation"].code.startswith("81")
