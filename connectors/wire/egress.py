"""Where the hub may call: only what the operator listed, checked on names and on the addresses behind them."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from cases.errors import DepartmentError

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


class EgressRefused(DepartmentError):
    """The operator's list does not allow this address; add it to `egress` in the hub's settings if it is right."""

    code = "egress_refused"
    retryable = False


#: Hosts found good that are remembered; addresses behind a name are looked at anew each time it is resolved.
_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class _Rule:
    host: str | None  # pattern with `*`, lower case
    network: _Network | None
    port: int | None


class Egress:
    """The operator's list of destinations.

    An entry is `host`, `*.domain`, an IP address or a network (`10.20.0.0/16`, `[fd00::]/8`), each with an optional
    `:port`. A name that resolves to a loopback, link-local (cloud metadata included), multicast or unspecified address
    is refused unless an entry names that address or its network.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        """Read the entries.

        Raises:
            ValueError: an entry that cannot be read.
        """
        self._rules = tuple(_read(entry) for entry in allowed)
        self._good: set[tuple[str, int]] = set()

    def check_host(self, host: str, port: int) -> None:
        """Refuse a host (name or address literal) that is not on the list."""
        if (host, port) in self._good:  # the list never changes, and a connector calls the same few hosts for ever
            return
        self._check_host(host, port)
        if len(self._good) < _REMEMBERED:
            self._good.add((host, port))

    def _check_host(self, host: str, port: int) -> None:
        if (ip := _ip(host)) is not None:
            self.check_addresses(host, port, [host])
            if any(rule.network is not None and ip in rule.network for rule in self._on_port(port)):
                return
        name = host.rstrip(".").lower()
        if not any(rule.host is not None and fnmatchcase(name, rule.host) for rule in self._on_port(port)):
            raise EgressRefused(f"{host}:{port} is not on the egress list: add it to the settings if it is right")

    def check_addresses(self, host: str, port: int, addresses: Sequence[str]) -> None:
        """Refuse a name behind which an address stands that no department has."""
        for text in addresses:
            ip = _ip(text)
            if ip is None:
                raise EgressRefused(f"{host} resolves to {text!r}, which is no IP address")
            if _never_a_department(ip) and not any(
                rule.network is not None and ip in rule.network for rule in self._on_port(port)
            ):
                raise EgressRefused(
                    f"{host}:{port} leads to {ip}, a loopback, link-local or reserved address: "
                    "list that address itself under `egress` if it is right"
                )

    def _on_port(self, port: int) -> list[_Rule]:
        return [rule for rule in self._rules if rule.port is None or rule.port == port]


def _never_a_department(ip: _Ip) -> bool:
    return ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip in _METADATA_V6


_METADATA_V6 = ipaddress.ip_network("fd00:ec2::/32")


def _ip(text: str) -> _Ip | None:
    try:
        ip = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


def _read(entry: str) -> _Rule:
    text, port = entry.strip().lower(), None
    head, colon, tail = text.rpartition(":")
    if colon and tail.isdecimal() and (head.count(":") == 0 or "]" in head):
        text, port = head, int(tail)
        if not 0 < port < 65536:
            raise ValueError(f"egress entry {entry!r}: no such port")
    bare = text.replace("[", "").replace("]", "")
    try:
        return _Rule(None, ipaddress.ip_network(bare), port)
    except ValueError:
        if not bare or any(character in bare for character in "/:@ "):
            raise ValueError(f"egress entry {entry!r}: write host, *.domain, an address or a network") from None
        return _Rule(bare, None, port)
