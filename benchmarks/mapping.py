"""One mapping of 54 values, with its trace, against the same work written by hand.

    python -m benchmarks.mapping [--json] [--processes N]

Each process times batches of both in turn and takes the median; the table shows the median and the spread of the
processes. Processor time, so that a busy machine disturbs less; what matters is the ratio.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from time import process_time_ns
from typing import Any

from mappings import CompiledMapping, compile_mapping, load_mapping

BATCHES = 41
RUNS = 500

MAPPING = """
tables:
  id_type: {"111": "01", "414": "02", "511": "03", "001": "11"}
  channel: {counter: "2", web: "1", app: "1", self_service: "9", platform: "9"}
  kind: {instant: "1", promised: "2", forwarded: "3", other: "9"}
  party: {person: "1", organisation: "2"}
  method: {counter: "1", courier: "2", electronic: "3"}
  sex: {male: "1", female: "2"}
  hukou: {urban: "10", rural: "20"}
  form: {original: "1", copy: "2", electronic: "3"}
to:
  YWLSH: {from: case_no}
  SXBM: {from: item.code}
  SXMC: {from: item.name}
  SXBB: {from: item.version}
  BJLX: {from: item.kind, table: kind}
  SQLY: {from: channel, table: channel}
  XZQH: {from: region}
  SQSJ: {from: submitted_at, as: datetime, format: "%Y-%m-%d %H:%M:%S", zone: Asia/Shanghai}
  SLSJ: {from: received_at, as: datetime, format: "%Y%m%d%H%M%S", zone: Asia/Shanghai}
  BMDM: {from: department.code}
  BMMC: {from: department.name}
  SQR:
    to:
      LX: {from: applicant.kind, table: party}
      XM: {from: applicant.name}
      ZJLX: {from: applicant.id_type, table: id_type}
      ZJHM: {from: applicant.id_number}
      SJHM: {from: applicant.phone}
      DZ: {concat: [form.province, form.city, form.district, form.street, form.house]}
      CSRQ: {from: form.birth_date, as: date, format: "%Y%m%d"}
      XB: {from: form.sex, table: sex}
      HK: {from: form.hukou, table: hukou}
      MZ: {from: form.nation, default: "01"}
      YX: {from: form.email, omit_if_missing: true}
  DLR:
    from: agent
    omit_if_missing: true
    to:
      XM: {from: name}
      ZJHM: {from: id_number}
      SJHM: {from: phone}
  MJ: {expr: "form.area_cm2 / 10000"}
  JE: {expr: "form.fee_cents / 100"}
  JJCD: {expr: "'1' if item.kind == 'instant' else '0'"}
  SFJF: {expr: "'Y' if form.fee_cents > 0 else 'N'"}
  LQFS: {from: delivery.method, table: method}
  SJR: {from: delivery.recipient, default: 本人}
  SJDZ: {from: delivery.address, omit_if_missing: true}
  CKBH: {from: counter.window}
  JBR: {from: counter.clerk}
  LYXT: {const: HUB}
  BZ: {from: form.remark, default: 无}
  CLLB:
    each: materials
    to:
      CLBM: {from: code}
      CLMC: {from: name}
      CLFS: {from: form, table: form}
      FS: {from: copies}
      WJ: {from: file}
      BZ: {from: note, default: 无}
"""

CASE: dict[str, Any] = {
    "case_no": "11430202HT0000018T4430511002000202603020001",
    "item": {"code": "11430202HT0000018T4430511002000", "name": "高龄津贴", "version": 3, "kind": "promised"},
    "channel": "counter",
    "region": "430299001002",
    "submitted_at": "2026-03-02T09:12:00+08:00",
    "received_at": "2026-03-02T09:12:05+08:00",
    "department": {"code": "11430202HT0000018T", "name": "民政局"},
    "applicant": {
        "kind": "person",
        "name": "测试甲",
        "id_type": "111",
        "id_number": "430299194003070012",
        "phone": "13900000001",
    },
    "agent": {"name": "测试乙", "id_number": "430299197003070010", "phone": "13900000002"},
    "form": {
        "province": "湖南省",
        "city": "示例市",
        "district": "测试区",
        "street": "和平路",
        "house": "8号",
        "birth_date": "1940-03-07",
        "sex": "male",
        "hukou": "urban",
        "nation": None,
        "email": "someone@example.org",
        "area_cm2": 896500,
        "fee_cents": 1250,
    },
    "delivery": {"method": "courier", "recipient": None, "address": "测试区和平路8号"},
    "counter": {"hall": "430299001", "window": "A03", "clerk": "c-017"},
    "materials": [
        {"code": "01", "name": "申请表", "form": "original", "copies": 1, "file": "sha256:" + "a" * 64},
        {"code": "02", "name": "身份证", "form": "copy", "copies": 2, "file": "sha256:" + "b" * 64, "note": "正反面"},
        {"code": "03", "name": "照片", "form": "electronic", "copies": 1, "file": "sha256:" + "c" * 64},
    ],
}

ID_TYPE = {"111": "01", "414": "02", "511": "03", "001": "11"}
CHANNEL = {"counter": "2", "web": "1", "app": "1", "self_service": "9", "platform": "9"}
KIND = {"instant": "1", "promised": "2", "forwarded": "3", "other": "9"}
PARTY = {"person": "1", "organisation": "2"}
METHOD = {"counter": "1", "courier": "2", "electronic": "3"}
SEX = {"male": "1", "female": "2"}
HUKOU = {"urban": "10", "rural": "20"}
FORM = {"original": "1", "copy": "2", "electronic": "3"}


def by_hand(c: dict[str, Any]) -> dict[str, Any]:
    """The same document as a programmer in a hurry writes it: no checks, no trace, dates cut out of their text."""
    item, a, f, d, k = c["item"], c["applicant"], c["form"], c["delivery"], c["counter"]
    s, r, b = c["submitted_at"], c["received_at"], f["birth_date"]
    applicant = {
        "LX": PARTY[a["kind"]],
        "XM": a["name"],
        "ZJLX": ID_TYPE[a["id_type"]],
        "ZJHM": a["id_number"],
        "SJHM": a["phone"],
        "DZ": f["province"] + f["city"] + f["district"] + f["street"] + f["house"],
        "CSRQ": b[:4] + b[5:7] + b[8:],
        "XB": SEX[f["sex"]],
        "HK": HUKOU[f["hukou"]],
        "MZ": f.get("nation") or "01",
    }
    if f.get("email"):
        applicant["YX"] = f["email"]
    out = {
        "YWLSH": c["case_no"],
        "SXBM": item["code"],
        "SXMC": item["name"],
        "SXBB": item["version"],
        "BJLX": KIND[item["kind"]],
        "SQLY": CHANNEL[c["channel"]],
        "XZQH": c["region"],
        "SQSJ": s[:10] + " " + s[11:19],
        "SLSJ": r[:4] + r[5:7] + r[8:10] + r[11:13] + r[14:16] + r[17:19],
        "BMDM": c["department"]["code"],
        "BMMC": c["department"]["name"],
        "SQR": applicant,
        "MJ": f["area_cm2"] / 10000,
        "JE": f["fee_cents"] / 100,
        "JJCD": "1" if item["kind"] == "instant" else "0",
        "SFJF": "Y" if f["fee_cents"] > 0 else "N",
        "LQFS": METHOD[d["method"]],
        "SJR": d.get("recipient") or "本人",
        "CKBH": k["window"],
        "JBR": k["clerk"],
        "LYXT": "HUB",
        "BZ": f.get("remark") or "无",
        "CLLB": [
            {
                "CLBM": m["code"],
                "CLMC": m["name"],
                "CLFS": FORM[m["form"]],
                "FS": m["copies"],
                "WJ": m["file"],
                "BZ": m.get("note") or "无",
            }
            for m in c["materials"]
        ],
    }
    if d.get("address"):
        out["SJDZ"] = d["address"]
    if agent := c.get("agent"):
        out["DLR"] = {"XM": agent["name"], "ZJHM": agent["id_number"], "SJHM": agent["phone"]}
    return out


def leaves(value: Any) -> int:
    """How many single values a document has."""
    if isinstance(value, dict):
        return sum(map(leaves, value.values()))
    return sum(map(leaves, value)) if isinstance(value, list) else 1


def compiled() -> CompiledMapping:
    return compile_mapping(load_mapping(MAPPING, file="request.yaml", direction="out"))


def prove_equal(mapping: CompiledMapping) -> None:
    """Both ways give the same 54 values, and the trace names each of them; also where optional parts are missing."""
    without = {**CASE, "agent": None, "delivery": {"method": "counter"}, "materials": []}
    for case in (CASE, without):
        mapped = mapping.run(case)
        assert mapped.document == by_hand(case)
        assert len(mapped.trace) == leaves(mapped.document)
    assert leaves(by_hand(CASE)) == 54


def microseconds(call: Callable[[dict[str, Any]], object]) -> float:
    started = process_time_ns()
    for _ in range(RUNS):
        call(CASE)
    return (process_time_ns() - started) / RUNS / 1000


def measure_here() -> dict[str, float]:
    mapping = compiled()
    prove_equal(mapping)
    started = process_time_ns()
    compiled()
    compile_ms = (process_time_ns() - started) / 1e6
    # in turn, so that a neighbour's load falls on both
    batches = [(microseconds(by_hand), microseconds(mapping.run)) for _ in range(BATCHES)]
    return {
        "hand_us": statistics.median(hand for hand, _ in batches),
        "mapping_us": statistics.median(mapped for _, mapped in batches),
        "ratio": statistics.median(mapped / hand for hand, mapped in batches),
        "trace_told_us": statistics.median(microseconds(lambda case: mapping.run(case).trace) for _ in range(5)),
        "load_and_compile_ms": compile_ms,
    }


def measure(processes: int) -> dict[str, dict[str, float]]:
    """Measure in fresh processes, one after another: name → median, least, most."""
    command = [sys.executable, "-m", "benchmarks.mapping", "--one"]
    rounds = [
        json.loads(subprocess.run(command, capture_output=True, check=True, timeout=120).stdout)
        for _ in range(processes)
    ]
    return {
        name: {
            "median": statistics.median(row[name] for row in rounds),
            "least": min(row[name] for row in rounds),
            "most": max(row[name] for row in rounds),
        }
        for name in rounds[0]
    }


def run(*, quick: bool = False) -> dict[str, dict[str, float]]:
    """Measure, print the table and return it."""
    processes = 1 if quick else 5
    results = measure(processes)
    show(results, processes)
    return results


def show(results: dict[str, dict[str, float]], processes: int) -> None:
    """Print the table."""
    labels = {
        "hand_us": "hand-written Python, µs",
        "mapping_us": "mapping with trace kept, µs",
        "ratio": "ratio",
        "trace_told_us": "mapping with trace told, µs",
        "load_and_compile_ms": "load and compile, ms",
    }
    print(f"54 values, {processes} processes of {BATCHES} batches of {RUNS}; median (least-most)")
    for name, label in labels.items():
        row = results[name]
        print(f"{label:32} {row['median']:8.2f} ({row['least']:.2f}-{row['most']:.2f})")
    print(flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="machine-readable")
    parser.add_argument("--processes", type=int, default=5, help="fresh processes to measure in")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure_here()))
        return
    results = measure(options.processes)
    if options.json:
        print(json.dumps(results, indent=2))
    else:
        show(results, options.processes)


if __name__ == "__main__":
    main()
