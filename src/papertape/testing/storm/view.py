"""What a check sees of a station."""

from decimal import Decimal
from typing import Final

from ...server.station import Station
from ...server.worlds.checking import request_named
from ...venue.units import CASH_SCALE, SECOND, size_decimal

FUNCTIONS: Final = (
    "position", "cash", "orders", "working_orders", "fills", "requests", "now",
)  # fmt: skip
"""The names that a check may call."""


class StormView:
    """The state of a station, as ``--check`` and the functions of ``--check-file`` ask for it."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self.filled: list[str] = []
        """The symbol of each execution so far."""

    def position(self, symbol: str, account: str = "") -> Decimal:
        """What is held, signed; of all accounts together without one. Raises ``WorldError`` for a
        name that there is not."""
        con_id = self._station.world.runner.instrument(symbol).conId
        accounts = self._station.venue.state.accounts
        held = [one for code, one in accounts.items() if account in ("", code)]
        return sum((size_decimal(one.quantity(con_id)) for one in held), Decimal(0))

    def cash(self, currency: str = "USD", account: str = "") -> Decimal:
        """What money there is; in all accounts together without one."""
        accounts = self._station.venue.state.accounts
        held = sum(
            one.cash.get(currency, 0) for code, one in accounts.items() if account in ("", code)
        )
        return Decimal(held) / CASH_SCALE

    def orders(self, symbol: str = "", side: str = "", ref: str = "") -> Decimal:
        """How many orders the program has sent."""
        fitting = [
            one
            for one in self._station.world.seen.orders()
            if symbol in ("", one.symbol)
            and side in ("", one.order.action)
            and ref in ("", one.order.orderRef)
        ]
        return Decimal(len(fitting))

    def working_orders(self, symbol: str = "", side: str = "") -> Decimal:
        """How many orders work."""
        instruments = self._station.venue.instruments
        fitting = [
            one
            for one in self._station.venue.state.orders.values()
            if symbol in ("", instruments[one.terms.conId].symbol)
            and side in ("", "BUY" if one.terms.side > 0 else "SELL")
        ]
        return Decimal(len(fitting))

    def fills(self, symbol: str = "") -> Decimal:
        """How many executions there have been."""
        return Decimal(sum(symbol in ("", one) for one in self.filled))

    def requests(self, name: str = "") -> Decimal:
        """How many requests of an official name the program has sent. Raises ``WorldError`` for a
        name that no request has."""
        if name:
            request_named(name)
        return Decimal(sum(1 for _ in self._station.world.seen.requests(name)))

    def now(self) -> Decimal:
        """Seconds of market time since the world's beginning."""
        since = self._station.timing.now - self._station.world.began
        return Decimal(since) / SECOND
