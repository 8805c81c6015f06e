"""Addresses and networks of peers, with IPv4-mapped IPv6 reduced to IPv4."""

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
MAPPED_BITS = 96
"""Length in bits of the prefix of the IPv4 address in ``::ffff:10.0.0.7``."""


def address(text: str) -> Address | None:
    """Parse an IP address; None when the text is not one.

    A peer without an address is in this process or connects through a Unix socket.
    """
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def network(text: str) -> Network:
    """Parse a network, or an address as a network. Raises ``ValueError`` for other texts."""
    found = ip_network(text, strict=False)
    if isinstance(found, IPv6Network) and found.prefixlen >= MAPPED_BITS:
        mapped = found.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, found.prefixlen - MAPPED_BITS))
    return found


def written(text: str) -> str:
    """Return the network as settings show it: as given, unless it is IPv4-mapped IPv6."""
    found = network(text)
    if found.version == ip_network(text, strict=False).version:
        return text
    return str(found.network_address) if found.num_addresses == 1 else str(found)
