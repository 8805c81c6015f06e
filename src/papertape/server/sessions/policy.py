"""Who may connect: a verdict for an address, and the connections that wait for one.

Pure state: times come in, and what somebody decided is fetched by the station with ``decisions``.
An address is judged by the most specific rule that names it; ``trustedIPs`` are rules that accept.
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
    """A connection that somebody must decide about."""

    number: int
    """The connection's, by which it is accepted or rejected."""
    address: str
    client_id: int
    since: Nanos
    until: Nanos
    """When it is rejected for want of a decision."""


class Decision(msgspec.Struct, frozen=True):
    """What became of a waiting connection."""

    number: int
    accepted: bool
    reason: str = ""


@lru_cache(maxsize=1024)
def origin(address: str) -> Address | IPv6Network | None:
    """Where a connection comes from, to count by: one machine may have 2^64 addresses of IPv6."""
    found = parse(address)
    return IPv6Network((found, 64), strict=False) if isinstance(found, IPv6Address) else found


class Policy:
    """Rules, trusted addresses, and who waits."""

    def __init__(self, config: Config, others: Verdict, rules: Mapping[str, Verdict]) -> None:
        self._config = config
        self._others: Verdict = others
        self._rules = {network(text): verdict for text, verdict in rules.items()}
        self._waiting: dict[int, WaitingConnection] = {}
        self._decided: list[Decision] = []

    # -- by rule ------------------------------------------------------------------------------

    def decide(self, address: str) -> Verdict:
        """What happens to a connection from this address once it has sent START_API."""
        if not address or address == "?":
            return "reject"  # the socket was gone before it could say from where
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
        """Whether a connection is closed before it says a word: from elsewhere, when only this
        computer is allowed."""
        found = parse(address)
        local = found is None or found.is_loopback
        return bool(self._config.settings.allowLocalhostOnly) and not local

    # -- by decision --------------------------------------------------------------------------

    def ask(self, waiting: WaitingConnection) -> None:
        """A connection waits from now on."""
        self._waiting[waiting.number] = waiting

    def waiting(self) -> tuple[WaitingConnection, ...]:
        """Who waits, in the order of their coming."""
        return tuple(self._waiting.values())

    def accept(self, number: int, *, always: bool = False) -> WaitingConnection:
        """Let a connection in; ``always`` adds its address to ``trustedIPs`` as well, and lets in
        everyone else who waits from there.

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
        """Close a connection. Raises ``SettingsError`` when no such connection waits."""
        one = self._take(number)
        self._decided.append(Decision(number, False, "rejected"))
        return one

    def watch(self, session: Session) -> None:
        """A connection was accepted by the socket: nobody need decide about it yet."""

    def left(self, session: Session) -> None:
        """A connection is gone: nobody need decide about it."""
        self._waiting.pop(session.number, None)

    def _take(self, number: int) -> WaitingConnection:
        if number not in self._waiting:
            waiting = ", ".join(map(str, self._waiting)) or "none"
            raise SettingsError(
                "no connection of this number waits",
                setting="connection",
                found=number,
                advice=f"Choose one that does: {waiting}",
            )
        return self._waiting.pop(number)

    # -- time ---------------------------------------------------------------------------------

    def decisions(self, now: Nanos) -> list[Decision]:
        """What was decided since the last call, by somebody or by the time that passed."""
        for one in [late for late in self._waiting.values() if late.until <= now]:
            del self._waiting[one.number]
            self._decided.append(Decision(one.number, False, "nobody has decided in time"))
        decided, self._decided = self._decided, []
        return decided

    def next_due(self, now: Nanos) -> Nanos | None:
        """Now when something was decided, else when the next one has waited too long."""
        if self._decided:
            return now
        return min((one.until for one in self._waiting.values()), default=None)
