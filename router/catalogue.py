"""The catalogue of service items: every version, found by code and day; only leaves take cases."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import orjson
from pydantic import ValidationError

from cases.base import Record
from cases.case import DepartmentRef
from cases.errors import ConfigError, InvalidInput
from cases.item_codes import CodeKind, read_item_code
from cases.problems import Problem, message
from cases.text import fold
from config.findings import Finding
from config.located import Located, Path, validate
from router.district import District
from router.items import Item, MainItem

_UNKNOWN = message(
    "item_unknown",
    "事项清单中没有这个编码的事项。请从事项清单中复制编码。",
    "The catalogue has no item with this code. Copy the code from the catalogue.",
)
_NOT_FULL = message(
    "item_code_not_full",
    "请填写31位实施编码或33位办理项编码；基本编码、旧编码和材料编码不能用于提交。",
    "Give the implementation code (31) or handle code (33); base, old and material codes take no cases.",
)
_MAIN = message(
    "item_is_main",
    "“{name}”是主项，不能直接受理。请选择其子项：{leaves}。",
    "{name} is a main item and takes no cases. Choose one of its sub-items: {leaves}.",
)
_NEEDS_HANDLE = message(
    "item_needs_handle",
    "“{name}”按业务办理项受理。请使用33位办理项编码：{leaves}。",
    "{name} takes cases by handle. Use one of its codes of 33 characters: {leaves}.",
)
_NO_HANDLE = message(
    "item_handle_unknown",
    "“{name}”没有这个业务办理项。可用编码：{leaves}。",
    "{name} has no such handle. Codes that take cases: {leaves}.",
)
_NOT_YET = message(
    "item_not_in_force",
    "“{name}”在{day}没有有效版本（有效期：{periods}）。请核对事项清单。",
    "{name} has no version in force on {day} (in force: {periods}). Check the catalogue.",
)


class _ItemFile(Record):
    """items/*.yaml."""

    mains: tuple[MainItem, ...] = ()
    items: tuple[Item, ...]


class Catalogue:
    """All versions of all items. Frozen: an import makes a new one."""

    def __init__(
        self,
        items: Iterable[Item],
        mains: Iterable[MainItem],
        district: District,
        departments: Mapping[str, DepartmentRef],
    ) -> None:
        self.district, self.departments = district, departments
        self._versions: dict[str, list[Item]] = defaultdict(list)
        for item in sorted(items, key=lambda item: item.version, reverse=True):
            self._versions[item.code].append(item)
        self._subs: dict[str, list[Item]] = defaultdict(list)  # main item's code → versions of its sub-items
        for code, versions in self._versions.items():
            if not code.endswith("000"):
                self._subs[f"{code[:28]}000"] += versions
        self._mains = {main.code: main for main in mains}
        self._leaves = {code: item for versions in self._versions.values() for item in versions for code in item.codes}

    @classmethod
    def load(
        cls, files: Sequence[Located], *, district: District, departments: Mapping[str, DepartmentRef]
    ) -> "Catalogue":
        """Build from the district's item files.

        Raises:
            ConfigError: with every finding of every file.
        """
        return cls((), (), district, departments).with_files(files)

    def with_files(self, files: Sequence[Located]) -> "Catalogue":
        """Return this catalogue with the items of more files.

        Raises:
            ConfigError: with every finding of every file.
        """
        items = [*self.versions()]
        mains = [*self._mains.values()]
        placed: list[tuple[Located, Path, Item]] = []
        findings: list[Finding] = []
        for file in files:
            try:
                content = validate(file, _ItemFile)
            except ConfigError as error:
                findings += [finding for finding in error.findings if isinstance(finding, Finding)]
                continue
            placed += [(file, ("items", index), item) for index, item in enumerate(content.items)]
            mains += content.mains
        known = {*self._mains, *(main.code for main in mains), *self._versions, *(item.code for _, _, item in placed)}
        seen = {(item.code, item.version): item for item in items}
        for file, path, item in placed:
            findings += [file.finding((*path, key), what) for key, what in self._faults(item, known, seen)]
            seen[item.code, item.version] = item
        if findings:
            raise ConfigError(sorted(findings))
        return Catalogue(seen.values(), mains, self.district, self.departments)

    def extended(self, stored: Iterable[bytes]) -> "Catalogue":
        """Return this catalogue with item versions that were imported into the store.

        A version that the district's files have too is taken from the store, where it can no longer change.

        Raises:
            ConfigError: a stored version is not an item as this release knows it.
        """
        seen = {(item.code, item.version): item for item in self.versions()}
        findings: list[Finding] = []
        for number, document in enumerate(stored, 1):
            try:
                item = Item.model_validate(orjson.loads(document))
            except ValidationError as error:
                what = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
                findings.append(Finding("imported items", number, "", what))
                continue
            seen[item.code, item.version] = item
        if findings:
            raise ConfigError(findings)
        return Catalogue(seen.values(), self._mains.values(), self.district, self.departments)

    def in_force(self, code: str, day: date) -> Item:
        """Return the version of an item under which a case of this day is taken: the newest that is in force.

        Args:
            code: 31 characters, or 33 for a handle.
            day: the date in China.

        Raises:
            InvalidInput: unknown, not in force, or not a leaf; the problem says which and names what would do.
        """
        versions = self._versions.get(code[:31])
        if versions is None:
            raise InvalidInput([self._why_unknown(code)])
        for item in versions:
            if item.in_force(day):
                return self._leaf(item, code, day)
        name, periods = versions[0].name, "; ".join(_period(item) for item in reversed(versions))
        raise InvalidInput([Problem("item_code", _NOT_YET, {"name": name, "day": day, "periods": periods})])

    def versions(self, code: str | None = None) -> list[Item]:
        """Return every version, of one item or of all: by code, newest first."""
        if code is not None:
            return list(self._versions.get(fold(code)[:31], ()))
        return [item for key in sorted(self._versions) for item in self._versions[key]]

    def offered(self, day: date) -> list[Item]:
        """Return the items that take cases on a day, by code."""
        current = (
            next((item for item in versions if item.in_force(day)), None) for versions in self._versions.values()
        )
        return sorted((item for item in current if item and not self._children(item, day)), key=lambda item: item.code)

    def serves(self, code: str) -> bool:
        """Tell whether some version takes cases under this code (31 or 33 characters)."""
        return code in self._leaves

    def _leaf(self, item: Item, code: str, day: date) -> Item:
        if children := self._children(item, day):
            leaves = _listed({child.code for child in children})
            raise InvalidInput([Problem("item_code", _MAIN, {"name": item.name, "leaves": leaves})])
        if code in item.codes:
            return item
        wrong = _NEEDS_HANDLE if item.handles and len(code) == 31 else _NO_HANDLE
        raise InvalidInput([Problem("item_code", wrong, {"name": item.name, "leaves": _listed(item.codes)})])

    def _children(self, item: Item, day: date) -> list[Item]:
        return [child for child in self._subs.get(item.code, ()) if child.in_force(day)]

    def _why_unknown(self, code: str) -> Problem:
        try:
            found = read_item_code(code)
        except InvalidInput as error:
            return error.problems[0]
        if found.kind not in {CodeKind.IMPLEMENTATION, CodeKind.HANDLE}:
            return Problem("item_code", _NOT_FULL)
        if main := self._mains.get(code):
            leaves = _listed(leaf for leaf in self._leaves if leaf[:28] == code[:28])
            return Problem("item_code", _MAIN, {"name": main.name, "leaves": leaves})
        return Problem("item_code", _UNKNOWN)

    def _faults(
        self, item: Item, known: Collection[str], seen: Mapping[tuple[str, int], Item]
    ) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with an item in the company of the others: (key, what)."""
        before = seen.get((item.code, item.version))
        if before is not None and before != item:
            yield (
                "version",
                f"version {item.version} of this code is there already with other content: raise the version",
            )
        department = self.departments.get(item.department)
        if department is None:
            known_keys = ", ".join(sorted(self.departments))
            yield "department", f"no department {item.department!r}; known: {known_keys}"
        elif department.code != item.code[:18]:
            yield "code", f"begins with another body's credit code; that of {item.department} is {department.code}"
        try:
            found = read_item_code(item.code, provinces=self.district.provinces)
        except InvalidInput as error:
            yield "code", error.problems[0].message("en")
            return
        if found.parent and item.parent_published and found.parent not in known:
            yield (
                "code",
                f"its main item {found.parent} is not in the catalogue: "
                "add it under `mains`, or say parent_published: false",
            )


def item_document(item: Item) -> bytes:
    """Return an item version as it is kept in the store."""
    return orjson.dumps(item.model_dump(mode="json", exclude_none=True), option=orjson.OPT_SORT_KEYS)


def item_file_schema() -> dict[str, Any]:
    """Return the JSON Schema of items/*.yaml, for editors."""
    return _ItemFile.model_json_schema()


def _period(item: Item) -> str:
    return f"{item.effective_from} - {item.effective_until or ''}".rstrip()


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(sorted(codes))
