"""Trust and identity towards https addresses, with certificates made for the test."""

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.options import Tls
from connectors.pack import Limits, Timeouts
from connectors.wire.egress import Egress
from connectors.wire.http import HttpClient, NoAnswer, NotSent, Request


def certificate(folder: Path, name: str) -> tuple[str, str]:
    """Write a self-signed certificate for 127.0.0.1; return the files of certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / f"{name}.pem", folder / f"{name}.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return str(files[0]), str(files[1])


@pytest.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[str]:
    """A server that shows the certificate `bureau` and asks for the certificate `hub`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate(tmp_path, "bureau"))
    context.load_verify_locations(certificate(tmp_path, "hub")[0])
    context.verify_mode = ssl.CERT_REQUIRED

    async def who(request: web.Request) -> web.Response:
        assert request.transport is not None
        shown = request.transport.get_extra_info("peercert")
        return web.Response(text=shown["subject"][0][0][1])

    application = web.Application()
    application.router.add_get("/", who)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


async def asked(url: str, tls: Tls) -> str:
    budgets = Timeouts(connect_seconds=2, total_seconds=5)
    client = HttpClient(timeouts=budgets, limits=Limits(), egress=Egress(["127.0.0.1"]), tls=tls)
    try:
        return (await client.exchange(Request(method="GET", url=url))).body.decode()
    finally:
        await client.close()


async def test_both_sides_know_each_other(bureau: str, tmp_path: Path) -> None:
    tls = Tls(
        ca_file=str(tmp_path / "bureau.pem"),
        certificate_file=str(tmp_path / "hub.pem"),
        key_file=str(tmp_path / "hub.key"),
    )
    assert await asked(bureau, tls) == "hub"


async def test_a_certificate_nobody_vouches_for_is_certainly_not_sent(bureau: str, tmp_path: Path) -> None:
    with pytest.raises(NotSent) as refused:
        await asked(bureau, Tls())
    assert refused.value.reply_code == "tls_failed"


async def test_without_our_certificate_the_bureau_hangs_up(bureau: str, tmp_path: Path) -> None:
    with pytest.raises((NotSent, NoAnswer)):  # TLS 1.3 says so only after the request
        await asked(bureau, Tls(ca_file=str(tmp_path / "bureau.pem")))
