"""Connections that lead to the internet, and elsewhere only where somebody allowed it.

The host of a registry comes from a manifest. Its author must not choose what is asked within a private network.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

from promote.errors import NetworkError

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool

Hosts = Collection[tuple[str, int]]  # names in lower case, without brackets, and ports
_NAT64 = IPv6Network("64:ff9b::/96")
_UNICAST = IPv6Network("2000::/3")  # all that the internet has of IPv6


def is_public(address: str) -> bool:
    """Whether an IP address is on the internet, also where it stands for an address of IPv4."""
    return all(_is_global(one) for one in _meanings(address))


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return address in _NAT64
    return address.is_global and not address.is_multicast


def is_local_link(address: str) -> bool:
    """Whether an IP address is of the local link, where clouds have their metadata, or of nobody."""
    return any(one.is_link_local or one.is_multicast or one.is_unspecified for one in _meanings(address))


def _meanings(address: str) -> list[IPv4Address | IPv6Address]:
    """The address itself, and that of IPv4 which is within it."""
    found = ip_address(address.partition("%")[0])
    if not isinstance(found, IPv6Address):
        return [found]
    if found.ipv4_mapped:
        return [found.ipv4_mapped]
    within = IPv4Address(int(found) & 0xFFFF_FFFF) if found in _NAT64 else found.sixtofour
    return [found, within] if within else [found]


def insist(host: str, port: int, allowed: Hosts, addresses: Collection[str]) -> None:
    """Raise NetworkError if one of the addresses of a host is not public, unless it is among the `allowed` ones."""
    is_allowed = (host.strip("[]").lower(), port) in allowed
    for address in addresses:
        if is_local_link(address) or not (is_allowed or is_public(address)):
            reason = "which is never asked" if is_allowed else "and not on the internet"
            raise NetworkError(
                f"{host}:{port} is at {address}, {reason}: nothing was sent there; if it is your registry, allow it "
                "by `registries: {HOST: {private: true}}` in promote.yaml"
            )


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host; raises OSError where it has none."""
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


def pool_classes(allowed: Hosts) -> dict[str, type[HTTPConnectionPool]]:
    """Pools of urllib3, by scheme, whose connections check where they lead: before they connect, and afterwards."""
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.exceptions import NameResolutionError

    def checked(connection: HTTPConnection, connect: Callable[[], socket.socket]) -> socket.socket:
        host, port = connection.host, connection.port
        try:
            insist(host, port, allowed, resolved(host, port))
        except socket.gaierror as error:
            raise NameResolutionError(host, connection, error) from error
        made = connect()
        try:
            # Its name may mean something else by now.
            insist(host, port, allowed, [str(made.getpeername()[0])])
        except NetworkError:
            made.close()
            raise
        return made

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return checked(self, super()._new_conn)

    class Encrypted(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return checked(self, super()._new_conn)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}
