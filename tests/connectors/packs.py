"""Packs of the reference district for tests: with short budgets, and with their references filled in."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import orjson

from config.references import References
from connectors.around import Around
from connectors.contract import Parcel
from connectors.department import Department, open_department
from connectors.pack import Timeouts
from connectors.pack_loader import LoadedPack, load_pack
from connectors.wire.egress import Egress

DEPARTMENTS = Path(__file__).parents[2] / "config" / "hetang" / "departments"
TOTAL_SECONDS = 0.6


@cache
def loaded(key: str) -> LoadedPack:
    """Return a pack of the reference district with short budgets."""
    pack = load_pack(DEPARTMENTS / key)
    budgets = Timeouts(connect_seconds=0.3, total_seconds=TOTAL_SECONDS, max_reply_bytes=64 * 1024)
    return replace(pack, pack=pack.pack.model_copy(update={"timeouts": budgets}))


def department(key: str, environment: Mapping[str, str], *, allowed: tuple[str, ...] = ("127.0.0.1",)) -> Department:
    """Open a department with the given values for its references."""
    return open_department(loaded(key), Around(egress=Egress(allowed), references=References(environment)))


def case(key: str, name: str) -> dict[str, object]:
    """Return an example case of a pack."""
    document: dict[str, object] = orjson.loads((DEPARTMENTS / key / "cases" / f"{name}.json").read_bytes())
    return document


def parcel(
    at: Department, name: str, number: int, *, address: str = "株洲市荷塘区测试路1号", key: str | None = None
) -> Parcel:
    """Map an example case under a number of its own; the address may carry a simulator's marker."""
    document = case(at.key, name)
    case_no = f"{str(document['case_no'])[:39]}{number:04d}"
    applicant = document["applicant"]
    assert isinstance(applicant, dict)
    mapped = at.map_request({**document, "case_no": case_no, "applicant": {**applicant, "address": address}})
    return Parcel(case_no=case_no, delivery_id=key or f"{number:032x}", document=mapped.document)
