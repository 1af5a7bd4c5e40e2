"""The public security bureau behind its file ferry: takes marked files, leaves result files, minutes or hours later."""

import argparse
import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from lxml import etree

from cases.errors import HubError
from connectors.simulate.book import Step
from connectors.simulate.office import Office
from connectors.wire.files import move, put, sightings
from connectors.wire.xml import parse_xml

_ZONE = ZoneInfo("Asia/Shanghai")
_MARKER = ".ok"
_TICK_SECONDS = 0.1
_BATCH = 50  # statuses in one result file
#: Step of the plan → (ZTDM, JGDM, HJ, YY) in this system's words.
_WORDS = {
    "received": ("10", None, "接收", None),
    "accepted": ("20", None, "受理", None),
    "in_review": ("30", None, "审核", None),
    "granted": ("40", "1", "办结", None),
    "denied": ("40", "2", "办结", "落户或备案条件不符"),
    "refused": ("21", None, "受理", "不属于本分局管辖"),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this department's own options."""
    parser.add_argument(
        "--folder", type=Path, required=True, help="shared folder; out, taken and results are made in it"
    )
    parser.add_argument("--half-seconds", type=float, default=1.0, help="how long a half-written result stays so")


async def run(office: Office, options: argparse.Namespace, ready: Callable[[dict[str, object]], None]) -> None:
    """Work until cancelled."""
    ferry = Ferry(office, options.folder, half_seconds=options.half_seconds)
    ready({"folder": str(options.folder)})
    while True:
        await asyncio.to_thread(ferry.take_in)
        await asyncio.to_thread(ferry.hand_out)
        await asyncio.sleep(_TICK_SECONDS)


@dataclass(frozen=True, slots=True)
class _Half:
    """A result file that stands half written for a while."""

    until: float  # Unix seconds
    whole: bytes
    steps: Sequence[Step]


class Ferry:
    """Both directions of the exchange, one round at a time."""

    def __init__(self, office: Office, folder: Path, *, half_seconds: float) -> None:
        self._office, self._half_seconds = office, half_seconds
        self._out, self._taken, self._results = folder / "out", folder / "taken", folder / "results"
        self._halves: dict[str, _Half] = {}  # by name of the result file
        for place in (self._out, self._taken, self._results):
            place.mkdir(parents=True, exist_ok=True)

    def take_in(self) -> None:
        """Take every file that has its marker; the same name is one case, however often it comes."""
        names = {sighting.name for sighting in sightings(self._out)}
        for name in sorted(name for name in names if name + _MARKER in names):
            self._file(name, (self._out / name).read_bytes())
            move(self._out / name, self._taken)
            (self._out / (name + _MARKER)).unlink()

    def hand_out(self) -> None:
        """Write what is due into one result file, and complete the half-written ones."""
        now = self._office.now()
        for name, half in list(self._halves.items()):
            if half.until <= now:
                self._complete(name, half.whole, half.steps)
                del self._halves[name]
        waiting = {step.step_id for half in self._halves.values() for step in half.steps}
        steps = [step for step in self._office.due() if step.step_id not in waiting][:_BATCH]
        if steps:
            self._write(steps)

    def _file(self, name: str, data: bytes) -> None:
        try:
            head = parse_xml(data, max_bytes=64 * 1024 * 1024, large=True).find("TOU")
        except HubError:
            head = None
        our_no = head.findtext("YWBH") if head is not None else None
        if head is None or not our_no:
            return  # set down among the taken ones, as such systems do, without a word
        visit = self._office.arrive(our_no, data)
        refusal = "21" if "refuse" in visit.faults else None
        self._office.file(visit, key=name, instant=head.findtext("BJLX") == "1", refusal=refusal, told=True)

    def _write(self, steps: Sequence[Step]) -> None:
        content = _result_file(steps)
        name = f"JG-{steps[0].step_id:08d}-{steps[0].told}.xml"
        if any("half_file" in self._office.faults_of(step.our_no) for step in steps):
            (self._results / name).write_bytes(content[: len(content) // 2])
            self._halves[name] = _Half(self._office.now() + self._half_seconds, content, steps)
        else:
            self._complete(name, content, steps)

    def _complete(self, name: str, content: bytes, steps: Sequence[Step]) -> None:
        """Noted as told only once it stands there: a crash in between tells twice, never not at all."""
        put(self._results, name, content)
        put(self._results, name + _MARKER, b"")
        self._office.book.tell(steps)


def _result_file(steps: Sequence[Step]) -> bytes:
    root = etree.Element("JIEGUO")
    etree.SubElement(root, "PC").text = f"{steps[0].step_id:08d}"
    for step in steps:
        state, result, stage, reason = _WORDS[step.name]
        at = datetime.fromtimestamp(step.at, _ZONE)
        fields = {
            "YWBH": step.our_no,
            "GABH": f"GA{step.serial:010d}",
            "ZTDM": state,
            "ZTSJ": f"{at:%Y-%m-%d %H:%M:%S}",
            "JGDM": result,
            "YY": reason,
            "HJ": stage,
            "JBMJ": "民警0203",
            "ZJBH": f"HT-GA-{step.serial:08d}" if step.name == "granted" else None,
        }
        record = etree.SubElement(root, "JL")
        for field, value in fields.items():
            if value is not None:
                etree.SubElement(record, field).text = value
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)
