"""A district ready to take cases: its divisions, departments, items and routes, loaded and checked together."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from cases.case import DepartmentRef
from cases.errors import ConfigError
from config.catalogue import DistrictFiles
from router.catalogue import Catalogue
from router.district import District, load_departments, load_district
from router.items import Item
from router.rules import ConditionCompiler
from router.table import RoutingTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Everything the door asks."""

    district: District
    departments: dict[str, DepartmentRef]
    catalogue: Catalogue
    routes: RoutingTable

    def with_stored(self, stored: Iterable[bytes]) -> "Office":
        """Return this office with the item versions that were imported into the store.

        Raises:
            ConfigError: a stored version cannot be read.
        """
        return replace(self, catalogue=self.catalogue.extended(stored))

    def served_by(self, connector: str, department_code: str) -> tuple[Item, ...]:
        """Return every version of the items whose cases may reach a connector.

        Args:
            connector: its key.
            department_code: the credit code of its department, whose items count where no route names the connector.
        """
        items = self.catalogue.versions()
        if self.routes.names(connector):
            return tuple(item for item in items if self.routes.may_send(item, connector))
        return tuple(item for item in items if self.departments[item.department].code == department_code)


def load_office(
    files: DistrictFiles, *, compile_condition: ConditionCompiler, connectors: Collection[str] | None = None
) -> Office:
    """Load and check a district's files against each other.

    Args:
        files: as `config.catalogue.read_district` returns them.
        compile_condition: compiler of routing conditions.
        connectors: keys of the connectors there are; without it a rule's `to` is not checked.

    Raises:
        ConfigError: with every finding that can be told; items wait for district and departments, routes for items.
    """
    findings: list[object] = []
    district = departments = None
    try:
        district = load_district(files.district)
    except ConfigError as error:
        findings += error.findings
    try:
        departments = load_departments(files.departments)
    except ConfigError as error:
        findings += error.findings
    if district is None or departments is None:
        raise ConfigError(findings)
    catalogue = Catalogue.load(files.items, district=district, departments=departments)
    routes = RoutingTable.load(
        files.routes, catalogue=catalogue, compile_condition=compile_condition, connectors=connectors
    )
    return Office(district=district, departments=departments, catalogue=catalogue, routes=routes)
