"""Value and margin of an account at given prices.

ELV = cash + stock; maintenance = rate x position value; initial = factor x maintenance;
AvailableFunds = ELV - initial; ExcessLiquidity = ELV - maintenance; BuyingPower =
AvailableFunds / rate. Rates are those of the account's margin model (``schedules``). All in
micro-units of the account's base currency.
"""

from collections.abc import Callable

import msgspec

from ..market.source import Quote
from ..reference.instruments import Instrument, Instruments
from ..units import (
    CASH_SCALE,
    RATE_SCALE,
    SIZE_SCALE,
    CashMicros,
    PriceUnits,
    Rate,
    notional,
    scaled,
    share,
)
from .ledger import Account, LedgerPosition
from .schedules import DOLLAR, MARGIN_MODELS, REFERENCE_RATES

Look = Callable[[int], Quote]
"""Gives the top of book of an instrument."""


class Exposure(msgspec.Struct, frozen=True, gc=False):
    """What a check of an order needs of an account, in its base currency."""

    equity: CashMicros
    """Equity with loan value."""
    maintenance: CashMicros
    initial: CashMicros


class Holding(msgspec.Struct, frozen=True):
    """One position at its market price, in its own currency."""

    instrument: Instrument
    position: LedgerPosition
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
    buying_power_rate: Rate

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
        return share(self.available, RATE_SCALE, self.buying_power_rate)


class MarginCalculator:
    """Values accounts with the prices that a look-up gives."""

    def __init__(self, instruments: Instruments, look: Look) -> None:
        self._instruments = instruments
        self._look = look

    def exposure(self, account: Account) -> Exposure:
        """Equity and margin alone: ``value`` without its rows."""
        equity, maintenance = self.worth(account)
        model = MARGIN_MODELS[account.margin]
        return Exposure(equity, maintenance, scaled(maintenance, model.initial_over_maintenance))

    def worth(self, account: Account) -> tuple[CashMicros, CashMicros]:
        """Equity and maintenance margin: what the check of every order needs."""
        base, model = account.currency, MARGIN_MODELS[account.margin]
        equity = 0
        for currency, cash in account.cash.items():
            equity += cash if currency == base else scaled(cash, self.rate(currency, base))
        maintenance = 0
        for con_id, position in account.positions.items():
            if position.quantity == 0:
                continue
            entry = self._instruments[con_id]
            value = self._worth(entry, position)
            margin = scaled(abs(value), model.rate_of(entry.secType))
            if entry.currency != base:
                rate = self.rate(entry.currency, base)
                value, margin = scaled(value, rate), scaled(margin, rate)
            maintenance += margin
            equity += value if entry.secType != "CASH" else 0
        return equity, maintenance

    def value(self, account: Account) -> Valuation:
        """The account at the current prices."""
        base, model = account.currency, MARGIN_MODELS[account.margin]
        holdings = tuple(
            self._holding(self._instruments[con_id], position)
            for con_id, position in sorted(account.positions.items())
        )
        currencies = [base, *sorted(account.cash)]
        currencies += [held.instrument.currency for held in holdings]
        rates = {name: self.rate(name, base) for name in dict.fromkeys(currencies)}
        valued = [held for held in holdings if held.instrument.secType != "CASH"]
        in_base = [scaled(held.value, rates[held.instrument.currency]) for held in valued]
        maintenance = sum(
            scaled(
                margin_of(held.instrument, held.value, account.margin),
                rates[held.instrument.currency],
            )
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
            initial=scaled(maintenance, model.initial_over_maintenance),
            previous_equity=account.opening_equity,
            buying_power_rate=model.buying_power,
        )

    def mark(self, con_id: int) -> PriceUnits:
        """The price a position is valued at: the middle of the quote, or the side there is."""
        quote = self._look(con_id)
        if quote.bid and quote.ask:
            return (quote.bid + quote.ask) // 2
        return quote.bid or quote.ask

    def rate(self, currency: str, base: str) -> Rate:
        """Base currency per unit of a currency: the quoted pair either way round, else both in
        dollars, each as quoted or as the reference table has it. Raises ``KeyError`` for a
        currency that ``knows`` denies."""
        return self._quoted(currency, base) or share(
            self._in_dollars(currency), RATE_SCALE, self._in_dollars(base)
        )

    def _quoted(self, currency: str, base: str) -> Rate:
        """The rate of the quoted pair either way round; 0 without a quote."""
        if currency == base:
            return RATE_SCALE
        pair = self._instruments.pair(currency, base)
        price = self.mark(pair.conId) if pair is not None else 0
        if pair is not None and price:
            return share(price, RATE_SCALE, pair.scale)
        pair = self._instruments.pair(base, currency)
        price = self.mark(pair.conId) if pair is not None else 0
        return share(pair.scale, RATE_SCALE, price) if pair is not None and price else 0

    def _in_dollars(self, currency: str) -> Rate:
        return self._quoted(currency, DOLLAR) or REFERENCE_RATES[currency]

    def _worth(self, entry: Instrument, position: LedgerPosition) -> CashMicros:
        price = self.mark(entry.conId)
        if not price:
            return position.cost
        return notional(price, position.quantity, entry.scale, entry.multiplier)

    def _holding(self, entry: Instrument, position: LedgerPosition) -> Holding:
        price = self.mark(entry.conId) if position.quantity else 0
        if not price:
            # Without a quote the position stands at cost: no profit is made up.
            return Holding(entry, position, _cost_price(entry, position), position.cost, 0)
        value = notional(price, position.quantity, entry.scale, entry.multiplier)
        return Holding(entry, position, price, value, value - position.cost)


def margin_of(entry: Instrument, value: CashMicros, model: str = "portfolio") -> CashMicros:
    """Maintenance margin of a position worth ``value`` (signed), in its currency."""
    return scaled(abs(value), MARGIN_MODELS[model].rate_of(entry.secType))


def knows(currency: str) -> bool:
    """Whether amounts in a currency can be valued: no account or order may bring another."""
    return currency in REFERENCE_RATES


def unvalued(entry: Instrument) -> str | None:
    """What keeps a position in an instrument from being valued, by name; None when nothing does.

    No order for it is taken then: its account could not say what it is worth.
    """
    if not knows(entry.currency):
        return f"The currency '{entry.currency}'"
    if entry.secType == "CASH" and not knows(entry.symbol):
        return f"The currency '{entry.symbol}'"
    for model in MARGIN_MODELS.values():
        if entry.secType not in model.maintenance:
            return f"The security type '{entry.secType}'"
    return None


def _cost_price(entry: Instrument, position: LedgerPosition) -> PriceUnits:
    """What was paid per unit, commissions included."""
    if position.quantity == 0:
        return 0
    paid = abs(position.cost) * entry.scale
    return share(paid, SIZE_SCALE, abs(position.quantity) * CASH_SCALE * entry.multiplier)
