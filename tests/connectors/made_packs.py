"""Small packs written for one test: every option of a kind without a district behind it."""

from collections.abc import Mapping
from pathlib import Path

from config.references import References
from connectors.around import Around
from connectors.department import Department, open_department
from connectors.pack_loader import load_pack
from connectors.wire.egress import Egress

HEAD = """
key: made
department: {code: 11430202HT0000034G, name: 测试局, owner: {name: 测试科}}
fields: [case_no, applicant.name]
timeouts: {connect_seconds: 0.5, total_seconds: 1}
"""
REQUEST = """
to:
  bh: {from: case_no}
  xm: {from: applicant.name}
"""
STATUS = """
correlate: {case_no: bh}
to:
  state:       {from: zt, table: {"1": ACCEPTED, "2": CONCLUDED}}
  occurred_at: {from: sj, as: datetime, format: "%Y%m%d%H%M%S", zone: Asia/Shanghai}
  conclusion:  {const: "0", when: "zt == '2'"}
"""


def made(
    folder: Path,
    connector: str,
    *,
    files: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Department:
    """Write a pack and open it; `connector` is what comes after the common head of connector.yaml."""
    place = folder / "made"
    place.mkdir()
    contents = {"connector.yaml": HEAD + connector, "request.yaml": REQUEST, "status.yaml": STATUS, **(files or {})}
    for name, text in contents.items():
        (place / name).write_text(text, "utf-8")
    around = Around(egress=Egress(["127.0.0.1"]), references=References(environment or {}))
    return open_department(load_pack(place), around)
