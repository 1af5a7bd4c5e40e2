"""The civil affairs department's system: a SOAP 1.1 service after its own WSDL, which is asked for statuses.

It does not protect itself: the same number handed in twice opens two cases, unless `--knows-duplicates`.
"""

import argparse
import asyncio
from pathlib import Path
from typing import Protocol

from aiohttp import web

from cases.errors import BudgetExceeded, ReplyUnreadable
from connectors.simulate.office import Office
from connectors.simulate.soap_desk import Desk, Hang, HangUp, Words
from connectors.wire.contract_files import ContractFiles
from connectors.wire.wsdl import Wsdl
from connectors.wire.xml import parse_xml
from connectors.wire.xml_reader import local_name

_WSDL = Path(__file__).parents[2] / "config/hetang/departments/civil-affairs/service.wsdl"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
PATH = "/onewindow"
_MAX_BYTES = 128 * 1024 * 1024


class Ready(Protocol):
    """Tells whoever started us where the service is."""

    def __call__(self, facts: dict[str, object]) -> None:
        """Print the facts."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what only this department has."""
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--wsdl", type=Path, default=_WSDL, help="the service's contract")
    parser.add_argument("--knows-duplicates", action="store_true", help="refuse a number that was filed before (1409)")


async def run(office: Office, options: argparse.Namespace, ready: Ready) -> None:
    """Serve until cancelled."""
    service = Service(office, options.wsdl, knows_duplicates=options.knows_duplicates)
    runner = web.AppRunner(service.application(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", options.port)
        await site.start()
        port = runner.addresses[0][1]
        ready({"key": "civil-affairs", "url": f"http://127.0.0.1:{port}{PATH}", "port": port})
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


class Service:
    """HTTP and envelopes around the desk."""

    def __init__(self, office: Office, wsdl: Path = _WSDL, *, knows_duplicates: bool = False) -> None:
        """Read the contract.

        Raises:
            ContractUnreadable: it is no WSDL that can be read.
        """
        self._wsdl = wsdl.read_bytes()
        self._schemas = Wsdl(ContractFiles({wsdl.name: self._wsdl}), wsdl.name).schemas
        self._desk = Desk(office, knows_duplicates=knows_duplicates)

    def application(self) -> web.Application:
        """Return the service as a web application."""
        app = web.Application(client_max_size=_MAX_BYTES)
        app.router.add_get(PATH, self.contract)
        app.router.add_post(PATH, self.answer)
        return app

    async def contract(self, _request: web.Request) -> web.Response:
        """Show the WSDL."""
        return web.Response(body=self._wsdl, content_type="text/xml", charset="utf-8")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one call; some faults end the connection instead."""
        data = await request.read()
        try:
            words = await self._ask(data, request.charset)
        except HangUp:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        except Hang:
            await asyncio.sleep(300)  # whoever waits gives up before
            return web.Response()
        return _response(words)

    async def _ask(self, data: bytes, charset: str | None) -> Words:
        try:
            root = parse_xml(data, max_bytes=_MAX_BYTES, charset=charset, large=True)
        except (ReplyUnreadable, BudgetExceeded) as error:
            return Words.broken_call(str(error))
        payload = root.find(f"{{{_SOAP}}}Body/*")
        if payload is None:
            return Words.broken_call("no SOAP 1.1 envelope with a call in its Body")
        if local_name(payload) not in self._desk.actions:
            return Words.broken_call(f"no operation {local_name(payload)[:60]!r}")
        for path, what in self._schemas.errors(payload):
            return Words.fault("3001", f"{path}: {what}")
        return await self._desk.handle(payload, data)


def _response(words: Words) -> web.Response:
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_SOAP}"><s:Body>{words.xml}</s:Body></s:Envelope>'
        if words.in_envelope
        else words.xml
    )
    return web.Response(
        body=body.encode(),
        status=words.status,
        headers=words.headers,
        content_type="text/xml" if words.in_envelope else "text/html",
        charset="utf-8",
    )
