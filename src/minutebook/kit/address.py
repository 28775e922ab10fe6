"""Which addresses a server may be sent to by its users. Pure rules; resolving and connecting are `outgoing`'s."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from minutebook.errors import MinutebookError, invalid

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

SPECIAL_IPV4 = tuple(
    IPv4Network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",  # a cloud's wire server: public by registry, private by meaning
    )
)
"""IANA IPv4 special-purpose address registry, and multicast."""

GLOBAL_IPV6 = IPv6Network("2000::/3")
"""All that IANA has given out as global unicast; everything else is special."""

SPECIAL_IPV6 = tuple(IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20"))
"""IANA IPv6 special-purpose address registry, inside `GLOBAL_IPV6`: Teredo, benchmarking, documentation …"""

NAT64 = IPv6Network("64:ff9b::/96")
SIX_TO_FOUR = IPv6Network("2002::/16")
IPV4_COMPATIBLE = IPv6Network("::/96")

LOCAL_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa", "localdomain")
"""Names, and endings of names, that only mean something inside a network (RFC 6761, RFC 6762, RFC 8375, habit)."""

NUMERIC_LABEL = re.compile(r"(0x[0-9a-f]*|[0-9]+)\Z", re.IGNORECASE)
"""A last label like this makes the whole name an IPv4 address to C libraries and browsers (URL standard 3.5)."""

HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\Z")
MOST_HOST_CHARS = 253


def embedded_ipv4(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a packet to this IPv6 address may end up at: mapped, compatible, NAT64 or 6to4."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in NAT64 or address in IPV4_COMPATIBLE:
        return IPv4Address(address.packed[-4:])
    if address in SIX_TO_FOUR:
        return address.sixtofour
    return None


def is_public(address: Address) -> bool:
    """Whether an address is anybody's on the Internet, and nothing inside a network or a machine."""
    if isinstance(address, IPv6Address):
        inner = embedded_ipv4(address)
        if inner is None:
            return address in GLOBAL_IPV6 and not any(address in network for network in SPECIAL_IPV6)
        address = inner
    return not any(address in network for network in SPECIAL_IPV4)


def literal(host: str) -> Address | None:
    """The address a host is, when it is written as one in its usual form."""
    try:
        return ip_address(host.strip("[]").split("%")[0])
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Allowance:
    """One entry of an allow list: a host or a network, on one port or on all."""

    host: str | None
    network: Network | None
    port: int | None

    def covers(self, host: str, address: Address | None, port: int) -> bool:
        if self.port not in (None, port):
            return False
        if self.network is not None:
            return address is not None and address.version == self.network.version and address in self.network
        return self.host == host


class AddressPolicy:
    """Public addresses, and the exceptions that an operator lists: hosts, addresses and networks, each with `:port` or
    without (`nas.lan`, `10.1.0.0/16`, `127.0.0.1:9000`, `[::1]:9000`)."""

    def __init__(self, allow: Iterable[str] = ()) -> None:
        self._allowances = tuple(_allowance(entry) for entry in allow)

    def check_target(self, scheme: str, host: str, port: int | None, userinfo: bool = False) -> str:
        """Refuse what can be refused by looking at a URL's parts; returns the host in its plain form (lower case,
        no trailing dot, no brackets)."""
        if scheme not in {"http", "https"}:
            raise refused("only http:// and https:// addresses are fetched")
        if userinfo:
            raise refused("it carries a user name or password; leave those out")
        plain = host.lower().strip("[]").removesuffix(".")
        number = port if port is not None else {"http": 80, "https": 443}[scheme]
        if not 0 < number < 65536:
            raise refused("its port is not one")
        address = literal(plain)
        if address is not None:
            self.check_address(plain, address, number)
        else:
            self._check_name(plain, number)
        return plain

    def _check_name(self, host: str, port: int) -> None:
        if len(host) > MOST_HOST_CHARS or not HOST.match(host):
            raise refused("it names no valid host")
        if NUMERIC_LABEL.match(host.rpartition(".")[2]):
            raise refused("its host is a number in disguise; write the address as four decimal numbers or a name")
        is_local = "." not in host or any(host == name or host.endswith("." + name) for name in LOCAL_NAMES)
        if is_local and not self._allows(host, None, port):
            raise refused(f"{host} is a name inside a network")

    def check_address(self, host: str, address: Address, port: int) -> None:
        """Refuse an address, literal or resolved, that is neither public nor an exception."""
        if not self.permits(host, address, port):
            raise refused(f"{host} does not lead to a public address")

    def permits(self, host: str, address: Address, port: int) -> bool:
        """Whether a connection to `address`, reached by the name `host`, may be made."""
        if isinstance(address, IPv6Address) and address.scope_id is not None:
            address = IPv6Address(address.packed)
        return is_public(address) or self._allows(host.lower().removesuffix("."), address, port)

    def _allows(self, host: str, address: Address | None, port: int) -> bool:
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return any(
            allowance.covers(host, address, port) or (mapped is not None and allowance.covers(host, mapped, port))
            for allowance in self._allowances
        )


def refused(why: str) -> MinutebookError:
    """The error for an address that is not fetched."""
    return invalid(
        "address_refused",
        f"This address is not fetched: {why}. The server's operator can allow hosts and networks "
        "(MINUTEBOOK_OUTGOING__ALLOW).",
        "url",
    )


def _allowance(entry: str) -> Allowance:
    text, port = entry.strip().lower(), None
    bracketed = re.fullmatch(r"\[(.+)\](?::(\d+))?", text)
    if bracketed:
        text, port = bracketed.groups()
    elif text.count(":") == 1:
        text, port = text.split(":")
    number = int(port) if port is not None and port.isdigit() else None
    if port is not None and number is None:
        raise invalid("outgoing_allow_invalid", f"{entry!r} in MINUTEBOOK_OUTGOING__ALLOW has no valid port.")
    try:
        return Allowance(None, ip_network(text, strict=False), number)
    except (ValueError, AddressValueError):
        return Allowance(text.removesuffix("."), None, number)
