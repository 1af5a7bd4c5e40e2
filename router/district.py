"""The district: its divisions and its departments."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Self

from pydantic import Field, model_validator

from cases.base import Record, Text
from cases.case import DepartmentRef
from cases.credit_code import read_credit_code
from cases.errors import ConfigError
from config.findings import Finding
from config.located import Located, validate


class Community(Record):
    """社区 or 村."""

    code: Annotated[str, Field(pattern=r"^[0-9]{12}$")]
    name: Text


class Town(Record):
    """街道, 镇 or 乡. Without communities listed, any community code below it is taken."""

    code: Annotated[str, Field(pattern=r"^[0-9]{9}$")]
    name: Text
    communities: tuple[Community, ...] = ()


class District(Record):
    """district.yaml."""

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$", description="GB/T 2260")]
    name: Text
    provinces: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[0-9]{2}$")], ...],
        Field(description="prefixes of local base codes beside 00, the national list"),
    ]
    towns: tuple[Town, ...]

    @cached_property
    def divisions(self) -> Mapping[str, str]:
        """Every division of the district with its name: the district, towns, communities."""
        towns = {town.code: town.name for town in self.towns}
        communities = {community.code: community.name for town in self.towns for community in town.communities}
        return {self.code: self.name, **towns, **communities}

    def has(self, region: str) -> bool:
        """Tell whether a division (6, 9 or 12 digits) is one of ours."""
        return region in self.divisions or (len(region) == 12 and region[:9] in self._open_towns)

    @cached_property
    def _open_towns(self) -> frozenset[str]:
        return frozenset(town.code for town in self.towns if not town.communities)

    @model_validator(mode="after")
    def _lies_within(self) -> Self:
        for town in self.towns:
            if not town.code.startswith(self.code):
                raise ValueError(f"town {town.code} does not begin with the district's code {self.code}")
            for community in town.communities:
                if not community.code.startswith(town.code):
                    raise ValueError(f"community {community.code} does not begin with its town's code {town.code}")
        count = 1 + len(self.towns) + sum(len(town.communities) for town in self.towns)
        if count != len(self.divisions):
            raise ValueError("a division code stands twice")
        return self


class _DepartmentList(Record):
    departments: tuple[DepartmentRef, ...]


def load_district(located: Located) -> District:
    """Read district.yaml.

    Raises:
        ConfigError: with every finding.
    """
    return validate(located, District)


def load_departments(located: Located) -> dict[str, DepartmentRef]:
    """Read departments.yaml: key → department.

    Raises:
        ConfigError: with every finding.
    """
    departments: dict[str, DepartmentRef] = {}
    findings: list[Finding] = []
    for index, department in enumerate(validate(located, _DepartmentList).departments):
        here = ("departments", index)
        if department.key in departments:
            findings.append(located.finding((*here, "key"), f"department {department.key} stands twice"))
        if read_credit_code(department.code).failed:
            findings.append(located.finding((*here, "code"), "not a valid credit code: check its 18 characters"))
        departments[department.key] = department
    if findings:
        raise ConfigError(findings)
    return departments
