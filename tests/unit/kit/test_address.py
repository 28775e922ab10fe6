"""Which addresses are public, and what an allow list lets through."""

from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.errors import MinutebookError
from minutebook.kit.address import AddressPolicy, embedded_ipv4, is_public

NOT_PUBLIC = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.9",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "172.32.0.1",
    "100.128.0.1",
    "192.0.1.1",
    "2606:4700::1111",
    "2a00:1450::1",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_changes_nothing(address: IPv4Address) -> None:
    packed = int(address)
    for wrapped in (0xFFFF << 32 | packed, 0x64FF9B << 96 | packed, 0x2002 << 112 | packed << 80):
        assert embedded_ipv4(IPv6Address(wrapped)) == address
        assert is_public(IPv6Address(wrapped)) == is_public(address)


@given(st.ip_addresses())
def test_what_is_public_here_is_global_to_the_standard_library(address: IPv4Address | IPv6Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast


DISGUISED = [
    "2130706433",
    "0x7f000001",
    "017700000001",
    "127.1",
    "0x7f.1",
    "0177.0.0.1",
    "127.0.0.01",
    "1.2.3.0x4",
    "1.2.3.999",
]
LOCAL = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "api.localhost",
    "printer.local",
    "metadata.google.internal",
    "db",
    "nas.lan",
]
BROKEN = [
    "",
    ".",
    "a b",
    "a..b",
    "-a.example",
    "exa\x00mple.com",
    "a" * 300 + ".example",
    "%31.example",
    "ex_/ample.com",
]


@pytest.mark.parametrize("host", [*NOT_PUBLIC, *DISGUISED, *LOCAL, *BROKEN, "[::1]", "fe80::1%eth0"])
def test_hosts_that_are_refused_by_their_look(host: str) -> None:
    with pytest.raises(MinutebookError) as caught:
        AddressPolicy().check_target("http", host, None)
    assert caught.value.code == "address_refused"


@pytest.mark.parametrize(
    ("scheme", "port", "userinfo"),
    [
        ("ftp", None, False),
        ("file", None, False),
        ("", None, False),
        ("gopher", 70, False),
        ("http", 0, False),
        ("http", 65536, False),
        ("https", None, True),
    ],
)
def test_parts_that_are_refused(scheme: str, port: int | None, userinfo: bool) -> None:
    with pytest.raises(MinutebookError, match="not fetched"):
        AddressPolicy().check_target(scheme, "example.com", port, userinfo)


@pytest.mark.parametrize(
    "host", ["example.com", "EXAMPLE.com.", "a-b.example.com", "xn--bcher-kva.example", "1e100.net"]
)
def test_usual_hosts_pass_in_their_plain_form(host: str) -> None:
    assert AddressPolicy().check_target("https", host, 443) == host.lower().removesuffix(".")


def test_numbers_in_usual_form_pass_when_public() -> None:
    assert AddressPolicy().check_target("http", "1.1.1.1", None) == "1.1.1.1"
    assert AddressPolicy().check_target("http", "[2606:4700::1111]", None) == "2606:4700::1111"


@pytest.mark.parametrize(
    ("allow", "host", "address", "port", "permitted"),
    [
        ("10.0.0.0/8", "10.1.2.3", "10.1.2.3", 80, True),
        ("10.0.0.0/8", "nas.example", "10.1.2.3", 80, True),
        ("10.0.0.0/8", "11.example", "192.168.1.1", 80, False),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1", 9000, True),
        ("127.0.0.1", "127.0.0.1", "::ffff:127.0.0.1", 9000, True),
        ("127.0.0.1:9000", "127.0.0.1", "127.0.0.1", 9000, True),
        ("127.0.0.1:9000", "127.0.0.1", "127.0.0.1", 9001, False),
        ("[::1]:9000", "::1", "::1", 9000, True),
        ("[::1]:9000", "::1", "::1", 80, False),
        ("::1", "::1", "::1", 80, True),
        ("fd00::/8", "x.example", "fd00::5", 80, True),
        ("NAS.lan", "nas.lan", "192.168.1.5", 443, True),
        ("nas.lan:443", "nas.lan.", "192.168.1.5", 443, True),
        ("nas.lan:443", "nas.lan", "192.168.1.5", 80, False),
        ("nas.lan", "evil.example", "192.168.1.5", 443, False),
        ("nas.lan", "evil.nas.lan", "192.168.1.5", 443, False),
    ],
)
def test_allow_list(allow: str, host: str, address: str, port: int, permitted: bool) -> None:
    assert AddressPolicy([allow]).permits(host, ip_address(address), port) is permitted


def test_an_allowed_local_name_passes_the_look() -> None:
    assert AddressPolicy(["nas.lan"]).check_target("http", "nas.lan", 80) == "nas.lan"
    with pytest.raises(MinutebookError):
        AddressPolicy(["nas.lan:443"]).check_target("http", "nas.lan", 80)


def test_an_unreadable_exception_is_said_at_once() -> None:
    with pytest.raises(MinutebookError, match="valid port"):
        AddressPolicy(["nas.lan:http"])


@given(st.text(max_size=40), st.one_of(st.none(), st.integers(-5, 70_000)), st.sampled_from(["http", "https", "x", ""]))
def test_nothing_but_our_own_error_ever_leaves(host: str, port: int | None, scheme: str) -> None:
    with suppress(MinutebookError):
        AddressPolicy().check_target(scheme, host, port)
