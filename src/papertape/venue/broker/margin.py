"""Value and margin of an account at given prices.

ELV = cash + stock. Options have no loan value: a long one needs no margin and its premium leaves
ELV; a short one needs its market value and a part of the underlying's (``OptionRates``), as cover
and spreads reduce nothing yet. A future is not paid for: what it gained or lost since its last
settlement is in ELV, its margin is a table's. An option on a future is in ELV at its value, which
is the margin of a long one; a short one needs the margin of its future. NLV = ELV + options.
Maintenance of the rest = rate x position value; initial = factor x maintenance; AvailableFunds =
ELV - initial; ExcessLiquidity = ELV - maintenance; BuyingPower = AvailableFunds / rate. Rates are
those of the account's margin model (``schedules``). All in micro-units of the account's base
currency.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from ..market.source import Quote
from ..reference.instruments import Instrument, Instruments
from ..reference.securities import OptionContract
from ..units import (
    CASH_SCALE,
    RATE_SCALE,
    SIZE_SCALE,
    CashMicros,
    PriceUnits,
    Rate,
    SizeUnits,
    notional,
    scaled,
    share,
)
from .ledger import Account, LedgerPosition
from .schedules import DOLLAR, FUTURE_MARGINS, MARGIN_MODELS, REFERENCE_RATES, MarginModel

APART: Final = frozenset(("CASH", "OPT", "FUT"))
"""Kinds whose market value is not part of equity: a pair is cash, an option has no loan value, a
future is not paid for."""

UNCOUNTED: Final = frozenset(("CASH", "FUT", "FOP"))
"""Kinds that are not part of GrossPositionValue: cash, and what is a commodity."""

Look = Callable[[int], Quote]
"""Returns the top of book of an instrument."""


class Exposure(msgspec.Struct, frozen=True, gc=False):
    """The values of an account for the check of an order, in its base currency."""

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

    @property
    def since_settled(self) -> CashMicros:
        """What a future gained or lost since its last settlement; 0 for other kinds."""
        return self.value - self.position.settled if self.instrument.daily else 0


class Valuation(msgspec.Struct, frozen=True):
    """An account at one instant. Amounts are in the base currency."""

    cash: dict[str, CashMicros]
    """Cash per currency, in that currency."""
    rates: dict[str, Rate]
    """Base currency per unit, for every currency in use; the base itself first."""
    holdings: tuple[Holding, ...]
    total_cash: CashMicros
    stock: CashMicros
    """What has loan value: all holdings but options on securities, futures and currency pairs."""
    gross: CashMicros
    maintenance: CashMicros
    initial: CashMicros
    previous_equity: CashMicros
    """Equity with loan value at the start of the trading day."""
    buying_power_rate: Rate
    options: CashMicros = 0
    """Market value of options, which have no loan value."""
    futures: CashMicros = 0
    """What futures gained or lost since they were settled."""
    settled_cash: CashMicros = 0
    """Cash without the proceeds of sales that have not settled."""
    in_full: bool = False
    """Whether the account pays in full, with settled cash."""

    @property
    def equity(self) -> CashMicros:
        """Equity with loan value."""
        return self.total_cash + self.stock + self.futures

    @property
    def net(self) -> CashMicros:
        """NetLiquidation: equity with loan value and the options."""
        return self.equity + self.options

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
        funds = min(self.available, self.settled_cash) if self.in_full else self.available
        return share(funds, RATE_SCALE, self.buying_power_rate)


class MarginCalculator:
    """Values accounts at the prices that ``look`` returns."""

    def __init__(self, instruments: Instruments, look: Look) -> None:
        self._instruments = instruments
        self._look = look

    def exposure(self, account: Account) -> Exposure:
        """Return equity and margin only: ``value`` without its rows."""
        equity, maintenance = self.worth(account)
        model = MARGIN_MODELS[account.margin]
        return Exposure(equity, maintenance, scaled(maintenance, model.initial_over_maintenance))

    def worth(self, account: Account) -> tuple[CashMicros, CashMicros]:
        """Return equity and maintenance margin, for the check of every order."""
        base, model = account.currency, MARGIN_MODELS[account.margin]
        equity, stock = 0, model.rate_of("STK")
        for currency, cash in account.cash.items():
            equity += cash if currency == base else scaled(cash, self.rate(currency, base))
        maintenance = 0
        for con_id, position in account.positions.items():
            if position.quantity == 0:
                continue
            entry = self._instruments[con_id]
            value = self._worth(entry, position)
            if entry.secType == "STK":  # most positions, so that they go the short way
                margin = scaled(abs(value), stock)
            else:
                margin = self.margin(entry, position.quantity, value, model)
                if entry.secType in APART:
                    value = value - position.settled if entry.daily else 0
            if entry.currency != base:
                rate = self.rate(entry.currency, base)
                value, margin = scaled(value, rate), scaled(margin, rate)
            maintenance += margin
            equity += value
        return equity, maintenance

    def value(self, account: Account) -> Valuation:
        """Value the account at the current prices."""
        base, model = account.currency, MARGIN_MODELS[account.margin]
        holdings = tuple(
            self.holding(self._instruments[con_id], position)
            for con_id, position in sorted(account.positions.items())
        )
        currencies = [base, *sorted(account.cash)]
        currencies += [held.instrument.currency for held in holdings]
        rates = {name: self.rate(name, base) for name in dict.fromkeys(currencies)}
        in_base: dict[str, list[CashMicros]] = {"": [], **{kind: [] for kind in APART}}
        for held in holdings:
            kind = held.instrument.secType if held.instrument.secType in in_base else ""
            in_base[kind].append(scaled(held.value, rates[held.instrument.currency]))
        securities = [
            scaled(held.value, rates[held.instrument.currency])
            for held in holdings
            if held.instrument.secType not in UNCOUNTED
        ]
        maintenance = sum(
            scaled(
                self.margin(held.instrument, held.position.quantity, held.value, model),
                rates[held.instrument.currency],
            )
            for held in holdings
        )
        return Valuation(
            cash={name: account.cash.get(name, 0) for name in rates},
            rates=rates,
            holdings=holdings,
            total_cash=sum(scaled(cash, rates[name]) for name, cash in account.cash.items()),
            stock=sum(in_base[""]),
            gross=sum(map(abs, securities)),
            options=sum(in_base["OPT"]),
            futures=sum(
                scaled(held.since_settled, rates[held.instrument.currency]) for held in holdings
            ),
            maintenance=maintenance,
            initial=scaled(maintenance, model.initial_over_maintenance),
            previous_equity=account.opening_equity,
            buying_power_rate=model.buying_power,
            in_full=model.cash,
            settled_cash=sum(scaled(account.settled(name), rates[name]) for name in account.cash),
        )

    def margin(
        self, entry: Instrument, quantity: SizeUnits, value: CashMicros, model: MarginModel
    ) -> CashMicros:
        """Return the maintenance margin of a position of signed ``value``, in its currency."""
        if entry.secType == "OPT":
            return self.margin_of_option(entry, quantity, value, model)
        if entry.secType == "FOP":
            return abs(value) if quantity >= 0 else self._margin_of_future(entry, quantity, model)
        if entry.daily and (each := FUTURE_MARGINS.get(entry.tradingClass)) is not None:
            return share(each, abs(quantity), SIZE_SCALE)
        return scaled(abs(value), model.rate_of(entry.secType))

    def _margin_of_future(
        self, entry: Instrument, quantity: SizeUnits, model: MarginModel
    ) -> CashMicros:
        """Return the margin of the futures that options are on, at their price; without one, at
        the strike."""
        assert isinstance(entry, OptionContract)
        under = self._instruments.get(entry.under)
        if under is None:
            value = notional(entry.strike, quantity, entry.money_scale, entry.multiplier)
            return scaled(abs(value), model.rate_of("FUT"))
        price = self.mark(entry.under) or share(entry.strike, under.scale, entry.scale)
        value = notional(price, quantity, under.money_scale, under.multiplier)
        return self.margin(under, quantity, value, model)

    def margin_of_option(
        self, entry: Instrument, quantity: SizeUnits, value: CashMicros, model: MarginModel
    ) -> CashMicros:
        """Return the margin of an option position of signed ``value``, in its currency.

        A long one needs none. A short one needs its market value and the greatest of: the rate of
        the underlying less what it is out of the money, the least rate, the least per share.
        Without a quote of the underlying the option counts as at the money.
        """
        if quantity >= 0:
            return 0
        assert isinstance(entry, OptionContract)
        strike, rates, spot = entry.strike, model.option, entry.strike
        under = self._instruments.get(entry.under)
        if under is not None and (price := self.mark(entry.under)):
            spot = share(price, entry.scale, under.scale)
        away = max(strike - spot if entry.call else spot - strike, 0)
        rate = rates.index if entry.underSecType == "IND" else rates.stock
        need = max(
            scaled(spot, rate) - away,
            scaled(spot if entry.call else strike, rates.least),
            rates.least_cents * entry.scale // 100,
        )
        return abs(value) + notional(need, -quantity, entry.money_scale, entry.multiplier)

    def mark(self, con_id: int) -> PriceUnits:
        """Return the price at which a position is valued: the midpoint, or the only side."""
        quote = self._look(con_id)
        if quote.bid and quote.ask:
            return (quote.bid + quote.ask) // 2
        return quote.bid or quote.ask

    def rate(self, currency: str, base: str) -> Rate:
        """Return the base currency per unit of a currency: from the quoted pair or its inverse,
        else via dollars, each as quoted or from the reference table. Raises ``KeyError`` for a
        currency that ``knows`` denies."""
        return self._quoted(currency, base) or share(
            self._in_dollars(currency), RATE_SCALE, self._in_dollars(base)
        )

    def _quoted(self, currency: str, base: str) -> Rate:
        """Return the rate of the quoted pair or its inverse; 0 without a quote."""
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
            return position.settled if entry.daily else position.cost
        return notional(price, position.quantity, entry.money_scale, entry.multiplier)

    def holding(self, entry: Instrument, position: LedgerPosition) -> Holding:
        """Return a position at the current price."""
        price = self.mark(entry.conId) if position.quantity else 0
        if not price:
            # Without a quote a position is valued at cost, without profit; a future as settled.
            value = position.settled if entry.daily else position.cost
            unit = _unit_price(entry, position.quantity, value)
            return Holding(entry, position, unit, value, value - position.cost)
        value = notional(price, position.quantity, entry.money_scale, entry.multiplier)
        return Holding(entry, position, price, value, value - position.cost)


def knows(currency: str) -> bool:
    """Return whether a currency can be valued; accounts and orders in others are refused."""
    return currency in REFERENCE_RATES


def unvalued(entry: Instrument) -> str | None:
    """Name what prevents the valuation of positions in an instrument; None when nothing does.

    Orders for such an instrument are refused.
    """
    if not knows(entry.currency):
        return f"The currency '{entry.currency}'"
    if entry.secType == "CASH" and not knows(entry.symbol):
        return f"The currency '{entry.symbol}'"
    for model in MARGIN_MODELS.values():
        if entry.secType not in model.maintenance and entry.secType not in ("OPT", "FOP"):
            return f"The security type '{entry.secType}'"
    return None


def _unit_price(entry: Instrument, quantity: SizeUnits, value: CashMicros) -> PriceUnits:
    """Return the price at which a quantity has a value."""
    if quantity == 0:
        return 0
    total = abs(value) * entry.money_scale
    return share(total, SIZE_SCALE, abs(quantity) * CASH_SCALE * entry.multiplier)
