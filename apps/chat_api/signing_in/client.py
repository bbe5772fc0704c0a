"""Who wants to sign in, as far as a request tells: where it came from, and which devices it says it is."""

from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

import msgspec

_LONGEST: Final = 64
_NETWORK_BITS: Final = 64
"""Of an IPv6 address: the rest of it a client chooses as it likes (RFC 4291, RFC 8981)."""


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """`network` is the address, of IPv6 the network of it that one client has to itself.

    `shared`: others stand behind the same address, as behind a proxy that nobody trusts to name them. `devices` are
    the marks that the client was given at earlier sign-ins, the newest first.
    """

    network: str
    shared: bool = False
    devices: tuple[str, ...] = ()


def network_of(host: str) -> str:
    """What one client has of addresses: an IPv4 address, or the /64 of an IPv6 one. Other text is taken as it is."""
    try:
        address = ip_address(host)
    except ValueError:
        return host[:_LONGEST]
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), _NETWORK_BITS), strict=False))
