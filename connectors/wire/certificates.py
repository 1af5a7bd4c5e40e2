"""Until when the certificates of a connection hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from connectors.options import Tls


@dataclass(frozen=True, slots=True)
class Validity:
    """The earliest end of all certificates in one file."""

    file: str
    ends_at: datetime


def validities(tls: Tls) -> Iterator[Validity]:
    """Return how long each certificate file of a connection holds: the issuers trusted, and our own.

    Raises:
        ValueError: a file holds no certificate.
        OSError: a file cannot be read.
    """
    for file in (tls.ca_file, tls.certificate_file):
        if file is not None:
            chain = x509.load_pem_x509_certificates(Path(file).read_bytes())
            yield Validity(file, min(one.not_valid_after_utc for one in chain))
