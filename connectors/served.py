"""Which items' cases reach a pack: found in the district that the pack stands in."""

from pathlib import Path

from config.catalogue import read_district
from connectors.pack import Pack
from mappings.expressions import compile_condition
from router.items import Item
from router.office import load_office


def district_of(folder: Path) -> Path | None:
    """Return the district of a pack that stands in `<district>/departments/<key>`; None where it stands elsewhere."""
    place = folder.resolve().parent
    return place.parent if place.name == "departments" and (place.parent / "district.yaml").is_file() else None


def served_items(pack: Pack, district: Path) -> tuple[Item, ...]:
    """Return every version of the items whose cases may reach a pack.

    Raises:
        ConfigError: the district's files are wrong; with every finding.
    """
    office = load_office(read_district(district), compile_condition=compile_condition)
    return office.served_by(pack.key, pack.department.code)
