"""Outgoing addresses: names, networks, ports, and what a name leads to."""

import pytest

from connectors.wire.egress import Egress, EgressRefused


@pytest.mark.parametrize(
    ("entry", "host", "port"),
    [
        ("sj.example.gov", "sj.example.gov", 80),
        ("SJ.example.gov", "sj.EXAMPLE.gov.", 80),
        ("*.example.gov", "sj.example.gov", 443),
        ("sj.example.gov:8080", "sj.example.gov", 8080),
        ("10.20.0.0/16", "10.20.3.4", 443),
        ("10.20.0.0/16:443", "10.20.3.4", 443),
        ("127.0.0.1", "127.0.0.1", 5000),
        ("[fd00::]/8", "fd00::1", 443),
        ("[::1]:443", "::1", 443),
        ("::1", "[::1]", 443),
    ],
)
def test_what_is_listed_may_be_called(entry: str, host: str, port: int) -> None:
    Egress([entry]).check_host(host, port)


@pytest.mark.parametrize(
    ("entry", "host", "port"),
    [
        ("sj.example.gov", "sj.example.gov.evil.test", 80),
        ("*.example.gov", "example.gov", 80),
        ("sj.example.gov:8080", "sj.example.gov", 80),
        ("10.20.0.0/16", "10.21.0.1", 443),
        ("10.20.0.0/16:443", "10.20.0.1", 80),
        ("*", "127.0.0.1", 80),
        ("*", "169.254.169.254", 80),
        ("*", "::1", 80),
        ("*", "::ffff:127.0.0.1", 80),
        ("*", "0.0.0.0", 80),
    ],
)
def test_what_is_not_listed_is_refused(entry: str, host: str, port: int) -> None:
    with pytest.raises(EgressRefused):
        Egress([entry]).check_host(host, port)


def test_nothing_listed_allows_nothing() -> None:
    with pytest.raises(EgressRefused, match="egress list"):
        Egress([]).check_host("sj.example.gov", 443)


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1", "fe80::1", "fd00:ec2::254", "224.0.0.1"])
def test_a_listed_name_must_not_lead_to_the_machine_itself(address: str) -> None:
    with pytest.raises(EgressRefused, match="leads to"):
        Egress(["sj.example.gov"]).check_addresses("sj.example.gov", 443, ["10.1.1.1", address])


def test_a_private_address_is_where_departments_live() -> None:
    Egress(["sj.example.gov"]).check_addresses("sj.example.gov", 443, ["10.1.1.1", "192.168.1.1", "172.16.0.1"])


def test_a_loopback_address_that_is_listed_may_stand_behind_a_name() -> None:
    Egress(["localhost", "127.0.0.0/8"]).check_addresses("localhost", 443, ["127.0.0.1"])


@pytest.mark.parametrize("entry", ["http://sj.example.gov", "host/path", "", "a b", "host:99999"])
def test_an_entry_that_cannot_be_read_is_an_error(entry: str) -> None:
    with pytest.raises(ValueError, match="egress entry"):
        Egress([entry])
