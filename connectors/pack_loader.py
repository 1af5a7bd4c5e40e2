"""A pack's folder becomes a `LoadedPack`, or the list of everything that is wrong in it."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, SecretStr

from cases.base import Record
from cases.errors import ConfigError
from config.findings import Finding
from config.located import Located, parse, validate
from config.references import SECRET_ONLY
from connectors.kinds import Kind, find_kind, kind_names
from connectors.options import Auth, NoAuth
from connectors.pack import Pack
from mappings.load import Direction, MappingFile, load_mapping, load_table
from mappings.tables import CodeTable

T = TypeVar("T")

#: A pack is text and small contract files; more is a mistake (a dump, a video) that would be carried for ever.
MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_FILES = 200
#: Lines are kept for every value of a YAML file, which takes its time: half a minute for a megabyte.
MAX_YAML_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPack:
    """A pack as its folder stood when it was read. References (`${…}`) are not filled in yet."""

    folder: Path
    pack: Pack
    kind: Kind
    endpoint: Record
    auth: Auth
    connector: Located  # connector.yaml, for places of findings
    request: MappingFile  # request.yaml, with the tables of tables/*.yaml
    status: MappingFile | None  # status.yaml; None where no status comes back
    tests: Located | None  # tests.yaml
    files: Mapping[str, bytes]  # every file, by its path in the pack with `/`
    digest: str  # SHA-256 hex over all names and contents: the version's identity

    def text(self, name: str) -> str:
        """Return a contract file as text.

        Raises:
            ConfigError: there is no such file in the pack, or it is not UTF-8.
        """
        try:
            return self.files[name].decode("utf-8")
        except KeyError:
            raise ConfigError([self.connector.finding(("endpoint",), f"no file {name!r} in the pack")]) from None
        except UnicodeDecodeError:
            raise ConfigError([Finding(self.place(name), 1, "", "not UTF-8 text")]) from None

    def place(self, name: str) -> str:
        """Return how findings name a file of this pack."""
        return str(self.folder / name)


def load_pack(folder: Path) -> LoadedPack:
    """Read and check a pack's own files; mappings and contract are checked by `connectors.department`.

    Raises:
        ConfigError: with every finding.
    """
    reader = _Reader(folder)
    loaded = reader.load()
    if reader.findings or loaded is None:
        raise ConfigError(sorted(set(reader.findings)))
    return loaded


class _Reader:
    """Reads one folder, collecting findings instead of stopping at the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.findings: list[Finding] = []
        self.files: dict[str, bytes] = {}

    def load(self) -> LoadedPack | None:
        if not (self.folder / "connector.yaml").is_file():
            self._note("connector.yaml", "is missing: this is not a pack's folder, or not yet")
            return None
        self.files = self._read_files()
        connector = self._parse("connector.yaml", required=True)
        tests = self._parse("tests.yaml")
        tables = self._tables()
        request = self._mapping("request.yaml", "out", tables, required=True)
        status = self._mapping("status.yaml", "in", tables)
        pack = self._collect(lambda: validate(connector, Pack)) if connector else None
        if connector is None or pack is None:
            return None
        if pack.key != self.folder.resolve().name:
            self.findings.append(connector.finding(("key",), "must be the name of the pack's folder"))
        if "status.yaml" not in self.files and pack.status.by != "none":
            self.findings.append(connector.finding(("status", "by"), "needs a status.yaml that reads those statuses"))
        kind = self._kind(connector, pack)
        if kind is None or request is None:
            return None
        endpoint = self._collect(lambda: validate(connector, kind.endpoint, at=("endpoint",)))
        self.findings.extend(_clear_secrets(connector, kind.endpoint, ("endpoint",), pack.endpoint))
        auth = self._auth(connector, pack, kind)
        if endpoint is None or auth is None:
            return None
        return LoadedPack(
            folder=self.folder,
            pack=pack,
            kind=kind,
            endpoint=endpoint,
            auth=auth,
            connector=connector,
            request=request,
            status=status,
            tests=tests,
            files=self.files,
            digest=_digest(self.files),
        )

    def _read_files(self) -> dict[str, bytes]:
        files: dict[str, bytes] = {}
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.name.startswith((".", "~")) or "__pycache__" in name or path.is_dir():
                continue
            if path.is_symlink():
                self._note(name, "is a link; copy the file into the pack, so that a version never changes")
            elif path.stat().st_size > MAX_FILE_BYTES:
                self._note(name, f"is larger than {MAX_FILE_BYTES} bytes")
            elif len(files) == MAX_FILES:
                self._note(name, f"a pack has at most {MAX_FILES} files")
                break
            else:
                files[name] = path.read_bytes()
        return files

    def _parse(self, name: str, *, required: bool = False) -> Located | None:
        text = self._text(name, required=required)
        return None if text is None else self._collect(lambda: parse(text, file=str(self.folder / name)))

    def _mapping(
        self, name: str, direction: Direction, tables: list[CodeTable], *, required: bool = False
    ) -> MappingFile | None:
        text = self._text(name, required=required)
        if text is None:
            return None
        place = str(self.folder / name)
        return self._collect(lambda: load_mapping(text, file=place, direction=direction, tables=tables))

    def _tables(self) -> list[CodeTable]:
        names = [name for name in self.files if name.startswith("tables/") and name.endswith(".yaml")]
        found = [self._table(name) for name in names]
        return [table for table in found if table is not None]

    def _table(self, name: str) -> CodeTable | None:
        text, place = self._text(name), str(self.folder / name)
        return None if text is None else self._collect(lambda: load_table(text, file=place))

    def _text(self, name: str, *, required: bool = False) -> str | None:
        if name not in self.files:
            if required:
                self._note(name, "is missing")
            return None
        if len(self.files[name]) > MAX_YAML_BYTES:
            self._note(name, f"is larger than {MAX_YAML_BYTES} bytes; split long code tables over several files")
            return None
        try:
            return self.files[name].decode("utf-8")
        except UnicodeDecodeError:
            self._note(name, "not UTF-8 text")
            return None

    def _kind(self, connector: Located, pack: Pack) -> Kind | None:
        found = find_kind(pack.kind)
        if found is None:
            known = ", ".join(kind_names())
            self.findings.append(connector.finding(("kind",), f"no kind {pack.kind!r}; known: {known}"))
        return found

    def _auth(self, connector: Located, pack: Pack, kind: Kind) -> Auth | None:
        if not pack.auth:
            return NoAuth()
        by_name = {_kind_of(model): model for model in kind.auth}
        model = by_name.get(str(pack.auth.get("kind")))
        if model is None:
            self.findings.append(connector.finding(("auth", "kind"), f"must be one of: {', '.join(sorted(by_name))}"))
            return None
        self.findings.extend(_clear_secrets(connector, model, ("auth",), pack.auth))
        return self._collect(lambda: validate(connector, model, at=("auth",)))

    def _collect(self, action: Callable[[], T]) -> T | None:
        try:
            return action()
        except ConfigError as error:
            self.findings.extend(finding for finding in error.findings if isinstance(finding, Finding))
            return None

    def _note(self, name: str, what: str) -> None:
        self.findings.append(Finding(str(self.folder / name), 1, "", what))


def _kind_of(model: type[Auth]) -> str:
    name: str = get_args(model.model_fields["kind"].annotation)[0]
    return name


def _clear_secrets(
    connector: Located, model: type[BaseModel], at: tuple[str, ...], given: Mapping[str, Any]
) -> list[Finding]:
    """Find secrets written out in a pack: it is copied, versioned and shown, so it may only name them."""
    findings: list[Finding] = []
    for name, spec in model.model_fields.items():
        value, types = given.get(name), (spec.annotation, *get_args(spec.annotation))
        if isinstance(value, Mapping):
            for inner in types:
                if isinstance(inner, type) and issubclass(inner, BaseModel):
                    findings += _clear_secrets(connector, inner, (*at, name), value)
        elif SecretStr in types and isinstance(value, str) and not SECRET_ONLY.fullmatch(value):
            findings.append(connector.finding((*at, name), "write ${secret:name}; a pack carries no secret itself"))
    return findings


def _digest(files: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{name}\0{len(files[name])}\0".encode())
        whole.update(files[name])
    return whole.hexdigest()
