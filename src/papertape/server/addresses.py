"""Addresses and networks of peers, IPv4 in IPv6 notation reduced to IPv4 everywhere."""

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
"""Bits before the IPv4 address in ``::ffff:10.0.0.7``."""


def address(text: str) -> Address | None:
    """An IP address; None for what is none.

    A peer without one is in this process or came through a file of this computer.
    """
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def network(text: str) -> Network:
    """A network, or an address as one. Raises ``ValueError`` for what is neither."""
    found = ip_network(text, strict=False)
    if isinstance(found, IPv6Network) and found.prefixlen >= MAPPED_BITS:
        mapped = found.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, found.prefixlen - MAPPED_BITS))
    return found


def written(text: str) -> str:
    """The network as settings show it: as it was given, unless it is IPv4 in IPv6 notation."""
    found = network(text)
    if found.version == ip_network(text, strict=False).version:
        return text
    return str(found.network_address) if found.num_addresses == 1 else str(found)
