"""One SOAP filing and its reply, without the network: ours against zeep, for the civil affairs contract.

    python -m benchmarks.soap [--json] [--processes N]

Ours writes the envelope, checks the whole document against the schema and reads the reply; zeep writes and reads, and
checks neither enumerations, lengths, patterns nor dates. Each process times batches of both in turn and takes medians;
the table shows the median and the spread of the processes. The ratio counts: absolute times differ from machine to
machine.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from lxml import etree
from zeep.loader import parse_xml as zeeps_parser

from connectors.wire.contract_files import ContractFiles
from connectors.wire.envelope import EnvelopeWriter, open_envelope
from connectors.wire.wsdl import Wsdl
from connectors.wire.xml_reader import XmlReader

BATCHES = 9
RUNS = 100
PACK = Path(__file__).parents[1] / "config/hetang/departments/civil-affairs"
PARTS = (
    "ours",
    "zeep",
    "ours write+check",
    "zeep write",
    "ours read",
    "zeep read",
    "ours with 300 KiB",
    "zeep with 300 KiB",
)

MATERIALS = [{"CLBM": f"{n:02d}", "CLMC": "申请表", "CLFS": "1", "FS": 1, "CLNR": b"x" * 256} for n in range(1, 5)]
DOCUMENT: dict[str, Any] = {
    "BJBH": "11430202HT0000018T4430511001000202603020001",
    "SXBM": "11430202HT0000018T4430511001000",
    "SXMC": "最低生活保障金给付",
    "JJCD": "0",
    "XZQH": "430202001002",
    "SQRXM": "王示例",
    "ZJLX": "01",
    "ZJHM": "43029919380412003X",
    "SJHM": "13700000003",
    "LXDZ": "株洲市荷塘区月荷街道映月社区荷塘路8号",
    "SQSJ": "2026-03-02 09:12:00",
    "CNBJRQ": "2026-03-30",
    "FFZH": {"KHYH": "示例银行荷塘支行", "YHZH": "6222000000000000017"},
    "DBXX": {
        "JTRKS": 3,
        "JTYSR": "1200.00",
        "SQYY": "1",
        "JTCY": [
            {"XM": "李示例", "SFZH": "430299194405200021", "GX": "1", "YSR": "800.50"},
            {"XM": "张小例", "SFZH": "430299202412310047", "GX": "2"},
        ],
    },
    "CLLB": MATERIALS,
}
LARGE = {**DOCUMENT, "CLLB": [{**MATERIALS[0], "CLNR": bytes(range(256)) * 1200}]}
REPLY = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><submitCaseResponse '
    'xmlns="http://mz.hetang.example/onewindow"><code>0</code><message>成功</message><YWLSH>MZ0000000001</YWLSH>'
    "</submitCaseResponse></s:Body></s:Envelope>"
).encode()


def jobs() -> dict[str, Callable[[], object]]:
    """Return what is timed, by its name in PARTS."""
    wsdl = Wsdl(ContractFiles({"service.wsdl": (PACK / "service.wsdl").read_bytes()}), "service.wsdl")
    operation = wsdl.operation("submitCase")
    writer = EnvelopeWriter(operation, wsdl.schemas, headers={})
    assert operation.output is not None
    reader = XmlReader().compile(wsdl.schemas.element(operation.output))
    zeeps = operation.binding.get("submitCase")

    def ours_read() -> object:
        payload = open_envelope(REPLY, max_bytes=1 << 20).payload
        assert payload is not None
        return reader(payload)

    def zeep_write(document: dict[str, Any]) -> bytes:
        return bytes(etree.tostring(zeeps.create(**document).content, encoding="utf-8", xml_declaration=True))

    def zeep_read() -> object:
        return zeeps.process_reply(zeeps_parser(REPLY, None))

    assert ours_read() == {"code": "0", "message": "成功", "YWLSH": "MZ0000000001"}
    return {
        "ours": lambda: (writer.write(DOCUMENT), ours_read()),
        "zeep": lambda: (zeep_write(DOCUMENT), zeep_read()),
        "ours write+check": lambda: writer.write(DOCUMENT),
        "zeep write": lambda: zeep_write(DOCUMENT),
        "ours read": ours_read,
        "zeep read": zeep_read,
        "ours with 300 KiB": lambda: writer.write(LARGE),
        "zeep with 300 KiB": lambda: zeep_write(LARGE),
    }


def microseconds(job: Callable[[], object], runs: int) -> float:
    started = perf_counter_ns()
    for _ in range(runs):
        job()
    return (perf_counter_ns() - started) / runs / 1000


def once() -> dict[str, float]:
    """Time everything in this process, ours and zeep's in turn, so that a busy machine hits both."""
    work = jobs()
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(BATCHES):
        for name, job in work.items():
            times[name].append(microseconds(job, RUNS // 10 if "300" in name else RUNS))
    return {name: statistics.median(found) for name, found in times.items()}


def run(*, quick: bool = False) -> dict[str, Any]:
    """Measure, print the table and return it."""
    results = measure(1 if quick else 3)
    show(results)
    return results


def measure(processes: int) -> dict[str, Any]:
    """Measure in fresh processes, one after another: median, least and most of each part."""
    runs = [json.loads(_process()) for _ in range(processes)]
    return {
        "microseconds": {name: _spread([run[name] for run in runs]) for name in PARTS},
        "times_as_fast_as_zeep": {
            ours: _spread([run[theirs] / run[ours] for run in runs])
            for ours, theirs in zip(PARTS[::2], PARTS[1::2], strict=True)
        },
    }


def show(results: dict[str, Any]) -> None:
    """Print the table."""
    ratios = results["times_as_fast_as_zeep"]
    for name, (middle, low, high) in results["microseconds"].items():
        ratio = (
            f"   {ratios[name][0]:.1f}x zeep [{ratios[name][1]:.1f}..{ratios[name][2]:.1f}]" if name in ratios else ""
        )
        print(f"{name:20} {middle:8.1f} us [{low:.1f}..{high:.1f}]{ratio}")
    print(flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--processes", type=int, default=3, metavar="N")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(once()))
        return
    results = measure(options.processes)
    if options.json:
        print(json.dumps(results, ensure_ascii=False))
    else:
        show(results)


def _process() -> str:
    command = [sys.executable, "-m", "benchmarks.soap", "--one"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _spread(values: list[float]) -> tuple[float, float, float]:
    return statistics.median(values), min(values), max(values)


if __name__ == "__main__":
    main()
