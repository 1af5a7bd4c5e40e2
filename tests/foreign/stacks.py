"""Starts the foreign servers and opens the same connector on each."""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from config.references import References
from connectors.around import Around, open_connector
from connectors.contract import Connector
from connectors.pack_loader import load_pack
from connectors.wire.egress import Egress
from tests.services import missing

HERE = Path(__file__).parent
START_SECONDS = 30.0

_CONNECTOR = """
key: permits
department: {{code: 11430202HT0000018T, name: 外部系统, owner: {{name: tests}}}}
kind: soap
endpoint:
  wsdl: service.wsdl
  address: "{url}"
  operation: submitCase
  {port}
  fault: {{code: detail.caseFault.code, message: detail.caseFault.message, number: detail.caseFault.receiptNo}}
  lookups:
    queryCase:
      ask: {{caseNo: "{{case_no}}"}}
      there_when: "present(reply.queryCaseResult)"
      not_there_when: "reply.queryCaseResult == ''"
      number: queryCaseResult
  queries:
    queryState:
      ask: {{caseNo: "{{case_no}}"}}
      understood_when: "http.status == 200"
      statuses: queryStateResult.State
timeouts: {{connect_seconds: 3, total_seconds: 20}}
fields: [case_no]
receipt: {{accepted_when: "reply.submitCaseResult.status == 'OK'", number: reply.submitCaseResult.receiptNo}}
answers:
  "2001": {{outcome: refused}}
  "1409": {{outcome: accepted}}
resend: {{idempotency: none, lookup: queryCase}}
status: {{by: poll, operation: queryState}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A running foreign server and how it treats the same case handed in twice."""

    name: str
    wsdl: bytes
    urls: dict[str, str]  # SOAP version → address
    ports: dict[str, str] = field(default_factory=dict)  # SOAP version → port of the WSDL
    nested_attachments: bool = False  # the list stands in an element of its own
    twice: str  # same, named (a fault names the first), new

    def open(self, folder: Path, version: str) -> Connector:
        """Write a pack for this stack and open it."""
        pack = folder / "permits"
        pack.mkdir()
        port = f"port: {self.ports[version]}" if version in self.ports else ""
        (pack / "connector.yaml").write_text(_CONNECTOR.format(url=self.urls[version], port=port))
        (pack / "service.wsdl").write_bytes(self.wsdl)
        (pack / "request.yaml").write_text("to:\n  caseNo: {from: case_no}\n")
        (pack / "status.yaml").write_text("correlate: {case_no: caseNo}\nto:\n  state: {const: RECEIVED}\n")
        return open_connector(load_pack(pack), Around(egress=Egress(["127.0.0.1"]), references=References()))


@contextmanager
def php(folder: Path) -> Iterator[Stack]:
    """PHP's own SOAP extension, on PHP's own web server."""
    program = shutil.which("php")
    if (
        program is None
        or b"soap" not in subprocess.run([program, "-m"], capture_output=True, check=True).stdout.split()
    ):
        missing("PHP with its soap extension", "install php-cli and php-soap")
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program, "-S", f"127.0.0.1:{port}", "-t", str(folder), str(HERE / "php/server.php")]
    environment = {**os.environ, "FOREIGN_BOOK": str(folder / "book.json")}
    with _running(command, environment, log=folder / "php.log") as process:
        _wait_for(port, process)
        yield Stack(
            name="php-soap",
            wsdl=(HERE / "service.wsdl").read_bytes(),
            urls={version: f"http://127.0.0.1:{port}/soap{version.replace('.', '')}" for version in ("1.1", "1.2")},
            ports={"1.1": "Soap11", "1.2": "Soap12"},
            twice="same",
        )


def _npm_installed() -> bool:
    """Install the locked packages once, however many test processes ask at the same time."""
    with (HERE / "npm/package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (HERE / "npm/node_modules/.package-lock.json").exists():  # npm writes it last
            return True
        install = [str(HERE / "npm/install")]
        return subprocess.run(install, capture_output=True, check=False, timeout=180).returncode == 0


@contextmanager
def npm(folder: Path) -> Iterator[Stack]:
    """The `soap` package of npm, on node; installed from the project's lock file."""
    node, installer = shutil.which("node"), shutil.which("npm")
    if node is None or installer is None:
        missing("node with npm", "install nodejs and npm")
        return
    if not _npm_installed():
        missing("npm's soap package", "run tests/foreign/npm/install where its registry can be reached")
        return
    command = [node, str(HERE / "npm/server.js"), str(HERE / "service.wsdl")]
    with _running(command, dict(os.environ), log=folder / "npm.log") as process:
        port = _said_port(process)
        yield Stack(
            name="npm soap",
            wsdl=(HERE / "service.wsdl").read_bytes(),
            urls={version: f"http://127.0.0.1:{port}/soap{version.replace('.', '')}" for version in ("1.1", "1.2")},
            ports={"1.1": "Soap11", "1.2": "Soap12"},
            twice="named",
        )


@contextmanager
def spyne(folder: Path) -> Iterator[Stack]:
    """spyne, with the WSDL that it writes itself."""
    if sys.version_info >= (3, 12):
        pytest.skip("spyne 2.14, its last release, does not start on Python 3.12 and later")
    with _running([sys.executable, str(HERE / "spyne_app.py")], dict(os.environ), log=folder / "spyne.log") as process:
        url = f"http://127.0.0.1:{_said_port(process)}/soap11"
        with urllib.request.urlopen(f"{url}/?wsdl", timeout=START_SECONDS) as reply:
            wsdl = reply.read()
        yield Stack(name="spyne", wsdl=wsdl, urls={"1.1": f"{url}/"}, nested_attachments=True, twice="new")


@contextmanager
def _running(command: list[str], environment: dict[str, str], *, log: Path) -> Iterator[subprocess.Popen[str]]:
    with (
        log.open("w") as errors,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()


def _said_port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.strip().isdecimal(), f"the server said no port but {line!r}"
    return int(line)


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server did not start")
