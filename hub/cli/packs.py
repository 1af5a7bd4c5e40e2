"""What several commands do with a pack's folder: find its district, check it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from config.findings import Finding


def check_pack(folder: Path, district: Path | None = None) -> list[Finding]:
    """Return what is wrong with a pack; one that stands in a district is proven for the items it serves.

    Raises:
        ConfigError: the pack, or the district's own files, cannot be read; with every finding.
    """
    from config.findings import Finding
    from connectors.examination import examine
    from connectors.pack_loader import load_pack
    from connectors.served import district_of, served_items

    loaded = load_pack(folder)
    place = district or district_of(folder)
    if place is None:
        what = "checked without the items it serves (their forms): name their district with --district"
        return [*examine(loaded), Finding(str(folder), 1, "", what, "warning")]
    items = served_items(loaded.pack, place)
    if not items:
        what = f"no item of {place} sends a case here: no department has the code {loaded.pack.department.code}"
        return [*examine(loaded), Finding(str(folder), 1, "", what, "warning")]
    return examine(loaded, items)
