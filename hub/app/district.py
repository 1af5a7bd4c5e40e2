"""The district's files, read and checked as a whole: catalogue and routing table."""

from dataclasses import dataclass
from pathlib import Path

from config.catalogue import read_district
from mappings import compile_condition
from router.catalogue import Catalogue
from router.district import load_departments, load_district
from router.table import RoutingTable


@dataclass(frozen=True, slots=True)
class DistrictBooks:
    """What the door decides by."""

    catalogue: Catalogue
    routes: RoutingTable


def open_district(folder: Path) -> DistrictBooks:
    """Read a district folder.

    Raises:
        ConfigError: with every finding of the file that is read next; later files build on earlier ones.
    """
    files = read_district(folder)
    catalogue = Catalogue.load(
        files.items, district=load_district(files.district), departments=load_departments(files.departments)
    )
    connectors = {path.parent.name for path in (folder / "departments").glob("*/connector.yaml")}
    routes = RoutingTable.load(
        files.routes, catalogue=catalogue, compile_condition=compile_condition, connectors=connectors
    )
    return DistrictBooks(catalogue, routes)
