"""Who may connect: the verdict for an address, and the connections that wait for one.

Pure state: times are arguments, and the station fetches the user's decisions with ``decisions``.
The most specific rule for an address applies; ``trustedIPs`` are rules that accept.
"""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network

import msgspec

from ...errors import SettingsError
from ...venue.units import Nanos
from ..addresses import Address, Network, network
from ..addresses import address as parse
from ..config import Config
from ..settings import Verdict
from .session import Session


class WaitingConnection(msgspec.Struct, frozen=True):
    """A connection that waits for the user's decision."""

    number: int
    """The connection's number, by which it is accepted or rejected."""
    address: str
    client_id: int
    since: Nanos
    until: Nanos
    """When it is rejected without a decision."""


class Decision(msgspec.Struct, frozen=True):
    """The decision about a waiting connection."""

    number: int
    accepted: bool
    reason: str = ""


@lru_cache(maxsize=1024)
def origin(address: str) -> Address | IPv6Network | None:
    """Return the origin by which to count connections; a machine may have 2^64 IPv6 addresses."""
    found = parse(address)
    return IPv6Network((found, 64), strict=False) if isinstance(found, IPv6Address) else found


class Policy:
    """Rules, trusted addresses, and waiting connections."""

    def __init__(self, config: Config, others: Verdict, rules: Mapping[str, Verdict]) -> None:
        self._config = config
        self._others: Verdict = others
        self._rules = {network(text): verdict for text, verdict in rules.items()}
        self._waiting: dict[int, WaitingConnection] = {}
        self._decided: list[Decision] = []

    # -- by rule ------------------------------------------------------------------------------

    def decide(self, address: str) -> Verdict:
        """Return the verdict for a connection from this address that has sent START_API."""
        if not address or address == "?":
            return "reject"  # the socket closed before its address was known
        found = parse(address)
        if found is None:
            return "accept"
        rules: dict[Network, Verdict] = {}
        for text in self._config.settings.trustedIPs:
            rules[network(text)] = "accept"
        rules |= self._rules
        fitting = [one for one in rules if found in one]
        if not fitting:
            return self._others
        return rules[max(fitting, key=lambda one: one.prefixlen)]

    def outright(self, address: str) -> bool:
        """Return whether to close a connection immediately: from another computer, when only this
        one is allowed."""
        found = parse(address)
        local = found is None or found.is_loopback
        return bool(self._config.settings.allowLocalhostOnly) and not local

    # -- by decision --------------------------------------------------------------------------

    def ask(self, waiting: WaitingConnection) -> None:
        """Add a waiting connection."""
        self._waiting[waiting.number] = waiting

    def waiting(self) -> tuple[WaitingConnection, ...]:
        """Return the waiting connections, oldest first."""
        return tuple(self._waiting.values())

    def accept(self, number: int, *, always: bool = False) -> WaitingConnection:
        """Accept a connection; ``always`` adds its address to ``trustedIPs`` as well, and accepts
        every other waiting connection from there.

        Raises ``SettingsError`` when no such connection waits.
        """
        one = self._take(number)
        self._decided.append(Decision(number, True))
        if always:
            self._config.trust(str(parse(one.address)))
            for other in [w for w in self.waiting() if w.address == one.address]:
                self._decided.append(Decision(self._take(other.number).number, True))
        return one

    def reject(self, number: int) -> WaitingConnection:
        """Reject a connection. Raises ``SettingsError`` when no such connection waits."""
        one = self._take(number)
        self._decided.append(Decision(number, False, "rejected"))
        return one

    def left(self, session: Session) -> None:
        """Remove a connection that has ended."""
        self._waiting.pop(session.number, None)

    def _take(self, number: int) -> WaitingConnection:
        if number not in self._waiting:
            waiting = ", ".join(map(str, self._waiting)) or "none"
            raise SettingsError(
                "no connection with this number waits",
                setting="connection",
                found=number,
                advice=f"Choose one that does: {waiting}",
            )
        return self._waiting.pop(number)

    # -- time ---------------------------------------------------------------------------------

    def decisions(self, now: Nanos) -> list[Decision]:
        """Return the decisions since the last call, including expired waits."""
        for one in [late for late in self._waiting.values() if late.until <= now]:
            del self._waiting[one.number]
            self._decided.append(Decision(one.number, False, "no decision in time"))
        decided, self._decided = self._decided, []
        return decided

    def next_due(self, now: Nanos) -> Nanos | None:
        """Return ``now`` when there are decisions, else when the next wait expires."""
        if self._decided:
            return now
        return min((one.until for one in self._waiting.values()), default=None)
