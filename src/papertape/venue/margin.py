"""Value and margin of an account at given prices, by the formulas of a portfolio-margin account.

ELV = cash + stock; maintenance = rate x position value; initial = 1.1 x maintenance;
AvailableFunds = ELV - initial; ExcessLiquidity = ELV - maintenance;
BuyingPower = AvailableFunds / 0.15. All in micro-units of the base currency.
"""

from collections.abc import Callable

import msgspec

from .accounts import Account, Position
from .instruments import Instrument, Instruments
from .market import Quote
from .rates import (
    BUYING_POWER_RATE,
    INITIAL_OVER_MAINTENANCE,
    MAINTENANCE,
    REFERENCE_RATES,
)
from .ratios import RATE_SCALE, Rate, scaled, share
from .units import CashMicros, PriceUnits, notional

Look = Callable[[int], Quote]
"""Gives the top of book of an instrument."""


class Holding(msgspec.Struct, frozen=True):
    """One position at its market price, in its own currency."""

    instrument: Instrument
    position: Position
    price: PriceUnits
    value: CashMicros
    """Signed market value."""
    unrealized: CashMicros


class Valuation(msgspec.Struct, frozen=True):
    """An account at one instant. Amounts are in the base currency."""

    cash: dict[str, CashMicros]
    """Per currency, in that currency."""
    rates: dict[str, Rate]
    """Base currency per unit, for every currency that occurs; the base itself first."""
    holdings: tuple[Holding, ...]
    total_cash: CashMicros
    stock: CashMicros
    gross: CashMicros
    maintenance: CashMicros
    initial: CashMicros
    previous_equity: CashMicros
    """Equity with loan value when the trading day began."""

    @property
    def equity(self) -> CashMicros:
        """Equity with loan value; also the net liquidation value, as there are no options."""
        return self.total_cash + self.stock

    @property
    def available(self) -> CashMicros:
        """AvailableFunds."""
        return self.equity - self.initial

    @property
    def excess(self) -> CashMicros:
        """ExcessLiquidity."""
        return self.equity - self.maintenance

    @property
    def buying_power(self) -> CashMicros:
        """BuyingPower."""
        return share(self.available, RATE_SCALE, BUYING_POWER_RATE)


class Appraiser:
    """Values accounts with the prices that a look-up gives."""

    def __init__(self, instruments: Instruments, base: str, look: Look) -> None:
        self._instruments = instruments
        self._base = base
        self._look = look

    def value(self, account: Account) -> Valuation:
        """The account at the current prices."""
        holdings = tuple(
            self._holding(self._instruments[con_id], position)
            for con_id, position in sorted(account.positions.items())
        )
        currencies = [self._base, *sorted(account.cash)]
        currencies += [held.instrument.currency for held in holdings]
        rates = {name: self.rate(name) for name in dict.fromkeys(currencies)}
        valued = [held for held in holdings if held.instrument.secType != "CASH"]
        in_base = [scaled(held.value, rates[held.instrument.currency]) for held in valued]
        maintenance = sum(
            scaled(margin_of(held.instrument, held.value), rates[held.instrument.currency])
            for held in holdings
        )
        return Valuation(
            cash={name: account.cash.get(name, 0) for name in rates},
            rates=rates,
            holdings=holdings,
            total_cash=sum(scaled(cash, rates[name]) for name, cash in account.cash.items()),
            stock=sum(in_base),
            gross=sum(map(abs, in_base)),
            maintenance=maintenance,
            initial=scaled(maintenance, INITIAL_OVER_MAINTENANCE),
            previous_equity=account.opening_equity,
        )

    def mark(self, con_id: int) -> PriceUnits:
        """The price a position is valued at: the middle of the quote, or the side there is."""
        quote = self._look(con_id)
        if quote.bid and quote.ask:
            return (quote.bid + quote.ask) // 2
        return quote.bid or quote.ask

    def rate(self, currency: str) -> Rate:
        """Base currency per unit of a currency: the quoted pair, else the reference table."""
        if currency == self._base:
            return RATE_SCALE
        for entry in self._instruments:
            if entry.secType == "CASH" and entry.localSymbol == f"{currency}.{self._base}":
                price = self.mark(entry.conId)
                if price:
                    return share(price, RATE_SCALE, entry.scale)
        return share(REFERENCE_RATES[currency], RATE_SCALE, REFERENCE_RATES[self._base])

    def _holding(self, entry: Instrument, position: Position) -> Holding:
        price = self.mark(entry.conId) if position.quantity else 0
        if not price:
            # Without a quote the position stands at cost: no profit is made up.
            return Holding(entry, position, _cost_price(entry, position), position.cost, 0)
        value = notional(price, position.quantity, entry.scale, entry.multiplier)
        return Holding(entry, position, price, value, value - position.cost)


def margin_of(entry: Instrument, value: CashMicros) -> CashMicros:
    """Maintenance margin of a position worth ``value`` (signed), in its currency."""
    return scaled(abs(value), MAINTENANCE[entry.secType])


def _cost_price(entry: Instrument, position: Position) -> PriceUnits:
    return round(position.average_cost() * entry.scale / entry.multiplier)
