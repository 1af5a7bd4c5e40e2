"""HTTP to one department: pooled, never redirected, within its budgets, and honest about what may have been sent."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NoReturn

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from cases.errors import BudgetExceeded, DepartmentError
from connectors.options import Tls
from connectors.pack import Limits, Timeouts
from connectors.wire.budget import Gate, unpack
from connectors.wire.egress import Egress, EgressRefused

_PIECE = 64 * 1024
_KEEP_SECONDS = 4.0


class NotSent(DepartmentError):
    """The call certainly never left: no connection, no name, no trust, or no leave from the operator."""

    code = "unreachable"

    def __init__(self, code: str, reason: str) -> None:
        self.reply_code = code
        super().__init__(reason)


class NoAnswer(DepartmentError):
    """The call may have arrived, but no whole answer came back: nobody knows what became of it."""

    code = "no_answer"

    def __init__(self, code: str, reason: str) -> None:
        self.reply_code = code
        super().__init__(reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request. `url` is used as it stands: encode its parts before."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole reply; header names in lower case, the body without its Content-Encoding."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient:
    """Calls one department's system. Opens its pool on first use; one client per department and event loop."""

    def __init__(self, *, timeouts: Timeouts, limits: Limits, egress: Egress, tls: Tls | None = None) -> None:
        self._timeouts, self._limits, self._egress, self._tls = timeouts, limits, egress, tls or Tls()
        self._gate = Gate(limits)
        self._session: aiohttp.ClientSession | None = None

    async def exchange(self, request: Request) -> Reply:
        """Send one request and read the whole reply within the department's budgets. A redirect is just a reply.

        Raises:
            NotSent: certainly not sent; trying again cannot file twice.
            NoAnswer: sent, but no whole, readable reply within time and size.
        """
        url = URL(request.url, encoded=True)
        async with self._gate.enter():
            return await self._within_time(request, url)

    async def close(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _within_time(self, request: Request, url: URL) -> Reply:
        progress = _Progress()
        _progress.set(progress)
        try:
            self._egress.check_host(url.host or "", url.port or 0)
            session = self._session or self._open()
            async with asyncio.timeout(self._timeouts.total_seconds):
                return await self._call(session, request, url)
        except EgressRefused as error:
            raise NotSent("egress_refused", str(error)) from None
        except TimeoutError:
            self._out_of_time(progress)
        except BudgetExceeded as error:
            raise NoAnswer("reply_too_large", f"{error}; the case may have arrived") from None
        except (aiohttp.ClientError, OSError) as error:  # before ValueError: a refused certificate is both
            _translate(error, progress)
        except ValueError as error:
            raise NoAnswer("reply_unreadable", f"{error}; the case may have arrived") from None

    async def _call(self, session: aiohttp.ClientSession, request: Request, url: URL) -> Reply:
        limit = self._timeouts.max_reply_bytes
        async with session.request(
            request.method,
            url,
            headers=request.headers,
            data=request.body or None,
            allow_redirects=False,
        ) as response:
            body = await _read(response, limit)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Reply(
                status=response.status,
                headers=headers,
                body=unpack(body, headers.get("content-encoding", ""), max_bytes=limit),
            )

    def _open(self) -> aiohttp.ClientSession:
        connector = _Connector(
            limit=self._limits.in_flight,
            resolver=_Resolver(self._egress),
            use_dns_cache=False,
            # Shorter than servers keep theirs: a call on a connection that is just being closed has an unknown outcome.
            keepalive_timeout=_KEEP_SECONDS,
            ssl=_tls(self._tls) if self._tls != Tls() else True,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._timeouts.connect_seconds),
            headers={"accept-encoding": "gzip, deflate"},
        )
        return self._session

    def _out_of_time(self, progress: "_Progress") -> NoReturn:
        if progress.connected:
            raise NoAnswer(
                "timeout", f"no whole answer within {self._timeouts.total_seconds:g} s; the case may have arrived"
            ) from None
        raise NotSent("connect_timeout", "the department's system took no connection in time") from None


class _Progress:
    """How far one call got: before a connection stands, nothing can have been sent."""

    __slots__ = ("connected",)

    def __init__(self) -> None:
        self.connected = False


_progress: ContextVar[_Progress] = ContextVar("progress")


class _Connector(aiohttp.TCPConnector):
    """Notes when a call has its connection, new or kept: from then on bytes may have left."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the base class asks for it
    ) -> aiohttp.connector.Connection:
        connection = await super().connect(req, traces, timeout)
        _progress.get().connected = True
        return connection


class _Resolver(AbstractResolver):
    """Resolves names, and refuses those behind which an address stands that the operator did not allow."""

    def __init__(self, egress: Egress) -> None:
        self._egress, self._names = egress, ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._names.resolve(host, port, family)
        self._egress.check_addresses(host, port, [entry["host"] for entry in found])
        return found

    async def close(self) -> None:
        await self._names.close()


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    if response.content_length is not None and response.content_length <= limit:
        return await response.read()
    pieces, size = [], 0
    async for piece in response.content.iter_chunked(_PIECE):
        size += len(piece)
        if size > limit:
            raise BudgetExceeded(f"the reply is larger than {limit} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _tls(options: Tls) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=options.ca_file)
    if options.certificate_file:
        context.load_cert_chain(options.certificate_file, options.key_file)
    return context


def _translate(error: Exception, progress: _Progress) -> NoReturn:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        raise NotSent("name_unknown", f"the name {error.host} cannot be resolved") from None
    if isinstance(error, (aiohttp.ClientSSLError, ssl.SSLError)) and not progress.connected:
        raise NotSent("tls_failed", f"no trusted TLS connection: {error}") from None
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.InvalidURL)) or not progress.connected:
        raise NotSent("connect_failed", f"no connection to the department's system: {error}") from None
    raise NoAnswer(
        "connection_lost", f"the connection broke before a whole answer came ({type(error).__name__})"
    ) from None
