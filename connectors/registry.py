"""The departments of a district: each pack of a folder, opened where sound, listed with its findings where not."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cases.errors import ConfigError
from config.findings import Finding, errors
from config.references import References
from connectors.around import Around
from connectors.department import Department, open_department
from connectors.examination import examine
from connectors.pack import Pack
from connectors.pack_loader import load_pack
from connectors.wire.egress import Egress
from router.office import Office


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What can be said of a district's packs without keeping their connectors: plain values that can be handed on."""

    packs: Mapping[str, Pack]  # those in force, by key
    receiving: frozenset[str]  # folders of those whose departments call the hub
    findings: Mapping[str, tuple[Finding, ...]]  # folder → what keeps its pack out of force


@dataclass(slots=True)
class Registry:
    """Departments in force by key, and what is wrong with the packs that are not."""

    departments: dict[str, Department] = field(default_factory=dict)
    findings: dict[str, tuple[Finding, ...]] = field(default_factory=dict)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        egress: Egress,
        references: References,
        around: Around | None = None,
        office: Office | None = None,
        only: Collection[str] | None = None,
    ) -> "Registry":
        """Open every pack in a folder; a bad one stops no other.

        Args:
            folder: one folder per pack.
            egress: where connectors may call.
            references: values for `${…}`.
            around: instead of egress and references, everything a connector is handed (tests).
            office: the district, so that packs are proven for the items they serve; None: for any case.
            only: folders to open; None: all.
        """
        registry, world = cls(), around or Around(egress=egress, references=references)
        for place in sorted(folder.iterdir()) if folder.is_dir() else ():
            if place.is_dir() and not place.name.startswith(".") and (only is None or place.name in only):
                registry._add(place, world, office)
        return registry

    def summary(self) -> Summary:
        """Return what a process needs to know that opens none of these departments."""
        receiving = (
            department.loaded.folder.name
            for department in self.departments.values()
            if department.connector.capabilities.receives
        )
        return Summary(
            packs={key: department.pack for key, department in self.departments.items()},
            receiving=frozenset(receiving),
            findings=dict(self.findings),
        )

    async def close(self) -> None:
        """Close every connector."""
        for department in self.departments.values():
            await department.connector.close()

    def _add(self, place: Path, world: Around, office: Office | None) -> None:
        try:
            loaded = load_pack(place)
            items = office.served_by(loaded.pack.key, loaded.pack.department.code) if office is not None else ()
            if findings := errors(examine(loaded, items)):
                raise ConfigError(findings)
            self.departments[loaded.pack.key] = open_department(loaded, world)
        except ConfigError as error:
            self.findings[place.name] = tuple(finding for finding in error.findings if isinstance(finding, Finding))
